"""Rules made ready to run: tests numbered, rules laid out on their ways to events.

A plan is plain data (numbers, texts, bytes), so that it is written to a cache and read back fast
and without running code.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from sidelight.rules.atoms import Atom, atom
from sidelight.rules.expr import And, Expr, FieldRef, Glob, Match, Not, Or, Test
from sidelight.rules.logsource import routes
from sidelight.rules.rule import Rule
from sidelight.rules.tree import All, Any, Neg, Ref, Some, Tree, conjunction, disjunction, members
from sidelight.rules.witness import clauses
from sidelight.values import dataclass

KEYWORD: Final = ""
"""The name of the field that stands for every field."""

EVENT_ID: Final = "eventid"


class Way(msgspec.Struct, frozen=True, array_like=True):
    """A route from rules to events.

    Args:
        fields: rule's name -> column's name, where they differ; both in lower case.
    """

    product: str
    channels: tuple[str, ...]
    category: str
    fields: tuple[tuple[str, str], ...]


class Variant(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A rule on one of its routes.

    Args:
        rule: its number.
        order: number of the route among those of the rule; only the first that leads to a kind
            of event counts.
        way: number of the route.
        event_ids: of the route.
        named: event ids outside which the condition is false; None for any.
        tree: number of the condition.
    """

    rule: int
    order: int
    way: int
    event_ids: tuple[str, ...]
    named: tuple[str, ...] | None
    tree: int


class Plan(msgspec.Struct, frozen=True):
    """All rules, ready to run.

    Args:
        rules: their ids, by number.
        fields: names of the fields, in lower case.
        spelled: the same names as the first rule that has each spells it.
        trees: conditions, to be read by `tree.Trees`: few of them are ever looked at.
        starts: number of the first atom of each field, and the number of atoms.
        members: for each tree, the atoms and references of fields in it (`packed`).
        clauses: for each clause of a tree, the atoms of which one must hold (`packed`); a number
            beyond the atoms' stands for a field that must be there.
        owners: the tree of each clause (int32).
    """

    rules: tuple[str, ...]
    fields: tuple[str, ...]
    spelled: tuple[str, ...]
    starts: tuple[int, ...]
    atoms: tuple[Atom, ...]
    trees: tuple[msgspec.Raw, ...]
    ways: tuple[Way, ...]
    variants: tuple[Variant, ...]
    members: tuple[bytes, bytes]
    clauses: tuple[bytes, bytes]
    owners: bytes


Ints: TypeAlias = NDArray[np.int32]


def packed(lists: Sequence[Sequence[int]]) -> tuple[bytes, bytes]:
    """Write lists of numbers as two arrays: where each list begins, and the numbers."""
    starts = np.zeros(len(lists) + 1, np.int32)
    np.cumsum([len(each) for each in lists], out=starts[1:])
    return starts.tobytes(), np.array([n for each in lists for n in each], np.int32).tobytes()


def unpacked(pair: tuple[bytes, bytes]) -> tuple[Ints, Ints]:
    """Give the two arrays that `packed` wrote."""
    return np.frombuffer(pair[0], np.int32), np.frombuffer(pair[1], np.int32)


def compile_plan(rules: Sequence[Rule]) -> Plan:
    """Number the tests of *rules* and lay out every rule on each of its routes."""
    spelled: dict[str, str] = {}
    bench = _Bench(_numbered(rules, spelled))
    variants: list[Variant] = []
    for number, rule in enumerate(rules):
        variants += bench.variants(number, rule)
    trees = tuple(bench.trees)
    needs = [clauses(tree, bench.atoms, len(bench.atoms)) for tree in trees]
    return Plan(
        rules=tuple(rule.meta.id for rule in rules),
        fields=tuple(bench.fields),
        spelled=tuple(map(spelled.__getitem__, bench.fields)),
        starts=bench.starts,
        atoms=tuple(bench.atoms),
        trees=tuple(msgspec.Raw(msgspec.msgpack.encode(tree)) for tree in trees),
        ways=tuple(bench.ways),
        variants=tuple(variants),
        members=packed([sorted(members(tree, len(bench.atoms))) for tree in trees]),
        clauses=packed([clause for each in needs for clause in each]),
        owners=np.repeat(np.arange(len(trees), dtype=np.int32), list(map(len, needs))).tobytes(),
    )


def _numbered(rules: Sequence[Rule], spelled: dict[str, str]) -> dict[str, dict[Test, None]]:
    """Collect the distinct tests of each field, in order of first use, and note its spelling."""
    found: dict[str, dict[Test, None]] = {}
    for rule in rules:
        extras = [route.extra for route in routes(rule.logsource) if route.extra is not None]
        for expr in (rule.condition, *extras):
            _collect(expr, found, spelled)
    return found


def _collect(expr: Expr, found: dict[str, dict[Test, None]], spelled: dict[str, str]) -> None:
    match expr:
        case Match(name, FieldRef(other)):
            for each in (name, other):
                found.setdefault(spelled.setdefault(each.lower(), each).lower(), {})
        case Match(name, test):
            found.setdefault(spelled.setdefault(name.lower(), name).lower(), {})[test] = None
        case Not(child):
            _collect(child, found, spelled)
        case And(children) | Or(children):
            for child in children:
                _collect(child, found, spelled)


@dataclass(slots=True)
class _Bench:
    tests: Mapping[str, Mapping[Test, None]]
    fields: dict[str, int] = field(default_factory=dict)
    starts: tuple[int, ...] = ()
    ids: dict[int, str] = field(default_factory=dict)
    numbers: list[dict[Test, int]] = field(default_factory=list)
    atoms: list[Atom] = field(default_factory=list)
    trees: dict[Tree, int] = field(default_factory=dict)
    ways: dict[Way, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        starts = [0]
        for number, (name, tests) in enumerate(self.tests.items()):
            self.fields[name] = number
            self.numbers.append({test: at for at, test in enumerate(tests, len(self.atoms))})
            self.atoms += map(atom, tests)
            starts.append(len(self.atoms))
        self.starts = tuple(starts)
        for test in self.tests.get(EVENT_ID, ()):
            match test:
                case Glob((str(text),)):
                    self.ids[self.numbers[self.fields[EVENT_ID]][test]] = text

    def variants(self, number: int, rule: Rule) -> Iterator[Variant]:
        known: dict[Expr | None, tuple[int, tuple[str, ...] | None]] = {}
        for order, route in enumerate(routes(rule.logsource)):
            if route.extra not in known:
                known[route.extra] = self._condition(rule.condition, route.extra)
            tree, named = known[route.extra]
            fields = tuple((name.lower(), column.lower()) for name, column in route.fields)
            way = Way(route.product, tuple(sorted(route.channels)), route.category, fields)
            yield Variant(
                number,
                order,
                self.ways.setdefault(way, len(self.ways)),
                tuple(sorted(route.event_ids)),
                named,
                tree,
            )

    def _condition(self, expr: Expr, extra: Expr | None) -> tuple[int, tuple[str, ...] | None]:
        whole = expr if extra is None else And((expr, extra))
        tree = self.tree(whole)
        named = _named_ids(tree, self.fields.get(EVENT_ID, -1), self.ids)
        number = self.trees.setdefault(tree, len(self.trees))
        return number, None if named is None else tuple(sorted(named))

    def tree(self, expr: Expr) -> Tree:
        match expr:
            case Match(name, FieldRef(other, relation, cased)):
                first, second = self.fields[name.lower()], self.fields[other.lower()]
                return Ref(first, second, relation, cased)
            case Match(name, test):
                number = self.fields[name.lower()]
                return Any(number, (self.numbers[number][test],))
            case Not(child):
                inner = self.tree(child)
                return inner.child if isinstance(inner, Neg) else Neg(inner)
            case And(children):
                return conjunction([self.tree(child) for child in children])
            case Or(children):
                return disjunction([self.tree(child) for child in children])


def _named_ids(tree: Tree, event_id: int, texts: Mapping[int, str]) -> frozenset[str] | None:
    """Give the event ids outside which *tree* is false; None where it may be true for any.

    Args:
        tree: a condition.
        event_id: number of the field that holds it.
        texts: what cells equal for which an atom of it holds.
    """
    match tree:
        case Any(number, atoms) if number == event_id and texts.keys() >= set(atoms):
            return frozenset(texts[atom] for atom in atoms)
        case All(children):
            each = [_named_ids(child, event_id, texts) for child in children]
            known = [ids for ids in each if ids is not None]
            return frozenset.intersection(*known) if known else None
        case Some(children):
            each = [_named_ids(child, event_id, texts) for child in children]
            known = [ids for ids in each if ids is not None]
            return frozenset[str]().union(*known) if len(known) == len(each) else None
        case _:
            return None
