"""The cells of one field in many events, each distinct value kept once."""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import field
from itertools import chain, count
from typing import Final, TypeAlias, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.evidence.json.record import shown
from sidelight.evidence.json.values import EXACT, Json, scalar_text
from sidelight.evidence.rows import clean
from sidelight.schema import SEPARATOR, Column, strings
from sidelight.values import dataclass

Value: TypeAlias = str | tuple[str, ...]
"""What a cell holds: a text, or several; none of them where it is absent."""

Rows: TypeAlias = NDArray[np.intp]

_SURE: Final = frozenset({str, int, bool, type(None)})
_ABSENT: Final = array("i", [-1])

_LONG: Final = 1024
_SAMPLE: Final = 16
"""Where so many texts so long are all different, to look for repetitions costs more than they."""


def _numbering() -> defaultdict[Value, int]:
    return defaultdict(count().__next__)


@dataclass(slots=True)
class Cells:
    """The cells of one field, as they come.

    Args:
        codes: of the cells, -1 being an absent one; those below are of texts *apart*.
        values: with their codes.
        apart: long texts that hardly ever repeat.
    """

    codes: "array[int]" = field(default_factory=lambda: array("i"))
    values: defaultdict[Value, int] = field(default_factory=_numbering)
    apart: list[pa.StringArray] = field(default_factory=list)
    _last: int = -1

    def add(self, begin: int, cells: Sequence[Value]) -> None:
        """Set the cells from *begin* on; what lies between them and those before is absent."""
        gap, first = begin - len(self.codes), cells[0]
        if gap:
            self.codes.extend(_ABSENT * gap)
        if cells[-1] == first and cells.count(first) == len(cells):
            self.codes.extend(array("i", [self.values[first]]) * len(cells))
        elif len(first) > _LONG and _differ(cells):
            self.codes.extend(range(self._last - 1, self._last - 1 - len(cells), -1))
            self._last -= len(cells)
            self.apart.append(_written(cells))
        else:
            self.codes.extend(map(self.values.__getitem__, cells))

    def column(self, order: Rows) -> Column:
        """Give the column of the cells in this *order*, those absent that were never set."""
        codes = np.full(max(len(self.codes), int(order.max()) + 1), -1, np.int32)
        codes[: len(self.codes)] = self.codes
        if () in self.values:
            codes[codes == self.values[()]] = -1
        values = _written([*self.values])
        if self.apart:
            codes = np.where(codes < -1, np.int32(len(values) - 2) - codes, codes)
            values = pa.concat_arrays([values, *self.apart])
        return Column(codes[order], values)


def _differ(cells: Sequence[Value]) -> bool:
    """Guess from some cells whether all are texts that differ."""
    some = cells[:: max(len(cells) // _SAMPLE, 1)]
    distinct = len(some) >= _SAMPLE and len({*some}) == len(some)
    return distinct and set(map(type, cells)) == {str}


def _written(values: Sequence[Value]) -> pa.StringArray:
    """Write values as texts of cells."""
    if set(map(type, values)) == {str}:
        texts = cast("Sequence[str]", values)
        joined = "".join(texts)
        if not _has_odd(texts, joined):
            return _laid_out(texts, joined) if joined.isascii() else strings([*texts])
    return strings([_text_of(value) for value in values])


def _has_odd(texts: Sequence[str], joined: str) -> bool:
    """Tell whether some of *texts* may not be cells as they are (`shown_text`)."""
    return SEPARATOR in joined or ("&" in joined and "&" in {text[:1] for text in texts})


def _laid_out(texts: Sequence[str], joined: str) -> pa.StringArray:
    """Build the array of *texts*, all ASCII: long ones take Arrow three times as long."""
    ends = np.zeros(len(texts) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, texts), np.int32, len(texts)), out=ends[1:])
    buffers = pa.py_buffer(ends.data), pa.py_buffer(joined.encode())
    return pa.StringArray.from_buffers(len(texts), *buffers)


def _text_of(value: Value) -> str:
    return shown_text(value) if isinstance(value, str) else SEPARATOR.join(map(clean, value))


def shown_text(text: str) -> str:
    """Write a text of JSON as the text of a cell."""
    return shown(clean(text))


def texts_of(cells: list[Json]) -> list[Value]:
    """Give what cells hold that are all of one type, neither null nor objects."""
    kind = type(cells[0])
    if kind is str:
        return cast("list[Value]", cells)
    if kind is int:
        return list(map(str, cells))
    if kind is list:
        return [_values_in(cast("list[Json]", cell)) for cell in cells]
    return [scalar_text(cast("float | bool", cell)) for cell in cells]


def is_plain(cell: Json) -> bool:
    """Tell whether `texts_of` can say what a number or a list holds."""
    if isinstance(cell, list):
        return all(not isinstance(each, list | dict) and is_plain(each) for each in cell)
    return not isinstance(cell, float) or abs(cell) < EXACT


def are_plain(cells: Sequence[Json]) -> bool:
    """Tell of many lists at once whether all are plain; may say no where each of them is."""
    if type(cells[0]) is not list:
        return False
    return _SURE.issuperset(map(type, chain.from_iterable(cast("Sequence[list[Json]]", cells))))


def is_empty(cell: Json) -> bool:
    """Tell whether a list holds nothing but nulls."""
    return isinstance(cell, list) and all(each is None for each in cell)


def _values_in(elements: list[Json]) -> Value:
    texts = [scalar_text(cast("str | float | bool", each)) for each in elements if each is not None]
    return texts[0] if len(texts) == 1 else tuple(texts)
