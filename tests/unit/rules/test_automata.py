"""Texts are found in values, whatever engine looks for them."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.rules import automata
from sidelight.rules.automata import Finder
from sidelight.rules.patterns import fold

TEXTS = (b"ab", b"b", b"\xffab", b"ab\xff", b"\xffab\xff", b"\xff\xff", "é".encode(), b"\xff-")
PIECES = ("a", "b", "AB", "É", "-", "\0", "\n", "ß")
columns = st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), max_size=12)


def obvious(values: list[str]) -> set[tuple[int, int]]:
    framed = [b"\xff" + fold(each).encode().replace(b"\0", b"\xff") + b"\xff" for each in values]
    return {
        (n, at) for at, each in enumerate(framed) for n, text in enumerate(TEXTS) if text in each
    }


def found(finder: Finder, values: list[str]) -> set[tuple[int, int]]:
    array = pa.array(values, pa.string())
    which, ids = finder.find(array)
    pairs = list(zip(which.tolist(), ids.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    return set(pairs)


@given(columns, st.booleans())
def test_a_few_values_laid_out_in_python_are_searched_like_many(
    values: list[str], begun: bool
) -> None:
    finder = Finder(TEXTS)
    finder._scanned = 10_000 if begun else 0  # after which an automaton pays
    assert found(finder, values) == obvious(values)
    assert (finder._automaton is not None) == (begun and bool(values))


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_many_values_are_searched_in_chunks(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automata, "CHUNK", chunk)
    values = [f"{left}{right}" for left in PIECES for right in PIECES] * 2
    assert len(values) > automata.FEW
    assert found(Finder(TEXTS), values) == obvious(values)


WORDS = (b"sekurlsa", b"kiwi legit", b"lsadump")


@pytest.mark.parametrize("dense", [0, 1_000_000], ids=["grown", "young"])
@pytest.mark.parametrize("value", ["x SEKURLSA::", "sekur", "\N{KELVIN SIGN}iwi legit", ""])
def test_long_text_is_searched_alike_before_and_after_the_engine_grows(
    dense: int, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automata, "_DENSE_BYTES", dense)
    values = [*(f"{number} filler {'y' * 100}" for number in range(100)), value]
    finder = Finder(WORDS)
    expected = {(n, 100) for n, word in enumerate(WORDS) if word.decode() in fold(value)}
    assert found(finder, values) == expected
    assert found(finder, values) == expected


@given(st.lists(st.sampled_from(["", "a", "é\0", "\0", "bc"]), min_size=1), st.integers(0, 2))
def test_values_lie_between_frames(values: list[str], before: int) -> None:
    array = pa.array(["x"] * before + values, pa.string()).slice(before)
    text, starts = automata.framed(array)
    cells = [value.encode().replace(b"\0", b"\xff") for value in values]
    assert text.tobytes() == b"\xff" + b"\xff".join(cells) + b"\xff"
    assert starts.tolist() == [
        1 + sum(len(cell) + 1 for cell in cells[:at]) for at in range(len(cells))
    ]
