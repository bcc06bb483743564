"""The cells of one column, put to the atoms of one field."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sidelight.rules.atoms import Atom, Presence, Search
from sidelight.rules.automata import Finder, Ids
from sidelight.rules.decide import Judge, Marks
from sidelight.schema import Column

Rows: TypeAlias = NDArray[np.intp]


@dataclass(slots=True)
class Counters:
    """What scanning cost, the same on every machine.

    Args:
        values: distinct values that were scanned.
        bytes: of them.
        judged: values that were searched one by one.
        rows: rows that were looked at, once for each test of them.
        rules: rules that were not dismissed beforehand.
        dismissed: rules that were.
    """

    values: int = 0
    bytes: int = 0
    judged: int = 0
    rows: int = 0
    rules: int = 0
    dismissed: int = 0

    def as_dict(self) -> dict[str, int]:
        """Give the counts by name."""
        return asdict(self)


class Field:
    """Some atoms of one field, ready to be put to columns."""

    def __init__(self, atoms: Sequence[Atom], numbers: Iterable[int]) -> None:
        self.atoms = atoms
        owners: dict[bytes, list[int]] = {}
        late: list[int] = []
        self.loose: list[int] = []
        for number in numbers:
            atom = atoms[number]
            for text in atom.texts:
                owners.setdefault(text, []).append(number)
            if not atom.texts:
                late.append(number)
            elif isinstance(atom.decision, Search) and atom.decision.loose:
                self.loose.append(number)
        self.late = frozenset(late)
        self.absent = frozenset(n for n in late if atoms[n].decision == Presence(there=False))
        self.owners = list(owners.values())
        self.finder = Finder(list(owners))


@dataclass(slots=True)
class Cells:
    """A column put to the atoms of a field; what it knows of its values it keeps."""

    asked: Field
    column: Column
    counters: Counters
    hits: dict[int, Ids] = field(default_factory=dict)
    _judge: Judge = field(init=False)
    _counts: NDArray[np.intp] | None = None
    _known: dict[int, tuple[Marks, Marks]] = field(default_factory=dict)
    _bounds: dict[frozenset[int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values = self.column.values
        self._judge = Judge(values)
        self.counters.values += len(values)
        self.counters.bytes += values.nbytes
        parts: dict[int, list[Ids]] = {}
        for text, ids in self.asked.finder.find(values):
            for atom in self.asked.owners[text]:
                parts.setdefault(atom, []).append(ids)
        if self.asked.loose and self._judge.odd.any():
            for atom in self.asked.loose:
                parts.setdefault(atom, []).append(np.flatnonzero(self._judge.odd))
        self.hits = {
            atom: some[0] if len(some) == 1 else np.concatenate(some)
            for atom, some in parts.items()
        }

    @property
    def counts(self) -> NDArray[np.intp]:
        """How many rows have each value; the last number is that of rows without the field."""
        if self._counts is None:
            codes, size = self.column.codes, len(self.column.values)
            self._counts = np.roll(np.bincount(codes + 1, minlength=size + 1), -1)
        return self._counts

    def bound(self, some: frozenset[int]) -> int:
        """Give a number of rows that no more than which pass one of some atoms."""
        if some not in self._bounds:
            if some & self.asked.late:
                self._bounds[some] = len(self.column.codes)
            else:
                found = self.hits.keys() & some
                self._bounds[some] = sum(int(self.counts[self.hits[each]].sum()) for each in found)
        return self._bounds[some]

    def hold(self, some: frozenset[int], rows: Rows | None) -> Marks:
        """Mark which of *rows* (None for all) pass one of some atoms."""
        codes = self.column.codes if rows is None else self.column.codes[rows]
        self.counters.rows += len(codes)
        passed = np.zeros(len(self.column.values) + 1, bool)
        open_: list[int] = []
        for atom in self.hits.keys() & some:
            if self.asked.atoms[atom].decision is None:
                passed[self.hits[atom]] = True
            else:
                open_.append(atom)
        open_ += some & self.asked.late
        passed[-1] = bool(some & self.asked.absent)
        marks = passed[codes]
        for atom in sorted(open_):
            marks |= self._decided(atom, codes[~marks])[codes]
        return marks

    def _decided(self, atom: int, codes: NDArray[np.int32]) -> Marks:
        """Mark the values that pass *atom*, having judged all that occur in *codes*."""
        size = len(self.column.values)
        known, passed = self._known.get(atom, (None, None))
        if known is None or passed is None:
            known, passed = np.ones(size + 1, bool), np.zeros(size + 1, bool)
            known[self.hits.get(atom, slice(0, size))] = False
            self._known[atom] = known, passed
        asked = np.zeros(size + 1, bool)
        asked[codes] = True
        asked &= ~known
        ids = np.flatnonzero(asked)
        decision = self.asked.atoms[atom].decision
        if len(ids) and decision is not None:
            passed[ids] = self._judge.decide(decision, ids)
            known[ids] = True
            self.counters.judged += len(ids)
        return passed
