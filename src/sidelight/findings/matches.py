"""Rows of the hit table, out of a frame and what rules matched in it."""

from collections.abc import Mapping

import numpy as np
import orjson
import pyarrow as pa

from sidelight.findings.actor import images, process_keys
from sidelight.findings.cells import Coded, Rows, cells, dictionary, numbers, repeat
from sidelight.findings.hits import EVENTS, HITS, NOTHING
from sidelight.findings.processes import sources
from sidelight.schema import Event, Frame, strings


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


def event_rows(frame: Frame, rows: Rows) -> pa.Table:
    """Give full events as `EVENTS`."""
    if not len(rows):
        return NOTHING.events
    events = [_dump(event) for event in frame.detail(rows)]
    return pa.table(
        [sources(frame, rows), numbers(frame.record[rows]), pa.array(events, pa.binary())],
        schema=EVENTS,
    )


def _dump(event: Event) -> bytes:
    return orjson.dumps(event)
