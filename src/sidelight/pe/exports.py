"""What a PE file offers to others.

Source: Microsoft, "PE Format", export directory table; an address inside the directory itself is
a forwarder, the text ``LIBRARY.Function``.
"""

import struct
from typing import Final

from sidelight.pe.layout import EXPORT, Layout, text_at
from sidelight.values import dataclass

MOST: Final = 1 << 16
_TABLE: Final = struct.Struct("<IIHHIIIIIII")


@dataclass(frozen=True, slots=True)
class Exports:
    """An export table.

    Args:
        library: name that the table gives the file.
        names: of functions; ``#number`` of those that have no name.
        places: how many different addresses the functions have that are no forwarders.
        own: how many functions are no forwarders.
        forwarders: texts of those that are.
    """

    library: str = ""
    names: frozenset[str] = frozenset()
    places: int = 0
    own: int = 0
    forwarders: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many functions there are."""
        return self.own + len(self.forwarders)


def read_exports(data: bytes, layout: Layout) -> Exports:
    """Read the export table, of at most `MOST` functions; an empty one where there is none."""
    rva, size = layout.directory(EXPORT)
    at = layout.offset(rva) if rva else -1
    try:
        if at < 0:
            return Exports()
        row = _TABLE.unpack_from(data, at)
    except struct.error:
        return Exports()
    library, first, count, named, table, names, numbers = row[4:]
    addresses = _numbers(data, layout.offset(table), min(count, MOST), "I")
    texts = _numbers(data, layout.offset(names), min(named, MOST), "I")
    places = _numbers(data, layout.offset(numbers), len(texts), "H")
    spelled: dict[int, str] = {}
    all_names = set()
    for text, place in zip(texts, places, strict=False):
        if name := text_at(data, layout.offset(text)):
            all_names.add(name)
            spelled.setdefault(place, name)
    own: list[int] = []
    forwarders: list[str] = []
    for number, address in enumerate(addresses):
        if not address:
            continue
        if number not in spelled:
            all_names.add(f"#{first + number & 0xFFFF}")
        if rva <= address < rva + size:
            forwarders.append(text_at(data, layout.offset(address)))
        else:
            own.append(address)
    called = text_at(data, layout.offset(library))
    return Exports(called, frozenset(all_names), len(set(own)), len(own), tuple(forwarders))


def _numbers(data: bytes, offset: int, count: int, form: str) -> tuple[int, ...]:
    """Read so many numbers, fewer where the bytes end."""
    size = struct.calcsize(f"<{form}")
    if not 0 <= offset < len(data):
        return ()
    count = max(0, min(count, (len(data) - offset) // size))
    return struct.unpack_from(f"<{count}{form}", data, offset)
