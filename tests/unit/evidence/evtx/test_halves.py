"""Whatever the plain search finds, lies in a suspect stretch."""

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sidelight.evidence.evtx import halves
from sidelight.evidence.evtx.chunks import SIZE
from sidelight.evidence.evtx.halves import FOLDED, suspects
from sidelight.evidence.evtx.words import _chunks, pattern_of

CHUNKS = 9
LETTERS = st.characters(min_codepoint=33, max_codepoint=126).map(str.lower)


@pytest.fixture(autouse=True, params=["re2", "hyperscan"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Search few bytes as if they were many, by one engine and by the other."""
    monkeypatch.setattr(halves, "_LEAST", 0)
    if request.param == "re2":
        monkeypatch.setitem(sys.modules, "hyperscan", None)
    else:
        pytest.importorskip("hyperscan")
    halves._search_for.cache_clear()


def written(draw: st.DrawFn, word: str) -> bytes:
    """Write a word as an event may: in any case, in UTF-16 with what folds, or in ANSI."""
    letters = [draw(st.sampled_from([each, each.upper()])) for each in word]
    if draw(st.booleans()):
        return "".join(letters).encode("cp1252")
    folded = [
        draw(st.sampled_from([letter, FOLDED.get(plain, letter)]))
        for plain, letter in zip(word, letters, strict=True)
    ]
    return "".join(folded).encode("utf-16-le")


@st.composite
def planted(draw: st.DrawFn) -> tuple[frozenset[str], bytes]:
    words = draw(
        st.sets(st.text(LETTERS | st.sampled_from("ik"), min_size=5, max_size=20), min_size=1)
    )
    data = bytearray(CHUNKS * SIZE)
    for word in sorted(words)[:2]:
        text = draw(st.binary(max_size=3)) + written(draw, word) + draw(st.binary(max_size=3))
        ends = [0, 1, SIZE // 2, SIZE - len(text)]
        at = draw(st.integers(0, CHUNKS - 1)) * SIZE + draw(st.sampled_from(ends))
        data[at : at + len(text)] = text
    return frozenset(words), bytes(data)


@given(planted())
@example((frozenset({"kiwi::x"}), b"?" + "\N{KELVIN SIGN}\u0130w\u0130::X".encode("utf-16-le") * 2))
def test_no_word_is_missed(case: tuple[frozenset[str], bytes]) -> None:
    words, data = case[0], case[1].ljust(CHUNKS * SIZE, b"\0")
    pattern = pattern_of(words)
    plain = [
        pattern.search(data[at : at + SIZE]) is not None for at in range(0, CHUNKS * SIZE, SIZE)
    ]
    assert any(plain)
    assert _chunks(words, data).tolist() == plain


def test_what_holds_no_word_is_no_suspect() -> None:
    text = "SeBackupPrivilege \\Device\\HarddiskVolume2 kiwi: ".encode("utf-16-le")
    data = (b"\0" + text * SIZE)[: CHUNKS * SIZE]
    assert list(suspects(frozenset({"kiwi::x", "privilege::backup"}), data)) == []
    assert list(suspects(frozenset({"kiwi:"}), data)) != []


def test_a_short_word_may_be_anywhere() -> None:
    assert list(suspects(frozenset({"a::b", "kiwi::x"}), bytes(SIZE))) == [(0, SIZE)]
