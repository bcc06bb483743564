"""Elements that are spelled out where most records use a template.

Forwarded and exported events are written so. Their texts are found without being decoded; what is
not the plain form (an element with one text or none) is left to `binxml`.
"""

import struct
from array import array
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np

from sidelight.evidence.evtx.chunks import SIZE
from sidelight.evidence.evtx.instances import Layout, Spans
from sidelight.evidence.evtx.shapes import (
    ATTRIBUTE,
    CLOSE,
    CONTENT,
    OPEN,
    TEXT,
    TEXT_CLOSE,
    Shape,
    Shapes,
)
from sidelight.evidence.evtx.templates import Ints
from sidelight.evidence.evtx.values import STRING
from sidelight.evidence.rows import clean

_U32: Final = struct.Struct("<I").unpack_from
_FUSED: Final = (TEXT_CLOSE - TEXT) << 32
_TOKENS: Final = {
    0x01: OPEN,
    0x41: OPEN,
    0x06: ATTRIBUTE,
    0x46: ATTRIBUTE,
    0x05: TEXT,
    0x45: TEXT,
    0x02: CONTENT,
    0x03: CLOSE,
    0x04: CLOSE,
}


@dataclass(slots=True)
class _Scan:
    """Follows markup, one stretch at a time.

    Args:
        found: field, row, start and size of each text, one behind the other.
        names: symbols of the names at offsets.
    """

    data: bytes
    shapes: Shapes
    found: "array[int]" = field(default_factory=lambda: array("q"))
    names: dict[int, int] = field(default_factory=dict)

    def follow(self, shape: int, row: int, start: int, stop: int) -> bool:
        """Find the texts between two offsets; False where it is not of the plain form."""
        mark = len(self.found)
        final = self._follow(shape, row, start, stop)
        if final < 0 or self.shapes.shapes[final].stack:
            del self.found[mark:]
            return False
        return True

    def _follow(  # noqa: PLR0912 - the one hot loop
        self, shape: int, row: int, at: int, stop: int
    ) -> int:
        """Give the shape at the end, -1 where the way is closed. Spelled out for speed."""
        data, found, ways = self.data, self.found, self.shapes.ways
        tokens, names, naming = _TOKENS, self.names, self.shapes.naming
        base = at & -SIZE
        start = size = 0
        while at < stop:
            byte = data[at]
            token = tokens.get(byte, 0)
            packed = shape << 35 | token << 32
            if token >= CONTENT:
                at += 1
            elif token == TEXT:
                size = (data[at + 2] | data[at + 3] << 8) * 2
                start = at + 4
                if data[at + 1] != STRING or start + size > stop:
                    return -1
                at = start + size
                if shape in naming:
                    packed |= self._label(start, size)
                after = data[at] if at < stop else 0
                if after == 0x04 or after == 0x02:  # noqa: PLR1714 - a set costs more
                    packed += _FUSED
                    packed += (after == 0x02) << 32
                    at += 1
            elif token:
                at += 5 if token == OPEN else 1
                place = base + _U32(data, at)[0]
                packed |= names.get(place) or self._name(place, base)
                at += 4
                if place == at:
                    at += 10 + 2 * (data[at + 6] | data[at + 7] << 8)
                if byte == 0x41:
                    at += 4
                if token == OPEN and at < stop and data[at] == 0x02:
                    at += 1  # nothing stands between the name and the content
            else:
                return -1 if byte else shape
            shape, number, form = ways.get(packed) or self.shapes.way(packed)
            if form:
                found.extend((number, row, start, size if form == 1 else 0))
            elif shape < 0:
                return -1
        return shape if at == stop else -1

    def _name(self, place: int, base: int) -> int:
        end = place + 8
        if end - base <= SIZE:
            end += 2 * int.from_bytes(self.data[place + 6 : end], "little")
        raw = self.data[place + 8 : end] if end - base <= SIZE else b""
        number = self.shapes.symbol(clean(raw.decode("utf-16-le", "replace")).rpartition(":")[2])
        self.names[place] = number
        return number

    def _label(self, start: int, size: int) -> int:
        """Give the name of a field that stands in an attribute."""
        raw = self.data[start : start + size]
        number = self.shapes.labels.get(raw)
        if number is None:
            text = raw.decode("utf-16-le", "replace").partition("\0")[0]
            number = self.shapes.labels[raw] = self.shapes.symbol(clean(text).replace(" ", ""))
        return number


def lay_out_inline(data: bytes, layout: Layout, shapes: Shapes) -> None:
    """Add the texts of bare elements to the fields of *layout*."""
    scan = _Scan(data, shapes)
    for path, row, start, stop in layout.bare:
        shape = shapes.number(Shape(path, (), path[1] if len(path) > 1 else ""))
        if not layout.odd[row] and not scan.follow(shape, row, start, stop):
            layout.odd[row] = True
    if scan.found:
        _add_fields(layout, np.frombuffer(scan.found, np.int64).reshape(-1, 4), shapes)


def _add_fields(layout: Layout, found: Ints, shapes: Shapes) -> None:
    found = found[np.argsort(found[:, 0], kind="stable")]
    number, rows, start, size = np.ascontiguousarray(found.T)
    borders = [*np.flatnonzero(np.diff(number, prepend=-1)).tolist(), len(number)]
    for first, last in pairwise(borders):
        part = slice(first, last)
        kinds = np.full(last - first, STRING, np.uint8)
        spans = Spans(rows[part], start[part], size[part], kinds)
        layout.fields.setdefault(shapes.keys[int(number[first])], []).append(spans)
