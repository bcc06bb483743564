"""Events that speak by themselves, as facts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import orjson
import pyarrow as pa

from sidelight.analytics.mark import Mark
from sidelight.findings.actor import guid_texts, named, texts
from sidelight.findings.cells import Coded, Rows, cells, listed, numbers
from sidelight.findings.facts import SIGNALS
from sidelight.findings.matches import fact_places
from sidelight.schema import Frame, decode, encode, strings

_SHOWN: Final = 4_000

Judge = Callable[[Mapping[str, str]], Sequence[Mark]]
"""Judges one event by the fields it was asked for; a field that is missing is ""."""

Said = tuple[Sequence[Mark], str]
"""Marks, and the fields they are about as `spell` gives them."""


def signal_rows(
    frame: Frame, rows: Rows, fields: Sequence[str], judge: Judge, other: str = ""
) -> pa.Table:
    """Give what *judge* says of events, as `SIGNALS`.

    Args:
        frame: where the events are.
        rows: which of them to judge.
        fields: what the judge reads.
        judge: is asked once for each distinct set of values.
        other: the field that names a second process by its GUID, or "".
    """
    if not len(rows):
        return SIGNALS.empty_table()
    columns = [field_texts(frame, name, rows) for name in fields]
    said: dict[tuple[str, ...], Said] = {}
    every: list[Said] = []
    for values in zip(*columns, strict=True):
        found = said.get(values)
        if found is None:
            judged = judge(dict(zip(fields, values, strict=True)))
            found = said[values] = judged, spell(fields, values) if judged else ""
        every.append(found)
    return said_rows(frame, rows, every, other)


def said_rows(frame: Frame, rows: Rows, every: Sequence[Said], other: str = "") -> pa.Table:
    """Give what was said of events, as `SIGNALS`.

    Args:
        frame: where the events are.
        rows: which of them.
        every: beside each of *rows*, what is said of it.
        other: as for `signal_rows`.
    """
    told = [(row, mark, text) for row, (marks, text) in enumerate(every) for mark in marks]
    if not told:
        return SIGNALS.empty_table()
    kept, marks, spoken = zip(*told, strict=True)
    at = rows[np.array(kept, np.intp)]
    guids = _guids(field_texts(frame, other, at) if other else [""] * len(at))
    return _table(frame, at, marks, guids, spoken)


def field_texts(frame: Frame, name: str, rows: Rows) -> list[str]:
    """List one field of *rows*, "" where an event lacks it."""
    if not named(frame, (name,)):
        return [""] * len(rows)
    return [text or "" for text in decode(texts(frame, (name,), rows, len(rows)))]


def _guids(spelled: list[str]) -> list[str]:
    return listed(guid_texts(strings(spelled)))


def spell(fields: Sequence[str], values: Sequence[str]) -> str:
    """Give fields as findings show them: JSON, each text cut, without those that are empty."""
    shown = {name: text[:_SHOWN] for name, text in zip(fields, values, strict=True) if text}
    return orjson.dumps(shown).decode()


def _files(mark: Mark) -> str:
    return orjson.dumps(mark.files).decode() if mark.files else ""


def _table(
    frame: Frame, at: Rows, marks: Sequence[Mark], others: list[str], spoken: Sequence[str]
) -> pa.Table:
    def text(values: Sequence[str]) -> Coded:
        return cells(encode(list(values)))

    return pa.table(
        [
            *fact_places(frame, at),
            text([mark.signal for mark in marks]),
            numbers(np.array([mark.points for mark in marks], np.int64)),
            text([mark.subject for mark in marks]),
            text(others),
            text([mark.said for mark in marks]),
            text([mark.against for mark in marks]),
            text([_files(mark) for mark in marks]),
            text(spoken),
        ],
        schema=SIGNALS,
    )
