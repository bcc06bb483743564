"""Which entries of several catalogues count as one actor, where actors are counted.

Nothing is merged by this: each entry keeps its claims, and is shown by itself.
"""

from collections.abc import Iterable, Mapping, Sequence

from sidelight.intel.claim import Claim, NameClaim
from sidelight.intel.entity import ACTORS, Entity
from sidelight.intel.identifier import type_of
from sidelight.intel.source import Source

Names = Mapping[str, Sequence[NameClaim]]


def counted_as(
    entities: Mapping[str, Entity],
    names: Names,
    claims: Iterable[Claim],
    sources: Mapping[str, Source],
) -> dict[str, str]:
    """Map entries of actors to the entry that they count as; one that is not there counts itself.

    Two entries count as one where a catalogue says that they are alike, no catalogue has both,
    and each goes by what is the other's own name. A name alone never does it, nor a likeness.

    Args:
        entities: by id.
        names: claims of names by what they name.
        claims: all of them.
        sources: by id.
    """
    leader: dict[str, str] = {}

    def lead(entry: str) -> str:
        while (above := leader.get(entry, entry)) != entry:
            entry = above
        return entry

    def rank(entry: str) -> tuple[bool, str]:
        return not entities[entry].numbers, entry

    for claim in claims:
        if claim.relation != "overlaps" or not _is_collected(claim, sources):
            continue
        if _are_one(entities, names, claim.subject, claim.object):
            first, second = sorted((lead(claim.subject), lead(claim.object)), key=rank)
            if first != second:
                leader[second] = first
    return {entry: lead(entry) for entry in leader}


def _is_collected(claim: Claim, sources: Mapping[str, Source]) -> bool:
    source = sources.get(claim.source)
    return source is not None and source.kind == "catalogue"


def _are_one(entities: Mapping[str, Entity], names: Names, first: str, second: str) -> bool:
    one, other = entities.get(first), entities.get(second)
    if one is None or other is None or not {type_of(first), type_of(second)} <= ACTORS:
        return False
    if one.revoked or other.revoked or set(one.sources) & set(other.sources):
        return False
    return other.name.casefold() in _called(one, names) and one.name.casefold() in _called(
        other, names
    )


def _called(entity: Entity, names: Names) -> set[str]:
    return {entity.name.casefold(), *(each.name.casefold() for each in names.get(entity.id, ()))}
