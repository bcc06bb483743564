"""Which field an element of an event becomes.

Source: Sigma specification, appendix taxonomy: fields of EventData and UserData under the names
that the event gives them, those of System as ``Element`` and ``Element_Attribute``.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from sidelight.evidence.evtx.binxml import Element, Instance, Part, Slot
from sidelight.evidence.rows import clean
from sidelight.values import dataclass

Path: TypeAlias = tuple[str, ...]

ROOT: Final[Path] = ()


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field and what its text is made of.

    Args:
        name: of the field; empty where the element only holds others (then a part that turns
            out to be text is dropped).
        dynamic: what makes up the name, where a value names the field.
        system: whether it is of the System element.
        parts: texts, slots and instances.
        path: of the element, below which nested Binary XML continues.
    """

    name: str
    dynamic: tuple[Part, ...]
    system: bool
    parts: tuple[Part, ...]
    path: Path


def leaves_of(parts: Sequence[Part], path: Path) -> list[Leaf]:
    """List the leaves of *parts*, which stand below the element *path*, in document order."""
    leaves: list[Leaf] = []
    for part in parts:
        match part:
            case Element():
                _add(leaves, part, (*path, part.name))
            case Slot() | Instance():
                leaves.append(Leaf("", (), False, (part,), path))
            case _:
                pass
    return leaves


def _add(leaves: list[Leaf], element: Element, path: Path) -> None:
    system = len(path) > 1 and path[1] == "System"
    if system and len(path) > 2:
        for name, parts in element.attributes:
            leaves.append(Leaf(f"{element.name}_{name}", (), True, tuple(parts), path))
    if any(isinstance(child, Element) for child in element.children):
        leaves += leaves_of(element.children, path)
        return
    name, dynamic = _name(element, path)
    if element.children:
        leaves.append(Leaf(name, dynamic, system, tuple(element.children), path))
    elif not system and name:
        leaves.append(Leaf(name, dynamic, system, ("",), path))


def _name(element: Element, path: Path) -> tuple[str, tuple[Part, ...]]:
    if len(path) < 3 or (path[1] == "RenderingInfo" and element.name != "Message"):
        return "", ()
    name = element.name
    if path[1] != "System":
        for attribute, parts in element.attributes:
            if attribute == "Name" and parts:
                if all(isinstance(part, str) for part in parts):
                    name = clean("".join(str(part) for part in parts))
                else:
                    return name, tuple(parts)
    return name.replace(" ", "") or element.name, ()
