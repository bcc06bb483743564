"""What the version resource of a PE file says.

Source: Microsoft, "PE Format", the .rsrc section; "VS_VERSIONINFO", "StringFileInfo", "String".
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from sidelight.pe.layout import RESOURCE, Layout

_VERSION: Final = 16  # RT_VERSION
_MOST_ENTRIES: Final = 4096
_LONGEST: Final = 1 << 16
_MOST_TEXTS: Final = 64
_LONGEST_VALUE: Final = 512
_BELOW: Final = 1 << 31
_BLOCK: Final = struct.Struct("<HHH")


def version_texts(data: bytes, layout: Layout) -> Mapping[str, str]:
    """Give the texts of the first version resource by name; none where there is none."""
    block = _resource(data, layout)
    found: dict[str, str] = {}
    for name, value in _texts(block):
        found.setdefault(name, value)
        if len(found) >= _MOST_TEXTS:
            break
    return found


def _resource(data: bytes, layout: Layout) -> bytes:
    root = layout.offset(layout.directory(RESOURCE)[0]) if layout.directory(RESOURCE)[0] else -1
    if root < 0:
        return b""
    try:
        at = _entry(data, root, root, _VERSION)
        for _ in range(2):  # name, then language: the first of each
            at = _entry(data, root, at, None) if at >= 0 else -1
        if at < 0:
            return b""
        rva, size = struct.unpack_from("<II", data, at)
    except struct.error:
        return b""
    offset = layout.offset(rva)
    return data[offset : offset + min(size, _LONGEST)] if offset >= 0 else b""


def _entry(data: bytes, root: int, folder: int, wanted: int | None) -> int:
    """Give the offset that an entry of a resource folder points to; -1 where there is none."""
    named, numbered = struct.unpack_from("<HH", data, folder + 12)
    for number in range(min(named + numbered, _MOST_ENTRIES)):
        key, target = struct.unpack_from("<II", data, folder + 16 + 8 * number)
        if wanted is None or key == wanted:
            return root + (int(target) & ~_BELOW)
    return -1


def _texts(block: bytes) -> Iterator[tuple[str, str]]:
    """Yield names and values: each block is length, value length, sort, name, value, children."""
    at, end = _behind_name(block, 0)[1], len(block)
    try:
        at = _aligned(at + _BLOCK.unpack_from(block, 0)[1])  # behind VS_FIXEDFILEINFO
        while at + _BLOCK.size < end:
            length = _BLOCK.unpack_from(block, at)[0]
            name, inside = _behind_name(block, at)
            if name == "StringFileInfo":
                table = _aligned(inside)
                stop = min(at + length, end)
                yield from _strings(block, _aligned(_behind_name(block, table)[1]), stop)
            if length < _BLOCK.size:
                return
            at = _aligned(at + length)
    except struct.error:
        return


def _strings(block: bytes, at: int, stop: int) -> Iterator[tuple[str, str]]:
    while at + _BLOCK.size < stop:
        length = _BLOCK.unpack_from(block, at)[0]
        if length < _BLOCK.size:
            return
        name, inside = _behind_name(block, at)
        value = block[_aligned(inside) : at + length][: 2 * _LONGEST_VALUE]
        yield name, value.decode("utf-16-le", "replace").partition("\0")[0].strip()
        at = _aligned(at + length)


def _behind_name(block: bytes, at: int) -> tuple[str, int]:
    """Read the name of the block at *at*; give it and the offset behind its zero."""
    begin = at + _BLOCK.size
    end = begin
    while end + 1 < len(block) and block[end : end + 2] != b"\0\0":
        end += 2
        if end - begin > 2 * _LONGEST_VALUE:
            break
    return block[begin:end].decode("utf-16-le", "replace"), end + 2


def _aligned(at: int) -> int:
    return at + 3 & ~3
