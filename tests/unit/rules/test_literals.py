"""Texts that every match of a regular expression must hold."""

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from sidelight.rules.literals import best, required
from sidelight.rules.patterns import fold


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("abc", {"abc"}),
        ("ABC", {"abc"}),
        (r"\sabc\.exe$", {"abc.exe"}),
        ("ab+cd", {"cd"}),
        ("x?long", {"long"}),
        ("(foo|barbar)", {"foo", "barbar"}),
        ("(?:powershell)+", {"powershell"}),
        ("[Rr][Uu]ndll", {"rundll"}),
        ("a{0,3}bc", {"bc"}),
    ],
)
def test_the_text_that_the_fewest_cells_hold_is_chosen(pattern: str, expected: set[str]) -> None:
    assert best(required(pattern, "")) == expected


@pytest.mark.parametrize("pattern", ["", ".*", "a|.*", "(foo)?", "[ab]", r"\d+", "(", "x*"])
def test_where_nothing_must_be_there_nothing_is_required(pattern: str) -> None:
    assert required(pattern, "") == ()


PIECES = (
    "a",
    "B",
    "\N{LATIN SMALL LETTER LONG S}",
    "k",
    "é",
    ".",
    "|",
    "(",
    ")",
    "*",
    "+?",
    "{2}",
    "[aB]",
    r"\.",
    r"\bs",
    "$",
)
patterns = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
TEXTS = (
    "a",
    "A",
    "b",
    "B",
    "s",
    "\N{LATIN SMALL LETTER LONG S}",
    "k",
    "\N{KELVIN SIGN}",
    "é",
    "É",
    ".",
    "\n",
)
cells = st.lists(st.sampled_from(TEXTS), max_size=6).map("".join)


@given(patterns, st.sampled_from(["", "i", "s"]), cells)
def test_a_cell_that_matches_holds_one_text_of_each_set(
    pattern: str, flags: str, cell: str
) -> None:
    options = re2.Options()
    options.log_errors = False
    try:
        found = re2.compile(f"(?{flags}){pattern}" if flags else pattern, options)
    except re2.error:
        return
    # Cells with a long s are judged whatever texts they hold (sidelight.rules.decide).
    if found.search(cell) and not ("i" in flags and "\N{LATIN SMALL LETTER LONG S}" in cell):
        assert all(any(text in fold(cell) for text in some) for some in required(pattern, flags))
