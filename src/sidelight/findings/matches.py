"""Rows of the hit table, out of a frame and what rules matched in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import Final, TypeAlias, cast

import numpy as np
import orjson
import pyarrow as pa

from sidelight.findings.actor import images, process_keys
from sidelight.findings.cells import Coded, Rows, cells, dictionary, numbers, repeat
from sidelight.findings.hits import EVENTS, HITS, NOTHING
from sidelight.findings.processes import sources
from sidelight.schema import Event, Frame, Share, strings

_AT_ONCE: Final = 4096
"""How many full events are decoded at a time: they take much more room than their text."""

_Picked: TypeAlias = tuple[Frame, Rows]
"""Some rows of a frame."""

_Whole: TypeAlias = Callable[[Sequence[Rows]], list[list[Event]]]
"""As `Share.whole`."""


def hit_rows(frame: Frame, matched: Mapping[str, Rows]) -> pa.Table:
    """Give the hits of rules in *frame* as `HITS`, in the order given.

    Args:
        frame: where they matched.
        matched: rule id to the numbers of the rows that the rule matched.
    """
    rules = [rule for rule, rows in matched.items() if len(rows)]
    if not rules:
        return NOTHING.hits
    rows = np.concatenate([matched[rule] for rule in rules]).astype(np.intp, copy=False)
    counts = [len(matched[rule]) for rule in rules]
    codes = np.repeat(np.arange(len(rules), dtype=np.int32), counts)
    return pa.table(
        [
            dictionary(codes, strings(rules)),
            *places(frame, rows),
            repeat("", len(rows)),
        ],
        schema=HITS,
    )


def places(frame: Frame, rows: Rows) -> "list[Coded | pa.Int64Array]":
    """Give host, process, time, source, record, channel, event_id, image of events."""
    return [
        cells(frame.host, rows),
        cells(process_keys(frame, rows)),
        numbers(frame.time[rows]),
        sources(frame, rows),
        numbers(frame.record[rows]),
        repeat(frame.kind.channel, len(rows)),
        repeat(frame.kind.event_id, len(rows)),
        cells(images(frame, rows)),
    ]


def fact_places(frame: Frame, rows: Rows) -> "list[Coded | pa.Int64Array]":
    """Give the first columns of every table of facts (`sidelight.findings.facts`)."""
    host, process, time, source, record, channel, event_id, image = places(frame, rows)
    return [host, process, image, time, source, record, channel, event_id]


def event_rows(frames: Sequence[Frame], kept: Sequence[Rows]) -> pa.Table:
    """Give full events as `EVENTS`.

    Args:
        frames: where the events are.
        kept: beside each frame, the numbers of its rows.
    """
    some = [(frame, rows) for frame, rows in zip(frames, kept, strict=True) if len(rows)]
    if not some:
        return NOTHING.events
    names: dict[str, int] = {}
    source = [
        np.array([names.setdefault(name, len(names)) for name in frame.sources])[frame.source[rows]]
        for frame, rows in some
    ]
    record = np.concatenate([frame.record[rows] for frame, rows in some])
    events = [orjson.dumps(event) for part in _portions(some) for event in _events(part)]
    return pa.table(
        [
            dictionary(np.concatenate(source), strings(list(names))),
            numbers(record),
            pa.array(events, pa.binary()),
        ],
        schema=EVENTS,
    )


def _portions(some: Iterable[_Picked]) -> Iterator[list[_Picked]]:
    part: list[_Picked] = []
    size = 0
    for frame, rows in some:
        for begin in range(0, len(rows), _AT_ONCE):
            cut = rows[begin : begin + _AT_ONCE]
            if size + len(cut) > _AT_ONCE:
                yield part
                part, size = [], 0
            part.append((frame, cut))
            size += len(cut)
    yield part


def _events(some: Iterable[_Picked]) -> Iterator[Event]:
    """Give full events in order, of frames that share their decoder with one call of it."""
    for whole, group in groupby(some, _whole):
        if whole is None:
            for frame, rows in group:
                yield from frame.detail(rows)
        else:
            details = [(cast("Share", frame.detail), rows) for frame, rows in group]
            yield from chain.from_iterable(whole([each.rows[rows] for each, rows in details]))


def _whole(one: _Picked) -> _Whole | None:
    detail = one[0].detail
    return detail.whole if isinstance(detail, Share) else None
