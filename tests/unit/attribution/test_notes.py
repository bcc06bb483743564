from dataclasses import replace

import pytest

from sidelight.attribution.notes import Note, next_id, note_line, read_notes, revise, standing
from sidelight.errors import UsageError

FIRST = Note("n1", 1, "2026-01-01T00:00:00Z", "anna", "Grey Heron", "seen before", factor=2.0)


def text(*notes: Note) -> str:
    return b"".join(map(note_line, notes)).decode()


def test_revisions_are_kept_and_the_last_counts() -> None:
    second = revise((FIRST,), replace(FIRST, factor=0.5, reason="was another", by="ben"))
    other = replace(FIRST, id=next_id((FIRST, second)), about="unknown")
    gone = revise((FIRST, second, other), replace(other, state="withdrawn"))
    read = read_notes(text(FIRST, second, other, gone), "notes")
    assert read == (FIRST, second, other, gone)
    assert [each.revision for each in read] == [1, 2, 1, 2]
    assert standing(read) == (second,)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nonsense", "is no revision of a note"),
        ("[]", "is no revision of a note"),
        ('{"id": "n1"}', "is no revision of a note"),
        (text(replace(FIRST, revision=2)), "has no revision 1"),
        (text(FIRST, FIRST), "has no revision 0"),
        (text(replace(FIRST, by=" ")), "needs a person"),
        (text(replace(FIRST, reason="")), "needs a person, a reason"),
        (text(replace(FIRST, factor=0.0)), "is not between"),
        (text(replace(FIRST, factor=1001.0)), "is not between"),
        (text(replace(FIRST, line="tool:x", factor=3.1)), "is not between 0 and 3"),
        (text(FIRST).replace("2.0", "NaN"), "is no revision of a note"),
        (text(FIRST).replace("2.0", "true"), "factor is no number"),
        (text(FIRST).replace('"opinion":""', '"opinion":"maybe"'), "unknown opinion"),
        (text(replace(FIRST, date="yesterday")), "is no revision of a note"),
    ],
)
def test_a_line_that_is_no_revision_says_where(line: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_notes(line, "notes.jsonl")
    assert reason in caught.value.reason
    assert caught.value.where.startswith("notes.jsonl, line ")


def test_a_line_can_be_disregarded_but_a_note_cannot_rule_out() -> None:
    read = read_notes(text(replace(FIRST, line="tool:x", factor=0.0)), "notes")
    assert read[0].factor == 0


def test_no_note_is_revised_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="there is no note 'n1'"):
        revise((), FIRST)
