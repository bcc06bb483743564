"""A portrait: all that is said of one thing, by whom, and where sources do not agree."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from sidelight.intel.claim import Claim, NameClaim, Relation
from sidelight.intel.entity import ACTORS, SOFTWARE, Entity
from sidelight.intel.identifier import sector_id, type_of
from sidelight.intel.knowledge import Knowledge
from sidelight.intel.names import NameIndex, fold
from sidelight.intel.sectors import TELECOM
from sidelight.values import dataclass

_TIES: Final = frozenset({"uses", "associated-with"})
_SPECIAL: Final = ("FG", "MOT")
"""How numbers of the telecom matrices begin: FiGHT's, GSMA MoTIF's."""


@dataclass(frozen=True, slots=True)
class Tie:
    """What ties the thing to another one.

    Args:
        other: STIX id of the other.
        relation: the strongest that is claimed.
        claims: all that say so.
        publishers: the houses that this rests on, each once however often it is repeated.
        holders: how many actors are tied to the other, where it is software.
    """

    other: str
    relation: Relation
    claims: tuple[Claim, ...]
    publishers: tuple[str, ...]
    holders: int = 0


@dataclass(frozen=True, slots=True)
class Naming:
    """One name of the thing.

    Args:
        name: as it is spelled most often.
        claims: who calls it that.
        publishers: the houses that this rests on.
        rivals: ids of other things of the same kind that carry the same name.
    """

    name: str
    claims: tuple[NameClaim, ...]
    publishers: tuple[str, ...]
    rivals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Portrait:
    """All that is said of one thing.

    Args:
        exclusive: software that nobody ties to another actor.
        shared: software of several actors, the least shared first.
        users: actors tied to the thing, where it is software or a technique.
        telecom: claims and techniques that concern telecom operators.
        conflicts: where sources do not agree, in words.
    """

    entity: Entity
    names: tuple[Naming, ...]
    exclusive: tuple[Tie, ...]
    shared: tuple[Tie, ...]
    techniques: tuple[Tie, ...]
    targets: tuple[Tie, ...]
    users: tuple[Tie, ...]
    others: tuple[Tie, ...]
    telecom: tuple[Tie, ...]
    conflicts: tuple[str, ...]


def portray(knowledge: Knowledge, identity: str, index: NameIndex) -> Portrait:
    """Give the portrait of a thing that *knowledge* describes."""
    said, suffered = knowledge.by_subject.get(identity, ()), knowledge.by_object.get(identity, ())
    # An overlap has no direction.
    mutual = [_turned(each) for each in suffered if each.relation == "overlaps"]
    outward = tuple(_ties(knowledge, [*said, *mutual], "object"))
    directed = [each for each in suffered if each.relation != "overlaps"]
    inward = tuple(_ties(knowledge, directed, "subject"))
    tools = [each for each in outward if _is_held(each)]
    names = tuple(_namings(knowledge, identity, index))
    techniques = _of_type(outward, "attack-pattern")
    targets = tuple(each for each in outward if each.relation == "targets")
    users = tuple(each for each in inward if each.relation in _TIES)
    placed = {id(each) for each in (*tools, *techniques, *targets, *users)}
    return Portrait(
        entity=knowledge.entities[identity],
        names=names,
        exclusive=tuple(each for each in tools if each.holders <= 1),
        shared=tuple(
            sorted((each for each in tools if each.holders > 1), key=lambda each: each.holders)
        ),
        techniques=techniques,
        targets=targets,
        users=users,
        others=tuple(each for each in (*outward, *inward) if id(each) not in placed),
        telecom=tuple(each for each in outward if _is_telecom(knowledge, each)),
        conflicts=tuple(_conflicts(knowledge, names, (*outward, *inward))),
    )


def _turned(claim: Claim) -> Claim:
    return replace(claim, subject=claim.object, object=claim.subject)


def _ties(knowledge: Knowledge, claims: Iterable[Claim], end: str) -> Iterator[Tie]:
    grouped: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        tie = "held" if claim.relation in _TIES else claim.relation
        grouped[getattr(claim, end), tie].append(claim)
    for (other, _), group in sorted(
        grouped.items(), key=lambda item: (knowledge.name_of(item[0][0]).casefold(), item[0])
    ):
        relations = {claim.relation for claim in group}
        yield Tie(
            other=other,
            relation="uses" if "uses" in relations else group[0].relation,
            claims=tuple(group),
            publishers=knowledge.houses(group),
            holders=len(knowledge.holders.get(other, ())),
        )


def _is_held(tie: Tie) -> bool:
    return tie.relation in _TIES and type_of(tie.other) in SOFTWARE


def _of_type(ties: Iterable[Tie], kind: str) -> tuple[Tie, ...]:
    return tuple(each for each in ties if type_of(each.other) == kind)


def _is_telecom(knowledge: Knowledge, tie: Tie) -> bool:
    if tie.other == sector_id(TELECOM):
        return True
    entity = knowledge.entities.get(tie.other)
    return entity is not None and any(each.startswith(_SPECIAL) for each in entity.numbers)


def _namings(knowledge: Knowledge, identity: str, index: NameIndex) -> Iterator[Naming]:
    grouped: dict[str, list[NameClaim]] = defaultdict(list)
    for claim in knowledge.by_entity.get(identity, ()):
        grouped[claim.name.casefold()].append(claim)
    for key in sorted(grouped):
        claims = grouped[key]
        rivals = (
            each.entity.id
            for each in index.look_up(claims[0].name)
            if each.match == "exact"
            and each.entity.id != identity
            and _kin(each.entity.type) == _kin(type_of(identity))
        )
        yield Naming(claims[0].name, tuple(claims), knowledge.houses(claims), tuple(sorted(rivals)))


def _kin(kind: str) -> str:
    return "software" if kind in SOFTWARE else "actor" if kind in ACTORS else kind


def _conflicts(knowledge: Knowledge, names: Iterable[Naming], ties: Iterable[Tie]) -> Iterator[str]:
    ties = list(ties)
    alike = {each.other for each in ties if each.relation == "overlaps"}
    shared: dict[str, list[Naming]] = defaultdict(list)
    for naming in names:
        # What a source says is alike is another entry for it, as far as that source goes.
        for rival in (each for each in naming.rivals if each not in alike):
            shared[rival].append(naming)
    for rival, namings in shared.items():
        yield _contested(knowledge, rival, namings)
    for tie in ties:
        hedged = sorted({each.hedge for each in tie.claims if each.hedge})
        bare = [each for each in tie.claims if not each.hedge]
        if hedged and bare:
            who = _sayers(knowledge, bare)
            name = knowledge.name_of(tie.other)
            yield f"{name}: {who} states “{tie.relation}”, others say “{hedged[0]}”"


def _contested(knowledge: Knowledge, rival: str, namings: Iterable[Naming]) -> str:
    """Say which names a thing and *rival* both go by, and who says so of either."""
    several = list(namings)
    keys = {fold(each.name) for each in several}
    same = [each for each in knowledge.by_entity.get(rival, ()) if fold(each.name) in keys]
    who = _sayers(knowledge, same) or "its own name"
    here = _sayers(knowledge, (claim for each in several for claim in each.claims))
    called = ", ".join(each.name for each in several)
    verb = "is a name" if len(several) == 1 else "are names"
    return f"{called} {verb} here ({here}), and of {_brief(knowledge.entities[rival])} ({who})"


def _sayers(knowledge: Knowledge, claims: Iterable[Claim | NameClaim]) -> str:
    """Name who says so, and whom they cite, since they may cite wrongly."""
    cited: dict[str, set[str]] = defaultdict(set)
    for claim in claims:
        cited[claim.says] |= knowledge.publishers(claim) if claim.cites else set()
    return "; ".join(
        f"{says} after {', '.join(sorted(houses))}" if houses else says
        for says, houses in sorted(cited.items())
    )


def _brief(entity: Entity) -> str:
    return " ".join((entity.name, *(entity.numbers[:1] or entity.sources[:1])))
