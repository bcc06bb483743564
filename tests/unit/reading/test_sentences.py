"""Where sentences end, and where dots end nothing."""

import pytest

from sidelight.reading.sentences import sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        (
            "It ran libvlc.dll and 1.2.3.4 there. Then",
            ["It ran libvlc.dll and 1.2.3.4 there.", "Then"],
        ),
        ("See evil[.]example.com. Next.", ["See evil[.]example.com.", "Next."]),
        ("The U.S. said so. Yes.", ["The U.S. said so.", "Yes."]),
        ("e.g. this one. Two.", ["e.g. this one.", "Two."]),
        ("1. First item.\n2. Second item.", ["1. First item.", "2. Second item."]),
        ("- one\n- two", ["- one", "- two"]),
        ("Short line\nanother", ["Short line", "another"]),
        (
            "A line that somebody's mail program broke after seventy characters,\nas they do.",
            ["A line that somebody's mail program broke after seventy characters,\nas they do."],
        ),
        ("He said \u201cno.\u201d Then he left.", ["He said \u201cno.\u201d", "Then he left."]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, parts: list[str]) -> None:
    assert cut(text) == parts
