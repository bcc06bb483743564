"""Calls and return addresses in a core: those that lead into memory without a file.

Libraries themselves are not in a core, so what a slot should point to is not known; that it
points to no file is. Sources: the System V ABI, "Dynamic Section"; the x86-64 and Arm psABIs,
"Procedure Linkage Table": three reserved words, then the slots in order.
"""

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Final

from sidelight.host.collect import STACK_BYTES, is_call
from sidelight.host.core_notes import Layout
from sidelight.host.process import Bent, Region
from sidelight.values import dataclass

_PART_BYTES: Final = 4 << 20
_KEPT_BYTES: Final = 64 << 20
_SIZE, _SLOTS, _SORT, _RELA = 2, 3, 20, 7
_MANY: Final = 1 << 16
_FEW: Final = 16
_NEAR: Final = 64
_TAGS: Final = (range(1, 0x40), range(0x6FFFFD00, 0x70000000))
_MACHINES: Final = {62: "x86_64", 183: "aarch64"}


@dataclass(slots=True)
class Kept:
    """Small stretches of memory that are kept while a core passes by."""

    parts: dict[int, bytes] = field(default_factory=dict)
    left: int = _KEPT_BYTES
    _starts: list[int] = field(default_factory=list)

    def wants(self, size: int) -> bool:
        """Tell whether a stretch of *size* bytes is kept."""
        return 0 < size <= min(_PART_BYTES, self.left)

    def add(self, start: int, data: bytes) -> None:
        """Keep a stretch."""
        self.parts[start] = data
        self.left -= len(data)
        self._starts = []

    def read(self, address: int, size: int) -> bytes:
        """Give what is kept from *address* on, in one stretch."""
        if not self._starts:
            self._starts = sorted(self.parts)
        at = bisect_right(self._starts, address) - 1
        start = self._starts[at] if at >= 0 else 0
        return self.parts.get(start, b"")[address - start :][:size]


def bent_calls(
    kept: Kept, layout: Layout, loose: list[Region], files: Iterable[tuple[int, int, str]]
) -> Iterator[Bent]:
    """Yield slots of procedure linkage tables that point into *loose*, `_FEW` at most."""
    if layout.bits != 2 or layout.machine not in _MACHINES or not loose:
        return
    named = sorted(files)
    starts = [start for start, _, _ in named]
    left = _FEW
    for place, table, count in _tables(kept, layout):
        at = bisect_right(starts, place) - 1
        path = named[at][2] if at >= 0 and place < named[at][1] else ""
        words = layout.words(kept.read(table + 24, 8 * count))
        for index, word in enumerate(words):
            if left and any(region.start <= word < region.end for region in loose):
                left -= 1
                yield Bent(table + 24 + 8 * index, "", word, path)


def _tables(kept: Kept, layout: Layout) -> Iterator[tuple[int, int, int]]:
    """Find dynamic sections by the entry that every procedure linkage table has (DT_PLTREL).

    Yields:
        Where the entry is, where the table is, and how many slots it has.
    """
    entry = struct.pack(f"{layout.order}QQ", _SORT, _RELA)
    for start, data in sorted(kept.parts.items()):
        at = data.find(entry)
        while at >= 0:
            if (start + at) % 8 == 0:
                known = _around(data, at, layout)
                if _SLOTS in known and _SIZE in known:
                    yield start + at, known[_SLOTS], min(known[_SIZE] // 24, _MANY)
            at = data.find(entry, at + 8)


def _around(data: bytes, at: int, layout: Layout) -> dict[int, int]:
    """Read the entries of a dynamic section around the one at *at*."""
    found: dict[int, int] = {}
    for step in (16, -16):
        for number in range(_NEAR):
            place = at + step * number
            pair = layout.words(data[place : place + 16]) if place >= 0 else ()
            if len(pair) < 2 or not any(pair[0] in tags for tags in _TAGS):
                break
            found.setdefault(pair[0], pair[1])
    return found


def returning(
    kept: Kept, layout: Layout, loose: list[Region], stacks: Iterable[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Yield threads and addresses on their stacks that lie in *loose* right behind a call."""
    machine = _MACHINES.get(layout.machine, "") if layout.bits == 2 else ""
    for thread, stack in stacks if loose and machine else ():
        words = layout.words(kept.read(stack, STACK_BYTES))
        found = [w for w in dict.fromkeys(words) if any(r.start + 8 <= w < r.end for r in loose)]
        for word in found[:_FEW]:
            if is_call(kept.read(word - 8, 8), machine):
                yield thread, word
