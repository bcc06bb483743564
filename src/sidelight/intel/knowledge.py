"""All that is known, as one value: sources, things, names and claims, with indexes over them.

Rule 1. Joining is a union: the order of parts, and a part that comes twice, change nothing.
Rule 2. Two things become one only by their STIX id. A thing known by its catalogue number alone
takes on the STIX id that the catalogue itself gives that number. Names never join anything.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, field, replace
from functools import cached_property
from operator import attrgetter
from typing import Final, TypeVar

from sidelight.intel.claim import Claim, NameClaim
from sidelight.intel.entity import ACTORS, SOFTWARE, Entity
from sidelight.intel.entries import counted_as
from sidelight.intel.identifier import catalogue_id, type_of
from sidelight.intel.source import Source
from sidelight.values import dataclass

OWN: Final = "sidelight"
"""Source of what the bundled files list without claiming anything about it."""

_AUTHORITIES: Final = ("mitre-attack", "mitre-fight", "misp-galaxy:mitre-", OWN)
_HOLDS: Final = frozenset({"uses", "associated-with"})

_Row = TypeVar("_Row", Claim, NameClaim)


@dataclass(frozen=True)
class Knowledge:
    """What is known. Made by `join`; entities, names and claims are in canonical order.

    Args:
        sources: by their id.
        entities: by their STIX id.
        names: every name claim.
        claims: every other claim; an end that no entity describes is still a STIX id.
    """

    sources: Mapping[str, Source] = field(default_factory=dict)
    entities: Mapping[str, Entity] = field(default_factory=dict)
    names: tuple[NameClaim, ...] = ()
    claims: tuple[Claim, ...] = ()

    @cached_property
    def by_subject(self) -> Mapping[str, tuple[Claim, ...]]:
        """Give the claims whose subject a thing is, by its id."""
        return _grouped(self.claims, attrgetter("subject"))

    @cached_property
    def by_object(self) -> Mapping[str, tuple[Claim, ...]]:
        """Give the claims whose object a thing is, by its id."""
        return _grouped(self.claims, attrgetter("object"))

    @cached_property
    def by_entity(self) -> Mapping[str, tuple[NameClaim, ...]]:
        """Give what a thing is called, by its id."""
        return _grouped(self.names, attrgetter("entity"))

    @cached_property
    def by_number(self) -> Mapping[str, tuple[str, ...]]:
        """Give the ids of things by their catalogue number: ``G0129``."""
        found: dict[str, list[str]] = defaultdict(list)
        for entity in self.entities.values():
            for number in entity.numbers:
                found[number.upper()].append(entity.id)
        return {number: tuple(ids) for number, ids in found.items()}

    @cached_property
    def counted_as(self) -> Mapping[str, str]:
        """Map entries of actors to the entry that they count as: see `entries.counted_as`."""
        return counted_as(self.entities, self.by_entity, self.claims, self.sources)

    @cached_property
    def holders(self) -> Mapping[str, frozenset[str]]:
        """Give the ids of the actors that anybody ties to a piece of software, by its id.

        A tool with one holder is exclusive to it as far as is known; one with thirty says
        little. Actors that were revoked do not count. Entries count as `counted_as` has them;
        those of one actor that it cannot tell for that count as two, so that a tool may look more
        shared than it is.
        """
        found: dict[str, set[str]] = defaultdict(set)
        for claim in self.claims:
            if (
                claim.relation in _HOLDS
                and type_of(claim.subject) in ACTORS
                and type_of(claim.object) in SOFTWARE
                and not self._is_revoked(claim.subject)
            ):
                found[claim.object].add(self.counted_as.get(claim.subject, claim.subject))
        return {tool: frozenset(actors) for tool, actors in found.items()}

    def name_of(self, identity: str) -> str:
        """Give the first name of a thing, or its id where nothing describes it."""
        entity = self.entities.get(identity)
        return entity.name if entity else identity

    def about(self, identity: str) -> tuple[Claim, ...]:
        """Give the claims at either end of which a thing stands."""
        return self.by_subject.get(identity, ()) + self.by_object.get(identity, ())

    def publishers(self, claim: Claim | NameClaim) -> frozenset[str]:
        """Give the organisations that *claim* rests on: those it cites, else who says it.

        Ten articles that repeat one report rest on one publisher.
        """
        cited = (self.sources.get(each) for each in claim.cites)
        found = frozenset(each.publisher for each in cited if each and each.publisher)
        return found or frozenset({claim.says})

    def houses(self, claims: Iterable[Claim | NameClaim]) -> tuple[str, ...]:
        """Give the organisations that *claims* of one thing rest on together, sorted.

        A catalogue counts only where nobody else stands behind any of them: it collects.
        """
        found: dict[bool, set[str]] = {False: set(), True: set()}
        for claim in claims:
            source = self.sources.get(claim.source)
            collected = not claim.cites and source is not None and source.kind == "catalogue"
            found[collected] |= self.publishers(claim)
        return tuple(sorted(found[False] or found[True]))

    def _is_revoked(self, identity: str) -> bool:
        entity = self.entities.get(identity)
        return entity is not None and entity.revoked


def _grouped(rows: Iterable[_Row], key: Callable[[_Row], str]) -> dict[str, tuple[_Row, ...]]:
    found: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return {name: tuple(group) for name, group in found.items()}


def join(*parts: Knowledge) -> Knowledge:
    """Put *parts* together; see the rules above."""
    described = [each for part in parts for each in part.entities.values()]
    settled = _settled(described)
    at = settled.get
    entities: dict[str, list[Entity]] = defaultdict(list)
    for entity in described:
        entities[at(entity.id, entity.id)].append(entity)
    names = {
        replace(each, entity=settled[each.entity]) if each.entity in settled else each
        for part in parts
        for each in part.names
    }
    claims = {
        replace(each, subject=at(each.subject, each.subject), object=at(each.object, each.object))
        if each.subject in settled or each.object in settled
        else each
        for part in parts
        for each in part.claims
    }
    return Knowledge(
        sources=_sources(parts),
        entities={key: _described(key, entities[key]) for key in sorted(entities)},
        names=tuple(sorted(names, key=_name_order)),
        claims=tuple(sorted(claims, key=_claim_order)),
    )


def _confidence(claim: Claim | NameClaim) -> int:
    return -1 if claim.confidence is None else claim.confidence


_CLAIM_FIELDS: Final = attrgetter(
    "subject", "relation", "object", "source", "says", "date", "hedge", "at", "cites", "marking"
)
_NAME_FIELDS: Final = attrgetter(
    "entity", "name", "source", "says", "coined_by", "date", "hedge", "at", "cites", "marking"
)


def _claim_order(claim: Claim) -> tuple[object, ...]:
    return (*_CLAIM_FIELDS(claim), _confidence(claim))


def _name_order(claim: NameClaim) -> tuple[object, ...]:
    return (*_NAME_FIELDS(claim), _confidence(claim))


def _sources(parts: Iterable[Knowledge]) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for part in parts:
        for key, source in part.sources.items():
            found[key] = richer(found.get(key, source), source)
    return {key: found[key] for key in sorted(found)}


def richer(one: Source, other: Source) -> Source:
    """Choose between two descriptions of a source, whichever comes first: the dated one."""
    return max(one, other, key=lambda each: (each.date, astuple(each)))


def _settled(entities: Iterable[Entity]) -> dict[str, str]:
    """Map ids that stand in for a catalogue number to the id the catalogue gives it.

    Where no catalogue gives one, those that stand in for the same number become one of them.
    """
    holders: dict[tuple[str, str], set[str]] = defaultdict(set)
    stand_ins: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entity in entities:
        for number in entity.numbers:
            key = (_family(entity.type), number.upper())
            owns = set(_stand_ins(entity.type, number))
            if entity.id in owns:
                stand_ins[key].add(entity.id)
            elif any(each.startswith(_AUTHORITIES) for each in entity.sources):
                holders[key].add(entity.id)
                stand_ins[key] |= owns  # claims may name it by number, described nowhere
    return {own: min(holders.get(key, owns)) for key, owns in stand_ins.items() for own in owns}


def _family(kind: str) -> str:
    return "software" if kind in SOFTWARE else kind


def _stand_ins(kind: str, number: str) -> Iterator[str]:
    kinds = SOFTWARE if kind in SOFTWARE else (kind,)
    return (catalogue_id(each, number) for each in kinds)


def _described(identity: str, entities: Iterable[Entity]) -> Entity:
    """Make one description of several, whatever their order."""
    ranked = sorted(set(entities), key=_rank)
    first = ranked[0]
    return Entity(
        id=identity,
        name=first.name,
        numbers=tuple(sorted({number for each in ranked for number in each.numbers})),
        revoked=first.revoked,
        summary=next((each.summary for each in ranked if each.summary), ""),
        sources=tuple(sorted({source for each in ranked for source in each.sources})),
    )


def _rank(entity: Entity) -> tuple[object, ...]:
    known = [
        _AUTHORITIES.index(each)
        for source in entity.sources
        for each in _AUTHORITIES
        if source.startswith(each)
    ]
    return (min(known, default=len(_AUTHORITIES)), entity.name, entity.revoked, entity.numbers)
