"""A rule's condition over numbered atoms, as plain data."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec


class Any(msgspec.Struct, frozen=True, array_like=True, tag="any", gc=False):
    """One of some atoms of a field holds."""

    field: int
    atoms: tuple[int, ...]


class All(msgspec.Struct, frozen=True, array_like=True, tag="all"):
    """Every child holds."""

    children: tuple["Tree", ...]


class Some(msgspec.Struct, frozen=True, array_like=True, tag="some"):
    """A child holds."""

    children: tuple["Tree", ...]


class Neg(msgspec.Struct, frozen=True, array_like=True, tag="not"):
    """The child does not hold."""

    child: "Tree"


class Ref(msgspec.Struct, frozen=True, array_like=True, tag="ref", gc=False):
    """The cell of a field relates so to the cell of another one."""

    field: int
    other: int
    relation: str
    cased: bool


Tree: TypeAlias = Any | All | Some | Neg | Ref

_READ: Final = msgspec.msgpack.Decoder(Tree)


class Trees:
    """Conditions by number, as they are kept; one is read when it is first asked for."""

    def __init__(self, kept: Sequence[msgspec.Raw]) -> None:
        self._kept = kept
        self._known: dict[int, Tree] = {}

    def __getitem__(self, number: int) -> Tree:
        if number not in self._known:
            self._known[number] = _READ.decode(self._kept[number])
        return self._known[number]


def conjunction(children: Sequence[Tree]) -> Tree:
    """Join *children* by and, nested ones flattened."""
    flat: dict[Tree, None] = {}
    for child in children:
        flat.update(dict.fromkeys(child.children if isinstance(child, All) else (child,)))
    return next(iter(flat)) if len(flat) == 1 else All(tuple(flat))


def disjunction(children: Sequence[Tree]) -> Tree:
    """Join *children* by or, the atoms of one field in one node."""
    atoms: dict[int, dict[int, None]] = {}
    others: dict[Tree, None] = {}
    for child in children:
        for each in child.children if isinstance(child, Some) else (child,):
            if isinstance(each, Any):
                atoms.setdefault(each.field, {}).update(dict.fromkeys(each.atoms))
            else:
                others[each] = None
    flat = [*(Any(name, tuple(sorted(some))) for name, some in atoms.items()), *others]
    return flat[0] if len(flat) == 1 else Some(tuple(flat))


def members(tree: Tree, beyond: int) -> set[int]:
    """Give the atoms in *tree*, and *beyond* plus the number of each field it refers to."""
    match tree:
        case Any(_, atoms):
            return set(atoms)
        case Ref(name, other):
            return {beyond + name, beyond + other}
        case Neg(child):
            return members(child, beyond)
        case All(children) | Some(children):
            return {number for child in children for number in members(child, beyond)}
