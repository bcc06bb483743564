"""Objects become the cells of Windows events, all at once that are built alike."""

from array import array
from collections.abc import Sequence
from dataclasses import field
from operator import itemgetter
from typing import Final, cast

from sidelight.evidence.json.cells import Cells, Value, are_plain, is_empty, is_plain, texts_of
from sidelight.evidence.json.forms import Object
from sidelight.evidence.json.layouts import Layout, Leaf
from sidelight.evidence.json.plan import Plan
from sidelight.evidence.json.values import Json
from sidelight.evidence.times import time_of
from sidelight.schema import NO_TIME, Kind
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines whose objects are built alike.

    Args:
        rows: their numbers.
        parts: their objects, and those inside (`forms.Alike`).
    """

    rows: list[int]
    parts: list[list[Object]]

    def at(self, places: list[int]) -> "Lines":
        """Give those at *places*."""
        if len(places) == len(self.rows):
            return self
        parts = [[part[place] for place in places] for part in self.parts]
        return Lines([self.rows[place] for place in places], parts)

    def values(self, leaf: Leaf) -> list[Json]:
        """Give what lies at *leaf* in each."""
        return list(map(itemgetter(leaf.name), self.parts[leaf.part]))

    def texts(self, leaf: Leaf) -> list[Value]:
        """Give the cells of what lies there."""
        values = self.values(leaf)
        return cast("list[Value]", values) if leaf.type is str else texts_of(values)


@dataclass(slots=True)
class Stamps:
    """Texts that may be times: most of them differ, so that they are kept as they come.

    Args:
        sound: the first of them is a time, and so should be the others.
        places: numbers of the events that have them.
    """

    sound: bool
    places: "array[int]" = field(default_factory=lambda: array("q"))
    texts: list[str] = field(default_factory=list)

    def add(self, begin: int, texts: list[str]) -> None:
        """Add those of the events from *begin* on."""
        self.places.extend(range(begin, begin + len(texts)))
        self.texts += texts


MAX_CELLS: Final = 1 << 25
"""So many cells, absent ones among them, events of a kind may have in a batch."""


@dataclass(slots=True)
class Events:
    """The cells of events of one shape and kind.

    Args:
        fickle: paths of times that are never `sound` (`Plan`).
        rows: numbers of their lines, in any order.
        loud: those of lines that may hold a word (`schema.Wish`).
        fields: those that are wanted, by name.
        host: names the computer.
        times: the fields that may hold the time, by path; behind a `sound` one no other is kept.
    """

    fickle: set[str] = field(default_factory=set)
    rows: "array[int]" = field(default_factory=lambda: array("q"))
    loud: list[int] = field(default_factory=list)
    fields: dict[str, Cells] = field(default_factory=dict)
    host: Cells = field(default_factory=Cells)
    times: dict[str, Stamps] = field(default_factory=dict)

    def has_room(self, rows: int, fields: Sequence[tuple[str, Leaf]]) -> bool:
        """Tell whether so many rows more with these fields are not too many cells."""
        height = len(self.rows) + rows
        if (len(self.fields) + len(fields)) * height <= MAX_CELLS:
            return True
        width = len(self.fields) + sum(name not in self.fields for name, _ in fields)
        return width * height <= MAX_CELLS

    def add(self, lines: Lines, layout: Layout, fields: Sequence[tuple[str, Leaf]]) -> None:
        """Add the events of *lines*, with these fields."""
        begin = len(self.rows)
        self.rows.extend(lines.rows)
        for name, leaf in fields:
            if name not in self.fields:
                self.fields[name] = Cells()
            self.fields[name].add(begin, lines.texts(leaf))
        if layout.host is not None:
            self.host.add(begin, lines.texts(layout.host))
        for leaf in layout.times:
            texts = cast("list[str]", lines.texts(leaf))  # of what decides no value is a list
            stamps = self.times.get(leaf.path)
            if stamps is None:
                sound = leaf.path not in self.fickle and time_of(texts[0]) != NO_TIME
                stamps = self.times[leaf.path] = Stamps(sound)
            stamps.add(begin, texts)
            if stamps.sound:
                break


def by_kind(plan: Plan, layout: Layout, lines: Lines) -> list[tuple[Kind, Lines]]:
    """Sort events by their kind."""
    channels, ids = _first(lines, layout.channel), _first(lines, layout.event_id)
    if ids.count(ids[0]) == len(ids) and channels.count(channels[0]) == len(channels):
        return [(plan.kind(channels[0], ids[0]), lines)]
    groups: dict[tuple[str, str], list[int]] = {}
    for place, pair in enumerate(zip(channels, ids, strict=True)):
        groups.setdefault(pair, []).append(place)
    return [(plan.kind(*pair), lines.at(places)) for pair, places in groups.items()]


def _first(lines: Lines, leaves: Sequence[Leaf]) -> list[str]:
    """Give for each line the first text that is not empty."""
    found: list[str] = []
    for leaf in leaves:
        texts = cast("list[str]", lines.texts(leaf))  # of what decides no value is a list
        found = [text or other for text, other in zip(found or texts, texts, strict=True)]
        if "" not in found:
            break
    return found or [""] * len(lines.rows)


def odd_places(layout: Layout, lines: Lines) -> set[int]:
    """Tell which of *lines* are not read as the others are."""
    odd: set[int] = set()
    for leaf in layout.checked:
        values, firm = lines.values(leaf), leaf.path in layout.firm
        if firm or not are_plain(values):
            for place, value in enumerate(values):
                if not is_plain(value) or (firm and is_empty(value)):
                    odd.add(place)
    for doubt in layout.doubts:
        passed = list(range(len(lines.rows)))
        for leaf, test in doubt:
            texts = lines.texts(leaf)
            passed = [place for place in passed if test(str(texts[place]))]
        odd.update(passed)
    return odd
