"""One document becomes a reading: what it names, what it claims, and how it comes to know."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from sidelight.intel.knowledge import Knowledge
from sidelight.intel.names import Candidate, fold
from sidelight.intel.warning import Warnings
from sidelight.reading import speech
from sidelight.reading.claim import Claim, Technique
from sidelight.reading.document import Document, Span
from sidelight.reading.entity import NAMED, Entity, Mention, Status
from sidelight.reading.indicators import find_observables
from sidelight.reading.indicators.observable import Observable
from sidelight.reading.lexicon import Lexicon, kind_of
from sidelight.reading.names import find_names
from sidelight.reading.places import find_dates, find_places, find_sectors
from sidelight.reading.relations import relate, within
from sidelight.reading.sentences import sentences
from sidelight.reading.speech import Provenance, provenance
from sidelight.reading.techniques import find_techniques
from sidelight.reading.view import View, unwrapped, view
from sidelight.values import dataclass

_PRONOUN: Final = re.compile(r"(?:It|They)\b(?= \w)")
"""Stands for what the sentence before names first; nothing else is resolved."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one document says.

    Args:
        entities: by kind and name.
        orders: where the text tries to instruct its reader, which is noted and not obeyed.
        proposed: whether a model proposed part of it.
    """

    document: Document
    entities: tuple[Entity, ...]
    claims: tuple[Claim, ...]
    techniques: tuple[Technique, ...]
    observables: tuple[Observable, ...]
    provenance: Provenance
    orders: tuple[Span, ...] = ()
    proposed: bool = False

    def of_kind(self, *kinds: str) -> tuple[Entity, ...]:
        """Give the entities of *kinds*."""
        return tuple(each for each in self.entities if each.kind in kinds)

    @property
    def observed(self) -> tuple[Observable, ...]:
        """Give what was seen in the intrusion, addresses for the reader left out; each once."""
        once: dict[tuple[str, str], Observable] = {}
        for each in self.observables:
            if each.role == "observed":
                once.setdefault((each.kind, each.value), each)
        return tuple(once.values())


def read(document: Document, lexicon: Lexicon, warnings: Warnings) -> Reading:
    """Read *document*. The same document and knowledge give the same reading."""
    seen = view(document)
    spans = list(sentences(seen.text))
    observables = find_observables(seen, warnings)
    mentions = _mentions(seen, spans, lexicon, observables)
    links = [each.value for each in observables if each.kind == "url" and each.role == "reference"]
    origin = provenance(seen, (*links, *document.content.links[:1]))
    return Reading(
        document,
        _entities(seen, mentions, lexicon),
        tuple(_claims(seen, spans, mentions, origin)),
        tuple(_techniques(seen, spans, lexicon)),
        observables,
        origin,
        tuple(seen.span(start, end) for start, end in speech.orders(seen.text)),
    )


def _mentions(
    seen: View,
    spans: Sequence[tuple[int, int]],
    lexicon: Lexicon,
    observables: Sequence[Observable],
) -> list[Mention]:
    names = find_names(unwrapped(seen.text), spans, lexicon)
    taken = {at for each in names for at in range(each.start, each.end)}
    if not seen.places:
        inside = [each.span for each in observables if each.kind not in {"command", "yara"}]
        ranges = {at for span in inside for at in range(span.start, span.end)}
        names = [each for each in names if each.start not in ranges]
    rest = chain(find_places(seen.text), find_sectors(seen.text), find_dates(seen.text))
    others = [each for each in rest if taken.isdisjoint(range(each.start, each.end))]
    written = [
        Mention("vulnerability" if each.kind == "cve" else "file", each.value, *_ends(each))
        for each in observables
        if each.kind in {"cve", "file"} and not seen.places
    ]
    return sorted([*names, *others, *written], key=lambda each: (each.start, -each.end, each.kind))


def _ends(each: Observable) -> tuple[int, int]:
    return each.span.start, each.span.end


def _entities(seen: View, mentions: Sequence[Mention], lexicon: Lexicon) -> tuple[Entity, ...]:
    groups: dict[tuple[str, str], list[Mention]] = defaultdict(list)
    for each in mentions:
        if each.kind == "file":  # an observable, which relations may be about
            continue
        groups[each.kind, each.name].append(each)
    return tuple(_entity(seen, group, lexicon) for _, group in sorted(groups.items()))


def _entity(seen: View, group: Sequence[Mention], lexicon: Lexicon) -> Entity:
    kind, name = group[0].kind, group[0].name
    spans = tuple(dict.fromkeys(seen.span(each.start, each.end) for each in group))
    if kind not in NAMED:
        return Entity(kind, name, spans)
    candidates = lexicon.index.look_up(name)
    exact = [each for each in candidates if each.match != "folded" and kind_of(each.entity.type)]
    folded = [each for each in candidates if each.match == "folded" and kind_of(each.entity.type)]
    ids = tuple(each.entity.id for each in exact)
    near = tuple(
        (each.name, each.distance)
        for each in (lexicon.index.propose(name) if not candidates else ())
        if any(kind_of(found.entity.type) for found in each.candidates)
    )
    others = _others(name, folded, lexicon.knowledge)
    status: Status = (
        "ambiguous" if len(ids) > 1 else "known" if ids else "proposed" if near else "new"
    )
    return Entity(kind, name, spans, status, ids, near, others)


def _others(name: str, folded: Sequence[Candidate], knowledge: Knowledge) -> tuple[str, ...]:
    """Give known names that differ from *name* in blanks and hyphens only, and what they touch."""
    found = set()
    for each in folded:
        written = {each.entity.name, *(claim.name for claim in each.claims)}
        ends = [
            end
            for claim in knowledge.about(each.entity.id)
            if claim.relation == "overlaps"
            for end in (claim.subject, claim.object)
            if end != each.entity.id
        ]
        touched = sorted(dict.fromkeys(map(knowledge.name_of, ends)))
        more = f" (overlaps {', '.join(touched)})" if touched else ""
        found |= {f"{text}{more}" for text in written if fold(text) == fold(name) and text != name}
    return tuple(sorted(found))


def _claims(
    seen: View,
    spans: Sequence[tuple[int, int]],
    mentions: Sequence[Mention],
    origin: Provenance,
) -> Iterator[Claim]:
    starts = [each.start for each in mentions]
    speakers = speech.speakers(seen.text)
    last: Mention | None = None
    for start, end in spans:
        low, high = bisect_right(starts, start - 1), bisect_right(starts, end)
        inside = within(mentions[low:high], start, end)
        sentence = unwrapped(seen.text[start:end])
        named = next((each for each in inside if each.kind in NAMED), None)
        if last and (pronoun := _PRONOUN.match(sentence)):
            inside.insert(0, Mention(last.kind, last.name, *pronoun.span()))
        last = named or last
        if not inside:
            continue
        voice = next((v.name for v, at, _ in speakers if start <= at < end), "")
        first = not voice and (origin.hand == "first-hand" or speech.speaks_first_hand(sentence))
        for subject, relation, object_ in relate(sentence, inside):
            yield Claim(
                subject,
                relation,
                object_,
                seen.span(start, end),
                hedge=speech.hedge(sentence),
                says=voice,
                first_hand=first,
                denied=relation != "distinct-from" and speech.denies(sentence),
            )


def _techniques(
    seen: View, spans: Sequence[tuple[int, int]], lexicon: Lexicon
) -> Iterator[Technique]:
    starts = [start for start, _ in spans]
    known: set[tuple[str, int]] = set()
    for identity, name, start, end, by in sorted(
        find_techniques(seen.text, lexicon.knowledge), key=lambda found: (found[2], found[0])
    ):
        at = bisect_right(starts, start) - 1
        if at < 0 or (identity, at) in known:
            continue
        known.add((identity, at))
        denied = speech.denies(seen.text[slice(*spans[at])])
        yield Technique(identity, name, seen.span(start, end), by, denied)
