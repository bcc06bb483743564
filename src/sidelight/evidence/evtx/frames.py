"""Frames of a batch: every kind's rows with the columns that are wanted."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.evidence.evtx.chunks import SIZE
from sidelight.evidence.evtx.columns import Field
from sidelight.evidence.evtx.detail import Detail
from sidelight.evidence.evtx.instances import FieldKey
from sidelight.evidence.evtx.sorting import Sorting, cut, sort_rows
from sidelight.evidence.evtx.stretches import view
from sidelight.evidence.evtx.table import Table
from sidelight.evidence.evtx.templates import Registry
from sidelight.evidence.evtx.values import EPOCH_TICKS, FILETIME
from sidelight.evidence.evtx.words import ask
from sidelight.evidence.times import time_of
from sidelight.schema import NO_TIME, Column, Frame, Share, Wanted, overlay, strings

Asked: TypeAlias = dict[frozenset[str] | None, NDArray[np.bool_]]
"""Names of columns, in lower case (None for all), and which kinds they are asked for."""

_RANGE: Final = 92 * 10**15
"""FILETIME units on either side of 1970 that nanoseconds in 64 bits can hold."""

_HOST: Final = (True, "Computer")


def frames(table: Table, wanted: Wanted, registry: Registry) -> Iterator[Frame]:
    """Yield the frames of a table, in order of kind."""
    sorting = sort_rows(table)
    if not sorting.kinds:
        return
    rows = sorting.rows
    record, time = _record_numbers(table)[rows], _times(table)[rows]
    source = np.array(table.batch.source, np.int32)[table.records.start[rows] // SIZE]
    hosts = cut(table.field(_HOST, None), sorting)
    names, loud = ask(table, sorting, wanted)
    columns = _columns(table, sorting, _asked(sorting, names))
    table.layout.fields.clear()
    table.encoded.clear()
    whole = Detail(table.batch, table.records, registry).events
    edges = sorting.edges.tolist()
    for number, kind in enumerate(sorting.kinds):
        part = slice(edges[number], edges[number + 1])
        nobody = Column(np.full(part.stop - part.start, -1, np.int32), strings([]))
        yield Frame(
            kind=kind,
            sources=table.batch.sources,
            source=source[part],
            record=record[part],
            time=time[part],
            host=hosts.get(number, nobody),
            columns=columns[number],
            detail=Share(whole, rows[part]),
            last=number + 1 == len(sorting.kinds),
            loud=loud.get(kind),
        )


def _asked(sorting: Sorting, wanted: Sequence[frozenset[str] | None]) -> Asked:
    asked: Asked = {}
    for number, given in enumerate(wanted):
        names = None if given is None else frozenset(name.lower() for name in given)
        asked.setdefault(names, np.zeros(len(sorting.edges), bool))[number] = True
    return asked


def _columns(table: Table, sorting: Sorting, asked: Asked) -> list[dict[str, Column]]:
    """Give the columns of each kind, those of the data before those of System."""
    columns: list[dict[str, Column]] = [{} for _ in sorting.kinds]
    for key in sorted(table.keys(), key=lambda key: (key[1].lower(), key)):
        for number, column in cut(_field(table, sorting, asked, key), sorting).items():
            before = columns[number].get(key[1])
            columns[number][key[1]] = column if before is None else overlay(before, column)
    return columns


def _field(table: Table, sorting: Sorting, asked: Asked, key: FieldKey) -> Field:
    """Encode a field in the rows of the kinds for which it is asked."""
    name = key[1].lower()
    wants = np.zeros(len(sorting.edges), bool)
    for names, kinds in asked.items():
        if names is None or name in names:
            wants |= kinds
    if wants[:-1].all():
        return table.field(key, None)
    return table.field(key, wants[sorting.kind]) if wants.any() else Field()


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
        numbers[missing] = view(table.batch.data, "<i8")[table.records.start[missing] + 8]
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
