"""Things that a text names, and what is known of each name."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from sidelight.reading.document import Span
from sidelight.values import dataclass

Kind: TypeAlias = Literal[
    "actor",
    "malware",
    "tool",
    "campaign",
    "sector",
    "country",
    "region",
    "vulnerability",
    "date",
    "file",
]
Status: TypeAlias = Literal["known", "ambiguous", "proposed", "new"]

NAMED: Final[frozenset[str]] = frozenset({"actor", "malware", "tool"})
"""Kinds whose names analysts give."""

STATUSES: Final[Mapping[Status, str]] = {
    "known": "the knowledge base knows the name, and one thing by it",
    "ambiguous": "the name means several things; none is chosen",
    "proposed": "unknown, and spelled almost like a known name; a person decides",
    "new": "unknown",
}


@dataclass(frozen=True, slots=True)
class Mention:
    """A name where it is written; *start* and *end* count characters of the view."""

    kind: Kind
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing that a text names.

    Args:
        name: as the text writes it first; of places and sectors, the usual name.
        spans: every mention, in order.
        ids: what the knowledge base may mean by it; several where the name is ambiguous.
        near: known names that are spelled almost alike, with the distance in edits.
        not_to_confuse: known names that differ in blanks or hyphens only, and are other things.
    """

    kind: Kind
    name: str
    spans: tuple[Span, ...]
    status: Status = "new"
    ids: tuple[str, ...] = ()
    near: tuple[tuple[str, int], ...] = ()
    not_to_confuse: tuple[str, ...] = ()
