"""Windows minidumps, whole and partial: one process, read from front to back.

The beginning is kept, since that is where writers put all but memory; memory itself passes by
once and is never held as a whole. Source: Microsoft, minidumpapiset.h (MINIDUMP_HEADER,
MINIDUMP_DIRECTORY and what they point to); for the contexts winnt.h.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from typing import Final

from sidelight.host import minidump_streams as streams
from sidelight.host.minidump_streams import Area, Module, Stored, Thread
from sidelight.host.tape import BLOCK_BYTES, Tape
from sidelight.values import dataclass

FRONT_BYTES: Final = 64 << 20
STREAM_BYTES: Final = 64 << 20
MANY_STREAMS: Final = 4096
NAME_BYTES: Final = 64 << 10

WINDOWS: Final = 2
"""PlatformId of Windows; other writers have numbers of their own for other systems."""

_SIGNATURE: Final = b"MDMP"
_VERSION: Final = 0xA793
_THREADS, _MODULES, _MEMORY, _SYSTEM = 3, 4, 5, 7
_MEMORY_64, _UNLOADED, _MISC, _AREAS, _STARTS = 9, 14, 15, 16, 17
_TITLES: Final = {
    _THREADS: "threads",
    _MODULES: "modules",
    _SYSTEM: "properties of the system",
}
_COUNTER_AT: Final = {0: (184, 4), 5: (64, 4), 9: (248, 8), 12: (264, 8), 0x8003: (264, 8)}
"""Where the program counter is in a context and how wide, by architecture."""


class MinidumpError(ValueError):
    """The bytes are no minidump that can be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Minidump:
    """A process out of a minidump.

    Args:
        written: seconds since 1970 when the dump was written; 0 where not known.
        platform: as `WINDOWS`; -1 where not known.
        architecture: as winnt.h numbers them; -1 where not known.
        pid: -1 where not known.
        started: seconds since 1970; 0 where not known.
        modules: in the order of the list; the program comes first.
        listed: whether that list is whole.
        areas: every stretch of memory with its protection; None where the dump has no such list.
        stored: the stretches of memory that are in the dump, in order of their place in it.
        unread: what could not be taken of it, each in a sentence.
        lacking: what its writer left out, each in a sentence.
    """

    written: int = 0
    platform: int = -1
    architecture: int = -1
    version: str = ""
    pid: int = -1
    started: int = 0
    modules: tuple[Module, ...] = ()
    listed: bool = False
    unloaded: tuple[Module, ...] = ()
    threads: tuple[Thread, ...] = ()
    areas: tuple[Area, ...] | None = None
    stored: tuple[Stored, ...] = ()
    unread: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """The streams of a dump, by sort; of two of one sort the first."""

    tape: Tape
    places: dict[int, tuple[int, int]] = field(default_factory=dict)
    bodies: dict[int, bytes] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def body(self, sort: int) -> bytes:
        return self.bodies.get(sort, b"")


def is_minidump(head: bytes) -> bool:
    """Tell whether *head* begins a minidump; the upper half of the version is the writer's own."""
    return head[:4] == _SIGNATURE and head[4:6] == struct.pack("<H", _VERSION)


def open_minidump(tape: Tape) -> Minidump:
    """Read all but memory; *tape* is then where no stretch of memory has been passed over.

    Raises:
        MinidumpError: it is none, or too little of it is there.
    """
    written, found = _directory(tape)
    for sort, (place, size) in sorted(found.places.items(), key=lambda item: item[1]):
        _take(found, sort, place, size)
    modules = streams.modules(found.body(_MODULES))
    unloaded = streams.unloaded(found.body(_UNLOADED))
    threads = streams.threads(found.body(_THREADS))
    platform, architecture, version = streams.system(found.body(_SYSTEM))
    names = _names(found, [each.name_at for each in (*modules, *unloaded)])
    pid, started = streams.misc(found.body(_MISC))
    starts = streams.starts(found.body(_STARTS))
    areas = streams.areas(found.body(_AREAS))
    stored = [
        *streams.stored(found.body(_MEMORY)),
        *streams.stored_64(found.body(_MEMORY_64)),
    ]
    return Minidump(
        written=written,
        platform=platform,
        architecture=architecture,
        version=version,
        pid=pid,
        started=started,
        modules=tuple(replace(each, path=names.get(each.name_at, "")) for each in modules),
        listed=bool(modules) and len(modules) == int.from_bytes(found.body(_MODULES)[:4], "little"),
        unloaded=tuple(replace(each, path=names.get(each.name_at, "")) for each in unloaded),
        threads=tuple(_with_counters(found, threads, starts, architecture)),
        areas=areas if _AREAS in found.bodies else None,
        stored=tuple(sorted(stored, key=lambda part: (part.offset, part.start))),
        unread=tuple(dict.fromkeys(found.unread)),
        lacking=tuple(_lacking(found)),
    )


def _directory(tape: Tape) -> tuple[int, _Found]:
    head = tape.fetch(0, 32) or b""
    if not is_minidump(head) or len(head) < 32:
        raise MinidumpError("it is no minidump")
    count, place, _, written = struct.unpack("<IIII", head[8:24])
    table = tape.fetch(place, 12 * min(count, MANY_STREAMS)) or b""
    found = _Found(tape)
    if count > MANY_STREAMS:
        found.unread.append(f"it claims {count} streams; {MANY_STREAMS} are looked at")
    if len(table) < 12 * min(count, MANY_STREAMS):
        found.unread.append("its list of streams is cut short")
    for sort, size, at in struct.iter_unpack("<III", table[: len(table) // 12 * 12]):
        if sort and size:
            found.places.setdefault(sort, (at, size))
    if not found.places:
        raise MinidumpError("it ends before its list of streams")
    return written, found


def _take(found: _Found, sort: int, place: int, size: int) -> None:
    if sort not in streams.READ:
        return
    body = found.tape.fetch(place, min(size, STREAM_BYTES))
    if not body:
        found.unread.append(f"its stream of type {sort} lies outside of it")
        return
    if len(body) < size:
        found.unread.append(f"its stream of type {sort} is cut short")
    elif not streams.is_whole(sort, body):
        found.unread.append(f"its stream of type {sort} claims more rows than it has")
    found.bodies[sort] = body


def _lacking(found: _Found) -> Iterator[str]:
    for sort, title in _TITLES.items():
        if sort not in found.places:
            yield f"it has no list of {title}"


def _names(found: _Found, places: Sequence[int]) -> dict[int, str]:
    """Read MINIDUMP_STRINGs: the length in bytes, then UTF-16."""
    names: dict[int, str] = {}
    for place in sorted(set(places)):
        length = found.tape.fetch(place, 4) if place else b""
        size = struct.unpack("<I", length)[0] if length and len(length) == 4 else 0
        text = found.tape.fetch(place + 4, min(size, NAME_BYTES)) if size else b""
        if not text:
            found.unread.append("names of modules lie outside of it")
        else:
            names[place] = text[: len(text) // 2 * 2].decode("utf-16-le", "replace").rstrip("\0")
    return names


def _with_counters(
    found: _Found, threads: Sequence[Thread], starts: dict[int, int], architecture: int
) -> Iterator[Thread]:
    """Add to threads where they are, and where they were started."""
    at, width = _COUNTER_AT.get(architecture, (0, 0))
    for thread in sorted(threads, key=lambda each: each.context_at):
        start = starts.get(thread.id, 0)
        part = b""
        if width and at + width <= thread.context_size:
            part = found.tape.fetch(thread.context_at + at, width) or b""
        if len(part) < width:
            found.unread.append("contexts of threads lie outside of it")
        yield replace(thread, counter=int.from_bytes(part, "little"), start=start)


def apart(stored: Sequence[Stored]) -> Iterator[Stored]:
    """Yield the stretches that do not begin, in the file, inside one that was yielded before."""
    end = 0
    for part in stored:
        if part.offset >= end:
            yield part
            end = part.offset + part.size


def memory_blocks(
    tape: Tape, stored: Sequence[Stored], skip: Callable[[Stored], bool] = lambda _: False
) -> Iterator[tuple[Stored, int, bytes]]:
    """Yield memory in blocks as it passes by: its stretch, its address, its bytes.

    Those of `apart` alone are, less those that *skip* tells; blocks end at multiples of 1 MiB of
    the address. The tape says with its `cut` whether all was there.
    """
    for part in apart(stored):
        if skip(part):
            continue
        at = 0
        while at < part.size:
            size = min(part.size - at, BLOCK_BYTES - (part.start + at) % BLOCK_BYTES)
            block = tape.fetch(part.offset + at, size)
            if not block:
                break
            yield part, part.start + at, block
            at += len(block)
            if len(block) < size:
                break
