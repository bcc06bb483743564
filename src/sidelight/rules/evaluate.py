"""Rules over frames: which rows of a frame each rule matches.

Rule 1. A test is answered once for each distinct value of a column, for all rules together.
Rule 2. A rule is looked at only when one of the tests that it cannot do without is true for some
value of the frame (its witnesses), and only at the rows that such a value occurs in.
Rule 3. A missing column is a field that every event lacks: tests are false, `Null` is true.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sidelight.rules.derive import DERIVED, derive
from sidelight.rules.expr import FieldRef
from sidelight.rules.matcher import Counters, Ids, Matcher
from sidelight.rules.patterns import fold
from sidelight.rules.plan import KEYWORD, Atom, Plan, Tree, Variant, test_of
from sidelight.schema import SEPARATOR, Column, Frame, Kind, constant

Rows: TypeAlias = NDArray[np.intp]
Matches: TypeAlias = dict[str, Rows]
"""Rule id to the rows it matches, ascending; rules that match none are not there."""

_ROWWISE: Final = frozenset({"null", "exists", "ref"})
_FROM_KIND: Final = frozenset({"eventid", "channel"})


@dataclass(frozen=True, slots=True)
class Watchlist:
    """The rules that look at one kind of event.

    Args:
        columns: names, in lower case, of the columns they read; None for all.
        always: rules that no missing value dismisses.
        witnessed: test -> the rules that may match where it is true.
    """

    variants: tuple[Variant, ...]
    columns: frozenset[str] | None
    always: tuple[int, ...]
    witnessed: Mapping[int, tuple[int, ...]]


@dataclass(slots=True)
class Engine:
    """A plan at work; keeps what it built for one kind of event for the next frame of it."""

    plan: Plan
    counters: Counters = field(default_factory=Counters)
    seen: set[int] = field(default_factory=set)
    _lists: dict[Kind, Watchlist] = field(default_factory=dict)
    _matchers: dict[tuple[str, str], Matcher | None] = field(default_factory=dict)
    _tests: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    _by_channel: dict[str, list[int]] = field(default_factory=dict)

    def wanted(self, kind: Kind) -> frozenset[str] | None:
        """Tell which columns rules read of *kind*, in lower case; None for all."""
        return self.watchlist(kind).columns

    def watchlist(self, kind: Kind) -> Watchlist:
        """Give the rules that look at *kind*."""
        if kind not in self._lists:
            self._lists[kind] = _watchlist(self.plan.atoms, self._variants(kind))
        return self._lists[kind]

    def _variants(self, kind: Kind) -> tuple[Variant, ...]:
        """Give the first route of each rule that leads to *kind*."""
        if not self._by_channel:
            for number, variant in enumerate(self.plan.variants):
                for channel in variant.channels or ("",):
                    self._by_channel.setdefault(channel, []).append(number)
        channel = kind.channel.lower()
        numbers = {*self._by_channel.get(channel, ()), *self._by_channel.get("", ())}
        first: dict[int, Variant] = {}
        for number in sorted(numbers):
            variant = self.plan.variants[number]
            if _leads(variant, kind):
                first.setdefault(variant.rule, variant)
        return tuple(first.values())

    def scan(self, frame: Frame) -> Matches:
        """Give the rows of *frame* that each rule matches."""
        watchlist = self.watchlist(frame.kind)
        self.seen.update(variant.rule for variant in watchlist.variants)
        if not watchlist.variants or not len(frame):
            return {}
        table = _Table(self.plan.atoms, frame, self._match(frame), self.counters)
        chosen = set(watchlist.always)
        for atom in table.live:
            chosen.update(watchlist.witnessed.get(atom, ()))
        self.counters.rules += len(chosen)
        matches: Matches = {}
        for number in sorted(chosen):
            variant = watchlist.variants[number]
            rows = table.rows(variant.tree)
            if len(rows):
                matches[self.plan.rules[variant.rule]] = rows
        return matches

    def columns(self, rule: str, frame: Frame) -> Callable[[str], Column | None]:
        """Give the function that finds a column of *frame* by the name *rule* uses."""
        mapped = self._mapped(rule, frame.kind)
        finder = _Columns(frame)
        return lambda name: finder.find(mapped.get(name.lower(), name.lower()))

    def names(self, rule: str, kind: Kind, fields: Iterable[str]) -> frozenset[str]:
        """Name the columns of *kind* that fields are read from, by the names *rule* uses."""
        mapped = self._mapped(rule, kind)
        return frozenset(_inputs({mapped.get(name.lower(), name.lower()) for name in fields}))

    def _mapped(self, rule: str, kind: Kind) -> dict[str, str]:
        variants = self.watchlist(kind).variants
        names = next((v.fields for v in variants if self.plan.rules[v.rule] == rule), ())
        return {name.lower(): column.lower() for name, column in names}

    def _match(self, frame: Frame) -> "_Found":
        columns = _Columns(frame)
        product = frame.kind.product
        found: dict[str, dict[int, Ids]] = {}
        words: dict[str, dict[int, Ids]] = {}
        keyword = self._matcher(product, KEYWORD) if self._keyword(frame.kind) else None
        for name in columns.names(self._fields(product)):
            column = columns.find(name)
            matcher = self._matcher(product, name)
            if column is not None and matcher is not None:
                found[name] = matcher.match(column.values, self.counters)
        for name, column in columns.own() if keyword is not None else ():
            if hits := keyword.match(column.values, self.counters):
                words[name] = hits
        return _Found(columns, found, words)

    def _keyword(self, kind: Kind) -> bool:
        return self.watchlist(kind).columns is None

    def _fields(self, product: str) -> dict[str, list[int]]:
        if product not in self._tests:
            atoms: dict[int, None] = {}
            for variant in self.plan.variants:
                if variant.product in {"", product}:
                    atoms.update(dict.fromkeys(_atoms(variant.tree)))
            fields: dict[str, list[int]] = defaultdict(list)
            for number in atoms:
                fields[self.plan.atoms[number].field].append(number)
            self._tests[product] = dict(fields)
        return self._tests[product]

    def _matcher(self, product: str, name: str) -> Matcher | None:
        key = (product, name)
        if key not in self._matchers:
            numbers = self._fields(product).get(name)
            tests = ((number, test_of(self.plan.atoms[number])) for number in numbers or ())
            self._matchers[key] = Matcher(tests) if numbers else None
        return self._matchers[key]


def _leads(variant: Variant, kind: Kind) -> bool:
    return (
        variant.product in {"", kind.product}
        and variant.category in {"", kind.category}
        and (not variant.event_ids or kind.event_id in variant.event_ids)
    )


def _atoms(tree: Tree) -> Iterable[int]:
    yield from tree.atoms
    for child in tree.children:
        yield from _atoms(child)


def _watchlist(atoms: tuple[Atom, ...], variants: tuple[Variant, ...]) -> Watchlist:
    always: list[int] = []
    witnessed: dict[int, list[int]] = defaultdict(list)
    names: set[str] = set()
    for number, variant in enumerate(variants):
        witnesses = _witnesses(variant.tree, atoms)
        if witnesses is None:
            always.append(number)
        for atom in witnesses or ():
            witnessed[atom].append(number)
        for atom in _atoms(variant.tree):
            names |= _read(atoms[atom])
    return Watchlist(
        variants,
        None if KEYWORD in names else frozenset(names),
        tuple(always),
        {atom: tuple(numbers) for atom, numbers in witnessed.items()},
    )


def _read(atom: Atom) -> set[str]:
    return _inputs({atom.field, *(str(arg) for arg in atom.args[:1] if atom.test == "ref")})


def _inputs(names: set[str]) -> set[str]:
    """Add the columns that derived ones are made of."""
    made = names & set(DERIVED)
    return names | {name.lower() for each in made for name in DERIVED[each].inputs}


def _witnesses(tree: Tree, atoms: tuple[Atom, ...]) -> frozenset[int] | None:
    """Give tests of which one must be true for some value if *tree* is; None for no such set."""
    if tree.negated:
        return None
    each: list[frozenset[int] | None] = [
        None if atoms[atom].test in _ROWWISE else frozenset({atom}) for atom in tree.atoms
    ]
    each += [_witnesses(child, atoms) for child in tree.children]
    known = [some for some in each if some is not None]
    if tree.any:
        return frozenset[int]().union(*known) if len(known) == len(each) else None
    return min(known, key=lambda some: sum(_commonness(atoms[atom]) for atom in some), default=None)


def _commonness(atom: Atom) -> float:
    """Guess how often a test is true: long texts seldom, well-known small fields often."""
    longest = max((len(arg) for arg in atom.args if isinstance(arg, str)), default=0)
    if atom.field in {"eventid", "provider_name", "eventtype", "channel"} or not longest:
        return 50.0
    return 1.0 + 20.0 / longest


@dataclass(slots=True)
class _Columns:
    """The columns of a frame by name without regard to case, derived ones made when asked for."""

    frame: Frame
    _folded: dict[str, Column | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, column in self.frame.columns.items():
            self._folded.setdefault(name.lower(), column)

    def names(self, asked: Iterable[str]) -> list[str]:
        return [
            name
            for name in asked
            if name in self._folded or name in DERIVED or name in _FROM_KIND or name == "computer"
        ]

    def own(self) -> list[tuple[str, Column]]:
        return [(name, self.frame.columns[name]) for name in sorted(self.frame.columns)]

    def find(self, name: str) -> Column | None:
        if name not in self._folded:
            self._folded[name] = self._make(name)
        return self._folded[name]

    def _make(self, name: str) -> Column | None:
        kind = self.frame.kind
        match name:
            case "eventid" if kind.event_id:
                return constant(kind.event_id, len(self.frame))
            case "channel":
                return constant(kind.channel, len(self.frame))
            case "computer":
                return self.frame.host
            case _:
                return derive(name, self.frame)


@dataclass(frozen=True, slots=True)
class _Found:
    """Which values pass which tests: of the tests' own columns, and keywords of any column."""

    columns: _Columns
    tests: dict[str, dict[int, Ids]]
    words: dict[str, dict[int, Ids]]


class _Table:
    """One frame, and the answers for its values, put together row by row."""

    def __init__(
        self, atoms: tuple[Atom, ...], frame: Frame, found: _Found, counters: Counters
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
            if self._atoms[atom].test in _ROWWISE:
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
            if self._atoms[atom].test in _ROWWISE:
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
            if atom in self.live or self._atoms[atom].test in _ROWWISE:
                marks |= self._true(atom, rows)
        for child in tree.children:
            marks |= self._holds(child, rows)
        return marks

    def _all(self, tree: Tree, rows: Rows) -> NDArray[np.bool_]:
        marks = np.ones(len(rows), bool)
        for atom in tree.atoms:
            if atom not in self.live and self._atoms[atom].test not in _ROWWISE:
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
        if each.test in _ROWWISE:
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
