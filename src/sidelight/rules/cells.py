"""The cells of columns, put to the atoms of fields."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, field
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.rules.atoms import Atom, Presence, Search
from sidelight.rules.automata import Finder, Ids
from sidelight.rules.decide import Judge, Marks
from sidelight.schema import Column, offsets_of
from sidelight.values import dataclass

Rows: TypeAlias = NDArray[np.intp]

PORTION: Final = 1 << 20
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


_NONE: Final[NDArray[np.intp]] = np.empty(0, np.intp)
_NO_IDS: Final[Ids] = np.empty(0, np.int64)


class Field:
    """Some atoms of one field, ready to be put to columns.

    Args:
        texts: number of each text that is looked for.
        late: atoms without texts.
        absent: those that hold where the field is absent.
        loose: atoms that may hold for a value without their texts, if it is odd.
    """

    def __init__(self, atoms: Sequence[Atom], numbers: Iterable[int]) -> None:
        self.atoms = atoms
        self.texts: dict[bytes, int] = {}
        places: list[int] = []
        owners: list[int] = []
        late: list[int] = []
        self.loose: list[int] = []
        for number in numbers:
            atom = atoms[number]
            for text in atom.texts:
                places.append(self.texts.setdefault(text, len(self.texts)))
                owners.append(number)
            if not atom.texts:
                late.append(number)
            elif isinstance(atom.decision, Search) and atom.decision.loose:
                self.loose.append(number)
        self.late = frozenset(late)
        self.absent = frozenset(n for n in late if atoms[n].decision == Presence(there=False))
        place = np.array(places, np.intp)
        self._owners = np.array(owners, np.intp)[np.argsort(place, kind="stable")]
        self._starts = np.cumsum([0, *np.bincount(place, minlength=len(self.texts))])
        self.finder = Finder(list(self.texts))

    def owners(self, texts: NDArray[np.int64]) -> NDArray[np.intp]:
        """List the atoms that have one of *texts*; one that has two of them is there twice."""
        low, sizes = self._starts[texts], self._starts[texts + 1] - self._starts[texts]
        shift = np.repeat(low - np.cumsum(sizes) + sizes, sizes)
        owners: NDArray[np.intp] = self._owners[shift + np.arange(len(shift))]
        return owners


class Answers:
    """What the atoms of a field say of distinct values; what is found out is kept.

    Args:
        true: atoms of which some value holds a text.
        known: atom -> marks of the values that were judged, and of those that passed.
    """

    def __init__(self, asked: Field, values: pa.StringArray) -> None:
        self.asked, self.values = asked, values
        self.true: NDArray[np.intp] = _NONE
        self.known: dict[int, tuple[Marks, Marks]] = {}
        self._judge: Judge | None = None
        self._texts, self._found = _NO_IDS, _NO_IDS
        self._bounds: list[int] = []
        self._places: dict[int, int] | None = None
        self._atoms: frozenset[int] | None = None

    @property
    def judge(self) -> Judge:
        """Judges the values one by one."""
        if self._judge is None:
            self._judge = Judge(self.values)
        return self._judge

    def take(self, which: NDArray[np.int64], values: Ids) -> None:
        """Take down which text is in which value: at least one in one."""
        cuts = np.flatnonzero(which[1:] != which[:-1]) + 1
        self._found, self._bounds = values, [0, *cuts.tolist(), len(which)]
        self._texts = which[self._bounds[:-1]]
        self.true = self.asked.owners(self._texts)

    def take_odd(self) -> None:
        """Take down that of some values the texts of loose atoms cannot tell."""
        if self.judge.odd.any():
            self.true = np.append(self.true, self.asked.loose)

    @property
    def atoms(self) -> frozenset[int]:
        """The same atoms as in *true*, as a set."""
        if self._atoms is None:
            self._atoms = frozenset(self.true.tolist())
        return self._atoms

    def ids(self, atom: int) -> Ids:
        """List the values that hold a text of *atom*; one may be there more than once."""
        if self._places is None:
            self._places = {text: at for at, text in enumerate(self._texts.tolist())}
        places = (self._places.get(self.asked.texts[each]) for each in self.asked.atoms[atom].texts)
        some = [
            self._found[self._bounds[at] : self._bounds[at + 1]] for at in places if at is not None
        ]
        if atom in self.asked.loose:
            some.append(np.flatnonzero(self.judge.odd))
        return some[0] if len(some) == 1 else np.concatenate(some)


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
            if each.asked.texts and len(each.values):
                groups.setdefault(id(each.asked), []).append(each)
        for group in groups.values():
            for some in _portions(group):
                self.counters.bytes += _search(some)


def _portions(group: list[Answers]) -> Iterator[list[Answers]]:
    some, size = list[Answers](), 0
    for each in group:
        room = each.values.get_total_buffer_size()
        if room > PORTION:
            yield [each]  # a copy would cost more than a search of its own
            continue
        if size > PORTION:
            yield some
            some, size = [], 0
        some.append(each)
        size += room
    if some:
        yield some


def _search(some: Sequence[Answers]) -> int:
    """Look for the texts of a field, which all of *some* share, in all their values at once.

    Returns:
        How many bytes the values have.
    """
    every = [each.values for each in some]
    values = every[0] if len(every) == 1 else pa.concat_arrays(every)
    which, ids = some[0].asked.finder.find(values)
    if len(which) and len(some) == 1:
        some[0].take(which, ids)
    elif len(which):
        begins = np.cumsum([0, *(len(each) for each in every[:-1])])
        owner = np.searchsorted(begins, ids, "right") - 1
        order = np.argsort(owner, kind="stable")
        which, ids, owner = which[order], ids[order], owner[order]
        cuts = [0, *(np.flatnonzero(np.diff(owner)) + 1).tolist(), len(owner)]
        for low, high in pairwise(cuts):
            number = owner[low]
            some[number].take(which[low:high], ids[low:high] - begins[number])
    for each in some if some[0].asked.loose else ():
        each.take_odd()
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
                found = self.answers.atoms & some
                ids = map(self.answers.ids, found)
                self._bounds[some] = sum(int(self.counts[each].sum()) for each in ids)
        return self._bounds[some]

    def hold(self, some: frozenset[int], rows: Rows | None) -> Marks:
        """Mark which of *rows* (None for all) pass one of some atoms."""
        codes = self.column.codes if rows is None else self.column.codes[rows]
        self.counters.rows += len(codes)
        passed = np.zeros(len(self.column.values) + 1, bool)
        open_: list[int] = []
        for atom in self.answers.atoms & some:
            if self.answers.asked.atoms[atom].decision is None:
                passed[self.answers.ids(atom)] = True
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
            late = atom in self.answers.asked.late
            known[slice(0, size) if late else self.answers.ids(atom)] = False
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
