"""What is said of intrusion sets, in the shape in which findings are held against it.

A claim counts for less the older it is. `sidelight.attribution.hearsay` draws it from knowledge.
"""

import math
from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import Final

from sidelight.values import dataclass

_HALF_LIFE: Final = 10.0
"""Years after which a claim that a set holds a tool counts half: tools get around."""
_LEAST_FRESH: Final = 0.4


@dataclass(frozen=True, slots=True)
class Held:
    """What says that a set holds a tool: publisher, strength, year; one row a publisher."""

    rows: tuple[tuple[str, float, float], ...]
    sources: tuple[str, ...]

    def sure(self, year: float) -> float:
        """Tell how sure the claims make us, seen from *year*; publishers are independent."""
        doubt = 1.0
        for _, strength, said in self.rows:
            doubt *= 1 - strength * _fresh(year - said)
        return 1 - doubt


def _fresh(age: float) -> float:
    return max(_LEAST_FRESH, math.pow(0.5, max(age, 0.0) / _HALF_LIFE))


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a tool came: the program, or the library, is empty where no report names it."""

    tool: str
    program: str
    library: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Actor:
    """An intrusion set.

    Args:
        tools: by STIX id, what says that it holds each.
        techniques: ATT&CK ids of today.
        telecom: ids of sources that say it goes after operators.
    """

    id: str
    name: str
    numbers: tuple[str, ...]
    tools: Mapping[str, Held] = field(default_factory=dict)
    techniques: frozenset[str] = frozenset()
    telecom: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lore:
    """All that findings are held against.

    Args:
        actors: by id, in order of ids.
        tools: names of tools by STIX id.
        numbers: STIX ids of tools by catalogue number.
        users: how many sets use a tool (by STIX id) or a technique (by ATT&CK id), the unnamed
            with them.
        totals: the sum over all tools, and over all techniques, of how many sets use each.
        deliveries: how tools come.
    """

    actors: Mapping[str, Actor]
    tools: Mapping[str, str]
    numbers: Mapping[str, str]
    users: Mapping[str, float]
    totals: tuple[int, int]
    deliveries: tuple[Delivery, ...] = ()


def year_of(nanoseconds: int) -> float:
    """Give a time, UTC nanoseconds, as years."""
    day = date.fromordinal(719163 + max(0, nanoseconds) // 86_400_000_000_000)
    return day.year + (day.month - 1) / 12
