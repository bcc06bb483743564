"""What must be true somewhere in a frame before a rule can match in it.

A tree becomes clauses, all of which must be met; a clause is met when one of its atoms holds for
some value of the frame. Only what the automaton finds is known before rules are looked at; for
any other atom its field stands in: it must be there.
"""

from collections.abc import Sequence
from typing import TypeAlias

from sidelight.rules.atoms import Atom, Presence
from sidelight.rules.tree import All, Any, Neg, Ref, Some, Tree

Clause: TypeAlias = frozenset[int]


def clauses(tree: Tree, atoms: Sequence[Atom], beyond: int) -> list[tuple[int, ...]]:
    """Give the clauses of *tree*; *beyond* plus its number stands for a field."""
    return [tuple(sorted(each)) for each in dict.fromkeys(_needed(tree, atoms, beyond))]


def _needed(tree: Tree, atoms: Sequence[Atom], beyond: int) -> list[Clause]:
    match tree:
        case Any(field, some):
            return _any(field, [atoms[number] for number in some], some, beyond)
        case Ref(field, other):
            return [frozenset({beyond + field}), frozenset({beyond + other})]
        case All(children):
            return [clause for child in children for clause in _needed(child, atoms, beyond)]
        case Some(children):
            each = [_needed(child, atoms, beyond) for child in children]
            if not all(each):
                return []
            return [frozenset[int]().union(*(_best(some, beyond) for some in each))]
        case Neg(child):
            return _refused(child, atoms, beyond)


def _refused(tree: Tree, atoms: Sequence[Atom], beyond: int) -> list[Clause]:
    """Give the clauses of the negation of *tree*."""
    match tree:
        case Some(children):
            return [each for child in children for each in _refused(child, atoms, beyond)]
        case Any(field, some) if any(atoms[n].decision == Presence(there=False) for n in some):
            return [frozenset({beyond + field})]
        case Neg(child):
            return _needed(child, atoms, beyond)
        case _:
            return []


def _any(field: int, some: Sequence[Atom], numbers: Sequence[int], beyond: int) -> list[Clause]:
    if any(each.decision == Presence(there=False) for each in some):
        return []
    return [
        frozenset(
            number if each.texts else beyond + field
            for each, number in zip(some, numbers, strict=True)
        )
    ]


def _best(found: Sequence[Clause], beyond: int) -> Clause:
    """Pick the clause that the fewest frames meet, as far as one can tell."""
    return min(found, key=lambda clause: (max(clause, default=0) >= beyond, len(clause)))
