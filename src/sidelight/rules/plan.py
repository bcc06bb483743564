"""Rules made ready to run: tests numbered, and what each needs known before a row is touched.

A plan is plain data (numbers, texts, tuples), so that it is written to the cache and read back
fast and without running code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from sidelight.rules.expr import (
    And,
    Cidr,
    Compare,
    Exists,
    Expr,
    FieldRef,
    Glob,
    Match,
    Not,
    Null,
    Or,
    Regex,
    Test,
    Wild,
)
from sidelight.rules.literal import need_of
from sidelight.rules.logsource import Route, routes
from sidelight.rules.rule import Rule
from sidelight.schema import SEPARATOR

KEYWORD: Final = ""
"""The name of the field that stands for every field."""


class Atom(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A test of one field, as plain data.

    Args:
        field: in lower case.
        need: the text a value must hold, with a separator where it must begin or end there
            (`sidelight.rules.literal`); empty where there is none.
        exact: that text in its place is all there is to the test.
    """

    field: str
    test: Literal["glob", "regex", "cidr", "compare", "null", "exists", "ref"]
    args: tuple[str | int | float, ...] = ()
    cased: bool = False
    need: str = ""
    exact: bool = False


class Tree(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A condition over numbered atoms: *any* or *all* of atoms and children, maybe negated."""

    any: bool
    negated: bool
    atoms: tuple[int, ...]
    children: tuple["Tree", ...] = ()


class Variant(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A rule on one of its routes.

    Args:
        rule: number of the rule.
        order: number of the route among those of the rule; only the first that leads to a kind
            of event counts.
        event_ids: of the route, less those that the condition rules out; empty for any.
        fields: rule's name -> column's name, for correlations.
    """

    rule: int
    order: int
    product: str
    channels: tuple[str, ...]
    event_ids: tuple[str, ...]
    category: str
    fields: tuple[tuple[str, str], ...]
    tree: Tree


class Plan(msgspec.Struct, frozen=True, dict=True):
    """All rules, ready to run.

    Args:
        rules: their ids, by number.
        atoms: the distinct tests.
        variants: rules by route.
    """

    rules: tuple[str, ...]
    atoms: tuple[Atom, ...]
    variants: tuple[Variant, ...]


def compile_plan(rules: Sequence[Rule]) -> Plan:
    """Number the tests of *rules* and lay out every rule on each of its routes."""
    bench = _Bench()
    variants = [
        bench.variant(number, order, rule, route)
        for number, rule in enumerate(rules)
        for order, route in enumerate(routes(rule.logsource))
    ]
    return Plan(tuple(rule.meta.id for rule in rules), tuple(bench.atoms), tuple(variants))


@dataclass(slots=True)
class _Bench:
    atoms: dict[Atom, int] = field(default_factory=dict)
    known: dict[tuple[str, Test], int] = field(default_factory=dict)

    def variant(self, number: int, order: int, rule: Rule, route: Route) -> Variant:
        condition = rule.condition
        if route.extra is not None:
            condition = And((condition, route.extra))
        fields = {name.lower(): column.lower() for name, column in route.fields}
        return Variant(
            number,
            order,
            route.product,
            tuple(sorted(route.channels)),
            tuple(sorted(_event_ids(condition, route.event_ids))),
            route.category,
            route.fields,
            self.tree(condition, fields),
        )

    def tree(self, expr: Expr, fields: Mapping[str, str]) -> Tree:
        match expr:
            case Match():
                return Tree(True, False, (self.atom(expr, fields),))
            case Not(child):
                inner = self.tree(child, fields)
                return Tree(inner.any, not inner.negated, inner.atoms, inner.children)
            case And(children) | Or(children):
                either = isinstance(expr, Or)
                atoms: dict[int, None] = {}
                trees: dict[Tree, None] = {}
                for tree in (self.tree(child, fields) for child in children):
                    if not tree.negated and (tree.any == either or _single(tree)):
                        atoms.update(dict.fromkeys(tree.atoms))
                        trees.update(dict.fromkeys(tree.children))
                    else:
                        trees[tree] = None
                return Tree(either, False, tuple(atoms), tuple(trees))

    def atom(self, match: Match, fields: Mapping[str, str]) -> int:
        name = match.field.lower()
        name = fields.get(name, name)
        if isinstance(match.test, FieldRef):
            return self._number(_atom(name, match.test, fields))
        key = (name, match.test)
        if key not in self.known:
            self.known[key] = self._number(_atom(name, match.test, fields))
        return self.known[key]

    def _number(self, atom: Atom) -> int:
        return self.atoms.setdefault(atom, len(self.atoms))


def _single(tree: Tree) -> bool:
    return len(tree.atoms) + len(tree.children) == 1


def _atom(name: str, test: Test, fields: Mapping[str, str]) -> Atom:
    match test:
        case Glob() | Regex():
            need = need_of(test)
            anchored = SEPARATOR * need.at_start + need.text + SEPARATOR * need.at_end
            text, exact = (anchored, need.exact) if need.text or need.exact else ("", False)
            return msgspec.structs.replace(_text_atom(name, test), need=text, exact=exact)
        case Cidr(network):
            return Atom(name, "cidr", (network,))
        case Compare(relation, number):
            return Atom(name, "compare", (relation, float(number)))
        case Null():
            return Atom(name, "null")
        case Exists():
            return Atom(name, "exists")
        case FieldRef(other, relation, cased):
            other = other.lower()
            return Atom(name, "ref", (fields.get(other, other), relation), cased)


def _text_atom(name: str, test: Glob | Regex) -> Atom:
    match test:
        case Glob(tokens, cased):
            codes = tuple(
                token if isinstance(token, str) else int(token is Wild.ONE) for token in tokens
            )
            return Atom(name, "glob", codes, cased)
        case Regex(pattern, flags):
            return Atom(name, "regex", (pattern, flags))


def test_of(atom: Atom) -> Test:
    """Give the test that *atom* was made of."""
    args = atom.args
    match atom.test:
        case "glob":
            tokens = (
                arg if isinstance(arg, str) else (Wild.ONE if arg else Wild.ANY) for arg in args
            )
            return Glob(tuple(tokens), atom.cased)
        case "regex":
            return Regex(str(args[0]), str(args[1]))
        case "cidr":
            return Cidr(str(args[0]))
        case "compare":
            return Compare(args[0], float(args[1]))  # type: ignore[arg-type]
        case "null":
            return Null()
        case "exists":
            return Exists()
        case "ref":
            return FieldRef(str(args[0]), args[1], atom.cased)  # type: ignore[arg-type]


def _event_ids(condition: Expr, allowed: frozenset[str]) -> frozenset[str]:
    """Narrow the event ids of a route to those that the condition can be true for."""
    named = _named_ids(condition)
    if named is None:
        return allowed
    return (named & allowed if allowed else named) or frozenset({"none"})


def _named_ids(expr: Expr) -> frozenset[str] | None:
    """Give the event ids outside which *expr* is false; None where it may be true for any."""
    match expr:
        case Match(field=name, test=Glob(tokens=(str() as text,))) if name.lower() == "eventid":
            return frozenset({text})
        case And(children):
            known = [ids for ids in map(_named_ids, children) if ids is not None]
            return frozenset.intersection(*known) if known else None
        case Or(children) if children:
            each = [_named_ids(child) for child in children]
            known = [ids for ids in each if ids is not None]
            return frozenset[str]().union(*known) if len(known) == len(each) else None
        case _:
            return None
