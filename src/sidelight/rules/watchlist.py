"""Which rules look at a kind of event, and what they read of it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from sidelight.rules.atoms import Atom
from sidelight.rules.cells import Field
from sidelight.rules.derive import DERIVED
from sidelight.rules.plan import KEYWORD, Ints, Plan, Variant, Way, unpacked
from sidelight.rules.words import words_of
from sidelight.schema import Kind
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """A rule that looks at a kind of event.

    Args:
        columns: field's number -> column's name.
        renamed: rule's name -> column's name, where they differ.
    """

    rule: int
    tree: int
    columns: Mapping[int, str]
    renamed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Watchlist:
    """The rules that look at one kind of event.

    Args:
        looks: in order of rule.
        trees: of the looks.
        columns: names, in lower case, that are read; None for all.
        quiet: names that are read where no value holds one of *words*.
        words: without one of which no keyword holds.
        rules: of the looks.
        fields: which atoms of which field are put to which column.
    """

    looks: tuple[Look, ...]
    trees: NDArray[np.intp]
    columns: frozenset[str] | None
    quiet: frozenset[str] | None
    words: frozenset[str]
    rules: frozenset[int]
    fields: Mapping[tuple[int, str], Field]


@dataclass(slots=True)
class Watchlists:
    """Makes watchlists, and keeps what several share."""

    plan: Plan
    _by_channel: dict[str, list[int]] = field(default_factory=dict)
    _by_way: list[list[Variant]] = field(default_factory=list)
    _members: tuple[Ints, Ints] = field(init=False)
    _fields: dict[tuple[int, bytes], Field] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._members = unpacked(self.plan.members)
        self._by_way = [[] for _ in self.plan.ways]
        for variant in self.plan.variants:
            self._by_way[variant.way].append(variant)
        for number, way in enumerate(self.plan.ways):
            for channel in way.channels or ("",):
                self._by_channel.setdefault(channel, []).append(number)

    def make(self, kind: Kind) -> Watchlist:
        """Give the rules that look at *kind*, each on the first of its ways that leads there."""
        return self._watchlist(self.variants(kind))

    def variants(self, kind: Kind) -> Mapping[tuple[tuple[str, str], ...], list[Variant]]:
        """Give the same rules by the field names that their ways change, in order of rule."""
        first: dict[int, Variant] = {}
        for variant in self._variants(kind):
            known = first.get(variant.rule)
            if known is None or variant.order < known.order:
                first[variant.rule] = variant
        groups: dict[tuple[tuple[str, str], ...], list[Variant]] = defaultdict(list)
        for rule in sorted(first):
            variant = first[rule]
            if variant.named is None or not kind.event_id or kind.event_id in variant.named:
                groups[self.plan.ways[variant.way].fields].append(variant)
        return groups

    def _variants(self, kind: Kind) -> Iterator[Variant]:
        channel = kind.channel.lower()
        ways = {*self._by_channel.get(channel, ()), *self._by_channel.get("", ())}
        for number in ways:
            if leads(self.plan.ways[number], kind):
                for variant in self._by_way[number]:
                    if not variant.event_ids or kind.event_id in variant.event_ids:
                        yield variant

    def _watchlist(self, groups: Mapping[tuple[tuple[str, str], ...], list[Variant]]) -> Watchlist:
        looks: list[Look] = []
        atoms: dict[tuple[int, str], list[NDArray[np.int32]]] = defaultdict(list)
        names: set[str] = set()
        for renamed, variants in groups.items():
            columns: dict[int, str] = {}
            fields = dict(renamed)
            for number, some in self._read([variant.tree for variant in variants]):
                name = self.plan.fields[number]
                columns[number] = fields.get(name, name)
                names |= inputs(columns[number])
                atoms[number, columns[number]].append(some)
            looks += [Look(each.rule, each.tree, columns, renamed) for each in variants]
        looks.sort(key=lambda look: look.rule)
        words = words_of(self._keywords(atoms))
        return Watchlist(
            tuple(looks),
            np.array([look.tree for look in looks], np.intp),
            None if KEYWORD in names else frozenset(names),
            None if words is None else frozenset(names - {KEYWORD}),
            words or frozenset(),
            frozenset(look.rule for look in looks),
            {key: self._field(key[0], parts) for key, parts in atoms.items()},
        )

    def _keywords(self, atoms: Mapping[tuple[int, str], list[NDArray[np.int32]]]) -> Iterator[Atom]:
        for (number, _), parts in atoms.items():
            if self.plan.fields[number] == KEYWORD:
                yield from (self.plan.atoms[each] for part in parts for each in part.tolist())

    def _read(self, trees: list[int]) -> Iterator[tuple[int, NDArray[np.int32]]]:
        """Yield the fields that *trees* read, and the atoms of them that they ask for."""
        total = self.plan.starts[-1]
        asked = np.zeros(total + len(self.plan.fields), bool)
        starts, numbers = self._members
        low, sizes = starts[trees], np.diff(starts)[trees]
        shift = np.repeat(low - np.cumsum(sizes) + sizes, sizes)
        asked[numbers[shift + np.arange(len(shift))]] = True
        atoms = np.flatnonzero(asked[:total]).astype(np.int32)
        edges = np.searchsorted(atoms, np.array(self.plan.starts, np.int32))
        for number in range(len(self.plan.fields)):
            some = atoms[edges[number] : edges[number + 1]]
            if len(some) or asked[total + number]:
                yield number, some

    def _field(self, number: int, parts: list[NDArray[np.int32]]) -> Field:
        atoms = np.sort(np.concatenate(parts))
        key = (number, atoms.tobytes())
        if key not in self._fields:
            self._fields[key] = Field(self.plan.atoms, dict.fromkeys(atoms.tolist()))
        return self._fields[key]


def leads(way: Way, kind: Kind) -> bool:
    """Say whether *way* leads to events of *kind*, where its channel does."""
    return way.product in {"", kind.product} and way.category in {"", kind.category}


def inputs(name: str) -> set[str]:
    """Give *name* and the columns that it is made of, all in lower case."""
    recipe = DERIVED.get(name)
    return {name} if recipe is None else {name, *map(str.lower, recipe.inputs)}
