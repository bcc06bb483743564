"""The names that are looked for: those that are known, and tools that any report may hold."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import ahocorasick_rs

from sidelight.intel.entity import ACTORS, SOFTWARE
from sidelight.intel.identifier import type_of
from sidelight.intel.knowledge import Knowledge
from sidelight.intel.names import NameIndex
from sidelight.reading.entity import Kind, Mention
from sidelight.values import dataclass

_ASCII: Final = {ordinal: ordinal + 32 for ordinal in range(65, 91)}
_PLAIN: Final = re.compile(r"[A-Z]?[a-z]+")
"""A word that could stand in any text: Firefly, Calypso, play."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Names to look for.

    Args:
        names: spelling, and the kinds it may mean.
        index: finds what the knowledge base means by a name.
        knowledge: what is known.
    """

    knowledge: Knowledge
    index: NameIndex
    names: Mapping[str, tuple[tuple[str, Kind], ...]]
    automaton: ahocorasick_rs.AhoCorasick
    patterns: tuple[str, ...]

    def mentions(self, text: str) -> Iterator[Mention]:
        """Yield the names that stand in *text* as words of their own, in order."""
        lower = text.translate(_ASCII)
        for which, start, end in self.automaton.find_matches_as_indexes(lower):
            if not _is_word(text, start, end):
                continue
            written = text[start:end]
            for name, kind in self.names[self.patterns[which]]:
                if _spelled(written, name):
                    yield Mention(kind, written, start, end)
                    break


def _is_word(text: str, start: int, end: int) -> bool:
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    joined = after == "-" and text[end + 1 : end + 2].isdigit()
    return not (before.isalnum() or before in "_\\.@" or after.isalnum() or after == "_" or joined)


def _spelled(written: str, name: str) -> bool:
    """Tell whether *written* may be meant as *name*: capitals where a name has them."""
    if len(name) < 4:
        return written == name
    if written == name or (written.isupper() and len(written) > 4):
        return True
    words = written.split()
    return all(word[0].isupper() or not word[0].isalpha() for word in words if len(word) > 3)


def is_plain(name: str) -> bool:
    """Tell a name that is an ordinary word as well: it needs words around that speak for it."""
    return bool(_PLAIN.fullmatch(name))


def make_lexicon(knowledge: Knowledge) -> Lexicon:
    """Gather the names of actors and software that are known."""
    found: dict[str, dict[tuple[str, Kind], None]] = defaultdict(dict)
    for name, kind in (*_known(knowledge), *_own()):
        if len(name) > 2:
            found[name.translate(_ASCII)].setdefault((name, kind))
    patterns = tuple(sorted(found))
    automaton = ahocorasick_rs.AhoCorasick(
        patterns, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest
    )
    names = {key: tuple(sorted(some, key=_order)) for key, some in found.items()}
    return Lexicon(knowledge, NameIndex(knowledge), names, automaton, patterns)


_KINDS: Final[tuple[Kind, ...]] = ("actor", "malware", "tool")


def _order(pair: tuple[str, Kind]) -> tuple[int, str]:
    return _KINDS.index(pair[1]), pair[0]


def _known(knowledge: Knowledge) -> Iterator[tuple[str, Kind]]:
    for entity in knowledge.entities.values():
        if kind := kind_of(entity.type):
            yield entity.name, kind
    for claim in knowledge.names:
        if kind := kind_of(type_of(claim.entity)):
            yield claim.name, kind


def kind_of(stix_type: str) -> Kind | None:
    """Give the kind of things of a STIX type; None for those whose names are not looked for."""
    if stix_type in ACTORS:
        return "actor"
    if stix_type in SOFTWARE:
        return "malware" if stix_type == "malware" else "tool"
    return None


@cache
def _own() -> tuple[tuple[str, Kind], ...]:
    text = (files("sidelight") / "content" / "reading" / "software.toml").read_text("utf-8")
    rows = tomllib.loads(text)
    return tuple((name, kind) for kind in _KINDS for name in rows.get(kind, ()))
