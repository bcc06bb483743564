"""Elements that are spelled out where most records use a template.

Forwarded and exported events are written so. All of a batch are followed at once, a token a step,
and their texts found without being decoded. What is not the plain form (an element with one text
or none) is left to `binxml`.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sidelight.evidence.evtx.chunks import SIZE
from sidelight.evidence.evtx.instances import Layout, Spans
from sidelight.evidence.evtx.shapes import (
    ATTRIBUTE,
    CLOSE,
    CONTENT,
    NOTHING,
    OPEN,
    TEXT,
    Shape,
    Shapes,
)
from sidelight.evidence.evtx.templates import Ints
from sidelight.evidence.evtx.values import STRING
from sidelight.evidence.rows import clean

_STEPS: Final = 4096
_END: Final = 7
_TOKENS: Final = np.zeros(256, np.int64)
for _byte, _class in (
    (0x00, _END),
    (0x01, OPEN),
    (0x41, OPEN),
    (0x06, ATTRIBUTE),
    (0x46, ATTRIBUTE),
    (0x05, TEXT),
    (0x45, TEXT),
    (0x02, CONTENT),
    (0x03, CLOSE),
    (0x04, CLOSE),
):
    _TOKENS[_byte] = _class

Flags: TypeAlias = NDArray[np.bool_]


@dataclass(slots=True)
class _Lanes:
    """Where each stretch of markup stands: one entry a stretch that is not finished."""

    lane: Ints
    at: Ints
    stop: Ints
    shape: Ints

    def only(self, keep: Flags) -> "_Lanes":
        if keep.all():
            return self
        return _Lanes(self.lane[keep], self.at[keep], self.stop[keep], self.shape[keep])


@dataclass(slots=True)
class _Found:
    lane: list[Ints] = field(default_factory=list)
    number: list[Ints] = field(default_factory=list)
    start: list[Ints] = field(default_factory=list)
    size: list[Ints] = field(default_factory=list)


@dataclass(slots=True)
class _Walk:
    data: bytes
    shapes: Shapes
    u8: NDArray[np.uint8]
    u16: NDArray[np.uint16]
    u32: NDArray[np.uint32]
    found: _Found = field(default_factory=_Found)
    names: dict[int, int] = field(default_factory=dict)

    def finish(self, lanes: _Lanes, count: int) -> Flags:
        """Follow all lanes to their ends; tell which of them are of the plain form."""
        plain = np.zeros(count, bool)
        for _ in range(_STEPS):
            token = np.where(lanes.at < lanes.stop, _TOKENS[self.u8[lanes.at]], _END)
            ended = token == _END
            if ended.any():
                done = ended & self._marked(lanes.shape, closed=True)
                plain[lanes.lane[done]] = True
            going = (token != 0) & ~ended
            lanes, token = lanes.only(going), token[going]
            if not len(lanes.lane):
                break
            lanes = self._step(lanes, token)
        return plain

    def _marked(self, shape: Ints, *, closed: bool) -> Flags:
        """Tell which shapes have nothing open, or else, which expect the name of a field."""
        unique, where = np.unique(shape, return_inverse=True)
        shapes = [self.shapes.shapes[number] for number in unique.tolist()]
        marks = [not shape.stack if closed else shape.naming for shape in shapes]
        return np.array(marks, bool)[where]

    def _step(self, lanes: _Lanes, token: Ints) -> _Lanes:
        following = lanes.at + 1
        good = np.ones(len(token), bool)
        start, size, symbol = (np.zeros(len(token), np.int64) for _ in range(3))
        named = np.flatnonzero(token <= ATTRIBUTE)
        if named.size:
            symbol[named], following[named], good[named] = self._names(lanes, token, named)
        texts = np.flatnonzero(token == TEXT)
        if texts.size:
            at = lanes.at[texts]
            start[texts] = at + 4
            size[texts] = 2 * self.u16[at + 2].astype(np.int64)
            following[texts] = start[texts] + size[texts]
            good[texts] = self.u8[at + 1] == STRING
        good &= following <= lanes.stop
        if texts.size:
            naming = texts[good[texts] & self._marked(lanes.shape[texts], closed=False)]
            symbol[naming] = self._labels(start[naming], size[naming])
        packed = lanes.shape << 35 | token << 32 | symbol
        unique, where = np.unique(packed[good], return_inverse=True)
        ways = np.array([self.shapes.way(key) for key in unique.tolist()], np.int64).reshape(-1, 3)
        shape = np.full(len(token), -1, np.int64)
        shape[good] = ways[where, 0]
        form = np.zeros(len(token), np.int64)
        form[good] = ways[where, 2]
        filled = np.flatnonzero(form != NOTHING)
        if filled.size:
            number = np.zeros(len(token), np.int64)
            number[good] = ways[where, 1]
            self._keep(lanes.lane[filled], number[filled], start[filled], size[filled])
        return _Lanes(lanes.lane, following, lanes.stop, shape).only(shape >= 0)

    def _keep(self, lane: Ints, number: Ints, start: Ints, size: Ints) -> None:
        self.found.lane.append(lane)
        self.found.number.append(number)
        self.found.start.append(start)
        self.found.size.append(size)

    def _names(self, lanes: _Lanes, token: Ints, named: Ints) -> tuple[Ints, Ints, Flags]:
        """Give the names pointed to, where the next tokens are, and which names there are."""
        at = lanes.at[named]
        pointer = at + np.where(token[named] == OPEN, 5, 1)
        target = self.u32[pointer].astype(np.int64)
        good = target <= SIZE - 8
        place = (at & -SIZE) + np.where(good, target, 0)
        unique, where = np.unique(place, return_inverse=True)
        symbol = np.array([self._name(offset) for offset in unique.tolist()], np.int64)[where]
        inside = np.where(place == pointer + 4, 10 + 2 * self.u16[place + 6].astype(np.int64), 0)
        more = np.where(self.u8[at] == 0x41, 4, 0)
        return symbol, pointer + 4 + inside + more, good & (symbol > 0)

    def _name(self, place: int) -> int:
        known = self.names.get(place)
        if known is None:
            end = place + 8 + 2 * int(self.u16[place + 6])
            fits = end <= (place & -SIZE) + SIZE
            raw = self.data[place + 8 : end] if fits else b""
            name = raw.decode("utf-16-le", "replace").rpartition(":")[2]
            known = self.names[place] = self.shapes.symbol(name)
        return known

    def _labels(self, start: Ints, size: Ints) -> list[int]:
        """Give the names of fields that stand in attributes."""
        labels = self.shapes.labels
        numbers = []
        for first, length in zip(start.tolist(), size.tolist(), strict=True):
            raw = self.data[first : first + length]
            number = labels.get(raw)
            if number is None:
                text = raw.decode("utf-16-le", "replace").partition("\0")[0]
                number = labels[raw] = self.shapes.symbol(clean(text).replace(" ", ""))
            numbers.append(number)
        return numbers


def lay_out_inline(data: bytes, layout: Layout, shapes: Shapes) -> None:
    """Add the texts of bare elements to the fields of *layout*."""
    bare = [entry for entry in layout.bare if not layout.odd[entry[1]]]
    if not bare:
        return
    rows = np.array([entry[1] for entry in bare], np.int64)
    begin = [shapes.number(Shape(path, (), path[1] if len(path) > 1 else "")) for path, *_ in bare]
    lanes = _Lanes(
        np.arange(len(bare)),
        np.array([entry[2] for entry in bare], np.int64),
        np.array([entry[3] for entry in bare], np.int64),
        np.array(begin, np.int64),
    )
    walk = _Walk(
        data,
        shapes,
        np.frombuffer(data, np.uint8),
        np.ndarray((len(data) - 1,), "<u2", data, strides=(1,)),
        np.ndarray((len(data) - 3,), "<u4", data, strides=(1,)),
    )
    plain = walk.finish(lanes, len(bare))
    layout.odd[rows[~plain]] = True
    if walk.found.lane:
        _add_fields(layout, walk.found, rows, shapes)


def _add_fields(layout: Layout, found: _Found, rows: Ints, shapes: Shapes) -> None:
    lane, number = np.concatenate(found.lane), np.concatenate(found.number)
    order = np.lexsort((lane, number))
    lane, number = lane[order], number[order]
    start, size = np.concatenate(found.start)[order], np.concatenate(found.size)[order]
    borders = [*np.flatnonzero(np.diff(number, prepend=-1)).tolist(), len(number)]
    for first, last in pairwise(borders):
        part = slice(first, last)
        kinds = np.full(last - first, STRING, np.uint8)
        spans = Spans(rows[lane[part]], start[part], size[part], kinds)
        layout.fields.setdefault(shapes.keys[int(number[first])], []).append(spans)
