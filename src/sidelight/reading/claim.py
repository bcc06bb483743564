"""What a text claims, with the sentence it claims it in."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from sidelight.reading.document import Span
from sidelight.values import dataclass

Relation: TypeAlias = Literal[
    "uses", "uses-tools-of", "involves", "targets", "delivered-by", "associated-with",
    "distinct-from", "also-called", "dated",
]  # fmt: skip

RELATIONS: Final[Mapping[Relation, str]] = {
    "uses": "uses",
    "uses-tools-of": "uses tools associated with",
    "involves": "involves",
    "targets": "got into or targets",
    "delivered-by": "is delivered by",
    "associated-with": "is associated with",
    "distinct-from": "is not",
    "also-called": "is also called",
    "dated": "happened",
}
"""Every relation, as a sentence has it."""

INTRUDERS: Final = "the intruders"
"""The subject where a text names nobody."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of a text.

    Args:
        subject: name of an entity, or `INTRUDERS`.
        span: the sentence.
        hedge: the words that weaken it, as written; "" where it is said flatly.
        says: who says it: as the text attributes it, else "" for the text itself.
        first_hand: whether who says it speaks of what they saw themselves.
        denied: whether the text says that it is not so.
    """

    subject: str
    relation: Relation
    object: str
    span: Span
    hedge: str = ""
    says: str = ""
    first_hand: bool = False
    denied: bool = False


@dataclass(frozen=True, slots=True)
class Technique:
    """A technique that a text names by id, by name or by a phrase.

    Args:
        id: of ATT&CK, FiGHT or MoTIF.
        span: the words that name it.
        by: *id*, *name* or *phrase*.
    """

    id: str
    name: str
    span: Span
    by: Literal["id", "name", "phrase"]
    denied: bool = False
