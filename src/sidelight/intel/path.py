"""How two things hang together, by way of what few others share.

A step through a tool of thirty actors says next to nothing, so it costs more than one through
a tool of two: a step to a thing costs one and the logarithm of how much else hangs on it.
"""

from collections import defaultdict
from collections.abc import Mapping
from heapq import heappop, heappush
from itertools import pairwise
from math import log2
from typing import Final

from sidelight.intel.claim import Claim
from sidelight.intel.knowledge import Knowledge
from sidelight.values import dataclass

_LINKS: Final = frozenset(
    {
        "uses",
        "associated-with",
        "attributed-to",
        "delivered-by",
        "exploits",
        "overlaps",
        "revoked-by",
        "targets",
    }
)
_Web = Mapping[str, Mapping[str, tuple[Claim, ...]]]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: from one thing to the next, and the claims that allow it."""

    start: str
    end: str
    claims: tuple[Claim, ...]


def paths(knowledge: Knowledge, start: str, end: str, *, limit: int = 3) -> list[list[Step]]:
    """Give up to *limit* ways from *start* to *end*, best first, that share nothing between."""
    web = _web(knowledge)
    found: list[list[Step]] = []
    closed: set[str] = set()
    while len(found) < limit and (way := _cheapest(web, start, end, closed)):
        found.append([Step(a, b, web[a][b]) for a, b in pairwise(way)])
        if len(way) == 2:
            break  # nothing lies between that could be left out
        closed |= set(way[1:-1])
    return found


def _web(knowledge: Knowledge) -> _Web:
    web: dict[str, dict[str, list[Claim]]] = defaultdict(lambda: defaultdict(list))
    for claim in knowledge.claims:
        if claim.relation in _LINKS:
            web[claim.subject][claim.object].append(claim)
            web[claim.object][claim.subject].append(claim)
    return {a: {b: tuple(claims) for b, claims in ends.items()} for a, ends in web.items()}


def _cheapest(web: _Web, start: str, end: str, closed: set[str]) -> list[str]:
    """Find the cheapest way (Dijkstra 1959); ties are broken by ids."""
    queue: list[tuple[float, str, tuple[str, ...]]] = [(0.0, start, (start,))]
    done: set[str] = set()
    while queue:
        cost, here, way = heappop(queue)
        if here == end:
            return list(way)
        if here in done:
            continue
        done.add(here)
        for there in web.get(here, {}):
            if there not in done and there not in closed:
                price = 0.0 if there == end else log2(len(web[there]) + 1)
                heappush(queue, (cost + 1 + price, there, (*way, there)))
    return []
