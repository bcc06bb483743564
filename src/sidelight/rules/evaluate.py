"""Rules over frames: which rows of a frame each rule matches.

Rule 1. A test is answered once for each distinct value of a column, for all rules together.
Rule 2. A rule is looked at only when one of the tests that it cannot do without is true for some
value of the frame (its witnesses), and only at the rows that such a value occurs in.
Rule 3. A missing column is a field that every event lacks: tests are false, `Null` is true.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa

from sidelight.rules.columns import Columns
from sidelight.rules.derive import DERIVED
from sidelight.rules.matcher import Counters, Ids, Matcher
from sidelight.rules.plan import KEYWORD, Atom, Plan, Tree, Variant
from sidelight.rules.table import ROWWISE, Found, Rows, Table
from sidelight.schema import Column, Frame, Kind

Matches: TypeAlias = dict[str, Rows]
"""Rule id to the rows it matches, ascending; rules that match none are not there."""

_LONG_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Watchlist:
    """The rules that look at one kind of event.

    Args:
        columns: names, in lower case, of the columns they read; None for all.
        keywords: the tests of any column.
        always: rules that no missing value dismisses.
        witnessed: test -> the rules that may match where it is true.
    """

    variants: tuple[Variant, ...]
    columns: frozenset[str] | None
    keywords: tuple[int, ...]
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
    _keywords: dict[tuple[int, ...], Matcher] = field(default_factory=dict)
    _tests: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    _by_place: dict[tuple[str, str], list[int]] = field(default_factory=dict)

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
        if not self._by_place:
            for number, variant in enumerate(self.plan.variants):
                for channel in variant.channels or ("",):
                    self._by_place.setdefault((variant.product, channel), []).append(number)
        places = product({"", kind.product}, {"", kind.channel.lower()})
        numbers = {number for place in places for number in self._by_place.get(place, ())}
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
        table = Table(self.plan.atoms, frame, self._match(frame), self.counters)
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
        finder = Columns(frame)
        return lambda name: finder.find(mapped.get(name.lower(), name.lower()))

    def names(self, rule: str, kind: Kind, fields: Iterable[str]) -> frozenset[str]:
        """Name the columns of *kind* that fields are read from, by the names *rule* uses."""
        mapped = self._mapped(rule, kind)
        return frozenset(_inputs({mapped.get(name.lower(), name.lower()) for name in fields}))

    def _mapped(self, rule: str, kind: Kind) -> dict[str, str]:
        variants = self.watchlist(kind).variants
        names = next((v.fields for v in variants if self.plan.rules[v.rule] == rule), ())
        return {name.lower(): column.lower() for name, column in names}

    def _match(self, frame: Frame) -> Found:
        columns = Columns(frame)
        found: dict[str, dict[int, Ids]] = {}
        words: dict[str, dict[int, Ids]] = {}
        keyword = self._keyword(self.watchlist(frame.kind).keywords)
        for name in columns.present(self._fields(frame.kind.product)):
            column = columns.find(name)
            matcher = self._matcher(frame.kind.product, name)
            if column is not None and matcher is not None:
                found[name] = matcher.match(column.values, self.counters)
        if keyword is not None:
            words = self._words(keyword, columns.own())
        return Found(columns, found, words)

    def _words(self, keyword: Matcher, own: Mapping[str, Column]) -> dict[str, dict[int, Ids]]:
        """Look for keywords in every column: in the long ones apart, in the others at once."""
        words: dict[str, dict[int, Ids]] = {}
        few: dict[str, Column] = {}
        for name, column in own.items():
            if column.values.nbytes < _LONG_BYTES:
                few[name] = column
            elif hits := keyword.match_words(column.values, self.counters):
                words[name] = hits
        if few:
            self._words_together(keyword, few, words)
        return words

    def _words_together(
        self, keyword: Matcher, few: Mapping[str, Column], words: dict[str, dict[int, Ids]]
    ) -> None:
        ends = np.cumsum([len(column.values) for column in few.values()])
        whole = pa.concat_arrays([each.values for each in few.values()])
        for atom, ids in keyword.match_words(whole, self.counters).items():
            cuts = np.searchsorted(ids, ends).tolist()
            for name, begin, start, stop in zip(
                few, [0, *ends.tolist()[:-1]], [0, *cuts[:-1]], cuts, strict=True
            ):
                if stop > start:
                    words.setdefault(name, {})[atom] = ids[start:stop] - begin

    def _keyword(self, atoms: tuple[int, ...]) -> Matcher | None:
        if atoms and atoms not in self._keywords:
            self._keywords[atoms] = Matcher((atom, self.plan.atoms[atom]) for atom in atoms)
        return self._keywords.get(atoms)

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
            atoms = ((number, self.plan.atoms[number]) for number in numbers or ())
            self._matchers[key] = Matcher(atoms) if numbers else None
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
    keywords: dict[int, None] = {}
    for number, variant in enumerate(variants):
        witnesses = _witnesses(variant.tree, atoms)
        if witnesses is None:
            always.append(number)
        for atom in witnesses or ():
            witnessed[atom].append(number)
        for atom in _atoms(variant.tree):
            names |= _read(atoms[atom])
            if atoms[atom].field == KEYWORD:
                keywords[atom] = None
    return Watchlist(
        variants,
        None if keywords else frozenset(names),
        tuple(sorted(keywords)),
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
        None if atoms[atom].test in ROWWISE else frozenset({atom}) for atom in tree.atoms
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
