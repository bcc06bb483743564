"""Whether a text is a log is settled by as few of its lines as can settle it."""

import csv

from hypothesis import given
from hypothesis import strategies as st

from sidelight.evidence.event_csv import is_table
from sidelight.evidence.syslog import sniff
from sidelight.evidence.syslog_line import Calendar, parse_line
from sidelight.evidence.text import decoded_head, encoding_of
from sidelight.evidence.text_lines import mostly

WORDS = st.sampled_from(
    [b"Jan  2 03:04:05 host cron: x", b"date=2024-01-02 type=x logid=1", b"<", b"plain", b"", b" ",
     b"\0\0", b"\xff\xe2\x82 ", b"1: *Jan  2 03:04:05: %SYS-5-CONFIG_I: x", b"a,b", b"#TYPE x",
     b"2024-01-02T03:04:05Z host cron: x", b"\xd9\xa1", b"\r", b"{", b"a\tb\r"]
)  # fmt: skip
HEADS = st.lists(WORDS, max_size=12).map(b"\n".join)


def obvious(head: bytes, matches: object, share: float) -> bool:
    """Look at each line: the oracle."""
    assert callable(matches)
    whole = head.rpartition(b"\n")[0] or head
    texts = [line.decode("utf-8", "replace").strip("\0\r\t ") for line in whole.split(b"\n")[:500]]
    texts = [text for text in texts if text]
    found = sum(1 for text in texts if matches(text))
    return found > 0 and found >= share * len(texts)


def obvious_table(head: bytes) -> bool:
    """Decode all, then split: the oracle."""
    lines = decoded_head(head).decode("utf-8", "replace").split("\n")
    skipped = int(lines[0].startswith("#TYPE ") and len(lines) > 1)
    first = "" if lines[0].startswith("#TYPE ") and not skipped else lines[skipped].rstrip("\r")
    if not first or first[0] in "{[<" or "\0" in first or len(lines) < skipped + 2:
        return False
    delimiter = max(",;\t", key=first.count)
    counts = [len(cells(each, delimiter)) for each in (first, lines[skipped + 1])]
    return counts[0] > 1 and counts[0] == counts[1]


def cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


@given(st.one_of(HEADS, st.binary(max_size=80)), st.sampled_from([0.0, 0.5, 0.8, 1.0]))
def test_some_lines_tell_what_all_do(head: bytes, share: float) -> None:
    def begins(text: str) -> bool:
        return text[0] in "J2p\ufffd"

    assert mostly(head, begins, share=share) == obvious(head, begins, share)


def test_no_line_is_looked_at_once_the_question_is_settled() -> None:
    looked: list[str] = []
    assert not mostly(b"no\n" * 500, looked.append)
    assert len(looked) == 101


@given(HEADS)
def test_a_line_of_syslog_is_told_by_its_begin(head: bytes) -> None:
    dated = parse_line(head.decode("utf-8", "replace").strip(), Calendar())
    if dated is not None and dated.program:
        assert sniff(head.strip().replace(b"\n", b" "))


@given(st.one_of(HEADS, st.binary(max_size=80)))
def test_a_table_is_told_by_its_first_lines(head: bytes) -> None:
    assert is_table(head) == obvious_table(head)


@given(st.binary(max_size=8))
def test_an_encoding_is_none_but_utf_8_without_mark_and_zeros(head: bytes) -> None:
    name, length = encoding_of(head)
    if head[:3] != b"\xef\xbb\xbf" and head[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
        assert length == 0
        assert name == "utf-8" or b"\0" in head[:4]
