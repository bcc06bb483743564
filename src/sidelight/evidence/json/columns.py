"""Frames of the Windows events in a batch of lines.

It reads what `sidelight.evidence.json.record` reads, and to the same fields; whatever is not
plainly a Windows event of a known shape it leaves to it.
"""

from collections.abc import Callable
from typing import Final, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.evidence.json.batch import Batch
from sidelight.evidence.json.cells import Rows
from sidelight.evidence.json.events import Events
from sidelight.evidence.json.plan import Plan
from sidelight.evidence.json.record import of_shape
from sidelight.evidence.json.shapes import SHAPES, Shape
from sidelight.evidence.json.values import fields_of
from sidelight.evidence.times import times_of
from sidelight.schema import NO_TIME, SEPARATOR, Column, Event, Frame, strings

FEW: Final = 16
"""Of a kind that is rarer in a batch, the events are cheaper read one by one."""


def frames(batch: Batch) -> tuple[list[Frame], NDArray[np.intp]]:
    """Give the plain Windows events in *batch*, which it keeps no longer.

    Returns:
        Their frames, in order of shape and kind, and the lines that are something else.
    """
    batch.settle()
    found: list[Frame] = []
    left = [np.array(batch.left, np.intp)]
    source, record = batch.source(), batch.record()
    for (number, kind), events in sorted(batch.events.items()):
        rows = np.frombuffer(events.rows, np.int64)
        if len(rows) < FEW:
            left.append(rows)
        else:
            times = _times(events, SHAPES[number])
            late = _late(events, times, batch.plan)
            left.append(rows[late])
            order = np.flatnonzero(~late)
            order = order[np.argsort(rows[order], kind="stable")]
            rows = rows[order]
            found.append(
                Frame(
                    kind=kind,
                    sources=tuple(batch.sources),
                    source=source[rows],
                    record=record[rows],
                    time=times[order],
                    host=_single(events.host.column(order)),
                    columns=_columns(events, order),
                    detail=_details(batch, SHAPES[number], rows),
                    loud=np.flatnonzero(np.isin(rows, events.loud)) if batch.plan.looks else None,
                )
            )
    batch.events = {}
    return found, np.sort(np.concatenate(left))


def _details(batch: Batch, shape: Shape, rows: Rows) -> Callable[[Rows], list[Event]]:
    """Give the function that reads the events of *rows* in full."""

    def detail(picked: Rows) -> list[Event]:
        texts = batch.texts(rows[picked])
        return [of_shape(shape, fields_of(text)).fields for _, _, text in texts]

    return detail


def _columns(events: Events, order: Rows) -> dict[str, Column]:
    columns = {name: cells.column(order) for name, cells in events.fields.items()}
    return {name: column for name, column in columns.items() if (column.codes >= 0).any()}


def _times(events: Events, shape: Shape) -> NDArray[np.int64]:
    """Give for each event the first of its times that is one."""
    times = np.full(len(events.rows), NO_TIME, np.int64)
    for path in shape.time:
        if path in events.times:
            stamps = events.times[path]
            places = np.frombuffer(stamps.places, np.int64)
            encoded = strings(stamps.texts).dictionary_encode()
            found = times_of(cast("pa.StringArray", encoded.dictionary))[encoded.indices.to_numpy()]
            times[places] = np.where(times[places] == NO_TIME, found, times[places])
    return times


def _late(events: Events, times: NDArray[np.int64], plan: Plan) -> NDArray[np.bool_]:
    """Tell which events lack the time they should have: one may be in what was not kept."""
    late = np.zeros(len(times), np.bool_)
    for path, stamps in events.times.items():
        if stamps.sound:
            places = np.frombuffer(stamps.places, np.int64)
            late[places] = times[places] == NO_TIME
            if np.count_nonzero(late[places]) > FEW:
                plan.fickle.add(path)
    return late


def _single(column: Column) -> Column:
    """Keep of *column* the cells that hold one text that is not empty."""
    texts = cast("list[str]", column.values.to_pylist())
    usable = np.array([*(text != "" and SEPARATOR not in text for text in texts), False])
    codes = np.where(usable[column.codes], column.codes, np.int32(-1))
    return Column(codes, column.values)
