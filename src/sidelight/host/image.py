"""PE images: headers in files and in memory, and the bytes of code that the loader makes of a file.

Source: Microsoft, "PE Format": COFF header, optional header, section table, base relocations.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Final, Protocol

from sidelight.values import dataclass

PAGE: Final = 4096
WIPED_WITHIN: Final = 1024
"""A header without its marks is looked for in so much of the first page."""

_MACHINES: Final = {0x14C: 0x10B, 0x1C4: 0x10B, 0x8664: 0x20B, 0xAA64: 0x20B}
"""Machines, and the magic of the optional header that goes with each."""

_PAIRS: Final = tuple(struct.pack("<H", machine) for machine in _MACHINES)
_IMPORT, _RELOCATION, _ADDRESSES, _DELAYED, _MANAGED = 1, 5, 12, 13, 14
_HIGHLOW, _DIR64 = 3, 10
_MANY_SECTIONS: Final = 96
_MANY_BLOCKS: Final = 1 << 20
_CODE, _EXECUTE, _WRITE = 0x20, 0x20000000, 0x80000000


class Bytes(Protocol):
    """Bytes that can be had by place: of a file that is mapped, or in memory."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, part: slice, /) -> bytes:
        """Give a part."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section: where it is in memory from the base on, and in the file."""

    start: int
    size: int
    offset: int
    stored: int
    executable: bool
    writable: bool


@dataclass(frozen=True, slots=True)
class Image:
    """The headers of an image.

    Args:
        base: where it would like to be.
        size: of the whole in memory.
        tables: parts that the loader writes addresses into: start and size.
        relocations: start and size of the list of places that depend on the base.
        managed: whether it is an assembly of .NET.
    """

    machine: int
    stamp: int
    base: int
    size: int
    sections: tuple[Section, ...]
    tables: tuple[tuple[int, int], ...]
    relocations: tuple[int, int]
    managed: bool = False


def image_of(data: Bytes) -> Image | None:
    """Read the headers at the beginning of *data*; None where they are not those of an image."""
    if data[0:2] != b"MZ" or len(data) < 64:
        return None
    (at,) = struct.unpack("<I", data[60:64])
    if not 4 <= at <= len(data) or data[at : at + 4] != b"PE\0\0":
        return None
    return _headers(data, at + 4)


def wiped_image_of(data: bytes) -> Image | None:
    """Read headers in the first page of an image whose marks, MZ or PE, were overwritten.

    What stays is a COFF header whose machine, count of sections and size of the optional header
    agree with the magic and the alignment of the optional header behind it.
    """
    if image_of(data) is not None:
        return None
    found = (
        _headers(data, at)
        for pair in _PAIRS
        for at in _places(data[:WIPED_WITHIN], pair)
        if at % 4 == 0
    )
    return next((image for image in found if image is not None), None)


def _places(data: bytes, part: bytes) -> Iterator[int]:
    at = data.find(part)
    while at >= 0:
        yield at
        at = data.find(part, at + 1)


def _headers(data: Bytes, at: int) -> Image | None:
    coff = data[at : at + 20]
    if len(coff) < 20:
        return None
    machine, count, stamp, _, _, length, _ = struct.unpack("<HHIIIHH", coff)
    body = data[at + 20 : at + 20 + length]
    magic = _MACHINES.get(machine, 0)
    wide = magic == 0x20B
    least = 112 if wide else 96
    fits = body[:2] == struct.pack("<H", magic) and len(body) >= least
    if not magic or not fits or not 0 < count <= _MANY_SECTIONS:
        return None
    base = struct.unpack("<Q", body[24:32])[0] if wide else struct.unpack("<I", body[28:32])[0]
    alignment, _ = struct.unpack("<II", body[32:40])
    size, heads = struct.unpack("<II", body[56:64])
    (listed,) = struct.unpack("<I", body[least - 4 : least])
    if alignment.bit_count() != 1 or not 0 < heads <= size <= 1 << 31 or listed > 16:
        return None
    tables = body[least : least + 8 * listed]
    lists = [struct.unpack("<II", tables[i : i + 8]) for i in range(0, len(tables) - 7, 8)]
    lists += [(0, 0)] * (16 - len(lists))
    rows = data[at + 20 + length : at + 20 + length + 40 * count]
    sections = [_section(rows[i : i + 40]) for i in range(0, len(rows) - 39, 40)]
    written = tuple(lists[n] for n in (_IMPORT, _ADDRESSES, _DELAYED) if lists[n][1])
    managed = bool(lists[_MANAGED][1])
    return Image(machine, stamp, base, size, tuple(sections), written, lists[_RELOCATION], managed)


def _section(row: bytes) -> Section:
    size, start, stored, offset = struct.unpack("<IIII", row[8:24])
    (flags,) = struct.unpack("<I", row[36:40])
    code = bool(flags & (_CODE | _EXECUTE))
    return Section(start, size or stored, offset, stored, code, bool(flags & _WRITE))


@dataclass(slots=True)
class Code:
    """The code of a file as it is in memory when loaded at *base*, page by page.

    Args:
        data: the file.
        image: its headers.
        base: where it is loaded.
    """

    data: Bytes
    image: Image
    base: int
    _fixes: Mapping[int, tuple[tuple[int, int], ...]] | None = field(default=None)

    def page(self, start: int) -> tuple[bytes, tuple[tuple[int, int], ...]] | None:
        """Give the page that is *start* bytes from the base, and what of it is to be passed over.

        None where it is not of a section that is executable and not writable: programs that
        unpack themselves write into theirs.

        Returns:
            The bytes from the section's beginning or the page's on, padded with zeros, and
            spans (begin, end) in them that hold addresses which the loader writes.
        """
        section = next(
            (s for s in self.image.sections if s.start <= start < s.start + s.size), None
        )
        if section is None or not section.executable or section.writable:
            return None
        within = start - section.start
        size = min(PAGE, section.size - within)
        stored = max(0, min(size, section.stored - within))
        body = bytearray(self.data[section.offset + within : section.offset + within + stored])
        if len(body) < stored:
            return None
        body += bytes(size - len(body))
        over = list(_within(self.image.tables, start, size))
        for place, width in self._around(start):
            if 0 <= place <= size - width:
                _relocate(body, place, width, self.base - self.image.base)
            elif -width < place < size:  # it lies across two pages
                over.append((max(place, 0), min(place + width, size)))
        return bytes(body), tuple(over)

    def _around(self, start: int) -> Iterator[tuple[int, int]]:
        fixes = self._relocations()
        for page in (start // PAGE - 1, start // PAGE):
            yield from ((place - start, width) for place, width in fixes.get(page, ()))

    def _relocations(self) -> Mapping[int, tuple[tuple[int, int], ...]]:
        if self._fixes is None:
            self._fixes = _relocations(self.data, self.image)
        return self._fixes


def _within(
    tables: tuple[tuple[int, int], ...], start: int, size: int
) -> Iterator[tuple[int, int]]:
    for begin, length in tables:
        first, last = max(begin, start), min(begin + length, start + size)
        if first < last:
            yield first - start, last - start


def _relocate(body: bytearray, place: int, width: int, by: int) -> None:
    form = "<Q" if width == 8 else "<I"
    (value,) = struct.unpack_from(form, body, place)
    struct.pack_into(form, body, place, (value + by) & ((1 << 8 * width) - 1))


def _relocations(data: Bytes, image: Image) -> Mapping[int, tuple[tuple[int, int], ...]]:
    """List places that hold addresses, with how wide each is, by page."""
    found: dict[int, list[tuple[int, int]]] = {}
    start, size = image.relocations
    offset = _offset(image, start)
    table = data[offset : offset + size] if offset is not None else b""
    at = blocks = 0
    while at + 8 <= len(table) and blocks < _MANY_BLOCKS:
        page, length = struct.unpack_from("<II", table, at)
        if length < 8:
            break
        words = table[at + 8 : at + length]
        for (entry,) in struct.iter_unpack("<H", words[: len(words) // 2 * 2]):
            width = {_HIGHLOW: 4, _DIR64: 8}.get(entry >> 12)
            if width:
                place = page + (entry & 0xFFF)
                found.setdefault(place // PAGE, []).append((place, width))
        at, blocks = at + length, blocks + 1
    return {page: tuple(places) for page, places in found.items()}


def _offset(image: Image, start: int) -> int | None:
    """Find where in the file the bytes are that are *start* bytes from the base in memory."""
    found = (s for s in image.sections if s.start <= start < s.start + s.stored)
    section = next(found, None)
    return None if section is None else section.offset + start - section.start
