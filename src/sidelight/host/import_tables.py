"""Tables of imports in memory, which stay when the headers of an image were wiped.

A loader, the system's or one that an intruder brought, writes the addresses of imported functions
in arrays, one a library, each with a zero behind it. Source: Microsoft, "PE Format", "The .idata
Section" and "Import Address Table".
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sidelight.values import dataclass

RUN: Final = 4
"""Least addresses of an array that counts."""

RUNS: Final = 2
COUNT: Final = 12
"""Least arrays, and addresses in them together, of a table."""


@dataclass(frozen=True, slots=True)
class Imports:
    """Such a table: where it begins, how many addresses it has, into how many modules."""

    address: int
    count: int
    modules: int


def imports_in(
    block: bytes, address: int, edges: NDArray[np.uint64], *, wide: bool
) -> Imports | None:
    """Find arrays of addresses into modules in *block*, all distinct within an array.

    Args:
        block: memory.
        address: where it begins, a multiple of 8.
        edges: start and end of each module, ascending.
        wide: whether addresses have 64 bits.
    """
    width = 8 if wide else 4
    body = block[: len(block) // width * width]
    words = np.frombuffer(body, "<u8" if wide else "<u4").astype(np.uint64)
    places = np.searchsorted(edges, words, side="right")
    inside = places % 2 == 1
    if np.count_nonzero(inside) < COUNT:
        return None
    turns = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    runs = [(int(a), int(b)) for a, b in turns.reshape(-1, 2) if b - a >= RUN]
    runs = [(a, b) for a, b in runs if b < len(words) and not words[b] and _distinct(words[a:b])]
    modules = {int(place) for a, b in runs for place in np.unique(places[a:b])}
    count = sum(b - a for a, b in runs)
    if len(runs) < RUNS or count < COUNT or len(modules) < 2:
        return None
    return Imports(address + runs[0][0] * width, count, len(modules))


def _distinct(words: NDArray[np.uint64]) -> bool:
    return len(np.unique(words)) == len(words)
