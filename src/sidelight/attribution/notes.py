"""What analysts add to an attribution: notes that are revised, never changed.

A file of notes is JSON lines, one revision a line, appended and never rewritten. The last
revision of a note counts; those before it stay readable, with date, person and reason.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Final, Literal, TypeAlias, get_args

import orjson

from sidelight.errors import UsageError
from sidelight.values import dataclass

Opinion: TypeAlias = Literal[
    "", "strongly-disagree", "disagree", "neutral", "agree", "strongly-agree"
]
"""An analyst's opinion of a hypothesis (STIX 2.1, opinion-enum); it weighs nothing."""
OPINIONS: Final[tuple[Opinion, ...]] = get_args(Opinion)

_STATES: Final = ("stands", "withdrawn")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
MOST: Final = 1000.0
MOST_POWER: Final = 3.0
"""A line may be made to count three times at most."""


@dataclass(frozen=True, slots=True)
class Note:
    """One revision of a note.

    Args:
        id: of the note: ``n1``.
        revision: 1 for the first.
        date: when it was written, RFC 3339 in UTC.
        by: who.
        about: name, number or STIX id of a set, or ``unknown``.
        line: key of a line of evidence that is to count more or less, for that set, or for all
            sets where *about* is ``unknown``; empty for a new line.
        factor: what it multiplies the odds by; with *line*, the power it raises that line to.
        reason: why.
        opinion: what the analyst thinks of the hypothesis.
        state: ``stands`` or ``withdrawn``.
    """

    id: str
    revision: int
    date: str
    by: str
    about: str
    reason: str
    line: str = ""
    factor: float = 1.0
    opinion: Opinion = ""
    state: str = "stands"


def read_notes(text: str, where: str) -> tuple[Note, ...]:
    """Read every revision that a file of notes holds, in its order.

    Raises:
        UsageError: a line is no revision, or does not follow the one before it.
    """
    found: list[Note] = []
    latest: dict[str, Note] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        place = f"{where}, line {number}"
        note = _note(line, place)
        before = latest.get(note.id)
        if note.revision != (before.revision + 1 if before else 1):
            raise UsageError(f"note {note.id} has no revision {note.revision - 1}", where=place)
        latest[note.id] = note
        found.append(note)
    return tuple(found)


def _note(line: str, place: str) -> Note:
    try:
        note = Note(**orjson.loads(line))
        check(note, place)
    except (ValueError, TypeError):
        raise UsageError("is no revision of a note", where=place) from None
    return note


def check(note: Note, place: str) -> None:
    """Refuse a note that cannot count.

    Raises:
        UsageError: it lacks a person or a reason, or its factor is out of range.
    """
    texts = (note.id, note.date, note.by, note.about, note.reason, note.line, note.opinion)
    if not all(isinstance(text, str) for text in texts) or not isinstance(note.revision, int):
        raise UsageError("is no revision of a note", where=place)
    if not (note.id and note.by.strip() and note.reason.strip() and note.about.strip()):
        raise UsageError("a note needs a person, a reason and what it is about", where=place)
    if not isinstance(note.factor, int | float) or isinstance(note.factor, bool):
        raise UsageError("factor is no number", where=place)
    least, most = (0.0, MOST_POWER) if note.line else (1 / MOST, MOST)
    if not least <= note.factor <= most:
        raise UsageError(f"factor is not between {least:g} and {most:g}", where=place)
    if note.opinion not in OPINIONS:
        raise UsageError(f"unknown opinion {note.opinion!r}", where=place, hint=_listed(OPINIONS))
    if note.state not in _STATES or not _DATE.fullmatch(note.date):
        raise UsageError("is no revision of a note", where=place)


def opinion_of(text: str) -> Opinion:
    """Take *text* for an opinion.

    Raises:
        UsageError: there is no such opinion.
    """
    for each in OPINIONS:
        if each == text:
            return each
    raise UsageError(f"no opinion: {text!r}", where="--opinion", hint=_listed(OPINIONS))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(word for word in words if word)


def standing(revisions: Iterable[Note]) -> tuple[Note, ...]:
    """Give the last revision of each note that was not withdrawn, by id."""
    latest = {note.id: note for note in revisions}
    return tuple(latest[key] for key in sorted(latest) if latest[key].state == "stands")


def next_id(revisions: Sequence[Note]) -> str:
    """Name a new note."""
    return f"n{len({note.id for note in revisions}) + 1}"


def revise(revisions: Sequence[Note], new: Note) -> Note:
    """Give *new* as the next revision of the note it names.

    Raises:
        UsageError: there is no such note.
    """
    before = [note for note in revisions if note.id == new.id]
    if not before:
        raise UsageError(f"there is no note {new.id!r}", where="attribute revise")
    return replace(new, revision=before[-1].revision + 1)


def note_line(note: Note) -> bytes:
    """Spell a revision as a line of a file of notes."""
    return orjson.dumps(asdict(note), option=orjson.OPT_APPEND_NEWLINE)
