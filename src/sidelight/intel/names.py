"""Names are claims: what answers to a name, what may be meant by it, and what goes together.

Folding (case, spaces, hyphens) finds candidates and merges nothing: Symantec's *Fireant* and
Sygnia's *Fire Ant* fold alike and are two actors.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from sidelight.intel.claim import NameClaim
from sidelight.intel.entity import Entity
from sidelight.intel.knowledge import Knowledge
from sidelight.values import dataclass

MIN_LENGTH: Final = 6
"""Shorter names have too many neighbours for a misspelling to mean anything."""

MAX_DISTANCE: Final = 2
_SEPARATORS: Final = re.compile(r"[\s\-_]+")

Match: TypeAlias = Literal["number", "exact", "folded"]
_ORDER: Final[tuple[Match, ...]] = ("number", "exact", "folded")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing that a name may mean.

    Args:
        match: *exact* is the same spelling but for case; *folded* the same but for spaces and
            hyphens, too, so it may well be another thing; *number* is a catalogue number or id.
        claims: who gives it this name; empty where only its own name matches.
    """

    entity: Entity
    match: Match
    claims: tuple[NameClaim, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A known name that is spelled almost like an unknown one. It merges nothing.

    Args:
        distance: edits (insert, delete, replace one character) between the folded spellings.
    """

    written: str
    name: str
    distance: int
    candidates: tuple[Candidate, ...]


def fold(name: str) -> str:
    """Give *name* without case, spaces, hyphens and underscores: for look-up only."""
    return _SEPARATORS.sub("", name).casefold()


class NameIndex:
    """Finds things by their names and numbers.

    Args:
        knowledge: what is known; the index holds as long as that value does.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._names: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for claim in knowledge.names:
            self._names[fold(claim.name)].add((claim.name, claim.entity))
        for entity in knowledge.entities.values():
            self._names[fold(entity.name)].add((entity.name, entity.id))

    def look_up(self, name: str) -> tuple[Candidate, ...]:
        """Give all that *name* may mean: several stay several; numbers and ids are names too.

        Exact spellings stand before folded ones, and things that were revoked come last.
        """
        found = {each.entity.id: each for each in self._folded(name)}
        found.update({each.entity.id: each for each in self._numbered(name)})
        return tuple(sorted(found.values(), key=_candidate_order))

    def _numbered(self, name: str) -> Iterator[Candidate]:
        known = self._knowledge
        wanted = name.strip()
        ids = known.by_number.get(wanted.upper(), ())
        for identity in (*ids, wanted.lower()):
            entity = known.entities.get(identity)
            if entity is not None:
                yield Candidate(entity, "number", known.by_entity.get(identity, ()))

    def _folded(self, name: str) -> Iterator[Candidate]:
        known = self._knowledge
        key = fold(name)
        spelled: dict[str, set[str]] = defaultdict(set)
        for written, identity in self._names.get(key, ()):
            spelled[identity].add(written.casefold())
        for identity, spellings in spelled.items():
            entity = known.entities.get(identity)
            if entity is None:
                continue
            match: Match = "exact" if name.strip().casefold() in spellings else "folded"
            claims = known.by_entity.get(identity, ())
            yield Candidate(entity, match, tuple(c for c in claims if fold(c.name) == key))

    def search(self, text: str) -> tuple[Candidate, ...]:
        """Give things one of whose names or numbers contains *text*, folded, best first."""
        key = fold(text)
        if not key:
            return ()
        found: dict[str, Candidate] = {}
        for name in sorted(self._names, key=lambda each: (len(each), each)):
            if key in name:
                for written, _ in sorted(self._names[name]):
                    found.update(
                        (each.entity.id, each)
                        for each in self.look_up(written)
                        if each.entity.id not in found
                    )
        for number, ids in sorted(self._knowledge.by_number.items()):
            if key in number.casefold():
                for identity in ids:
                    entity = self._knowledge.entities[identity]
                    claims = self._knowledge.by_entity.get(identity, ())
                    found.setdefault(identity, Candidate(entity, "number", claims))
        return tuple(found.values())

    def propose(self, written: str, *, limit: int = 5) -> tuple[Proposal, ...]:
        """Give known names close to *written*, nearest first; none where it is known itself.

        A proposal needs context or a person. Names under `MIN_LENGTH` characters are left
        alone, and so are neighbours more than `MAX_DISTANCE` edits away, or more than one for
        fewer than nine characters.
        """
        from rapidfuzz.distance import Levenshtein  # noqa: PLC0415 - only where a name is unknown
        from rapidfuzz.process import extract  # noqa: PLC0415

        key = fold(written)
        if len(key) < MIN_LENGTH or key in self._names:
            return ()
        reach = MAX_DISTANCE if len(key) >= 9 else 1
        near = extract(
            key, self._known(), scorer=Levenshtein.distance, score_cutoff=reach, limit=limit
        )
        return tuple(
            Proposal(written, name, int(distance), self.look_up(name))
            for name, distance in sorted(
                ((min(self._names[text])[0], distance) for text, distance, _ in near),
                key=lambda pair: (pair[1], pair[0]),
            )
        )

    def _known(self) -> list[str]:
        return [text for text in self._names if len(text) >= MIN_LENGTH]


def _candidate_order(candidate: Candidate) -> tuple[object, ...]:
    entity = candidate.entity
    return (_ORDER.index(candidate.match), entity.revoked, entity.type, entity.name, entity.id)


def look_up(knowledge: Knowledge, name: str) -> tuple[Candidate, ...]:
    """Give all that *name* may mean; who asks often keeps a `NameIndex`."""
    return NameIndex(knowledge).look_up(name)
