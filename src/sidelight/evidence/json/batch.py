"""Lines of many sources, parsed as they come and kept until there are enough for frames."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, cast

import numpy as np
import orjson
from numpy.typing import NDArray

from sidelight.evidence.json.lines import Block
from sidelight.evidence.json.paths import Object, Paths

PARSED_BYTES: Final = 3 << 18
"""So much text is held as objects at once: more would not stay in the processor's cache."""

AROUND: Final = b" \t\r\n,[]\x1e"
"""What may stand around an object on its line: the rest of an array, or RFC 7464's mark."""


@dataclass(slots=True)
class Batch:
    """Lines, and what is in them.

    Args:
        sources: number of each source by its name.
        blocks: the lines.
        paths: what their objects hold; its rows are numbers of lines.
        bad: lines that are no plain object.
    """

    sources: dict[str, int] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    paths: Paths = field(default_factory=Paths)
    bad: list[int] = field(default_factory=list)
    size: int = 0
    count: int = 0
    _names: list[int] = field(default_factory=list)
    _begins: list[NDArray[np.intp]] = field(default_factory=list)
    _ends: list[NDArray[np.intp]] = field(default_factory=list)
    _rows: list[int] = field(default_factory=list)
    _objects: list[Object] = field(default_factory=list)
    _held: int = 0

    def add(self, source: str, block: Block) -> None:
        """Parse the lines of *block*."""
        ends = np.append(block.feeds, len(block.text))
        begins = np.append(0, block.feeds + 1)
        self._names.append(self.sources.setdefault(source, len(self.sources)))
        self.blocks.append(block)
        self._begins.append(begins)
        self._ends.append(ends)
        view, spans = memoryview(block.text), zip(begins.tolist(), ends.tolist(), strict=True)
        self._parse([view[begin:end] for begin, end in spans], self.count)
        self._held += len(block.text)
        if self._held >= PARSED_BYTES:
            self.settle()
        self.size += len(block.text)
        self.count += len(ends)

    def settle(self) -> None:
        """Put the objects that were parsed into `paths`."""
        if self._rows:
            self.paths.add(np.array(self._rows, np.intp), self._objects)
        self._rows, self._objects, self._held = [], [], 0

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
                self.bad.append(row)

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


def _parsed(line: memoryview) -> object:
    try:
        return orjson.loads(bytes(line).strip(AROUND))
    except orjson.JSONDecodeError:
        return None
