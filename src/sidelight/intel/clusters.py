"""Which actors would be one, if a name were enough: a view, made anew each time.

Nothing is merged. The strictness says what it takes for two entries to stand together:

- *vendor*: one organisation itself calls both by one name. A catalogue that lists one name for
  two entries keeps them apart, so catalogues do not count here.
- *two*: two organisations, independent of each other, say that one goes by the other's name.
- *any*: anybody says so, or says that they are alike or overlap.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias, get_args

from sidelight.intel.claim import NameClaim
from sidelight.intel.entity import ACTORS
from sidelight.intel.identifier import type_of
from sidelight.intel.knowledge import Knowledge
from sidelight.values import dataclass

Strictness: TypeAlias = Literal["vendor", "two", "any"]
STRICTNESSES: Final[tuple[Strictness, ...]] = get_args(Strictness)


@dataclass(frozen=True, slots=True)
class Bond:
    """What holds two entries together.

    Args:
        first: STIX id.
        second: STIX id, after *first* in order.
        name: the name that both go by; empty where the bond is an overlap.
        publishers: who says so.
    """

    first: str
    second: str
    name: str
    publishers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Entries that stand together, and all bonds among them."""

    members: tuple[str, ...]
    bonds: tuple[Bond, ...]


def clusters(knowledge: Knowledge, strictness: Strictness) -> tuple[Cluster, ...]:
    """Give the clusters of two or more actors under *strictness*, in order of their ids."""
    bonds = list(_bonds(knowledge, strictness))
    leader: dict[str, str] = {}

    def lead(member: str) -> str:
        while (above := leader.setdefault(member, member)) != member:
            leader[member] = leader[above]
            member = above
        return member

    for bond in bonds:
        ends = sorted((lead(bond.first), lead(bond.second)))
        leader[ends[1]] = ends[0]
    members: dict[str, set[str]] = defaultdict(set)
    held: dict[str, list[Bond]] = defaultdict(list)
    for bond in bonds:
        members[lead(bond.first)] |= {bond.first, bond.second}
        held[lead(bond.first)].append(bond)
    return tuple(
        Cluster(tuple(sorted(members[each])), tuple(held[each])) for each in sorted(members)
    )


def _bonds(knowledge: Knowledge, strictness: Strictness) -> Iterator[Bond]:
    named: dict[str, dict[str, list[NameClaim]]] = defaultdict(lambda: defaultdict(list))
    for claim in knowledge.names:
        if type_of(claim.entity) in ACTORS:
            named[claim.name.casefold()][claim.entity].append(claim)
    for _, holders in sorted(named.items()):
        ids = sorted(holders)
        for place, first in enumerate(ids):
            for second in ids[place + 1 :]:
                bond = _bond(knowledge, holders[first], holders[second], strictness)
                if bond is not None:
                    yield bond
    if strictness == "any":
        yield from _overlaps(knowledge)


def _bond(
    knowledge: Knowledge,
    first: list[NameClaim],
    second: list[NameClaim],
    strictness: Strictness,
) -> Bond | None:
    name = first[0].name
    ends = first[0].entity, second[0].entity
    of_both = _coiners(knowledge, first) & _coiners(knowledge, second)
    said = set(of_both)
    # Whoever says that one goes by what is the other's own name says that they are one.
    for own, claims in ((ends[1], first), (ends[0], second)):
        if knowledge.name_of(own).casefold() == name.casefold():
            said |= set(knowledge.houses(claims))
    match strictness:
        case "vendor":
            found = of_both
        case "two":
            found = said if len(said) > 1 else set()
        case "any":
            found = said | set(knowledge.houses([*first, *second]))
    return Bond(*ends, name, tuple(sorted(found))) if found else None


def _coiners(knowledge: Knowledge, claims: list[NameClaim]) -> set[str]:
    """Give who is known to use a name itself, not to list it."""
    found = {claim.coined_by for claim in claims if claim.coined_by}
    for claim in claims:
        for each in claim.cites or (claim.source,):
            source = knowledge.sources.get(each)
            if source is None or source.kind != "catalogue":
                found.add(source.publisher if source else claim.says)
    return found


def _overlaps(knowledge: Knowledge) -> Iterator[Bond]:
    for claim in knowledge.claims:
        ends = sorted((claim.subject, claim.object))
        if claim.relation == "overlaps" and all(type_of(each) in ACTORS for each in ends):
            yield Bond(ends[0], ends[1], "", knowledge.houses([claim]))
