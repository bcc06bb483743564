"""The cells of a field."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.evidence.json.cells import Cells, Value, shown_text
from sidelight.schema import decode


def listed(cells: Cells, length: int) -> list[str | None]:
    return decode(cells.column(np.arange(length)))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["a\0b", ("x", "y")], ["a\u2400b", "x\0y"]),
        (["&lt;unknown process&gt;", "&lt;", "&"], ["<unknown process>", "&lt;", "&"]),
        (["", "é"], ["", "é"]),
        ([(), "a", ()], [None, "a", None]),
    ],
)
def test_a_value_is_written_as_a_cell(cells: list[Value], expected: list[str | None]) -> None:
    found = Cells()
    found.add(0, cells)
    assert listed(found, len(cells)) == expected


PIECES = st.sampled_from(["", "a", "&", "&lt;", "&gt;", "\0", "é", "\N{KELVIN SIGN}", "&lt;a&gt;"])


@given(st.lists(st.lists(PIECES, max_size=4).map("".join), min_size=1))
def test_each_text_is_written_as_if_it_were_alone(texts: list[str]) -> None:
    found = Cells()
    found.add(0, [*texts])
    assert listed(found, len(texts)) == [shown_text(text) for text in texts]


def test_values_are_kept_once() -> None:
    cells = Cells()
    cells.add(0, ["a", "b"] * 500)
    cells.add(1000, ["b", "c"] * 500)
    cells.add(2000, ["c"] * 10)
    assert cells.column(np.arange(2010)).values.to_pylist() == ["a", "b", "c"]
    assert listed(cells, 2010) == ["a", "b"] * 500 + ["b", "c"] * 500 + ["c"] * 10


def test_long_texts_that_differ_are_kept_as_they_are() -> None:
    texts = [f"{number}" + "x" * 2000 for number in range(40)]
    cells = Cells()
    cells.add(0, ["y", "z"])
    cells.add(3, texts)
    cells.add(43, ["z", "\0"])
    cells.add(45, ["&lt;" + text + "&gt;" for text in texts])
    assert len(cells.apart) == 2
    shown = ["<" + text + ">" for text in texts]
    assert listed(cells, 86) == ["y", "z", None, *texts, "z", "\u2400", *shown, None]


def test_what_was_not_set_is_absent() -> None:
    cells = Cells()
    cells.add(2, ["a", "b"])
    cells.add(5, ["a"])
    assert listed(cells, 7) == [None, None, "a", "b", None, "a", None]


def test_cells_come_in_the_order_that_is_asked_for() -> None:
    cells = Cells()
    cells.add(0, ["a", "b"])
    assert decode(cells.column(np.array([2, 1, 0]))) == [None, "b", "a"]
