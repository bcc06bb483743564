"""The cells of one path in many objects, each distinct value kept once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.evidence.json.record import shown
from sidelight.evidence.rows import clean
from sidelight.schema import SEPARATOR, Column, offsets_of, strings

Value: TypeAlias = str | int | tuple[str, ...]
"""What a cell holds: a text or a whole number, which no truth value is, or several texts."""

Rows: TypeAlias = NDArray[np.intp]
Codes: TypeAlias = NDArray[np.int32]

_SAMPLE: Final = 64


@dataclass(slots=True)
class Cells:
    """The cells of one path, as they come.

    Args:
        rows: those that have a cell, stretch by stretch.
        codes: of their cells, as indices into `values`.
        values: distinct ones, but for columns in which hardly any occurs twice.
    """

    rows: list[Rows] = field(default_factory=list)
    codes: list[Codes] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    _index: dict[Value, int] = field(default_factory=dict)

    def add(self, rows: Rows, cells: Sequence[Value]) -> None:
        """Append a cell to each of *rows*, of which there is one at least."""
        first = cells[0]
        self.rows.append(rows)
        if cells[-1] == first and cells.count(first) == len(cells):
            self.codes.append(np.full(len(cells), self._encoded([first])[0]))
        else:
            self.codes.append(self._encoded(cells))

    def _encoded(self, cells: Sequence[Value]) -> Codes:
        known, size = self._index, len(self.values)
        if _mostly_distinct(cells):
            self.values += cells
            return np.arange(size, size + len(cells), dtype=np.int32)
        fresh = [value for value in dict.fromkeys(cells) if value not in known]
        known.update(zip(fresh, range(size, size + len(fresh)), strict=True))
        self.values += fresh
        return np.fromiter(map(known.__getitem__, cells), np.int32, len(cells))

    def codes_of(self, length: int) -> tuple[Codes, Rows]:
        """Give the codes of *length* rows, -1 being an absent cell, and rows with two cells."""
        rows, codes = np.concatenate(self.rows), np.concatenate(self.codes)
        found = np.full(length, -1, np.int32)
        found[rows] = codes
        if np.count_nonzero(found >= 0) == len(rows):
            return found, rows[:0]
        return found, np.flatnonzero(np.bincount(rows, minlength=length) > 1)

    def texts(self) -> pa.StringArray:
        """Give the values as texts of cells."""
        values = self.values
        if set(map(type, values)) != {str}:
            values = [_text_of(value) for value in values]
        found = strings(cast("list[str]", values))
        data = found.buffers()[2]
        if data is None or not data.size:
            return found
        held, offsets = np.frombuffer(memoryview(data), np.uint8), offsets_of(found)
        odd = not held.min() or (held[offsets[:-1][np.diff(offsets) > 0]] == ord("&")).any()
        return strings([_mended(value) for value in self.values]) if odd else found


def _mostly_distinct(cells: Sequence[Value]) -> bool:
    """Guess from some cells whether there would be as many values."""
    if len(cells) < 4 * _SAMPLE:
        return False
    return len(set(cells[:: len(cells) // _SAMPLE])) > _SAMPLE - 2


def _text_of(value: Value) -> str:
    return SEPARATOR.join(map(clean, value)) if isinstance(value, tuple) else str(value)


def texts_in(value: Value) -> tuple[str, ...]:
    """Give the texts of the values that *value* holds."""
    return value if isinstance(value, tuple) else (str(value),)


def _mended(value: Value) -> str:
    return shown(clean(value)) if isinstance(value, str) else _text_of(value)


def part_of(column: Column, begin: int, end: int) -> Column:
    """Cut a stretch of rows out of *column*, with the values it uses."""
    codes = column.codes[begin:end]
    low, high = int(codes.min()), int(codes.max())
    if high < 0:
        return Column(codes, column.values.slice(0, 0))
    if low < 0:
        low = int(np.where(codes < 0, np.int32(high), codes).min())
    span = high - low + 1
    codes = np.where(codes < 0, np.int32(-1), codes - np.int32(low))
    values = column.values.slice(low, span)
    if span == 1:
        return Column(codes, values)
    used = np.zeros(span + 1, np.bool_)
    used[codes] = True
    used[-1] = False
    if np.count_nonzero(used) < span:
        moved = np.append(np.cumsum(used[:-1], dtype=np.int32) - np.int32(1), np.int32(-1))
        codes = moved[codes]
        values = values.take(pa.array(np.flatnonzero(used), pa.int64()))
    return Column(codes, values)
