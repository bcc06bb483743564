"""The cells of columns, put to the atoms of fields."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.rules.atoms import Atom, Presence, Search
from sidelight.rules.automata import Finder, Ids
from sidelight.rules.decide import Judge, Marks
from sidelight.schema import Column, offsets_of

Rows: TypeAlias = NDArray[np.intp]

PORTION: Final = 64 << 20
"""About so many bytes of values are laid out for one search."""


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
class Answers:
    """What the atoms of a field say of distinct values; what is found out is kept.

    Args:
        hits: atom -> values that hold one of its texts.
        known: atom -> marks of the values that were judged, and of those that passed.
    """

    asked: Field
    values: pa.StringArray
    hits: dict[int, Ids] = field(default_factory=dict)
    known: dict[int, tuple[Marks, Marks]] = field(default_factory=dict)
    judge: Judge = field(init=False)

    def __post_init__(self) -> None:
        self.judge = Judge(self.values)

    def note(self, text: int, ids: Ids) -> None:
        """Take down that values hold a text of the field's."""
        for atom in self.asked.owners[text]:
            self._add(atom, ids)

    def note_odd(self) -> None:
        """Take down the values of which the texts of loose atoms cannot tell."""
        odd = np.flatnonzero(self.judge.odd)
        for atom in self.asked.loose if len(odd) else ():
            self._add(atom, odd)

    def _add(self, atom: int, ids: Ids) -> None:
        known = self.hits.get(atom)
        self.hits[atom] = ids if known is None else np.concatenate([known, ids])


@dataclass(slots=True)
class Inquiry:
    """Values of many columns, put to atoms together: each search has a price of its own."""

    counters: Counters
    _asked: dict[tuple[int, int], Answers] = field(default_factory=dict)

    def ask(self, asked: Field, values: pa.StringArray) -> Answers:
        """Give what will hold the answers once `settle` was called."""
        key = (id(asked), id(values))  # both live as long as their answers
        if key not in self._asked:
            self._asked[key] = Answers(asked, values)
        return self._asked[key]

    def settle(self) -> None:
        """Find out what was asked."""
        groups: dict[int, list[Answers]] = {}
        for each in self._asked.values():
            self.counters.values += len(each.values)
            if each.asked.owners and len(each.values):
                groups.setdefault(id(each.asked), []).append(each)
        for group in groups.values():
            for some in _portions(group):
                self.counters.bytes += _search(some)


def _portions(group: list[Answers]) -> Iterator[list[Answers]]:
    some, size = list[Answers](), 0
    for each in group:
        if size > PORTION:
            yield some
            some, size = [], 0
        some.append(each)
        size += each.values.get_total_buffer_size()
    yield some


def _search(some: Sequence[Answers]) -> int:
    """Look for the texts of a field, which all of *some* share, in all their values at once.

    Returns:
        How many bytes the values have.
    """
    every = [each.values for each in some]
    values = every[0] if len(every) == 1 else pa.concat_arrays(every)
    begins = np.cumsum([0, *(len(each) for each in every[:-1])])
    for text, ids in some[0].asked.finder.find(values):
        owner = np.searchsorted(begins, ids, "right") - 1
        cuts = [0, *(np.flatnonzero(np.diff(owner)) + 1).tolist(), len(ids)]
        for low, high in pairwise(cuts):
            number = owner[low]
            some[number].note(text, ids[low:high] - begins[number])
    for each in some if some[0].asked.loose else ():
        each.note_odd()
    offsets = offsets_of(values)
    return int(offsets[-1] - offsets[0])


@dataclass(slots=True)
class Cells:
    """A column of a frame, and the answers of a field's atoms to its values."""

    answers: Answers
    column: Column
    counters: Counters
    _counts: NDArray[np.intp] | None = None
    _bounds: dict[frozenset[int], int] = field(default_factory=dict)

    @property
    def hits(self) -> dict[int, Ids]:
        """Give the atoms of which some value holds a text, and those values."""
        return self.answers.hits

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
            if some & self.answers.asked.late:
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
            if self.answers.asked.atoms[atom].decision is None:
                passed[self.hits[atom]] = True
            else:
                open_.append(atom)
        open_ += some & self.answers.asked.late
        passed[-1] = bool(some & self.answers.asked.absent)
        marks = passed[codes]
        for atom in sorted(open_):
            marks |= self._decided(atom, codes[~marks])[codes]
        return marks

    def _decided(self, atom: int, codes: NDArray[np.int32]) -> Marks:
        """Mark the values that pass *atom*, having judged all that occur in *codes*."""
        size = len(self.column.values)
        known, passed = self.answers.known.get(atom, (None, None))
        if known is None or passed is None:
            known, passed = np.ones(size + 1, bool), np.zeros(size + 1, bool)
            known[self.hits.get(atom, slice(0, size))] = False
            self.answers.known[atom] = known, passed
        asked = np.zeros(size + 1, bool)
        asked[codes] = True
        asked &= ~known
        ids = np.flatnonzero(asked)
        decision = self.answers.asked.atoms[atom].decision
        if len(ids) and decision is not None:
            passed[ids] = self.answers.judge.decide(decision, ids)
            known[ids] = True
            self.counters.judged += len(ids)
        return passed
