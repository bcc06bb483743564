import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.evidence.json.cells import Cells, Value, part_of
from sidelight.schema import Column, decode, encode, overlay


def texts_of(*cells: Value) -> list[str | None]:
    found = Cells()
    found.add(np.arange(len(cells)), cells)
    codes, _ = found.codes_of(len(cells))
    return decode(Column(codes, found.texts()))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ((1, 1, "1", -7), ["1", "1", "1", "-7"]),
        (("a\0b", ("x", "y")), ["a\u2400b", "x\0y"]),
        (("&lt;unknown process&gt;", "&lt;", "&"), ["<unknown process>", "&lt;", "&"]),
        (("", "é"), ["", "é"]),
    ],
)
def test_a_value_is_written_as_a_cell(cells: tuple[Value, ...], expected: list[str]) -> None:
    assert texts_of(*cells) == expected


def test_values_are_kept_once_unless_nearly_all_differ() -> None:
    few, many = Cells(), Cells()
    few.add(np.arange(1000), ["a", "b"] * 500)
    few.add(np.arange(1000, 2000), ["b", "c"] * 500)
    many.add(np.arange(1000), [f"{number}" for number in range(1000)])
    many.add(np.arange(1000, 1002), ["7", "x"])
    assert few.values == ["a", "b", "c"]
    assert decode(Column(few.codes_of(2000)[0], few.texts())) == ["a", "b"] * 500 + ["b", "c"] * 500
    assert decode(Column(many.codes_of(1002)[0], many.texts()))[-3:] == ["999", "7", "x"]


def test_a_row_with_two_cells_is_named() -> None:
    cells = Cells()
    cells.add(np.array([0, 2]), ["a", "b"])
    cells.add(np.array([2, 3]), ["c", "d"])
    assert cells.codes_of(5)[1].tolist() == [2]


def test_a_part_keeps_what_it_uses() -> None:
    column = encode(["a", None, "b", "c", "b", None, "a"])
    part = part_of(column, 2, 6)
    assert decode(part) == ["b", "c", "b", None]
    assert part.values.to_pylist() == ["b", "c"]
    assert decode(part_of(column, 1, 2)) == [None]
    wide = Column(np.array([0, 9], np.int32), encode([*"abcdefghij"]).values)
    assert part_of(wide, 0, 2).values.to_pylist() == ["a", "j"]


def test_the_upper_of_two_columns_counts() -> None:
    assert decode(overlay(encode(["a", None, None]), encode(["b", "c", None]))) == ["a", "c", None]


@given(
    st.lists(st.sampled_from([None, "a", "b", "c"]), min_size=1, max_size=8),
    st.integers(0, 7),
    st.integers(1, 8),
)
def test_any_part_holds_its_cells_and_no_other_values(
    cells: list[str | None], begin: int, size: int
) -> None:
    begin = min(begin, len(cells) - 1)
    part = part_of(encode(cells), begin, min(begin + size, len(cells)))
    some = cells[begin : begin + size]
    assert decode(part) == some
    assert sorted(part.values.to_pylist()) == sorted({each for each in some if each is not None})
