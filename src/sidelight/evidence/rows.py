"""Frames from events that are read one by one: the plain path of every slow format."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from itertools import chain
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from sidelight.schema import SEPARATOR, Column, Event, Frame, Kind, Wanted, encode
from sidelight.values import dataclass

BATCH_EVENTS: Final = 50_000
BATCH_CHARACTERS: Final = 64 << 20


@dataclass(slots=True)
class _Rows:
    source: list[int] = field(default_factory=list)
    record: list[int] = field(default_factory=list)
    time: list[int] = field(default_factory=list)
    host: list[str | None] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class Sheet:
    """Collects events and gives them back as frames, one for each kind."""

    wanted: Wanted
    _sources: dict[str, int] = field(default_factory=dict)
    _kinds: dict[Kind, _Rows] = field(default_factory=dict)
    _size: int = 0
    _characters: int = 0

    def weigh(self, characters: int) -> None:
        """Note how long the text was that events were made of: long ones make small frames."""
        self._characters += characters

    def add(  # noqa: PLR0913
        self, kind: Kind, source: str, record: int, time: int, host: str | None, event: Event
    ) -> None:
        """Add one event; it is kept as it is, so the caller must not change it afterwards."""
        rows = self._kinds.get(kind)
        if rows is None:
            rows = self._kinds[kind] = _Rows()
        rows.source.append(self._sources.setdefault(source, len(self._sources)))
        rows.record.append(record)
        rows.time.append(time)
        rows.host.append(host)
        rows.events.append(event)
        self._size += 1

    @property
    def full(self) -> bool:
        """Whether it is time to take the frames."""
        return self._size >= BATCH_EVENTS or self._characters >= BATCH_CHARACTERS

    def frames(self) -> Iterator[Frame]:
        """Give the frames of what was added, in order of kind, and start anew."""
        kinds, sources = self._kinds, tuple(self._sources)
        self._kinds, self._sources, self._size, self._characters = {}, {}, 0, 0
        for kind in sorted(kinds):
            yield _frame(kind, sources, kinds[kind], self.wanted(kind))


def _frame(
    kind: Kind, sources: tuple[str, ...], rows: _Rows, wanted: frozenset[str] | None
) -> Frame:
    events = rows.events

    def detail(picked: NDArray[np.intp]) -> list[Event]:
        return [events[index] for index in picked.tolist()]

    return Frame(
        kind=kind,
        sources=sources,
        source=np.array(rows.source, np.int32),
        record=np.array(rows.record, np.int64),
        time=np.array(rows.time, np.int64),
        host=encode(rows.host),
        columns=columns_of(events, wanted),
        detail=detail,
    )


def columns_of(events: list[Event], wanted: frozenset[str] | None) -> Mapping[str, Column]:
    """Turn events into columns; names are matched exactly, then without case."""
    names = list(dict.fromkeys(chain.from_iterable(events)))
    if wanted is not None:
        folded = {name.lower() for name in wanted}
        names = [name for name in names if name.lower() in folded]
    return {name: _column([event.get(name) for event in events]) for name in names}


def _column(values: list[str | list[str] | None]) -> Column:
    if list in set(map(type, values)):
        return encode([cell(value) for value in values])
    return encode(cast("list[str | None]", values))


def cell(value: str | list[str] | None) -> str | None:
    """Write a field's value or values as one cell."""
    return SEPARATOR.join(value) if isinstance(value, list) else value


def clean(text: str) -> str:
    """Take out of *text* what no cell may hold: the separator, and lone surrogates."""
    text = text.replace(SEPARATOR, "\N{SYMBOL FOR NULL}")
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")
