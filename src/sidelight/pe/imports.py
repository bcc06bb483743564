"""Which libraries a PE file asks for, and which functions of them.

Source: Microsoft, "PE Format", import directory table and delay-load directory table.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from sidelight.pe.layout import DELAY, IMPORT, Layout, text_at
from sidelight.values import dataclass

MOST_LIBRARIES: Final = 1024
MOST_FUNCTIONS: Final = 1 << 16
"""Beyond so many functions of all libraries together, no more are read."""

_IMPORT: Final = struct.Struct("<5I")
_DELAYED: Final = struct.Struct("<8I")
_BY_ADDRESS: Final = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """A library that a file asks for.

    Args:
        name: as the file has it.
        delayed: not before one of its functions is called.
        names: address of the table that names the functions.
    """

    name: str
    delayed: bool
    names: int


def asked(data: bytes, layout: Layout) -> tuple[Asked, ...]:
    """List the libraries that the loader gets for a file, `MOST_LIBRARIES` at most of each sort."""
    return (*_hard(data, layout), *_delayed(data, layout))


def _hard(data: bytes, layout: Layout) -> Iterator[Asked]:
    at = layout.offset(layout.directory(IMPORT)[0]) if layout.directory(IMPORT)[0] else -1
    for number in range(MOST_LIBRARIES if at >= 0 else 0):
        try:
            names, _, _, name, table = _IMPORT.unpack_from(data, at + number * _IMPORT.size)
        except struct.error:
            return
        if not name or not table:
            return
        if text := text_at(data, layout.offset(name)):
            yield Asked(text, False, names or table)


def _delayed(data: bytes, layout: Layout) -> Iterator[Asked]:
    at = layout.offset(layout.directory(DELAY)[0]) if layout.directory(DELAY)[0] else -1
    for number in range(MOST_LIBRARIES if at >= 0 else 0):
        try:
            traits, name, _, _, names, *_ = _DELAYED.unpack_from(data, at + number * _DELAYED.size)
        except struct.error:
            return
        if not name:
            return
        if not traits & _BY_ADDRESS:  # Visual C++ 6 wrote addresses in memory
            name, names = name - layout.base, names - layout.base
        if text := text_at(data, layout.offset(name)):
            yield Asked(text, True, names)


def functions(data: bytes, layout: Layout) -> Mapping[str, frozenset[str]]:
    """Give the functions that are asked for by name, by the folded name of their library.

    A function that is asked for by number is ``#number``.
    """
    found: dict[str, set[str]] = {}
    left = MOST_FUNCTIONS
    for library in asked(data, layout):
        names = found.setdefault(library.name.lower(), set())
        for name in _functions(data, layout, library.names, left):
            names.add(name)
            left -= 1
    return {name: frozenset(names) for name, names in found.items()}


def _functions(data: bytes, layout: Layout, table: int, most: int) -> Iterator[str]:
    at, size = layout.offset(table), 8 if layout.wide else 4
    form, numbered = ("<Q", 1 << 63) if layout.wide else ("<I", 1 << 31)
    for number in range(most if at >= 0 else 0):
        try:
            (entry,) = struct.unpack_from(form, data, at + number * size)
        except struct.error:
            return
        if not entry:
            return
        if entry & numbered:
            yield f"#{entry & 0xFFFF}"
        elif name := text_at(data, _behind(layout.offset(entry))):
            yield name


def _behind(offset: int) -> int:
    return offset + 2 if offset >= 0 else -1
