"""Many objects flattened together: the cells of each path.

It gives what `sidelight.evidence.json.values.flatten` gives of one object after the other. What
is rare (an object that names itself, a list of objects, a path that occurs twice) it leaves to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, TypeAlias, cast

import numpy as np

from sidelight.evidence.json.cells import Cells, Rows, Value
from sidelight.evidence.json.values import EXACT, NAMELESS, Json, scalar_text
from sidelight.schema import SEPARATOR

Object: TypeAlias = dict[str, Json]

MAX_PATHS: Final = 4096
"""Of objects that bring more than so many paths, the rest is left."""

_LEAVES: Final = frozenset({str, int})
_NAMING: Final = frozenset({"@Name"}), frozenset({"Name", "#text"})


@dataclass(slots=True)
class _Level:
    """Cells found in objects of one depth, by path."""

    rows: dict[str, list[Rows]] = field(default_factory=dict)
    cells: dict[str, list[Sequence[Json]]] = field(default_factory=dict)

    def add(self, path: str, rows: Rows, cells: Sequence[Json]) -> None:
        self.rows.setdefault(path, []).append(rows)
        self.cells.setdefault(path, []).append(cells)


@dataclass(slots=True)
class Paths:
    """The cells of objects by path.

    Args:
        cells: by path.
        left: rows whose objects are not, or not wholly, in `cells`.
    """

    cells: dict[str, Cells] = field(default_factory=dict)
    left: list[Rows] = field(default_factory=list)

    def add(self, rows: Rows, objects: Sequence[Object]) -> None:
        """Take in the *objects* of *rows*."""
        level = _Level()
        self._open(level, "", rows, objects)
        while level.rows:
            below = _Level()
            for path, parts in level.rows.items():
                found = level.cells[path]
                if len(parts) == 1:
                    self._sort(below, path, parts[0], found[0])
                else:
                    every = list(chain.from_iterable(found))
                    self._sort(below, path, np.concatenate(parts), every)
            level = below

    def _open(self, level: _Level, prefix: str, rows: Rows, objects: Sequence[Object]) -> None:
        """Put the members of *objects* into *level*; objects with the same names go together."""
        signatures = list(map(tuple, objects))
        if signatures and signatures.count(signatures[0]) == len(signatures):
            self._open_alike(level, prefix, signatures[0], rows, objects)
            return
        groups: dict[tuple[str, ...], list[int]] = {}
        for number, names in enumerate(signatures):
            groups.setdefault(names, []).append(number)
        for names, numbers in groups.items():
            alike = [objects[number] for number in numbers]
            self._open_alike(level, prefix, names, rows[numbers], alike)

    def _open_alike(
        self,
        level: _Level,
        prefix: str,
        names: tuple[str, ...],
        rows: Rows,
        objects: Sequence[Object],
    ) -> None:
        if prefix and any(naming.issubset(names) for naming in _NAMING):
            self.left.append(rows)
            return
        for name, cells in zip(names, zip(*map(dict.values, objects), strict=True), strict=True):
            level.add(prefix[:-1] if name in NAMELESS else prefix + name, rows, cells)

    def _sort(self, below: _Level, path: str, rows: Rows, cells: Sequence[Json]) -> None:
        """Keep the values among *cells*; objects go *below*."""
        types = set(map(type, cells))
        if types <= _LEAVES:
            self._keep(path, rows, cast("Sequence[Value]", cells))
        elif types == {dict}:
            self._open(below, path + ".", rows, cast("Sequence[Object]", cells))
        else:
            self._sort_mixed(below, path, rows, cells)

    def _sort_mixed(self, below: _Level, path: str, rows: Rows, cells: Sequence[Json]) -> None:
        inner: list[int] = []
        plain: list[int] = []
        left: list[int] = []
        values: list[Value] = []
        for number, cell in enumerate(cells):
            if isinstance(cell, dict):
                inner.append(number)
            elif cell is not None:
                value = _values_of(cell if isinstance(cell, list) else [cell])
                if value is None:
                    left.append(number)
                elif value != ():
                    plain.append(number)
                    values.append(value)
        if values:
            self._keep(path, rows[plain], values)
        if inner:
            objects = cast("Sequence[Object]", [cells[number] for number in inner])
            self._open(below, path + ".", rows[inner], objects)
        if left:
            self.left.append(rows[left])

    def _keep(self, path: str, rows: Rows, cells: Sequence[Value]) -> None:
        known = self.cells.get(path)
        if known is None:
            if len(self.cells) >= MAX_PATHS or SEPARATOR in path:
                self.left.append(rows)
                return
            known = self.cells[path] = Cells()
        known.add(rows, cells)


def _values_of(elements: list[Json]) -> Value | None:
    """Give the values of a list: none, one, or the texts of several; None for lists of others."""
    if len(elements) == 1 and type(elements[0]) is str:
        return elements[0]
    texts = []
    for element in elements:
        if isinstance(element, (dict, list)) or (
            isinstance(element, float) and abs(element) >= EXACT
        ):
            return None
        if element is not None:
            texts.append(scalar_text(element))
    return texts[0] if len(texts) == 1 else tuple(texts)
