"""Members of a zip whose directory is damaged or missing, by the headers that stand before them.

The directory is the last thing in a zip, so an archive that was not copied to its end has none.
"""

import bz2
import io
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from typing import IO, Final
from zipfile import BadZipFile

from sidelight.evidence.stream import FAILURES, Raw, RefusedBytesError
from sidelight.evidence.unpacking import CUT, PIECE, Inflater, Unpacked
from sidelight.values import dataclass

LOCAL: Final = b"PK\x03\x04"
"""How the header before a member begins (APPNOTE 6.3.10, 4.3.7)."""

_BEHIND: Final = (LOCAL, b"PK\x07\x08", b"PK\x01\x02", b"PK\x06\x06", b"PK\x05\x06", b"PK\x06\x08")
"""What may stand behind a member: the next one, its descriptor, or a part of the directory."""

_HEADER: Final = struct.Struct("<4s5H3I2H")
_ENCRYPTED, _DESCRIBED, _UTF_8 = 1, 8, 1 << 11  # APPNOTE 4.4.4
_ZIP64: Final = 0xFFFFFFFF
_VERSION: Final = 63  # APPNOTE 4.4.3: the highest there is
_METHODS: Final = frozenset({0, 1, 6, 8, 9, 12, 14, 93, 95, 96, 97, 98, 99})
_LONGEST: Final = 4096
_BLOCK: Final = 1 << 20

_UNPACK: Final[Mapping[int, Callable[[Raw], Unpacked]]] = {
    8: lambda raw: Unpacked(raw, lambda: Inflater(-15), 1 << 20, single=True),
    12: lambda raw: Unpacked(raw, bz2.BZ2Decompressor, PIECE, single=True),
}

Bound = Callable[[Raw, Callable[[], int]], Raw]


@dataclass(slots=True)
class Window:
    """The bytes of a file from *at* up to *stop*; None is the end, wherever that is."""

    file: IO[bytes]
    at: int
    stop: int | None = None

    def read(self, size: int, /) -> bytes:
        """Give at most *size* bytes, none at the end.

        Raises:
            EOFError: the file ends before *stop*.
        """
        if self.stop is not None:
            size = min(size, max(self.stop - self.at, 0))
        self.file.seek(self.at)
        part = self.file.read(size)
        self.at += len(part)
        if size and not part and self.stop is not None:
            raise EOFError(CUT)
        return part


@dataclass(slots=True)
class _Checked:
    rest: Raw
    crc: int
    found: int = 0

    def read(self, size: int, /) -> bytes:
        part = self.rest.read(size)
        self.found = zlib.crc32(part, self.found)
        if not part and self.found != self.crc:
            raise BadZipFile("its checksum is another")
        return part


@dataclass(frozen=True, slots=True)
class _Header:
    """What stands before a member.

    Args:
        packed: how many bytes it takes up; None where that stands behind it.
        start: where these begin.
        inside: where to look for the next header if this one misleads.
    """

    name: str
    flags: int
    method: int
    year: int
    crc: int
    packed: int | None
    start: int
    inside: int


@dataclass(slots=True)
class Remnant:
    """A member that was found.

    Args:
        raw: its unpacked bytes; None where they cannot be had.
        why: why not.
        place: tells how far its packed bytes were read: to their end, once *raw* was.
    """

    name: str
    year: int
    raw: Raw | None = None
    why: str = ""
    place: Callable[[], int] = field(default=lambda: 0)


def remains(file: IO[bytes], bound: Bound) -> Iterator[Remnant]:
    """Yield the members of a zip in the order in which they lie in it.

    The bytes of one are good until the next is asked for.

    Args:
        file: the zip; it can seek.
        bound: given unpacked bytes and what tells from how many packed ones they came, bounds
            them.

    Raises:
        RefusedBytesError: so much of it is damaged that reading it would never end.
    """
    size = file.seek(0, io.SEEK_END)
    at, left = _next(file, 0), 2 * size
    while at is not None:
        header = _header(file, at)
        if header is None:
            at = _next(file, at + len(LOCAL))
            continue
        stop = _stop(file, header, size)
        found = _remnant(file, header, stop, bound)
        yield found
        stop = _end(found) if stop is None else stop
        if stop is None:  # what is read for nothing is read again, and a header may lie in it
            left -= found.place() - header.start
            if left < 0:
                raise RefusedBytesError("its members are damaged or lie in each other")
        at = _next(file, header.inside if stop is None else stop)


def _stop(file: IO[bytes], header: _Header, size: int) -> int | None:
    """Tell where a member ends; None where only unpacking it tells.

    A length that leads nowhere is damaged, unless the file is cut. Of a member that is not packed
    the next header is the end then; but in a zip it is one of its own.
    """
    if header.packed is not None:
        stop = min(header.start + header.packed, size + 1)  # no file can be asked for any place
        file.seek(stop)
        if stop == size or file.read(len(LOCAL)) in _BEHIND:
            return stop
        if not header.method:
            file.seek(header.start)
            inner = file.read(len(LOCAL)) == LOCAL
            return stop if inner else _next(file, header.inside) or stop
    return None


def _remnant(file: IO[bytes], header: _Header, stop: int | None, bound: Bound) -> Remnant:
    found = Remnant(header.name, header.year, place=lambda: header.start)
    if header.flags & _ENCRYPTED:
        found.why = "is encrypted; unpack it and name the folder"
    elif header.method in _UNPACK:
        window = Window(file, header.start, stop)
        unpacked = _UNPACK[header.method](window)
        found.place = lambda: window.at - len(unpacked.left)
        found.raw = bound(unpacked, lambda: window.at - header.start)
    elif header.method:
        found.why = f"is packed by method {header.method}, which is not read"
    elif stop is None:
        found.why = "is not packed, and nothing tells where it ends"
    else:
        found.raw = Window(file, header.start, stop)
    if found.raw is not None and not header.flags & _DESCRIBED:
        found.raw = _Checked(found.raw, header.crc)
    return found


def _end(found: Remnant) -> int | None:
    """Unpack a member to its end, and tell where that is; None where it cannot be."""
    if found.raw is not None:
        with suppress(*FAILURES):
            while found.raw.read(_BLOCK):
                pass
            return found.place()
    return None


def _next(file: IO[bytes], at: int) -> int | None:
    """Find the next header at or behind *at*; the nearer it is, the less is read."""
    kept, size = len(LOCAL) - 1, 1 << 8
    file.seek(at)
    block = file.read(size)
    while len(block) > kept:
        if (found := block.find(LOCAL)) >= 0:
            return at + found
        at += len(block) - kept
        size = min(2 * size, _BLOCK)
        block = block[-kept:] + file.read(size)
        if len(block) == kept:
            break
    return None


def _header(file: IO[bytes], at: int) -> _Header | None:
    """Read the header at *at*; None where it is none after all."""
    file.seek(at)
    raw = file.read(_HEADER.size)
    if len(raw) < _HEADER.size:
        return None
    _, version, flags, method, _, date, crc, packed, _, named, more = _HEADER.unpack(raw)
    name, extra = file.read(named), file.read(more)
    plausible = version & 0xFF <= _VERSION and method in _METHODS and 0 < named <= _LONGEST
    if not plausible or len(name) < named or len(extra) < more or b"\0" in name:
        return None
    length = _long(extra) if packed == _ZIP64 else packed
    if flags & _DESCRIBED and not length:
        length = None
    text = name.decode("utf-8" if flags & _UTF_8 else "cp437", "replace")
    start = at + _HEADER.size + named + more
    return _Header(text, flags, method, 1980 + (date >> 9), crc, length, start, at + len(LOCAL))


def _long(extra: bytes) -> int | None:
    """Give the packed length of a member beyond 4 GiB (APPNOTE 4.5.3)."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == 1 and length >= 16 and len(extra) >= 20:
            return int.from_bytes(extra[12:20], "little")
        extra = extra[4 + length :]
    return None
