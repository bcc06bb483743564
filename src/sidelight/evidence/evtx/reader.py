"""Frames out of event logs."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Final

from sidelight.evidence.evtx.chunks import MAGIC, Batch, batches
from sidelight.evidence.evtx.frames import frames
from sidelight.evidence.evtx.table import tabulate
from sidelight.evidence.evtx.templates import Registry
from sidelight.evidence.stream import Stream
from sidelight.schema import Frame, Gap, Wanted

_REGISTRY: Final = Registry()
"""Templates outlive the file they were met in: a host's logs share most of them."""


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins an event log, or a stretch of one."""
    return head.startswith((b"ElfFile\0", MAGIC))


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield the events of event logs; a frame's record is System/EventRecordID."""
    # a batch that is dealt with must not be held while the next is read
    yield from chain.from_iterable(map(partial(_read_batch, wanted), batches(streams)))


def _read_batch(wanted: Wanted, batch: Batch) -> Iterator[Frame | Gap]:
    table, gaps = tabulate(batch, _REGISTRY)
    del batch
    yield from frames(table, wanted, _REGISTRY)
    yield from gaps
