"""Frames out of event logs."""

from collections.abc import Iterable, Iterator
from typing import Final

from sidelight.evidence.evtx.binxml import Chunk
from sidelight.evidence.evtx.events import decode_record
from sidelight.evidence.evtx.values import DamageError
from sidelight.evidence.rows import Sheet
from sidelight.evidence.stream import Stream
from sidelight.evidence.times import time_of
from sidelight.schema import Event, Frame, Gap, Kind, Wanted

_CHUNK: Final = 65536
_HEADER: Final = 4096


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins an event log, or a stretch of one."""
    return head.startswith((b"ElfFile\0", b"ElfChnk\0"))


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield the events of event logs; a frame's record is System/EventRecordID."""
    sheet = Sheet(wanted)
    for stream in streams:
        data = stream.read(_HEADER) if stream.start == 0 else b""
        offset = stream.start + len(data)
        if data.startswith(b"ElfChnk\0"):
            offset, data = 0, data + stream.read(_CHUNK - len(data))
        else:
            data = stream.read(_CHUNK)
        while data:
            if data.startswith(b"ElfChnk\0"):
                yield from _records(sheet, stream.source, offset, data)
            elif any(data):
                yield Gap(stream.source, offset, "damaged", "this is no chunk of an event log")
            offset += len(data)
            data = stream.read(_CHUNK)
            if sheet.full:
                yield from sheet.frames()
    yield from sheet.frames()


def _records(sheet: Sheet, source: str, offset: int, data: bytes) -> Iterator[Gap]:
    chunk = Chunk(data)
    position = 512
    while data[position : position + 4] == b"**\0\0":
        size = chunk.u32(position + 4) if position + 8 <= len(data) else 0
        if size < 28 or position + size > len(data):
            yield Gap(source, offset + position, "truncated", "a record is cut off", 1)
            break
        try:
            fields = decode_record(chunk, position + 24, position + size - 4)
        except DamageError as error:
            yield Gap(source, offset + position, "damaged", str(error), 1)
            position += size
            continue
        system = fields.system
        kind = Kind("windows", _text(system, "Channel"), _text(system, "EventID"))
        number = _text(system, "EventRecordID")
        record = int(number) if number.isdigit() and len(number) < 19 else 0
        time = time_of(_text(system, "TimeCreated_SystemTime"))
        host = _text(system, "Computer") or None
        sheet.add(kind, source, record, time, host, fields.event())
        position += size


def _text(fields: Event, name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""
