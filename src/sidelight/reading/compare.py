"""Texts held against each other and against what is known: conflicts, and one event told twice."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final, Literal, TypeAlias

from sidelight.intel.identifier import country_id, sector_id, type_of
from sidelight.intel.knowledge import Knowledge
from sidelight.intel.names import fold
from sidelight.intel.places import country_code
from sidelight.intel.sectors import sector_named
from sidelight.reading.claim import INTRUDERS, Claim
from sidelight.reading.document import Span
from sidelight.reading.entity import NAMED, Entity
from sidelight.reading.read import Reading
from sidelight.values import dataclass

ConflictKind: TypeAlias = Literal["involvement", "spelling", "date", "denied", "names", "knowledge"]
_SHINGLE: Final = 5
_WORDS: Final = 20_000
_SAME_WORDING: Final = 0.3
_COPIED: Final = 0.6
"""How much of the runs of words of two texts must be the same, with a shared name and without."""
_BEGIN: Final = re.compile(
    r"\b(?:began|begun|started|since|first (?:seen|saw|implant|reports|detected|observed)"
    r"|dates? back"
    r"|breach(?:ed)? (?:of|in)|installed on)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two statements that cannot both be taken as they are.

    Args:
        text: what stands against what, one sentence.
        spans: where it is written; never empty.
        sources: ids of sources of the knowledge base that have a part in it.
    """

    kind: ConflictKind
    text: str
    spans: tuple[Span, ...]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """Readings that tell one event; they count as one source unless several saw it themselves.

    Args:
        shared: the names by which they were recognised as one.
    """

    readings: tuple[Reading, ...]
    shared: tuple[str, ...] = ()

    @property
    def independent(self) -> int:
        """Count the sources that can be told apart: those that saw it, at least one."""
        saw = [each for each in self.readings if each.provenance.hand == "first-hand"]
        return max(len(saw), 1)


@dataclass(frozen=True, slots=True)
class Trace:
    """By what a text is recognised: the names in it, and its runs of words."""

    names: frozenset[str]
    wording: frozenset[int]


def trace(reading: Reading) -> Trace:
    """Look at *reading* once, to hold it against many."""
    words = re.findall(r"\w+", reading.document.text.lower())[:_WORDS]
    runs = (" ".join(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1))
    names = frozenset(each.name for each in reading.of_kind(*NAMED))
    return Trace(names, frozenset(map(hash, runs)))


def one_event(one: Trace, other: Trace) -> frozenset[str] | None:
    """Give the names by which two texts tell one event; None where they do not.

    Two names are enough, spelled almost alike or not; one, where much of the wording is the
    same; none, where most of it is.
    """
    names = {
        name
        for name in one.names
        if name in other.names or any(near(name, each) for each in other.names)
    }
    if len(names) >= 2:
        return frozenset(names)
    whole = len(one.wording | other.wording)
    same = len(one.wording & other.wording) / whole if whole else 0.0
    return frozenset(names) if same >= (_SAME_WORDING if names else _COPIED) else None


def stories(readings: Sequence[Reading]) -> tuple[Story, ...]:
    """Put together the readings that tell one event, in order of their first."""
    traces = [trace(each) for each in readings]
    home = list(range(len(readings)))
    shared: dict[int, set[str]] = defaultdict(set)
    for i, j in combinations(range(len(readings)), 2):
        names = one_event(traces[i], traces[j])
        if names is not None:
            low, high = sorted((home[i], home[j]))
            home = [low if each == high else each for each in home]
            shared[low] |= names
            if high != low:
                shared[low] |= shared.pop(high, set())
    groups: dict[int, list[Reading]] = defaultdict(list)
    for at, reading in zip(home, readings, strict=True):
        groups[at].append(reading)
    return tuple(Story(tuple(some), tuple(sorted(shared[at]))) for at, some in groups.items())


@lru_cache(maxsize=65_536)
def near(one: str, other: str) -> bool:
    """Tell two spellings that may be one name: at least six characters, and few edits apart."""
    from rapidfuzz.distance import Levenshtein  # noqa: PLC0415 - only where names differ

    first, second = fold(one), fold(other)
    if min(len(first), len(second)) < 6 or first == second:
        return False
    reach = 2 if min(len(first), len(second)) >= 9 else 1
    return bool(Levenshtein.distance(first, second, score_cutoff=reach) <= reach)


def conflicts(story: Story, knowledge: Knowledge) -> tuple[Conflict, ...]:
    """Find what stands against each other in *story*, and against what is known."""
    found = [
        *_involvement(story),
        *_spelling(story),
        *_dates(story),
        *_denied(story),
        *_known(story, knowledge),
    ]
    return tuple(dict.fromkeys(found))


def _claims(story: Story) -> Iterator[Claim]:
    return (claim for reading in story.readings for claim in reading.claims)


def _involvement(story: Story) -> Iterator[Conflict]:
    """Find "used tools of A" against "A got in": the second says more than the first bears."""
    weak: dict[str, list[Claim]] = defaultdict(list)
    strong: dict[str, list[Claim]] = defaultdict(list)
    for claim in _claims(story):
        if claim.denied:
            continue
        if claim.relation == "uses-tools-of":
            weak[claim.object].append(claim)
        elif claim.relation == "involves":
            strong[claim.object].append(claim)
        elif claim.relation == "targets" and claim.subject != INTRUDERS:
            strong[claim.subject].append(claim)
    both = [
        (name, weak[match], strong[name])
        for name in strong
        for match in weak
        if match == name or near(match, name)
    ]
    if both:
        names = sorted({name for name, _, _ in both})
        spans = [claim.span for _, tools, did in both for claim in (tools[0], *did)]
        yield Conflict(
            "involvement",
            f"One sentence says that tools associated with {_and(names)} were used, another that "
            "they were involved or got in themselves; the second does not follow from the first",
            tuple(dict.fromkeys(spans)),
        )


def _spelling(story: Story) -> Iterator[Conflict]:
    first: dict[str, Entity] = {}
    for reading in story.readings:
        for each in reading.of_kind(*NAMED):
            first.setdefault(each.name, each)
    for one, other in combinations(first.values(), 2):
        if near(one.name, other.name):
            text = f"{one.name} and {other.name} may be two spellings of one name; not merged"
            yield Conflict("spelling", text, (one.spans[0], other.spans[0]))
        elif fold(one.name) == fold(other.name) and one.name.casefold() != other.name.casefold():
            text = f"{one.name} and {other.name} differ in blanks only and need not be one name"
            yield Conflict("names", text, (one.spans[0], other.spans[0]))
    for each in first.values():
        for name, distance in each.near:
            if name not in first:
                edits = "edit" if distance == 1 else "edits"
                text = f"{each.name} is unknown; {name} is {distance} {edits} away; not merged"
                yield Conflict("spelling", text, (each.spans[0],))


def _dates(story: Story) -> Iterator[Conflict]:
    """Find beginnings that cannot be one: neither date is a part of the other."""
    found: dict[str, Span] = {}
    for reading in story.readings:
        text = reading.document.text
        for each in reading.of_kind("date"):
            for span in each.spans:
                before = text[max(text.rfind(". ", 0, span.start), span.start - 90, 0) : span.start]
                if _BEGIN.search(before):
                    found.setdefault(each.name, span)
    for one, other in combinations(sorted(found), 2):
        if not other.startswith(one):
            text = f"The beginning is dated {one} and {other}"
            yield Conflict("date", text, (found[one], found[other]))


def _denied(story: Story) -> Iterator[Conflict]:
    """Find what one sentence says and another denies."""
    said: dict[tuple[str, str, str], Claim] = {}
    denied: dict[tuple[str, str, str], Claim] = {}
    for claim in _claims(story):
        key = (claim.subject, str(claim.relation), claim.object)
        (denied if claim.denied else said).setdefault(key, claim)
    for key in sorted(said.keys() & denied.keys()):
        text = f"One sentence says that {key[0]} is tied to {key[2]}, another denies it"
        yield Conflict("denied", text, (said[key].span, denied[key].span))


def _known(story: Story, knowledge: Knowledge) -> Iterator[Conflict]:
    entities = {each.name: each for reading in story.readings for each in reading.of_kind("actor")}
    flat: dict[str, list[Span]] = defaultdict(list)
    for claim in _claims(story):
        if claim.denied:
            continue
        if claim.relation == "also-called":
            yield from _two_things(claim, entities, knowledge)
        if claim.relation == "targets" and not claim.hedge and not claim.says:
            flat[claim.subject].append(claim.span)
    yield from _only_tools(flat, entities, knowledge)
    yield from _other_targets(story, entities, knowledge)


def _two_things(
    claim: Claim, entities: dict[str, Entity], knowledge: Knowledge
) -> Iterator[Conflict]:
    one, other = entities.get(claim.subject), entities.get(claim.object)
    if one and other and one.ids and other.ids and not set(one.ids) & set(other.ids):
        sources = {each.source for i in (*one.ids, *other.ids) for each in knowledge.about(i)}
        text = f"It takes {one.name} and {other.name} for one; the knowledge base keeps them apart"
        yield Conflict("knowledge", text, (claim.span,), tuple(sorted(sources))[:4])


def _only_tools(
    flat: Mapping[str, Sequence[Span]], entities: Mapping[str, Entity], knowledge: Knowledge
) -> Iterator[Conflict]:
    """Find actors said to have got in, of whom sources claim tools and hedge even that."""
    doubted: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for name in flat:
        ids = entities[name].ids if name in entities else ()
        about = [each for identity in ids for each in knowledge.by_subject.get(identity, ())]
        hedged = [each for each in about if each.relation == "associated-with" and each.hedge]
        says = tuple(sorted({f"{each.says} {each.date}".strip() for each in hedged}))
        sources = tuple(sorted({each.source for each in hedged}))
        if hedged:
            doubted[says, sources].append(name)
    for (says, sources), names in doubted.items():
        text = (
            f"It says flatly that {_and(names)} did it; {_and(says[:2])} only associated tools "
            f"with {'that name' if len(names) == 1 else 'those names'}"
        )
        spans = tuple(dict.fromkeys(span for name in names for span in flat[name]))
        yield Conflict("knowledge", text, spans, sources[:4])


def _other_targets(
    story: Story, entities: Mapping[str, Entity], knowledge: Knowledge
) -> Iterator[Conflict]:
    """Find targets that nobody has known of an actor whose targets are known."""
    kinds = {each.name: each.kind for reading in story.readings for each in reading.entities}
    for claim in _claims(story):
        target = _target_id(claim.object, kinds.get(claim.object, ""))
        ids = entities[claim.subject].ids if claim.subject in entities else ()
        if claim.relation != "targets" or claim.denied or not target or len(ids) != 1:
            continue
        about = [
            each for each in knowledge.by_subject.get(ids[0], ()) if each.relation == "targets"
        ]
        alike = [each for each in about if type_of(each.object) == type_of(target)]
        if alike and target not in {each.object for each in alike}:
            known = sorted({knowledge.name_of(each.object) for each in alike})
            text = (
                f"It has {claim.subject} target {claim.object}; the knowledge base has it target "
                f"{_and(known[:6])}"
            )
            sources = tuple(sorted({each.source for each in alike}))[:4]
            yield Conflict("knowledge", text, (claim.span,), sources)


def _target_id(name: str, kind: str) -> str:
    """Give the id of a country or sector; "" for a region, which may lie within another."""
    if kind == "country":
        return country_id(country_code(name))
    return sector_id(sector_named(name)) if kind == "sector" else ""


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
