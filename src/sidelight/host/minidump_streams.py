"""The streams of a minidump, each out of its bytes: what is cut short or too much is left out.

Source: Microsoft, minidumpapiset.h: MINIDUMP_MODULE_LIST, MINIDUMP_THREAD_LIST,
MINIDUMP_MEMORY_LIST, MINIDUMP_MEMORY64_LIST, MINIDUMP_SYSTEM_INFO, MINIDUMP_MISC_INFO,
MINIDUMP_UNLOADED_MODULE_LIST, MINIDUMP_MEMORY_INFO_LIST, MINIDUMP_THREAD_INFO_LIST.
"""

import struct
from collections.abc import Iterator
from typing import Final

from sidelight.values import dataclass

READ: Final = frozenset({3, 4, 5, 7, 9, 14, 15, 16, 17})
"""Types of the streams that are read."""

MANY_MODULES: Final = 1 << 16
MANY_THREADS: Final = 1 << 16
MANY_STRETCHES: Final = 1 << 18

COMMITTED: Final = 0x1000
PRIVATE, MAPPED, IMAGE = 0x20000, 0x40000, 0x1000000
_EXECUTE: Final = 0xF0
_WRITE: Final = 0x44 | 0x88
_TOP: Final = 1 << 64
_PLAIN: Final = {3: 48, 4: 108, 5: 16}
"""Sizes of the rows of lists that begin with a count and nothing else."""

_HEADED: Final = {14: "<III", 16: "<IIQ", 17: "<III"}
"""Headers of lists that tell the sizes of their header and rows."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module that is or was loaded.

    Args:
        name_at: where in the dump its name is.
        version: of the file, as its version resource has it; empty where it has none.
    """

    start: int
    size: int
    stamp: int
    name_at: int
    version: str = ""
    path: str = ""

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + self.size

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.replace("/", "\\").rpartition("\\")[2]


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread.

    Args:
        counter: address of its next instruction; 0 where not known.
        start: address it was started at; 0 where not known.
    """

    id: int
    context_at: int
    context_size: int
    counter: int = 0
    start: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """A stretch of memory whose bytes are in the dump, at *offset*."""

    start: int
    size: int
    offset: int

    @property
    def end(self) -> int:
        """Where it ends in memory."""
        return self.start + self.size


@dataclass(frozen=True, slots=True)
class Area:
    """A stretch of memory of one protection.

    Args:
        allocation: where the allocation begins that it is part of.
        protection: as in winnt.h (PAGE_*).
        sort: `PRIVATE`, `MAPPED` or `IMAGE`.
    """

    start: int
    size: int
    allocation: int
    protection: int
    sort: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + self.size

    @property
    def executable(self) -> bool:
        """Whether code in it can run."""
        return bool(self.protection & _EXECUTE)

    @property
    def perms(self) -> str:
        """The protection in letters."""
        write = "w" if self.protection & _WRITE else "-"
        return f"r{write}{'x' if self.executable else '-'}"


def _rows(data: bytes, begin: int, size: int, count: int, many: int) -> Iterator[bytes]:
    for at in range(begin, begin + size * min(count, many), size):
        if at + size > len(data):
            return
        yield data[at : at + size]


def _counted(data: bytes, size: int, many: int) -> Iterator[bytes]:
    """Yield the rows of a list that begins with a count; some writers align the rows to 8."""
    if len(data) >= 4:
        (count,) = struct.unpack("<I", data[:4])
        begin = 8 if len(data) == 8 + size * count else 4
        yield from _rows(data, begin, size, count, many)


def _headed(data: bytes, least: int, many: int, *, wide: bool = False) -> Iterator[bytes]:
    """Yield the rows of a list that begins with sizes of its header and rows, and a count."""
    if len(data) >= 16:
        head, size, count = struct.unpack("<IIQ" if wide else "<III", data[: 16 if wide else 12])
        if size >= least and head >= 12:
            yield from _rows(data, head, size, count, many)


def is_whole(sort: int, data: bytes) -> bool:
    """Tell whether the list of a type of stream has as many rows as it claims, and not too many."""
    many = MANY_STRETCHES if sort in {5, 9, 16} else MANY_MODULES
    if sort in _PLAIN:
        head, size, count = 4, _PLAIN[sort], int.from_bytes(data[:4], "little")
    elif sort == 9:
        head, size, count = 16, 16, int.from_bytes(data[:8], "little")
    elif sort in _HEADED and len(data) >= struct.calcsize(_HEADED[sort]):
        head, size, count = struct.unpack_from(_HEADED[sort], data)
    else:
        return sort not in _HEADED
    return count <= many and head + size * count <= len(data)


def modules(data: bytes) -> tuple[Module, ...]:
    """Read the list of modules."""
    found = []
    for row in _counted(data, 108, MANY_MODULES):
        start, size, _, stamp, name_at = struct.unpack("<QIIII", row[:24])
        magic, _, high, low = struct.unpack("<IIII", row[24:40])
        known = magic == 0xFEEF04BD
        parts = (high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF)
        version = ".".join(map(str, parts)) if known else ""
        if start + size < _TOP:
            found.append(Module(start, size, stamp, name_at, version))
    return tuple(found)


def unloaded(data: bytes) -> tuple[Module, ...]:
    """Read the list of modules that were unloaded."""
    found = []
    for row in _headed(data, 24, MANY_MODULES):
        start, size, _, stamp, name_at = struct.unpack("<QIIII", row[:24])
        if start + size < _TOP:
            found.append(Module(start, size, stamp, name_at))
    return tuple(found)


def threads(data: bytes) -> tuple[Thread, ...]:
    """Read the list of threads."""
    found = []
    for row in _counted(data, 48, MANY_THREADS):
        (thread,) = struct.unpack("<I", row[:4])
        size, place = struct.unpack("<II", row[40:48])
        found.append(Thread(thread, place, size))
    return tuple(found)


def starts(data: bytes) -> dict[int, int]:
    """Read where threads were started, by id."""
    found = {}
    for row in _headed(data, 56, MANY_THREADS):
        found[struct.unpack("<I", row[:4])[0]] = struct.unpack("<Q", row[48:56])[0]
    return found


def stored(data: bytes) -> Iterator[Stored]:
    """Read the list of stretches of memory, each with its place."""
    for row in _counted(data, 16, MANY_STRETCHES):
        start, size, offset = struct.unpack("<QII", row)
        if size and start + size <= _TOP:
            yield Stored(start, size, offset)


def stored_64(data: bytes) -> Iterator[Stored]:
    """Read the list of stretches of memory that stand one behind the other."""
    if len(data) < 16:
        return
    count, offset = struct.unpack("<QQ", data[:16])
    for row in _rows(data, 16, 16, count, MANY_STRETCHES):
        start, size = struct.unpack("<QQ", row)
        if size and start + size <= _TOP:
            yield Stored(start, size, offset)
        offset += size


def areas(data: bytes) -> tuple[Area, ...]:
    """Read what memory is like: committed stretches alone, in order."""
    found = []
    for row in _headed(data, 48, MANY_STRETCHES, wide=True):
        start, allocation, _, _, size, state, protection, sort = struct.unpack(
            "<QQIIQIII", row[:44]
        )
        if state & COMMITTED and size and start + size <= _TOP:
            found.append(Area(start, size, allocation, protection, sort))
    return tuple(sorted(found, key=lambda area: area.start))


def system(data: bytes) -> tuple[int, int, str]:
    """Read platform, architecture and version of the system; -1 where not known."""
    if len(data) < 24:
        return -1, -1, ""
    (architecture,) = struct.unpack("<H", data[:2])
    major, minor, build, platform = struct.unpack("<IIII", data[8:24])
    return platform, architecture, f"{major}.{minor}.{build}"


def misc(data: bytes) -> tuple[int, int]:
    """Read the id of the process, -1 where not known, and when it was started, else 0."""
    if len(data) < 24:
        return -1, 0
    _, flags, pid, started = struct.unpack("<IIII", data[:16])
    return pid if flags & 1 else -1, started if flags & 2 else 0
