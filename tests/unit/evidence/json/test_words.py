"""Words looked for in lines as they stand."""

import json
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.evidence.json.lines import Block, feeds_of
from sidelight.evidence.json.words import lines_with

WORDS = frozenset({"mimikatz", "\\perfc.dat", "lsadump::", 'say "hi"', "a/kiwi", "<my kiwi>"})


def found_in(*lines: bytes) -> list[int]:
    text = b"\n".join(lines)
    return lines_with(WORDS, Block(text, 0, 1, feeds_of(text)))


@pytest.mark.parametrize(
    "line",
    [
        rb'{"a":"run MIMIkatz"}',
        rb'{"a":"C:\\perfc.dat"}',
        rb'{"a":"C:\u005cperfc.dat"}',
        rb'{"a":"mimi\u006Batz"}',
        rb'{"a":"mimi\u004Batz"}',
        rb'{"a":"mimi\u212Aatz"}',
        rb'{"a":"m\u0130mikatz"}',
        '{"a":"mim\u0130katz"}'.encode(),
        '{"a":"mimi\N{KELVIN SIGN}atz"}'.encode(),
        rb'{"a":"lsadump\u003a:"}',
        rb'{"a":"say \"hi\""}',
        rb'{"a":"a\/kiwi"}',
        rb'{"lsadump::":1}',
        rb'{"a":"\u003cmy kiwi>"}',
        rb'{"a":"&lt;My Kiwi&gt;"}',
        rb'{"a":"\u0026lt;my kiwi\u0026gt;"}',
    ],
)
def test_a_word_is_found_however_it_is_written(line: bytes) -> None:
    assert found_in(b"{}", line, b"", line, b"{}") == [1, 3]


def test_no_word_no_line() -> None:
    assert found_in(rb'{"a":"\u003d \u00e9 mimi katz"}', b"perfc,dat") == []
    assert lines_with(frozenset(), Block(b"mimikatz", 0, 1, np.empty(0, np.intp))) == []


@given(st.text(st.sampled_from('mikatz*\n\u212a"')), st.booleans(), st.sampled_from(sorted(WORDS)))
def test_no_line_is_missed(noise: str, ascii_only: bool, word: str) -> None:
    values = [noise, noise + word.upper() + noise, word + noise]
    lines = [json.dumps({"a": value}, ensure_ascii=ascii_only).encode() for value in values]
    assert set(found_in(*lines)) >= {1, 2}


@pytest.mark.parametrize("word", ["\\\\face.dead", "\\\\ki", "\\\\", "\\\\\\\\run.exe", "kik"])
def test_a_word_is_found_whatever_is_left_out_of_it(word: str) -> None:
    words = frozenset({word, "other word"})
    for value in (word, word.upper(), f"C:{word}x", word.replace("k", "\N{KELVIN SIGN}")):
        for ascii_only in (False, True):
            text = b'{}\n{"a":%s}\n' % json.dumps(value, ensure_ascii=ascii_only).encode()
            assert lines_with(words, Block(text, 0, 1, feeds_of(text))) == [1]


@given(
    st.lists(st.sampled_from(["", "x", "mimikatz", "lsadump::", "mimi", "é" * 9]), min_size=1),
    st.integers(0, 30),
)
def test_how_much_is_folded_at_once_changes_nothing(texts: list[str], size: int) -> None:
    lines = [text.encode() for text in texts]
    with patch("sidelight.evidence.json.words.STRETCH", size):
        found = found_in(*lines)
    expected = [place for place, text in enumerate(texts) if text in WORDS]
    assert found == found_in(*lines) == expected


def test_words_alone_without_letters_that_fold_need_no_search_for_them() -> None:
    text = '{"a":"é"}\n{"a":"é:word"}'.encode()
    assert lines_with(frozenset({":word"}), Block(text, 0, 1, feeds_of(text))) == [1]


def test_a_match_over_the_end_of_a_line_hides_none() -> None:
    words = frozenset({"ab*cd", "cdef:"})
    text = b"ab\ncdef:"
    assert lines_with(words, Block(text, 0, 1, feeds_of(text))) == [0, 1]
