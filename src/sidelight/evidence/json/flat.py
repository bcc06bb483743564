"""Frames of flat Windows events, a whole block of lines at once.

It reads what `sidelight.evidence.json.record` reads of records of the shape `FLAT`, and to the
same fields; whatever is not plainly of that shape it leaves to it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sidelight.evidence.json.activities import PRODUCTS
from sidelight.evidence.json.record import channel_name, of_shape
from sidelight.evidence.json.shapes import FLAT, RESULTS, SHAPES, XML_FIELDS
from sidelight.evidence.json.strings import column_of, part_of, text_offsets, texts
from sidelight.evidence.json.tokens import Tokens, tokenize
from sidelight.evidence.json.values import fields_of
from sidelight.evidence.times import times_of
from sidelight.schema import NO_TIME, Column, Event, Frame, Kind, Wanted, strings

ROUNDS: Final = 4
"""How often lines that stand in the way are taken out before the rest is left as well."""

FEW: Final = 16
"""Of a kind that is rarer in a block, the events are cheaper read one by one."""

# Any of these groups of names makes a record something else than a flat event, or may do so.
_OTHERS: Final = (
    *(frozenset(shape.marks) for shape in SHAPES if shape is not FLAT),
    *(frozenset(result.marks) for result in RESULTS),
    *(frozenset(product.marks) for product in PRODUCTS),
    *(frozenset({name}) for name in XML_FIELDS),
    frozenset({"__REALTIME_TIMESTAMP"}),
    frozenset({"category"}),
)


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines out of one or more sources.

    Args:
        text: of them, joined by line feeds.
        sources: names of the sources.
        source: for each line its source.
        record: for each line its number in the source.
    """

    text: bytes
    sources: tuple[str, ...]
    source: NDArray[np.int32]
    record: NDArray[np.int64]


def frames(lines: Lines, wanted: Wanted) -> tuple[list[Frame], NDArray[np.intp]]:
    """Read the flat events among *lines*.

    Returns:
        Their frames, in order of kind, and the lines that are something else.
    """
    count = len(lines.record)
    text, kept = _without(lines.text, np.arange(count), _lines_with_null(lines.text))
    for _ in range(ROUNDS):
        if 2 * len(kept) < count:
            break
        tokens, odd = tokenize(text)
        if tokens is not None:
            batch = _Batch(text, tokens, lines)
            groups = _groups(batch, _flat_rows(tokens))
            groups = [group for group in groups if len(group.rows) >= FEW]
            if not groups:
                break
            done = kept[tokens.lines[np.concatenate([group.rows for group in groups])]]
            left = np.delete(np.arange(count), done)
            return list(_frames(batch, groups, done, wanted)), left
        text, kept = _without(text, kept, odd)
    return [], np.arange(count)


def _lines_with_null(text: bytes) -> NDArray[np.intp]:
    if b"\0" not in text:
        return np.empty(0, np.intp)
    found = [index for index, line in enumerate(text.split(b"\n")) if b"\0" in line]
    return np.array(found, np.intp)


def _without(
    text: bytes, kept: NDArray[np.intp], odd: NDArray[np.intp]
) -> tuple[bytes, NDArray[np.intp]]:
    if not len(odd):
        return text, kept
    stays = np.delete(np.arange(len(kept)), odd)
    rows = text.split(b"\n")
    return b"\n".join([rows[index] for index in stays.tolist()]), kept[stays]


def _flat_rows(tokens: Tokens) -> NDArray[np.intp]:
    """List the objects that are plainly flat events."""
    there = {name: index for index, name in enumerate(tokens.names)}

    def having(names: frozenset[str]) -> NDArray[np.bool_]:
        cells = tokens.cells[:, [there[name] for name in names]]
        return np.asarray((cells >= 0).all(axis=1))

    if not there.keys() >= FLAT.marks.keys():
        return np.empty(0, np.intp)
    flat = having(frozenset(FLAT.marks))
    for others in _OTHERS:
        if there.keys() >= others:
            flat &= ~having(others)
    return np.flatnonzero(flat)


@dataclass(frozen=True, slots=True)
class _Group:
    kind: Kind
    rows: NDArray[np.intp]


@dataclass(slots=True)
class _Batch:
    """The cells of a block, under their final names."""

    text: bytes
    tokens: Tokens
    lines: Lines
    names: dict[str, int] = field(init=False)
    cells: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        self.names = {name: index for index, name in enumerate(self.tokens.names)}
        self.cells = self.tokens.cells
        for source, target in FLAT.renames.items():
            if source in self.names:
                self._rename(source, target)

    def _rename(self, source: str, target: str) -> None:
        if target not in self.names:
            self.names[target] = self.names.pop(source)
            return
        old, new = self.cells[:, self.names[source]], self.cells[:, self.names[target]]
        free = new < 0
        new[free] = old[free]
        old[free] = -1

    def column(self, name: str, rows: NDArray[np.intp]) -> Column | None:
        """Build a column of *rows*; None where none of them has it."""
        index = self.names.get(name)
        if index is None:
            return None
        cells = self.cells[rows, index]
        return column_of(self.tokens.pieces, cells) if (cells >= 0).any() else None

    def details(self, rows: NDArray[np.intp]) -> Callable[[NDArray[np.intp]], list[Event]]:
        """Give the function that reads the events of *rows* in full."""
        begins = np.append(0, self.tokens.feeds + 1)[self.tokens.lines[rows]]
        ends = np.append(self.tokens.feeds, len(self.text))[self.tokens.lines[rows]]
        text = self.text

        def detail(picked: NDArray[np.intp]) -> list[Event]:
            spans = zip(begins[picked].tolist(), ends[picked].tolist(), strict=True)
            return [of_shape(FLAT, fields_of(_bare(text[a:b]))).fields for a, b in spans]

        return detail


def _bare(line: bytes) -> bytes:
    return line.strip(b" \t\r\n,[]")


def _frames(
    batch: _Batch, groups: list[_Group], done: NDArray[np.intp], wanted: Wanted
) -> Iterator[Frame]:
    rows = np.concatenate([group.rows for group in groups])
    bounds = np.cumsum([0, *(len(group.rows) for group in groups)]).tolist()
    times, host = _times(batch, rows), _host(batch, rows)
    columns = _columns(batch, groups, rows, bounds, wanted)
    for group, own, (begin, end) in zip(groups, columns, pairwise(bounds), strict=True):
        lines = done[begin:end]
        yield Frame(
            kind=group.kind,
            sources=batch.lines.sources,
            source=batch.lines.source[lines],
            record=batch.lines.record[lines],
            time=times[begin:end],
            host=part_of(host, begin, end) or Column(host.codes[begin:end], host.values[:0]),
            columns=own,
            detail=batch.details(group.rows),
        )


def _columns(
    batch: _Batch,
    groups: list[_Group],
    rows: NDArray[np.intp],
    bounds: list[int],
    wanted: Wanted,
) -> list[dict[str, Column]]:
    """Build every column once for all kinds, and share it out."""
    table = batch.cells[rows]
    there = np.logical_or.reduceat(table >= 0, bounds[:-1], axis=0)
    columns: list[dict[str, Column]] = [{} for _ in groups]
    wishes = [_folded(wanted(group.kind)) for group in groups]
    for name, index in batch.names.items():
        takers = [
            number
            for number, wish in enumerate(wishes)
            if there[number, index] and (wish is None or name.lower() in wish)
        ]
        if not takers:
            continue
        cells = table[:, index].copy()
        for number in set(np.flatnonzero(there[:, index]).tolist()) - set(takers):
            cells[bounds[number] : bounds[number + 1]] = -1
        column = column_of(batch.tokens.pieces, cells)
        for number in takers:
            part = part_of(column, bounds[number], bounds[number + 1])
            if part is not None:
                columns[number][name] = part
    return columns


def _folded(names: frozenset[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(name.lower() for name in names)


def _groups(batch: _Batch, flat: NDArray[np.intp]) -> list[_Group]:
    """Group the rows *flat* by kind."""
    channel, event_id = batch.column("Channel", flat), batch.column("EventID", flat)
    if channel is None or event_id is None:
        return []
    width = len(event_id.values)
    pairs = channel.codes.astype(np.int64) * width + event_id.codes
    order = np.argsort(pairs, kind="stable")
    bounds = np.flatnonzero(np.diff(pairs[order], prepend=-1, append=-1))
    channels, ids = texts(channel), texts(event_id)
    kinds: dict[Kind, list[NDArray[np.intp]]] = {}
    for begin, end in pairwise(bounds.tolist()):
        pair = int(pairs[order[begin]])
        kind = Kind("windows", channel_name(channels[pair // width]), ids[pair % width])
        kinds.setdefault(kind, []).append(flat[order[begin:end]])
    return [_Group(kind, np.sort(np.concatenate(kinds[kind]))) for kind in sorted(kinds)]


def _times(batch: _Batch, flat: NDArray[np.intp]) -> NDArray[np.int64]:
    times = np.full(len(flat), NO_TIME, np.int64)
    for name in FLAT.time:
        open_ = np.flatnonzero(times == NO_TIME)
        column = batch.column(name, flat[open_])
        if column is not None:
            values = np.append(times_of(column.values), NO_TIME)
            times[open_] = values[column.codes]
    return times


def _host(batch: _Batch, flat: NDArray[np.intp]) -> Column:
    cells = np.full(len(flat), -1, np.int32)
    for name in FLAT.host:
        index = batch.names.get(FLAT.renames.get(name, name))
        if index is not None:
            cells = np.where(cells >= 0, cells, batch.cells[flat, index])
    if not (cells >= 0).any():
        return Column(cells, strings([]))
    column = column_of(batch.tokens.pieces, cells)
    empty = np.append(np.diff(text_offsets(column.values)) == 0, True)
    return Column(np.where(empty[column.codes], np.int32(-1), column.codes), column.values)
