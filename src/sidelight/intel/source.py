"""Where statements come from."""

from typing import Final, Literal, TypeAlias, get_args

from sidelight.values import dataclass

SourceKind: TypeAlias = Literal[
    "vendor report",
    "government",
    "press",
    "catalogue",
    "research",
    "analyst",
    "shared",
    "unknown",
]
"""Who publishes: *catalogue* collects what others say (ATT&CK, MISP galaxy); *analyst* is a
person at this knowledge base; *shared* came as STIX or MISP from somebody else."""

KINDS: Final[tuple[SourceKind, ...]] = get_args(SourceKind)

Check: TypeAlias = Literal["", "catalogue", "page", "memory"]
"""How somebody made sure of a source: a *catalogue* lists it and says what it is cited for, a
stored copy of the *page* was read, or it was written from *memory* and not read again."""

CHECKS: Final[tuple[Check, ...]] = get_args(Check)


@dataclass(frozen=True, slots=True)
class Source:
    """One report, page or catalogue.

    Args:
        id: short and the same everywhere: ``symantec-2024-06-20``, ``mitre-attack``.
        title: as published.
        publisher: the organisation that answers for it; two sources of one publisher are not
            independent of each other.
        date: of publication: ``2024-06-20``, ``2024-06``, ``2024``, or empty where not known.
        url: where it can be read, or empty.
        kind: who publishes.
        first_hand: whether the publisher saw itself what it tells, rather than repeating.
        checked: how it was made sure of; empty where nobody says.
    """

    id: str
    title: str
    publisher: str
    date: str = ""
    url: str = ""
    kind: SourceKind = "unknown"
    first_hand: bool = False
    checked: Check = ""
