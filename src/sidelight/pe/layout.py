"""Where the parts of a PE file lie.

Source: Microsoft, "PE Format" (COFF header, optional header, section table).
Rule 1. Every number in a file may lie: what points outside the bytes at hand is not there.
Rule 2. No loop runs longer than a limit that stands beside it, whatever a header counts.
"""

import struct
from typing import Final

from sidelight.values import dataclass

HEAD: Final = 1 << 16
"""So many first bytes tell that a file is one, unless its headers begin behind them."""

_MOST_SECTIONS: Final = 256
_DIRECTORIES: Final = 16
_LIBRARY: Final = 0x2000  # IMAGE_FILE_DLL
_EXECUTABLE: Final = 0x0002
_PAGE: Final = 0x1000
_SECTOR: Final = 0x200
_LONGEST_NAME: Final = 512

EXPORT, IMPORT, RESOURCE, SECURITY, DEBUG, DELAY = 0, 1, 2, 4, 6, 13

_COFF: Final = struct.Struct("<HHIIIHH")
_SECTION: Final = struct.Struct("<8s8I")
_PAIR: Final = struct.Struct("<II")


class PeError(Exception):
    """The bytes are no PE file, or are broken where it matters."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section: where it lies in memory, and the bytes it has in the file."""

    rva: int
    length: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The headers of a PE file.

    Args:
        machine: as the COFF header has it.
        library: it is a DLL.
        linked: seconds since 1970, or what a linker puts there instead.
        wide: it is PE32+.
        base: preferred address.
        checksum: offset of the checksum.
        security: offset of the directory entry of the certificate table; 0 where there is none.
        headers: how many bytes the headers have.
        flat: sections lie in memory as they lie in the file.
        directories: address and size; only those that are there.
    """

    machine: int
    library: bool
    linked: int
    wide: bool
    base: int
    checksum: int
    security: int
    headers: int
    flat: bool
    directories: tuple[tuple[int, int], ...]
    sections: tuple[Section, ...]

    def directory(self, number: int) -> tuple[int, int]:
        """Give address and size of a data directory; zeros where there is none."""
        return self.directories[number] if number < len(self.directories) else (0, 0)

    def offset(self, rva: int) -> int:
        """Give the offset in the file of what lies at an address; -1 where the file has none."""
        if self.flat or 0 <= rva < self.headers:
            return rva
        for section in self.sections:
            into = rva - section.rva
            if 0 <= into < section.length:
                return section.offset + into if into < section.size else -1
        return -1


def begins(head: bytes) -> bool:
    """Tell whether *head*, the first bytes of a file, may begin a PE file."""
    if head[:2] != b"MZ" or len(head) < 0x40:
        return False
    (start,) = struct.unpack_from("<I", head, 0x3C)
    if start + 4 <= len(head):
        return head[start : start + 4] == b"PE\0\0"
    return len(head) >= HEAD and start < 1 << 28 and start % 4 == 0


def read_layout(data: bytes) -> Layout:
    """Read the headers of *data*.

    Raises:
        PeError: it is no PE file.
    """
    try:
        (start,) = struct.unpack_from("<I", data, 0x3C)
        if data[:2] != b"MZ" or data[start : start + 4] != b"PE\0\0":
            raise PeError("is no PE file")
        machine, count, linked, _, _, length, traits = _COFF.unpack_from(data, start + 4)
        optional = start + 24
        (magic,) = struct.unpack_from("<H", data, optional)
        if magic not in {0x10B, 0x20B}:
            raise PeError(f"has an optional header of kind {magic:#x}")
        wide = magic == 0x20B
        (base,) = struct.unpack_from("<Q" if wide else "<I", data, optional + (24 if wide else 28))
        alignment, _ = _PAIR.unpack_from(data, optional + 32)
        (headers,) = struct.unpack_from("<I", data, optional + 60)
        table = optional + (112 if wide else 96)
        (directories,) = struct.unpack_from("<I", data, table - 4)
    except struct.error:
        raise PeError("ends inside its headers") from None
    if not traits & _EXECUTABLE:
        raise PeError("is an object file")
    known = min(directories, _DIRECTORIES, max(0, optional + length - table) // 8)
    pairs = _pairs(data, table, known)
    return Layout(
        machine,
        bool(traits & _LIBRARY),
        linked,
        wide,
        base,
        optional + 64,
        table + 8 * SECURITY if len(pairs) > SECURITY else 0,
        min(headers, len(data)),
        alignment < _PAGE,
        pairs,
        tuple(_sections(data, optional + length, count)),
    )


def _pairs(data: bytes, table: int, count: int) -> tuple[tuple[int, int], ...]:
    end = min(len(data), table + 8 * count)
    return tuple(_PAIR.unpack_from(data, at) for at in range(table, end - 7, 8))


def _sections(data: bytes, table: int, count: int) -> list[Section]:
    found = []
    end = min(len(data) - _SECTION.size + 1, table + _SECTION.size * min(count, _MOST_SECTIONS))
    for at in range(table, end, _SECTION.size):
        _, length, rva, size, offset, *_ = _SECTION.unpack_from(data, at)
        offset -= offset % _SECTOR  # as the loader does
        found.append(Section(rva, max(length, size), offset, size))
    return found


def text_at(data: bytes, offset: int, most: int = _LONGEST_NAME) -> str:
    """Read the text that ends in a zero byte; empty where there is none that long at most."""
    if offset < 0:
        return ""
    end = data.find(b"\0", offset, offset + most)
    return data[offset:end].decode("latin-1") if end > offset else ""


def certificates(data: bytes, layout: Layout) -> tuple[int, int]:
    """Give offset and size of the certificate table; zeros where the file has none."""
    offset, size = layout.directory(SECURITY)
    return (offset, size) if 0 < offset < offset + 8 <= offset + size <= len(data) else (0, 0)
