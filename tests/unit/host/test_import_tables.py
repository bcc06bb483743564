"""Tables of imports."""

import struct

import numpy as np

from sidelight.host.import_tables import Imports, imports_in

EDGES = np.array([0x10000, 0x20000, 0x30000, 0x40000], np.uint64)
FIRST = [0x10000 + 16 * n for n in range(6)]
SECOND = [0x30000 + 16 * n for n in range(6)]


def found(words: list[int], *, wide: bool = True) -> Imports | None:
    block = struct.pack(f"<{len(words)}{'Q' if wide else 'I'}", *words)
    return imports_in(block, 0x5000, EDGES, wide=wide)


def test_arrays_into_two_modules_are_a_table() -> None:
    assert found([1, *FIRST, 0, *SECOND, 0]) == Imports(0x5008, 12, 2)
    assert found([1, *FIRST, 0, *SECOND, 0], wide=False) == Imports(0x5004, 12, 2)


def test_less_is_none() -> None:
    assert found([*FIRST, 0, *SECOND, 1]) is None  # no zero behind
    assert found([*FIRST, 0, *FIRST, 0]) is None  # one module, as a runtime's own table
    assert found([*FIRST[:5], 0, *SECOND, 0]) is None  # eleven
    assert found([*FIRST, *SECOND, 0]) is None  # one array
    assert found([FIRST[0]] * 6 + [0, *SECOND, 0]) is None  # the same over and over
    assert found([0x20000 + n for n in range(6)] + [0, *SECOND, 0]) is None  # just behind a module
