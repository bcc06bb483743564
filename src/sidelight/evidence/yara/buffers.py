"""What YARA scans as one: a file, or a stretch of the memory of a process.

A rule that asks for ``uint32(0)`` or a module ``pe`` sees a stretch of memory as it would a file.
"""

from collections.abc import Iterator
from typing import Final

from sidelight.evidence.stream import Stream
from sidelight.host.core import CoreError, Segment, headers
from sidelight.host.core_notes import Notes, add_notes
from sidelight.host.dump_map import Map
from sidelight.host.minidump import (
    FRONT_BYTES,
    Minidump,
    MinidumpError,
    apart,
    memory_blocks,
    open_minidump,
)
from sidelight.host.minidump_streams import Stored
from sidelight.host.tape import BLOCK_BYTES, Tape
from sidelight.schema import Gap
from sidelight.values import dataclass

FILE_BYTES: Final = 256 << 20
"""Larger files are not scanned."""

PIECE_BYTES: Final = 64 << 20
"""Larger stretches of memory are scanned in pieces."""

_LOAD, _NOTE = 1, 4


@dataclass(frozen=True, slots=True)
class Holder:
    """The process whose memory it is; -1 and empty where it is a file.

    Args:
        started: seconds since 1970; 0 where not known.
    """

    pid: int = -1
    image: str = ""
    started: int = 0


@dataclass(frozen=True, slots=True)
class Buffer:
    """Bytes that are scanned as one.

    Args:
        start: address of the first byte; 0 for a file.
        region: the stretch of memory, as ``0x1000-0x2000 rwx name``; empty for a file.
    """

    data: bytes
    start: int = 0
    region: str = ""
    holder: Holder = Holder()


def buffers(stream: Stream, format_: str) -> Iterator[Buffer | Gap]:
    """Yield what of *stream* is scanned, and what of it cannot be.

    Args:
        stream: at its first byte.
        format_: a key of `READERS`; empty for any other file.
    """
    match format_:
        case "minidump":
            yield from _minidump(stream)
        case "core":
            yield from _core(stream)
        case _:
            data = stream.read(FILE_BYTES + 1)
            if len(data) > FILE_BYTES:
                text = f"YARA did not scan it: it is larger than {FILE_BYTES >> 20} MiB"
                yield Gap(stream.source, stream.start, "refused", text)
            else:
                yield Buffer(data)
    yield from stream.gaps


def _minidump(stream: Stream) -> Iterator[Buffer | Gap]:
    tape = Tape(stream.read, FRONT_BYTES)
    try:
        dump = open_minidump(tape)
    except MinidumpError as error:
        yield Gap(stream.source, stream.start, "damaged", f"YARA did not scan it: {error}")
        return
    holder = Holder(dump.pid, dump.modules[0].path if dump.modules else "", dump.started)
    layout = Map.of(dump)
    blocks = memory_blocks(tape, dump.stored)
    parts = ((place, block, _name(part, layout)) for part, place, block in blocks)
    yield from _joined(stream, parts, holder)
    yield from _cut(stream, tape, dump)


def _cut(stream: Stream, tape: Tape, dump: Minidump) -> Iterator[Gap]:
    end = max((part.offset + part.size for part in dump.stored), default=0)
    if tape.cut is not None and end > tape.cut:
        text = "YARA did not scan what is missing behind this place"
        yield Gap(stream.source, stream.start + tape.cut, "truncated", text)
    passed = len(dump.stored) - sum(1 for _ in apart(dump.stored)) + tape.missed
    if passed:
        text = f"YARA did not scan {passed} stretches that overlap or stand out of order"
        yield Gap(stream.source, stream.start, "damaged", text)


def _name(part: Stored, layout: Map) -> str:
    area, module = layout.area_at(part.start), layout.module_at(part.start)
    words = [f"{part.start:#x}-{part.end:#x}"]
    words += [area.perms] if area else []
    return " ".join([*words, module.path] if module else words)


def _core(stream: Stream) -> Iterator[Buffer | Gap]:
    tape, notes = Tape(stream.read, FRONT_BYTES), Notes()
    try:
        layout, segments = headers(tape)
    except CoreError as error:
        yield Gap(stream.source, stream.start, "damaged", f"YARA did not scan it: {error}")
        return
    for segment in segments:
        if segment.sort == _NOTE and segment.offset + segment.stored <= FRONT_BYTES:
            add_notes(notes, tape.fetch(segment.offset, segment.stored) or b"", layout)
    names = {start: path for start, _, path in notes.files}
    loads = sorted((s for s in segments if s.sort == _LOAD and s.stored), key=lambda s: s.offset)
    blocks = (part for segment in loads for part in _blocks(tape, segment, names))
    yield from _joined(stream, blocks, Holder(notes.pid, notes.name))
    if tape.cut is not None:
        text = "YARA did not scan what is missing behind this place"
        yield Gap(stream.source, stream.start + tape.cut, "truncated", text)


def _blocks(
    tape: Tape, segment: Segment, names: dict[int, str]
) -> Iterator[tuple[int, bytes, str]]:
    name = f"{segment.start:#x}-{segment.end:#x} {segment.perms} {names.get(segment.start, '')}"
    for at in range(0, segment.stored, BLOCK_BYTES):
        block = tape.fetch(segment.offset + at, min(BLOCK_BYTES, segment.stored - at))
        if not block:
            return
        yield segment.start + at, block, name.rstrip()


def _joined(
    stream: Stream, blocks: Iterator[tuple[int, bytes, str]], holder: Holder
) -> Iterator[Buffer | Gap]:
    """Put the blocks of a stretch together, `PIECE_BYTES` at most."""
    held, start, name = bytearray(), 0, ""
    pieces = 0
    for place, block, region in blocks:
        if region != name or place != start + len(held) or len(held) >= PIECE_BYTES:
            if held:
                yield Buffer(bytes(held), start, name, holder)
            pieces += bool(held) and region == name
            held, start, name = bytearray(), place, region
        held += block
    if held:
        yield Buffer(bytes(held), start, name, holder)
    if pieces:
        text = f"YARA scanned memory in pieces of {PIECE_BYTES >> 20} MiB: what lies across two of "
        yield Gap(stream.source, stream.start, "unjudged", text + "them does not match")
