"""Frames of the Windows events in a batch of lines, all of a shape at once.

It reads what `sidelight.evidence.json.record` reads, and to the same fields; whatever is not
plainly a Windows event of a known shape it leaves to it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from sidelight.evidence.json.activities import PRODUCTS
from sidelight.evidence.json.batch import Batch
from sidelight.evidence.json.cells import Codes, Rows, part_of, texts_in
from sidelight.evidence.json.paths import Paths
from sidelight.evidence.json.record import STREAMED, channel_name, of_shape, own_name
from sidelight.evidence.json.shapes import FLAT, RESULTS, SHAPES, XML_FIELDS, XML_MESSAGES, Shape
from sidelight.evidence.json.values import fields_of
from sidelight.evidence.times import times_of
from sidelight.schema import (
    NO_TIME,
    SEPARATOR,
    Column,
    Event,
    Frame,
    Kind,
    Wanted,
    overlay,
    strings,
)

FEW: Final = 16
"""Of a kind that is rarer in a batch, the events are cheaper read one by one."""

_OTHERS: Final = (*(each.marks for each in RESULTS), *(each.marks for each in PRODUCTS))

_PLAIN: Final = [
    shape
    for shape in SHAPES
    if not (shape.data_xml or shape.data_json or shape.unnamed or shape.message) and not shape.fixed
]
"""Shapes whose fields are nothing but fields of the record."""

Marks: TypeAlias = NDArray[np.bool_]


def frames(batch: Batch, wanted: Wanted) -> tuple[list[Frame], NDArray[np.intp]]:
    """Read the plain Windows events in *batch*.

    Returns:
        Their frames, in order of shape and kind, and the lines that are something else.
    """
    batch.settle()
    table = _Table(batch)
    found: list[Frame] = []
    left = np.ones(batch.count, np.bool_)
    for shape, rows in _shapes(table):
        events = _Events(table, shape, rows)
        groups = [group for group in _groups(events) if len(group.rows) >= FEW]
        if groups:
            found += _frames(events, groups, wanted)
            left[np.concatenate([group.rows for group in groups])] = False
    batch.paths = Paths()
    return found, np.flatnonzero(left)


@dataclass(slots=True)
class _Table:
    """The cells of a batch by path, each path's as codes of all lines."""

    batch: Batch
    codes: dict[str, Codes] = field(default_factory=dict)
    plain: Marks = field(init=False)
    _columns: dict[str, Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.plain = np.ones(self.batch.count, np.bool_)
        for path, cells in self.batch.paths.cells.items():
            self.codes[path], twice = cells.codes_of(self.batch.count)
            self.plain[twice] = False
        self.plain[self.batch.bad] = False
        for rows in self.batch.paths.left:
            self.plain[rows] = False

    def column(self, path: str) -> Column:
        """Give the column of all lines; the *path* must be there."""
        if path not in self._columns:
            texts = self.batch.paths.cells[path].texts()
            self._columns[path] = Column(self.codes[path], texts)
        return self._columns[path]

    def having(self, marks: Mapping[str, frozenset[str]]) -> Marks:
        """Mark the lines that have fields, with the values they may have."""
        found = np.ones(self.batch.count, np.bool_)
        if not self.codes.keys() >= marks.keys():
            return ~found
        for path, allowed in marks.items():
            if allowed:
                found &= self.holding(path, lambda text, some=allowed: text in some)  # type: ignore[misc]
            else:
                found &= self.codes[path] >= 0
        return found

    def holding(self, path: str, test: Callable[[str], bool]) -> Marks:
        """Mark the lines of which one value at *path* passes *test*."""
        if path not in self.codes:
            return np.zeros(self.batch.count, np.bool_)
        passed = [
            test(value) if isinstance(value, str) else any(map(test, texts_in(value)))
            for value in self.batch.paths.cells[path].values
        ]
        marks: Marks = np.array([*passed, False])[self.codes[path]]
        return marks


def _shapes(table: _Table) -> Iterator[tuple[Shape, Rows]]:
    """Yield the shapes that are plainly there, with their lines."""
    open_ = table.plain & ~_others(table)
    for shape in SHAPES:
        here = open_ & table.having(shape.marks)
        open_ &= ~here
        if shape in _PLAIN and here.any():
            yield shape, np.flatnonzero(here)


def _others(table: _Table) -> Marks:
    """Mark the lines that may be something else than a Windows event of a known shape."""
    found = np.zeros(table.batch.count, np.bool_)
    for marks in _OTHERS:
        found |= table.having(marks)
    for name in XML_FIELDS:
        found |= table.holding(name, _is_xml)
    if any(name in table.codes for name in XML_MESSAGES):
        bare = ~table.having(FLAT.marks)
        for name in XML_MESSAGES if bare.any() else ():
            found |= bare & table.holding(name, _is_xml)
    if "__REALTIME_TIMESTAMP" in table.codes:
        found |= table.codes["__REALTIME_TIMESTAMP"] >= 0
    return found | table.holding("category", lambda text: text.startswith(STREAMED))


def _is_xml(text: str) -> bool:
    return "<Event" in text


@dataclass(frozen=True, slots=True)
class _Group:
    kind: Kind
    rows: Rows


@dataclass(slots=True)
class _Events:
    """Lines of one shape, their fields under their final names."""

    table: _Table
    shape: Shape
    rows: Rows
    names: dict[str, list[str]] = field(default_factory=dict)
    _known: dict[str, Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        twice = np.zeros(len(self.rows), np.bool_)
        for path in self.table.codes:
            name = own_name(self.shape, path)
            if name or not self.shape.places:
                self.names.setdefault(name, []).append(path)
        for paths in self.names.values():
            if len(paths) > 1:
                there = [self.table.codes[path][self.rows] >= 0 for path in paths]
                twice |= np.sum(there, axis=0) > 1
        self.rows = self.rows[~twice]
        for source, target in self.shape.renames.items():
            if source in self.table.codes:
                self._rename(source, target)

    def _rename(self, source: str, target: str) -> None:
        """Give the name *target* to the field *source*, where none has it."""
        codes = self.table.codes[source]
        there = codes[self.rows] >= 0
        if not there.any():
            return
        known = self.find(target)
        free = np.ones(len(codes), np.bool_) if known is None else known.codes < 0
        moved = Column(np.where(free, codes, np.int32(-1)), self.table.column(source).values)
        self._known[target] = moved if known is None else overlay(known, moved)
        self.names.setdefault(target, [])
        if not self.shape.places and (own := self.find(source)) is not None:
            codes = np.where(free & (codes >= 0), np.int32(-1), own.codes)
            self._known[source] = Column(codes, own.values)

    def find(self, name: str) -> Column | None:
        """Give the column *name* of all lines; those of other shapes may have cells, too."""
        if name not in self._known:
            paths = self.names.get(name)
            if not paths:
                return None
            column = self.table.column(paths[0])
            for path in paths[1:]:
                column = overlay(column, self.table.column(path))
            self._known[name] = column
        return self._known[name]

    def first(self, paths: tuple[str, ...]) -> Column:
        """Give of the fields at *paths* the first that has a text, for `rows`."""
        found = Column(np.full(len(self.rows), -1, np.int32), strings([]))
        for path in paths:
            if path in self.table.codes:
                column = self.table.column(path)
                own = _single(Column(column.codes[self.rows], column.values))
                if (own.codes >= 0).any():
                    found = overlay(found, own)
        return found


def _groups(events: _Events) -> list[_Group]:
    """Group the lines of a shape by kind."""
    if not len(events.rows):
        return []
    channel, event_id = events.first(events.shape.channel), events.first(events.shape.event_id)
    width = len(event_id.values) + 1
    pairs = (channel.codes.astype(np.int64) + 1) * width + event_id.codes + 1
    order = np.argsort(pairs, kind="stable")
    bounds = np.flatnonzero(np.diff(pairs[order], prepend=-1, append=-1))
    channels = ["", *cast("list[str]", channel.values.to_pylist())]
    ids = ["", *cast("list[str]", event_id.values.to_pylist())]
    kinds: dict[Kind, list[Rows]] = {}
    for begin, end in pairwise(bounds.tolist()):
        pair = int(pairs[order[begin]])
        kind = Kind("windows", channel_name(channels[pair // width]), ids[pair % width])
        kinds.setdefault(kind, []).append(events.rows[order[begin:end]])
    return [_Group(kind, np.sort(np.concatenate(kinds[kind]))) for kind in sorted(kinds)]


def _frames(events: _Events, groups: list[_Group], wanted: Wanted) -> Iterator[Frame]:
    batch = events.table.batch
    events.rows = np.concatenate([group.rows for group in groups])
    bounds = np.cumsum([0, *(len(group.rows) for group in groups)]).tolist()
    times, host = _times(events), _host(events)
    source, record = batch.source()[events.rows], batch.record()[events.rows]
    columns = _columns(events, groups, bounds, wanted)
    for group, own, (begin, end) in zip(groups, columns, pairwise(bounds), strict=True):
        yield Frame(
            kind=group.kind,
            sources=tuple(batch.sources),
            source=source[begin:end],
            record=record[begin:end],
            time=times[begin:end],
            host=part_of(host, begin, end),
            columns=own,
            detail=_details(batch, events.shape, group.rows),
        )


def _details(batch: Batch, shape: Shape, rows: Rows) -> Callable[[Rows], list[Event]]:
    """Give the function that reads the events of *rows* in full."""

    def detail(picked: Rows) -> list[Event]:
        texts = batch.texts(rows[picked])
        return [of_shape(shape, fields_of(text)).fields for _, _, text in texts]

    return detail


def _columns(
    events: _Events, groups: list[_Group], bounds: list[int], wanted: Wanted
) -> list[dict[str, Column]]:
    """Build every column once for all kinds, and share it out."""
    columns: list[dict[str, Column]] = [{} for _ in groups]
    wishes = [_folded(wanted(group.kind)) for group in groups]
    for name in events.names:
        if not any(wish is None or name.lower() in wish for wish in wishes):
            continue
        column = events.find(name)
        if column is None:
            continue
        own = Column(column.codes[events.rows], column.values)
        there = np.maximum.reduceat(own.codes, bounds[:-1]) >= 0
        for number in np.flatnonzero(there).tolist():
            wish = wishes[number]
            if wish is None or name.lower() in wish:
                columns[number][name] = part_of(own, bounds[number], bounds[number + 1])
    return columns


def _folded(names: frozenset[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(name.lower() for name in names)


def _times(events: _Events) -> NDArray[np.int64]:
    times = np.full(len(events.rows), NO_TIME, np.int64)
    for path in events.shape.time:
        open_ = np.flatnonzero(times == NO_TIME)
        if len(open_) and path in events.table.codes:
            column = events.table.column(path)
            values = np.append(times_of(column.values), NO_TIME)
            times[open_] = values[column.codes[events.rows[open_]]]
    return times


def _host(events: _Events) -> Column:
    """Give the first field that names a host; no host where it has no text or several."""
    host = Column(np.full(len(events.rows), -1, np.int32), strings([]))
    for path in events.shape.host:
        if path in events.table.codes:
            column = events.table.column(path)
            codes = column.codes[events.rows]
            if (codes >= 0).any():
                host = overlay(host, Column(codes, column.values))
    return _single(host)


def _single(column: Column) -> Column:
    """Keep of *column* the cells that hold one text that is not empty."""
    texts = cast("list[str]", column.values.to_pylist())
    usable = np.array([*(text != "" and SEPARATOR not in text for text in texts), False])
    codes = np.where(usable[column.codes], column.codes, np.int32(-1))
    return Column(codes, column.values)
