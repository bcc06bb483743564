"""Lines of many sources, parsed as they come and kept until there are enough for frames."""

from collections.abc import Iterator
from dataclasses import field
from typing import Final, TypeAlias, cast

import numpy as np
import orjson
from numpy.typing import NDArray

from sidelight.evidence.json.events import Events, Lines, by_kind, odd_places
from sidelight.evidence.json.forms import Object
from sidelight.evidence.json.layouts import Layout
from sidelight.evidence.json.lines import Block
from sidelight.evidence.json.plan import Plan
from sidelight.evidence.json.words import lines_with
from sidelight.schema import Kind
from sidelight.values import dataclass

PARSED_BYTES: Final = 3 << 17
"""So much text is held as objects at once: more would not stay in the processor's cache."""

AROUND: Final = b" \t\r\n,[]\x1e"
"""What may stand around an object on its line: the rest of an array, or RFC 7464's mark."""

Group: TypeAlias = tuple[Layout, Kind, Lines]


@dataclass(slots=True)
class Batch:
    """Lines, and what is in them.

    Args:
        plan: what is to be taken of them.
        sources: number of each source by its name.
        blocks: the lines.
        events: plain Windows events, by number of their shape and by kind.
        left: lines that are something else.
    """

    plan: Plan
    sources: dict[str, int] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    events: dict[tuple[int, Kind], Events] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)
    size: int = 0
    count: int = 0
    _names: list[int] = field(default_factory=list)
    _begins: list[NDArray[np.intp]] = field(default_factory=list)
    _ends: list[NDArray[np.intp]] = field(default_factory=list)
    _rows: list[int] = field(default_factory=list)
    _objects: list[Object] = field(default_factory=list)
    _held: "list[_Held]" = field(default_factory=list)
    _held_bytes: int = 0

    def add(self, source: str, block: Block) -> None:
        """Parse the lines of *block*."""
        ends = np.append(block.feeds, len(block.text))
        begins = np.append(0, block.feeds + 1)
        self._names.append(self.sources.setdefault(source, len(self.sources)))
        self.blocks.append(block)
        self._begins.append(begins)
        self._ends.append(ends)
        self._held.append(_Held(self.count, block, self.plan.words))
        view, spans = memoryview(block.text), zip(begins.tolist(), ends.tolist(), strict=True)
        self._parse([view[begin:end] for begin, end in spans], self.count)
        self._held_bytes += len(block.text)
        self.size += len(block.text)
        self.count += len(ends)
        if self._held_bytes >= PARSED_BYTES:
            self.settle()

    def settle(self) -> None:
        """Put the objects that were parsed into `events`, or what they are in into `left`."""
        rows, objects, held = self._rows, self._objects, self._held
        self._rows, self._objects, self._held, self._held_bytes = [], [], [], 0
        groups = list(self._groups(rows, objects))
        loud = {row for each in held for row in each.loud(self.plan.words)}
        for layout, kind, lines in groups:
            if loud.isdisjoint(lines.rows):
                self._take(layout, kind, lines, loud=False)
            else:
                marks = [row in loud for row in lines.rows]
                for is_loud in (False, True):
                    places = [place for place, mark in enumerate(marks) if mark is is_loud]
                    if places:
                        self._take(layout, kind, lines.at(places), loud=is_loud)

    def _groups(self, rows: list[int], objects: list[Object]) -> Iterator[Group]:
        """Group the lines whose objects are Windows events by layout and kind."""
        for alike in self.plan.forms.sort(objects) if objects else ():
            lines = Lines([rows[number] for number in alike.numbers], alike.parts)
            layout = alike.layout
            if layout is None:
                self.left += lines.rows
                continue
            odd = odd_places(layout, lines)
            if odd:
                self.left += (lines.rows[place] for place in odd)
                lines = lines.at([place for place in range(len(lines.rows)) if place not in odd])
            if lines.rows:
                for kind, some in by_kind(self.plan, layout, lines):
                    yield layout, kind, some

    def _take(self, layout: Layout, kind: Kind, lines: Lines, *, loud: bool) -> None:
        key = (layout.number, kind)
        if key not in self.events:
            self.events[key] = Events(self.plan.fickle)
        fields = self.plan.fields(layout, kind, loud=loud)
        if self.events[key].has_room(len(lines.rows), fields):
            self.events[key].add(lines, layout, fields)
            self.events[key].loud += lines.rows if loud else ()
        else:
            self.left += lines.rows

    def _parse(self, lines: list[memoryview], first: int) -> None:
        try:
            found: list[object] = list(map(orjson.loads, lines))
        except orjson.JSONDecodeError:
            found = [_parsed(line) for line in lines]
        if set(map(type, found)) == {dict}:
            self._rows += range(first, first + len(found))
            self._objects += cast("list[Object]", found)
            return
        for row, value in enumerate(found, first):
            if isinstance(value, dict):
                self._rows.append(row)
                self._objects.append(cast("Object", value))
            else:
                self.left.append(row)

    def source(self) -> NDArray[np.int32]:
        """Give for each line the number of its source."""
        return np.repeat(np.array(self._names, np.int32), self._counts())

    def record(self) -> NDArray[np.int64]:
        """Give for each line its number in its source."""
        return np.concatenate(
            [block.first + np.arange(len(block.feeds) + 1, dtype=np.int64) for block in self.blocks]
        )

    def texts(self, picked: NDArray[np.intp]) -> Iterator[tuple[int, int, bytes]]:
        """Yield the *picked* lines: the block, the offset in it, and the bare text."""
        starts = np.cumsum([0, *self._counts()])
        numbers = np.searchsorted(starts, picked, side="right") - 1
        for row, number in zip(picked.tolist(), numbers.tolist(), strict=True):
            place = row - int(starts[number])
            begin, end = int(self._begins[number][place]), int(self._ends[number][place])
            yield number, begin, self.blocks[number].text[begin:end].strip(AROUND)

    def _counts(self) -> list[int]:
        return [len(ends) for ends in self._ends]


@dataclass(slots=True)
class _Held:
    """A block whose objects are held.

    Args:
        words: looked for in it at once, while it is in the processor's cache.
    """

    first: int
    block: Block
    words: frozenset[str]
    _found: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._found = lines_with(self.words, self.block)

    def loud(self, words: frozenset[str]) -> Iterator[int]:
        """Give the rows of its lines that may hold one of *words*."""
        found = self._found if words is self.words else lines_with(words, self.block)
        return (self.first + line for line in found)


def _parsed(line: memoryview) -> object:
    try:
        return orjson.loads(bytes(line).strip(AROUND))
    except orjson.JSONDecodeError:
        return None
