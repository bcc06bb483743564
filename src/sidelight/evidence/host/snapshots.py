"""Files of /proc of one process in one JSON object, as scripts of responders write them."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, cast

import orjson

from sidelight.evidence.host.rows import PROCESSES, event_of
from sidelight.evidence.json.lines import objects
from sidelight.evidence.losses import Losses
from sidelight.evidence.rows import Sheet
from sidelight.evidence.stream import Stream
from sidelight.host.record import Json, RecordError
from sidelight.host.snapshot import is_snapshot, snapshot_of
from sidelight.schema import NO_TIME, Frame, Gap, Wanted

_MAPS: Final = re.compile(rb'"maps"\s*:\s*\[\s*"[0-9a-f]{4,16}-[0-9a-f]{4,16} [r-][w-][x-][ps] ')
_PID: Final = re.compile(rb'"pid"\s*:\s*\d')


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins such a document."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n[")[:1] == b"{"
    return start and _PID.search(head) is not None and _MAPS.search(head) is not None


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield processes out of JSON objects whose members are files of /proc.

    Taken are ``pid``, ``exe``, ``comm``, ``cmdline``, ``environ``, ``status``, ``maps`` as lines,
    and ``tasks`` with the ``syscall`` of each. Rows are those of a collection, without times; a
    frame's record is the ordinal of the object.
    """
    sheet = Sheet(wanted)
    for stream in streams:
        losses = Losses(stream.source, "objects")
        for number, offset, text in objects(stream, losses):
            try:
                process = snapshot_of(_object(text))
            except RecordError as error:
                losses.add(number, offset, "damaged", str(error))
                yield from losses.ready()
                continue
            sheet.add(PROCESSES, stream.source, number, NO_TIME, None, event_of(process))
            sheet.weigh(len(text))
            if sheet.full:
                yield from sheet.frames()
        yield from losses.finish()
    yield from sheet.frames()


def _object(text: bytes) -> Json:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise RecordError("this is no JSON object") from None
    if not isinstance(value, dict) or not is_snapshot(value):
        raise RecordError("this is no snapshot of a process")
    return cast("Json", value)
