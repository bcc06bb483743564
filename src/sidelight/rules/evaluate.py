"""Rules over frames: which rows of a frame each rule matches.

Rule 1. A test is answered once for each distinct value of a column, for all rules together.
Rule 2. A rule is looked at only when what it cannot do without (its witnesses) is true for some
value of the frame, and rows are touched only where it can still match.
Rule 3. A missing column is a field that every event lacks: tests are false, `Null` is true.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from time import process_time_ns
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sidelight.rules.atoms import Presence
from sidelight.rules.cells import Cells, Counters, Inquiry, Rows
from sidelight.rules.columns import Columns
from sidelight.rules.cost import Cost
from sidelight.rules.decide import Marks
from sidelight.rules.plan import KEYWORD, Plan, unpacked
from sidelight.rules.relate import related
from sidelight.rules.tree import All, Any, Neg, Ref, Some, Tree, Trees
from sidelight.rules.watchlist import Look, Watchlist, Watchlists, inputs
from sidelight.schema import Column, Frame, Kind
from sidelight.values import dataclass

Matches: TypeAlias = dict[str, Rows]
"""Rule id to the rows it matches, ascending; rules that match none are not there."""


@dataclass(slots=True)
class Engine:
    """A plan at work; keeps what it built for one kind of event for the next frame of it.

    Args:
        seen: numbers of the rules that had a kind of event to look at.
        occurring: names of the columns that ever occurred, for each kind of event.
        costs: of single rules, by id; what their tests share is not among them.
    """

    plan: Plan
    counters: Counters = field(default_factory=Counters)
    seen: set[int] = field(default_factory=set)
    occurring: dict[Kind, set[str]] = field(default_factory=dict)
    costs: dict[str, Cost] = field(default_factory=dict)
    _lists: dict[Kind, Watchlist] = field(default_factory=dict)
    _maker: Watchlists = field(init=False)
    _witnesses: "_Witnesses" = field(init=False)
    _trees: Trees = field(init=False)
    _sets: dict[int, frozenset[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._maker = Watchlists(self.plan)
        self._witnesses = _Witnesses(self.plan)
        self._trees = Trees(self.plan.trees)

    def wanted(self, kind: Kind) -> frozenset[str] | None:
        """Tell which columns rules read of *kind*; None for all."""
        return self.watchlist(kind).columns

    def quiet(self, kind: Kind) -> frozenset[str] | None:
        """Tell which columns rules read of *kind* where no value holds one of its words."""
        return self.watchlist(kind).quiet

    def words(self, kind: Kind) -> frozenset[str]:
        """Give the words (`schema.Wish`) without one of which no keyword holds."""
        return self.watchlist(kind).words

    def watchlist(self, kind: Kind) -> Watchlist:
        """Give the rules that look at *kind*."""
        if kind not in self._lists:
            self._lists[kind] = self._maker.make(kind)
        return self._lists[kind]

    def scan(self, frame: Frame) -> Matches:
        """Give the rows of *frame* that each rule matches, in order of rule."""
        return self.scan_all([frame])[0]

    def scan_all(self, frames: Sequence[Frame]) -> list[Matches]:
        """Give, for each of *frames*, the rows that each rule matches, in order of rule."""
        inquiry = Inquiry(self.counters)
        sheets: list[_Sheet | None] = []
        for frame in frames:
            watchlist = self.watchlist(frame.kind)
            self.seen |= watchlist.rules
            self.occurring.setdefault(frame.kind, set()).update(frame.columns)
            idle = not watchlist.looks or not len(frame)
            sheets.append(None if idle else self._sheet(watchlist, frame, inquiry))
        inquiry.settle()
        return [{} if sheet is None else self._matches(sheet) for sheet in sheets]

    def _sheet(self, watchlist: Watchlist, frame: Frame, inquiry: Inquiry) -> "_Sheet":
        return _Sheet(self.plan, watchlist, Columns(frame), inquiry, self._sets)

    def _matches(self, sheet: "_Sheet") -> Matches:
        watchlist = sheet.watchlist
        chosen = np.flatnonzero(self._witnesses.met(sheet.true())[watchlist.trees])
        self.counters.rules += len(chosen)
        self.counters.dismissed += len(watchlist.looks) - len(chosen)
        matches: Matches = {}
        for number in chosen.tolist():
            look = watchlist.looks[number]
            start, touched = process_time_ns(), self.counters.rows
            rows = sheet.rows(self._trees[look.tree], look)
            cost = Cost(process_time_ns() - start, self.counters.rows - touched, len(rows))
            self.costs.setdefault(self.plan.rules[look.rule], Cost()).add(cost)
            if len(rows):
                matches[self.plan.rules[look.rule]] = rows
        return matches

    def columns(self, rule: str, frame: Frame) -> Callable[[str], Column | None]:
        """Give the function that finds a column of *frame* by the name *rule* uses."""
        mapped = self._mapped(rule, frame.kind)
        finder = Columns(frame)
        return lambda name: finder.find(mapped.get(name.lower(), name.lower()))

    def names(self, rule: str, kind: Kind, fields: Iterable[str]) -> frozenset[str]:
        """Name the columns of *kind* that fields are read from, by the names *rule* uses."""
        mapped = self._mapped(rule, kind)
        found = {mapped.get(name.lower(), name.lower()) for name in fields}
        return frozenset(each for name in found for each in inputs(name))

    def _mapped(self, rule: str, kind: Kind) -> Mapping[str, str]:
        looks = self.watchlist(kind).looks
        return dict(
            next((each.renamed for each in looks if self.plan.rules[each.rule] == rule), ())
        )


class _Witnesses:
    """Tells which trees can be true, of what is true somewhere."""

    def __init__(self, plan: Plan) -> None:
        self._owners = np.frombuffer(plan.owners, np.int32)
        self._size = len(plan.trees)
        self._needed = np.bincount(self._owners, minlength=self._size)
        starts, atoms = unpacked(plan.clauses)
        clause = np.repeat(np.arange(len(self._owners), dtype=np.int32), np.diff(starts))
        order = np.argsort(atoms, kind="stable")
        self._clauses = clause[order]
        total = plan.starts[-1] + len(plan.fields)
        self._edges = np.searchsorted(atoms[order], np.arange(total + 1))

    def met(self, true: NDArray[np.intp]) -> Marks:
        """Mark the trees of which every clause holds one of the atoms *true*."""
        low, sizes = self._edges[true], self._edges[true + 1] - self._edges[true]
        shift = np.repeat(low - np.cumsum(sizes) + sizes, sizes)
        met = np.zeros(len(self._owners), bool)
        met[self._clauses[shift + np.arange(len(shift))]] = True
        enough: Marks = np.bincount(self._owners[met], minlength=self._size) == self._needed
        return enough


class _Sheet:
    """One frame, put to all atoms that look at it."""

    def __init__(
        self,
        plan: Plan,
        watchlist: Watchlist,
        columns: Columns,
        inquiry: Inquiry,
        sets: dict[int, frozenset[int]],
    ) -> None:
        self.watchlist = watchlist
        self._plan = plan
        self._columns = columns
        self._sets = sets
        self._size = len(columns.frame)
        self._cells: dict[tuple[int, str], list[Cells]] = {}
        for key, atoms in watchlist.fields.items():
            number, name = key
            if plan.fields[number] == KEYWORD:
                # Only where words are known without one of which no keyword holds.
                found = columns.loud() if watchlist.quiet is not None else columns.own()
            else:
                column = columns.find(name)
                found = [] if column is None else [column]
            self._cells[key] = [
                Cells(inquiry.ask(atoms, column.values), column, inquiry.counters)
                for column in found
            ]

    def true(self) -> NDArray[np.intp]:
        """Give the atoms that hold for some value, and the fields that are there, in any order."""
        beyond = self._plan.starts[-1]
        there = [beyond + number for (number, _), every in self._cells.items() if every]
        found = [cells.answers.true for every in self._cells.values() for cells in every]
        return np.concatenate([np.array(there, np.intp), *found])

    def rows(self, tree: Tree, look: Look) -> Rows:
        """Give the rows for which *tree* holds, ascending."""
        if not self._bound(tree, look):
            return _NO_ROWS
        return np.flatnonzero(self._hold(tree, look, None))

    def _some(self, tree: Any) -> frozenset[int]:
        key = id(tree)
        if key not in self._sets:
            self._sets[key] = frozenset(tree.atoms)
        return self._sets[key]

    def _put(self, field: int, look: Look) -> list[Cells]:
        return self._cells[field, look.columns[field]]

    def _bound(self, tree: Tree, look: Look) -> int:
        """Give a number of rows that no more than which *tree* holds for."""
        match tree:
            case Any(field):
                cells = self._put(field, look)
                if not cells:
                    return self._size if self._absent(tree) else 0
                return min(self._size, sum(each.bound(self._some(tree)) for each in cells))
            case All(children):
                least = self._size
                for child in children:
                    least = min(least, self._bound(child, look))
                    if not least:
                        break
                return least
            case Some(children):
                return min(self._size, sum(self._bound(child, look) for child in children))
            case _:
                return self._size

    def _absent(self, tree: Any) -> bool:
        atoms = self._plan.atoms
        return any(atoms[number].decision == Presence(there=False) for number in tree.atoms)

    def _hold(self, tree: Tree, look: Look, rows: Rows | None) -> Marks:
        """Mark which of *rows* (None for all) *tree* holds for."""
        size = self._size if rows is None else len(rows)
        match tree:
            case Any(field):
                cells = self._put(field, look)
                if not cells:
                    return np.full(size, self._absent(tree))
                marks = cells[0].hold(self._some(tree), rows)
                for each in cells[1:]:
                    if each.bound(self._some(tree)):
                        marks |= each.hold(self._some(tree), rows)
                return marks
            case Neg(child):
                return ~self._hold(child, look, rows)
            case All(children):
                return self._all(children, look, rows, size)
            case Some(children):
                marks = np.zeros(size, bool)
                for child in children:
                    if self._bound(child, look):
                        marks |= self._hold(child, look, rows)
                return marks
            case Ref(field, other, relation, cased):
                column = self._columns.find(look.columns[field])
                second = self._columns.find(look.columns[other])
                if column is None or second is None:
                    return np.zeros(size, bool)
                return related(column, second, relation, cased, rows)

    def _all(self, children: Sequence[Tree], look: Look, rows: Rows | None, size: int) -> Marks:
        ranked = sorted(children, key=lambda child: self._bound(child, look))
        if not ranked:
            return np.ones(size, bool)
        marks = self._hold(ranked[0], look, rows)
        for child in ranked[1:]:
            left = np.flatnonzero(marks)
            if not len(left):
                break
            marks[left] = self._hold(child, look, left if rows is None else rows[left])
        return marks


_NO_ROWS: Final = np.empty(0, np.intp)
