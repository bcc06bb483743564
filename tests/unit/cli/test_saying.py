"""Lines for people are folded between words, and hold nothing that moves a cursor."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.cli.saying import folded, say

IDENT = "indicator--d1c612bc-146f-4b65-b7b0-9a54a14150a4"


@pytest.mark.parametrize("width", [60, 80])
def test_a_long_line_is_folded_between_words_and_goes_on_indented(width: int) -> None:
    text = f"  12  refused  {IDENT} 2026-01-01  not-creator: only its creator shares or changes it"
    lines = folded(text, width).splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= width
    assert all(line.startswith("      ") for line in lines[1:])
    assert IDENT in {word for line in lines for word in line.split()}


def test_an_id_that_is_wider_than_the_terminal_stays_in_one_piece() -> None:
    assert IDENT in folded(f"recall of {IDENT}", 30).splitlines()[1]


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters=" \t\n\r\x0b\x0c"),
                        min_size=1), min_size=1), st.integers(20, 120))  # fmt: skip
def test_folding_loses_and_adds_no_word(words: list[str], width: int) -> None:
    assert folded(" ".join(words), width).split() == " ".join(words).split()


def test_what_is_no_terminal_gets_a_line_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    out = io.StringIO()
    say("a line of many words, which a pipe gets whole\x1b[31m", out=out)
    assert out.getvalue() == "a line of many words, which a pipe gets whole␛[31m\n"


def test_a_terminal_gets_it_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "30")
    out = Screen()
    say("a line of many words, which a terminal gets in two", out=out)
    assert out.getvalue() == "a line of many words, which a\n    terminal gets in two\n"
