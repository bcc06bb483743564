"""One frame, and the answers for its values, put together row by row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sidelight.rules.columns import Columns
from sidelight.rules.expr import FieldRef
from sidelight.rules.matcher import Counters, Ids
from sidelight.rules.patterns import fold
from sidelight.rules.plan import KEYWORD, Atom, Tree, test_of
from sidelight.schema import SEPARATOR, Column, Frame

Rows: TypeAlias = NDArray[np.intp]
"""Row numbers, ascending."""

ROWWISE: Final = frozenset({"null", "exists", "ref"})
"""Tests that no distinct value answers."""


@dataclass(frozen=True, slots=True)
class Found:
    """Which values pass which tests: of the tests' own columns, and keywords of any column."""

    columns: Columns
    tests: dict[str, dict[int, Ids]]
    words: dict[str, dict[int, Ids]]


class Table:
    """One frame, and the answers for its values, put together row by row."""

    def __init__(
        self, atoms: tuple[Atom, ...], frame: Frame, found: Found, counters: Counters
    ) -> None:
        self._atoms = atoms
        self._frame = frame
        self._found = found
        self._counters = counters
        self._order: dict[int, tuple[Rows, NDArray[np.int64]]] = {}
        self._marks: dict[int, list[tuple[Column, NDArray[np.bool_]]]] = {}
        self._candidates: dict[int, Rows] = {}
        self.live = {atom for hits in found.tests.values() for atom in hits}
        self.live |= {atom for hits in found.words.values() for atom in hits}

    def rows(self, tree: Tree) -> Rows:
        """Give the rows for which *tree* holds, ascending."""
        rows = self._candidate_rows(tree)
        if rows is None:
            rows = np.arange(len(self._frame))
        return rows[self._holds(tree, rows)] if len(rows) else rows

    def _candidate_rows(self, tree: Tree) -> Rows | None:
        """Give rows outside which *tree* is false; None for all rows."""
        if tree.negated:
            return None
        if not tree.any:
            return self._fewest(tree)
        parts: list[Rows] = []
        for atom in tree.atoms:
            if self._atoms[atom].test in ROWWISE:
                return None
            if atom in self.live:
                parts.append(self._rows_of(atom))
        for child in tree.children:
            rows = self._candidate_rows(child)
            if rows is None:
                return None
            parts.append(rows)
        return _united(parts)

    def _fewest(self, tree: Tree) -> Rows | None:
        best: Rows | None = None
        for atom in tree.atoms:
            if self._atoms[atom].test in ROWWISE:
                continue
            if atom not in self.live:
                return _NO_ROWS
            rows = self._rows_of(atom)
            if best is None or len(rows) < len(best):
                best = rows
        for child in tree.children:
            found = self._candidate_rows(child)
            if found is not None and (best is None or len(found) < len(best)):
                best = found
        return best

    def _rows_of(self, atom: int) -> Rows:
        if atom not in self._candidates:
            parts = [self._occurrences(column, ids) for column, ids in self._answers(atom)]
            self._candidates[atom] = _united(parts)
        return self._candidates[atom]

    def _answers(self, atom: int) -> list[tuple[Column, Ids]]:
        name = self._atoms[atom].field
        if name != KEYWORD:
            column = self._found.columns.find(name)
            ids = self._found.tests.get(name, {}).get(atom)
            return [] if column is None or ids is None else [(column, ids)]
        own = self._frame.columns
        return [(own[name], hits[atom]) for name, hits in self._found.words.items() if atom in hits]

    def _occurrences(self, column: Column, ids: Ids) -> Rows:
        if len(column.values) == 1:
            return np.flatnonzero(column.codes == 0)
        if id(column) not in self._order:
            order = np.argsort(column.codes, kind="stable")
            sizes = np.bincount(column.codes + 1, minlength=len(column.values) + 1)
            self._order[id(column)] = (order, np.cumsum(sizes))
        order, edges = self._order[id(column)]
        if len(ids) == 1:
            value = int(ids[0])
            return order[edges[value] : edges[value + 1]]
        starts, sizes = edges[ids], edges[ids + 1] - edges[ids]
        total = int(sizes.sum())
        shift = np.repeat(starts - np.cumsum(sizes) + sizes, sizes)
        return np.sort(order[shift + np.arange(total)])

    def _holds(self, tree: Tree, rows: Rows) -> NDArray[np.bool_]:
        self._counters.rows += len(rows)
        marks = self._any(tree, rows) if tree.any else self._all(tree, rows)
        return ~marks if tree.negated else marks

    def _any(self, tree: Tree, rows: Rows) -> NDArray[np.bool_]:
        marks = np.zeros(len(rows), bool)
        for atom in tree.atoms:
            if atom in self.live or self._atoms[atom].test in ROWWISE:
                marks |= self._true(atom, rows)
        for child in tree.children:
            marks |= self._holds(child, rows)
        return marks

    def _all(self, tree: Tree, rows: Rows) -> NDArray[np.bool_]:
        marks = np.ones(len(rows), bool)
        for atom in tree.atoms:
            if atom not in self.live and self._atoms[atom].test not in ROWWISE:
                return np.zeros(len(rows), bool)
            marks &= self._true(atom, rows)
        for child in tree.children:
            left = np.flatnonzero(marks)
            if not len(left):
                return marks
            marks[left] = self._holds(child, rows[left])
        return marks

    def _true(self, atom: int, rows: Rows) -> NDArray[np.bool_]:
        each = self._atoms[atom]
        if each.test in ROWWISE:
            return self._rowwise(each, rows)
        if atom not in self._marks:
            marks = []
            for column, ids in self._answers(atom):
                passed = np.zeros(len(column.values) + 1, bool)
                passed[ids] = True  # the last mark stays false: it is that of an absent cell
                marks.append((column, passed))
            self._marks[atom] = marks
        answer = np.zeros(len(rows), bool)
        for column, passed in self._marks[atom]:
            answer |= passed[column.codes[rows]]
        return answer

    def _rowwise(self, atom: Atom, rows: Rows) -> NDArray[np.bool_]:
        column = self._found.columns.find(atom.field)
        if column is None:
            return np.full(len(rows), atom.test == "null")
        absent = column.codes[rows] < 0
        match atom.test:
            case "null":
                return absent
            case "exists":
                return ~absent
            case _:
                test = test_of(atom)
                assert isinstance(test, FieldRef)
                other = self._found.columns.find(test.field)
                return _related(column, other, test, rows)


_NO_ROWS: Final = np.empty(0, np.intp)


def _united(parts: list[Rows]) -> Rows:
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return _NO_ROWS
    rows = np.sort(np.concatenate(parts))
    fresh = np.ones(len(rows), bool)
    fresh[1:] = rows[1:] != rows[:-1]
    return rows[fresh]


_RELATED: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "equals": lambda a, b: a == b,
    "contains": lambda a, b: b in a,
    "startswith": lambda a, b: a.startswith(b),
    "endswith": lambda a, b: a.endswith(b),
}


def _related(column: Column, other: Column | None, test: FieldRef, rows: Rows) -> NDArray[np.bool_]:
    if other is None:
        return np.zeros(len(rows), bool)
    relate = _RELATED[test.relation]
    lower = (lambda text: text) if test.cased else fold
    known: dict[tuple[int, int], bool] = {}
    pairs = list(zip(column.codes[rows].tolist(), other.codes[rows].tolist(), strict=True))
    for pair in set(pairs):
        known[pair] = min(pair) >= 0 and any(
            relate(lower(a), lower(b))
            for a in str(column.values[pair[0]]).split(SEPARATOR)
            for b in str(other.values[pair[1]]).split(SEPARATOR)
        )
    return np.array([known[pair] for pair in pairs], bool)
