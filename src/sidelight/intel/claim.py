"""Claims: what a source says of two things, or of the name of one."""

from typing import Final, Literal, TypeAlias, get_args

from sidelight.values import dataclass

Relation: TypeAlias = Literal[
    "uses",
    "associated-with",
    "attributed-to",
    "targets",
    "delivered-by",
    "exploits",
    "overlaps",
    "revoked-by",
    "subtechnique-of",
    "mitigates",
    "related-to",
]
"""What can be claimed between two things. Names are no relation: they are `NameClaim`.

- *uses*: the subject was seen using the object. *associated-with*: a source ties them without
  saying so; a tool associated with a group that another group may hold just as well.
- *overlaps*: two sets share activity, members or means. It never says that they are one.
- *delivered-by*: malware comes by a technique, a tool or a program.
"""

RELATIONS: Final[tuple[Relation, ...]] = get_args(Relation)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a source says of two things.

    Args:
        subject: STIX id.
        relation: how they are said to relate.
        object: STIX id.
        source: id of the `Source` that says it.
        says: the organisation that says it; as a rule the publisher of *source*.
        date: when it was said, as precise as known: ``2024-06-20``, ``2024-06``, or empty.
        confidence: 0 to 100 where the source gives one (STIX 2.1 appendix A), else None.
        hedge: the source's own words of doubt: ``may``, ``linked to``, ``likely``; empty where
            it states a fact.
        at: where in the source: a page, a paragraph, a section.
        cites: ids of the sources that *source* repeats. Empty: it speaks for itself.
        marking: who may see it, ``TLP:AMBER``; empty where it came without a TLP marking.
    """

    subject: str
    relation: Relation
    object: str
    source: str
    says: str
    date: str = ""
    confidence: int | None = None
    hedge: str = ""
    at: str = ""
    cites: tuple[str, ...] = ()
    marking: str = ""


@dataclass(frozen=True, slots=True)
class NameClaim:
    """What a source calls a thing: “V says, on date D in source S, that A is also called B”.

    Args:
        entity: STIX id of the thing.
        name: exactly as written.
        source: id of the `Source` that says it.
        says: the organisation that says it.
        coined_by: whose name it is, where that is known: Symantec's *Fireant*.
        date: when it was said.
        hedge: words of doubt: ``partially overlaps``, ``formerly``.
        confidence: 0 to 100 where the source gives one, else None.
        at: where in the source.
        cites: ids of the sources that *source* repeats.
        marking: who may see it, as for `Claim`.
    """

    entity: str
    name: str
    source: str
    says: str
    coined_by: str = ""
    date: str = ""
    hedge: str = ""
    confidence: int | None = None
    at: str = ""
    cites: tuple[str, ...] = ()
    marking: str = ""
