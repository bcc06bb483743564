"""Frames out of event logs."""

from collections.abc import Iterable, Iterator
from typing import Final

from sidelight.evidence.evtx.chunks import MAGIC, batches
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
    for batch in batches(streams):
        table, gaps = tabulate(batch, _REGISTRY)
        yield from frames(table, wanted, _REGISTRY)
        yield from gaps
