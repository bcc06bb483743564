"""Frames of a batch: every kind's rows with the columns that are wanted."""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.evidence.evtx.chunks import SIZE
from sidelight.evidence.evtx.columns import compact, joined_texts
from sidelight.evidence.evtx.detail import Detail
from sidelight.evidence.evtx.instances import FieldKey
from sidelight.evidence.evtx.table import Table
from sidelight.evidence.evtx.templates import Ints, Registry
from sidelight.evidence.evtx.values import EPOCH_TICKS, FILETIME
from sidelight.evidence.times import time_of
from sidelight.schema import NO_TIME, Column, Frame, Kind, Wanted

_RANGE: Final = 92 * 10**15
"""FILETIME units on either side of 1970 that nanoseconds in 64 bits can hold."""


_FEW: Final = 64
"""So few values are not worth the cost of dropping those that a kind does not have."""


def frames(table: Table, wanted: Wanted, registry: Registry) -> Iterator[Frame]:
    """Yield the frames of a table, in order of kind."""
    kinds = _kinds(table)
    if not kinds:
        return
    record = _record_numbers(table)
    time = _times(table)
    host = table.column((True, "Computer"))
    source = np.array(table.batch.source, np.int32)[table.records.start // SIZE]
    keys = _keys(table, [rows for _, rows in sorted(kinds.items())])
    known: dict[FieldKey, Column] = {}
    for number, (kind, rows) in enumerate(sorted(kinds.items())):
        yield Frame(
            kind=kind,
            sources=table.batch.sources,
            source=source[rows],
            record=record[rows],
            time=time[rows],
            host=_rows_of(host, rows, len(kinds) > 1),
            columns=_columns(table, known, keys[number], wanted(kind), rows),
            detail=Detail(table.batch, table.records, rows, registry).events,
        )


def _kinds(table: Table) -> dict[Kind, Ints]:
    """Tell which rows are of which kind."""
    alive = ~table.layout.odd
    alive[list(table.plain)] = True
    rows = np.flatnonzero(alive)
    channel, event_id = table.column((True, "Channel")), table.column((True, "EventID"))
    width = len(event_id.values) + 1
    both = (channel.codes[rows].astype(np.int64) + 1) * width + event_id.codes[rows] + 1
    order = np.argsort(both, kind="stable")
    cuts = np.flatnonzero(np.diff(both[order])) + 1
    channels, ids = ["", *channel.values.to_pylist()], ["", *event_id.values.to_pylist()]
    kinds: dict[Kind, list[Ints]] = {}
    for part in np.split(order, cuts) if order.size else []:
        code = int(both[part[0]])
        kind = Kind("windows", str(channels[code // width]), str(ids[code % width]))
        kinds.setdefault(kind, []).append(rows[part])
    return {
        kind: parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts))
        for kind, parts in kinds.items()
    }


def _record_numbers(table: Table) -> NDArray[np.int64]:
    numbers = table.numbers((True, "EventRecordID"), (0x09, 0x0A, 0x15), "<i8", -1)
    rest = numbers < 0
    if rest.any():
        column = table.column((True, "EventRecordID"))
        rest &= column.codes >= 0
        parsed = np.array([_number(text) for text in column.values.to_pylist()], np.int64)
        numbers[rest] = parsed[column.codes[rest]]
    missing = np.flatnonzero(numbers < 0)
    if missing.size:  # the number in the record's own head is the next best
        view = np.ndarray((len(table.batch.data) - 7,), "<i8", table.batch.data, strides=(1,))
        numbers[missing] = view[table.records.start[missing] + 8]
    return numbers


def _times(table: Table) -> NDArray[np.int64]:
    ticks = table.numbers((True, "TimeCreated_SystemTime"), (FILETIME,), "<i8", NO_TIME)
    sane = (ticks > EPOCH_TICKS - _RANGE) & (ticks < EPOCH_TICKS + _RANGE)
    times = np.where(sane, (np.where(sane, ticks, EPOCH_TICKS) - EPOCH_TICKS) * 100, NO_TIME)
    rest = ticks == NO_TIME
    if rest.any():
        column = table.column((True, "TimeCreated_SystemTime"))
        rest &= column.codes >= 0
        used, codes = np.unique(column.codes[rest], return_inverse=True)
        texts = column.values.take(pa.array(used, pa.int64())).to_pylist()
        parsed = np.array([time_of(str(text)) for text in texts], np.int64)
        times[rest] = parsed[codes]
    return times


def _number(text: str | None) -> int:
    plain = text is not None and text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if plain and text is not None else -1


def _keys(table: Table, kinds: list[Ints]) -> list[dict[str, list[FieldKey]]]:
    """List, for each kind of event, the fields that occur in it by their names without case."""
    kind_of = np.full(len(table), len(kinds))
    for number, rows in enumerate(kinds):
        kind_of[rows] = number
    found: list[set[FieldKey]] = [set() for _ in range(len(kinds) + 1)]
    for key, pieces in table.layout.fields.items():
        marks = np.zeros(len(kinds) + 1, bool)
        for piece in pieces:
            marks[kind_of[piece.rows]] = True
        for number in np.flatnonzero(marks).tolist():
            found[number].add(key)
    for row, fields in table.plain.items():
        some = found[kind_of[row]]
        some.update((True, name) for name in fields.system)
        some.update((False, name) for name in fields.data)
    return [_by_name(some) for some in found]


def _by_name(found: set[FieldKey]) -> dict[str, list[FieldKey]]:
    keys: dict[str, list[FieldKey]] = {}
    for key in sorted(found):
        keys.setdefault(key[1].lower(), []).append(key)
    return keys


def _columns(
    table: Table,
    known: dict[FieldKey, Column],
    keys: dict[str, list[FieldKey]],
    wanted: frozenset[str] | None,
    rows: Ints,
) -> Mapping[str, Column]:
    folded = keys if wanted is None else {name.lower() for name in wanted}
    columns: dict[str, Column] = {}
    for name in sorted(folded):
        for key in sorted(keys.get(name, ())):  # data before System
            if key not in known:
                known[key] = table.column(key)
            column = known[key]
            codes = column.codes[rows]
            if not (codes >= 0).any():
                continue
            part = _rows_of(column, rows, len(rows) < len(table))
            before = columns.get(key[1])
            columns[key[1]] = part if before is None else _overlay(before, part)
    return columns


def _rows_of(column: Column, rows: Ints, shared: bool) -> Column:
    part = Column(column.codes[rows], column.values)
    return compact(part) if shared and len(column.values) > _FEW else part


def _overlay(upper: Column, lower: Column) -> Column:
    codes = np.where(upper.codes >= 0, upper.codes, lower.codes + len(upper.values))
    codes[(upper.codes < 0) & (lower.codes < 0)] = -1
    return Column(codes.astype(np.int32), joined_texts([upper.values, lower.values]))
