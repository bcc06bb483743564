"""Hyperscan answers as the automaton does."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.rules.automata import Finder
from sidelight.rules.raw import raw_scan

pytest.importorskip("hyperscan", reason="the extra 'fast' is not installed")

WORDS = ("ab", "abab", "ks", "kk", "$x", "\\a", "i.")
PIECES = (
    *WORDS,
    "AB",
    "K",
    "\N{KELVIN SIGN}",
    "\u0130",
    "b",
    "a",
    "\N{LATIN SMALL LETTER SHARP S}",
    "",
    "\0",
)


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), max_size=6))
def test_a_raw_scan_finds_what_the_automaton_finds(values: list[str]) -> None:
    array = pa.array(values, pa.string())
    finder = Finder([word.encode() for word in WORDS])
    by_automaton = [found.tolist() for found in finder.find(array)]
    scan = raw_scan(WORDS)
    assert scan is not None
    raw = scan.scan(array)
    # What bytes cannot tell is left to the automaton.
    assert raw is None or [found.tolist() for found in raw] == by_automaton


def test_characters_that_fold_into_ascii_are_left_to_the_automaton() -> None:
    scan = raw_scan(["kk"])
    assert scan is not None
    assert scan.scan(pa.array(["\N{KELVIN SIGN}k"], pa.string())) is None


def test_a_text_across_two_values_is_in_neither() -> None:
    scan = raw_scan(["ab"])
    assert scan is not None
    found = scan.scan(pa.array(["a", "b", "ab"], pa.string()))
    assert found is not None
    assert [each.tolist() for each in found] == [[0], [2]]


@pytest.mark.parametrize("texts", [[], ["é"], ["x"], ["\0ab"]])
def test_texts_that_bytes_cannot_tell_are_left_to_the_automaton(texts: list[str]) -> None:
    assert raw_scan(texts) is None
