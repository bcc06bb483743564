"""What STIX objects say, as things, names and claims.

Each object is read alone, but for two look-ups over all of them: who a creator is, and what
type a galaxy cluster has that another one points to. So how objects were cut into files does
not matter.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Final

from sidelight.intel.catalogues import FIGHT, GALAXY, NUMBERED, SOURCES, UNRESOLVED
from sidelight.intel.claim import RELATIONS, Claim, NameClaim, Relation
from sidelight.intel.entity import Entity
from sidelight.intel.fields import JsonObject, inner, maps, percent, text, texts
from sidelight.intel.identifier import is_stix_id, type_of
from sidelight.intel.knowledge import Knowledge, join, richer
from sidelight.intel.markings import strictest
from sidelight.intel.publishers import publisher_of
from sidelight.intel.source import Source
from sidelight.intel.stix import StixObject, is_withdrawn
from sidelight.values import dataclass

THINGS: Final = frozenset(
    {
        "attack-pattern",
        "campaign",
        "course-of-action",
        "identity",
        "intrusion-set",
        "location",
        "malware",
        "threat-actor",
        "tool",
        "vulnerability",
    }
)
"""Types that claims can be about."""

_NAMED: Final = frozenset({"campaign", "intrusion-set", "malware", "threat-actor", "tool"})
_CITATION: Final = re.compile(r"\(Citation: ([^)]+)\)")
_DATED: Final = re.compile(r"\((\d{4})(?:, (\w+)(?: (\d{1,2}))?)?\)")
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_PLAIN: Final[Mapping[str, Relation]] = {str(each): each for each in RELATIONS}
_SPOKEN: Final[Mapping[str, tuple[Relation, str]]] = {
    # other relation types of STIX and of the galaxy: what they come to, and the source's word
    "similar": ("overlaps", "similar"),
    "variant-of": ("related-to", "variant of"),
    "derived-from": ("related-to", "derived from"),
    "duplicate-of": ("related-to", "duplicate of"),
    "linked-to": ("associated-with", "linked to"),
    "originates-from": ("attributed-to", "originates from"),
    "part-of": ("related-to", "part of"),
    "deploys": ("uses", ""),
}
_REVERSED: Final[Mapping[str, Relation]] = {"delivers": "delivered-by", "drops": "delivered-by"}


@dataclass(slots=True)
class _Parts:
    """What has been read so far."""

    sources: dict[str, Source] = field(default_factory=dict)
    entities: list[Entity] = field(default_factory=list)
    names: list[NameClaim] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    cited: set[tuple[str, str]] = field(default_factory=set)


def derive(objects: Iterable[StixObject]) -> Knowledge:
    """Give what *objects* say; those that say nothing of this kind are passed over."""
    values = [(each, each.value()) for each in objects]
    creators = _creators(values)
    clusters = {
        each.id.partition("--")[2]: each.id
        for each, _ in sorted(values, key=lambda pair: pair[0].id, reverse=True)
        if each.type in THINGS
    }
    parts = _Parts()
    for each, value in values:
        source = _source(each, value, creators, parts)
        if each.type == "relationship":
            _relationship(each, value, source, clusters, parts)
        elif each.type == "note":
            _note(each, value, source, parts)
        elif each.type in THINGS:
            _thing(each, value, source, parts)
    knowledge = Knowledge(parts.sources, {}, tuple(parts.names), tuple(parts.claims))
    return join(knowledge, *_piled(parts.entities))


def _creators(values: Iterable[tuple[StixObject, JsonObject]]) -> Mapping[str, str]:
    """Name creators, by what they call themselves where they do, else by what others do."""
    called: dict[str, list[tuple[bool, str, str]]] = defaultdict(list)
    for each, value in values:
        if each.type == "identity":
            others = each.creator not in {each.id, ""}
            called[each.id].append((others, each.creator, text(value, "name")))
    return {identity: min(names)[2] for identity, names in called.items()}


def _piled(entities: Iterable[Entity]) -> Iterator[Knowledge]:
    """Give entities as parts to join: one id can be described by several creators."""
    piles: list[dict[str, Entity]] = []
    place: Counter[str] = Counter()
    for entity in entities:
        if place[entity.id] == len(piles):
            piles.append({})
        piles[place[entity.id]][entity.id] = entity
        place[entity.id] += 1
    return (Knowledge(entities=pile) for pile in piles)


def _source(
    each: StixObject, value: JsonObject, creators: Mapping[str, str], parts: _Parts
) -> Source:
    source = SOURCES.get(each.creator) or _galaxy(value) or _shared(each.creator, creators)
    return parts.sources.setdefault(source.id, source)


def _galaxy(value: JsonObject) -> Source | None:
    for reference in maps(value, "external_references"):
        name = text(reference, "source_name")
        if name.startswith("misp-galaxy:"):
            publisher = text(reference, "description")
            return Source(
                name,
                f"MISP galaxy, {name.partition(':')[2]}",
                publisher,
                url=text(reference, "url"),
                kind="catalogue",
            )
    return None


def _shared(creator: str, creators: Mapping[str, str]) -> Source:
    if not creator:
        return Source("stix:unnamed", "STIX without a creator", "unknown", kind="shared")
    name = creators.get(creator, creator)
    return Source(f"stix:{creator}", f"STIX of {name}", name, kind="shared")


def _thing(each: StixObject, value: JsonObject, source: Source, parts: _Parts) -> None:
    name = text(value, "name") or text(value, "country") or text(value, "region") or each.id
    references = list(maps(value, "external_references"))
    numbers = tuple(
        sorted(
            {
                text(reference, "external_id")
                for reference in references
                if text(reference, "source_name") in NUMBERED and text(reference, "external_id")
            }
        )
    )
    parts.entities.append(Entity(each.id, name, numbers, is_withdrawn(value), "", (source.id,)))
    if each.type not in _NAMED or each.creator == each.id:
        return
    cited = {text(reference, "source_name"): reference for reference in references}
    origins = inner(value, "x_misp_origins")
    aliases = (*texts(value, "aliases"), *texts(value, "x_mitre_aliases"))
    date = _said(each)
    for alias in dict.fromkeys((name, *aliases)):
        if alias in numbers:
            continue
        cites = _cites(text(cited.get(alias, {}), "description"), cited, parts)
        parts.names.append(
            NameClaim(
                entity=each.id,
                name=alias,
                source=source.id,
                says=source.publisher,
                coined_by=text(origins, alias),
                date=date,
                confidence=percent(value, "confidence"),
                cites=cites,
                marking=strictest(texts(value, "object_marking_refs")),
            )
        )


def _said(each: StixObject) -> str:
    """Give the day of an object, or nothing where its catalogue dates nothing."""
    return "" if each.creator in {FIGHT, GALAXY} else each.modified[:10]


def _cites(told: str, cited: Mapping[str, JsonObject], parts: _Parts) -> tuple[str, ...]:
    """Give the sources that *told* cites in ATT&CK's way, and note them."""
    names = _CITATION.findall(told)
    return _noted((cited[name] for name in names if name in cited), parts)


def _noted(references: Iterable[JsonObject], parts: _Parts) -> tuple[str, ...]:
    found = set()
    for reference in references:
        url = text(reference, "url")
        publisher = publisher_of(url)
        if not publisher:
            continue
        found.add(url)
        told = text(reference, "description") or text(reference, "source_name")
        if (url, told) not in parts.cited:  # the same report is cited by the hundred
            parts.cited.add((url, told))
            source = Source(url, told, publisher, _dated(told), url)
            parts.sources[url] = richer(parts.sources.get(url, source), source)
    return tuple(sorted(found))


def _dated(told: str) -> str:
    """Read the date of a citation: ``Names. (2021, April 5). Title.``."""
    match = _DATED.search(told)
    if match is None:
        return ""
    year, month, day = match[1], match[2], match[3]
    if month not in _MONTHS:
        return year
    until = f"{year}-{_MONTHS.index(month) + 1:02}"
    return f"{until}-{int(day):02}" if day else until


def _relationship(
    each: StixObject,
    value: JsonObject,
    source: Source,
    clusters: Mapping[str, str],
    parts: _Parts,
) -> None:
    if is_withdrawn(value):
        return
    ends = [_end(text(value, key), clusters) for key in ("source_ref", "target_ref")]
    if not all(type_of(end) in THINGS for end in ends):
        return
    kind = text(value, "relationship_type").lower()
    relation, hedge = _SPOKEN.get(kind) or (_PLAIN.get(kind), "")
    if kind in _REVERSED:
        relation = _REVERSED[kind]
        ends.reverse()
    if relation is None:
        return
    likely = text(value, "x_misp_likelihood").replace("-", " ")
    parts.claims.append(
        Claim(
            subject=ends[0],
            relation=relation,
            object=ends[1],
            source=source.id,
            says=source.publisher,
            date=_said(each),
            confidence=percent(value, "confidence"),
            hedge=" ".join(filter(None, (likely, hedge))),
            at=each.id,
            cites=_noted(_reported(value), parts),
            marking=strictest(texts(value, "object_marking_refs")),
        )
    )


def _end(reference: str, clusters: Mapping[str, str]) -> str:
    kind, _, uuid = reference.partition("--")
    return clusters.get(uuid, reference) if kind == UNRESOLVED else reference


def _reported(value: JsonObject) -> Iterator[JsonObject]:
    """Yield the reports that a relationship rests on: what is not the catalogue itself."""
    return (
        each
        for each in maps(value, "external_references")
        if not text(each, "source_name").startswith(("misp-galaxy:", *NUMBERED))
    )


def _note(each: StixObject, value: JsonObject, source: Source, parts: _Parts) -> None:
    """Read what a person accepted as a name: see `sidelight.intel.acceptance`."""
    name = text(value, "x_sidelight_name")
    if not name or is_withdrawn(value):
        return
    who = ", ".join(texts(value, "authors")) or source.publisher
    analyst = Source(f"analyst:{who}", f"Accepted by {who}", who, kind="analyst", first_hand=True)
    parts.sources.setdefault(analyst.id, analyst)
    for reference in texts(value, "object_refs"):
        if is_stix_id(reference):
            parts.names.append(
                NameClaim(
                    reference,
                    name,
                    analyst.id,
                    who,
                    date=_said(each),
                    at=each.id,
                    hedge=text(value, "x_sidelight_hedge"),
                )
            )
