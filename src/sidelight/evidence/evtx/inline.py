"""Elements that are spelled out where most records use a template.

Forwarded and exported events are written so, and much of what stands below UserData.
"""

from itertools import count, pairwise

import numpy as np

from sidelight.evidence.evtx.instances import Layout, Spans
from sidelight.evidence.evtx.lockstep import FEW, Lockstep
from sidelight.evidence.evtx.scan import Scan
from sidelight.evidence.evtx.shapes import Shape, Shapes
from sidelight.evidence.evtx.stretches import Data, Ints
from sidelight.evidence.evtx.values import STRING


def lay_out_inline(data: Data, layout: Layout, shapes: Shapes) -> None:
    """Add the texts of bare elements to the fields of *layout*."""
    if not layout.bare:
        return
    paths, *parts = zip(*layout.bare, strict=True)
    rows, start, stop = map(np.concatenate, parts)
    shape = np.repeat([_first(shapes, path) for path in paths], [len(each) for each in parts[0]])
    plain = ~layout.odd[rows]
    rows, start, stop, shape = (each.compress(plain) for each in (rows, start, stop, shape))
    if not rows.size:
        return
    scan = Scan(data, shapes)
    found: list[Ints] = []
    if len(rows) > FEW:
        steps = Lockstep(scan, found)
        good = steps.follow(shape, start, stop)
    else:
        alone = zip(shape.tolist(), count(), start.tolist(), stop.tolist(), strict=False)
        good = np.array([scan.follow(*each) for each in alone])
    layout.odd[rows[~good]] = True
    layout.annex = bytes(scan.annex)
    found.append(np.frombuffer(scan.found, np.int64).reshape(-1, 4))
    _add_fields(layout, np.concatenate(found), rows, shapes)


def _first(shapes: Shapes, path: tuple[str, ...]) -> int:
    return shapes.number(Shape(path, (), path[1] if len(path) > 1 else ""))


def _add_fields(layout: Layout, found: Ints, rows: Ints, shapes: Shapes) -> None:
    """Put texts, which are in document order within each stretch, to their fields."""
    order = _stable(found[:, 1], len(rows))
    order = order[_stable(found[order, 0], len(shapes.keys))]
    number, stretch, start, size = np.ascontiguousarray(found[order].T)
    borders = [*np.flatnonzero(np.diff(number, prepend=-1)).tolist(), len(number)]
    for first, last in pairwise(borders):
        part = slice(first, last)
        kinds = np.full(last - first, STRING, np.uint8)
        spans = Spans(rows[stretch[part]], start[part], size[part], kinds)
        layout.add(shapes.keys[int(number[first])], spans)


def _stable(numbers: Ints, limit: int) -> Ints:
    """Give the order of numbers below *limit*; NumPy sorts 16 bits by radix."""
    narrow = limit <= np.iinfo(np.int16).max
    return np.argsort(numbers.astype(np.int16) if narrow else numbers, kind="stable")
