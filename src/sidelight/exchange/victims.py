"""Victims: whom the objects of a bundle say something was seen at, and where else they are named.

A sighting says it in ``where_sighted_refs`` (STIX 2.1, section 5.2.2). A hunt makes an identity of
class ``system`` of each host, so one that is not the maker of anything is a host, too.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Final, TypeAlias

from sidelight.values import dataclass

Json: TypeAlias = Mapping[str, object]

_WORD: Final = re.compile(r"[^\W_]+")
_LEAST: Final = 3
"""Characters of a host's first label that is looked for without its domain."""


@dataclass(frozen=True, slots=True)
class Victims:
    """Ids of victims, and their names by the first word, in lower case."""

    ids: frozenset[str] = frozenset()
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def named_in(self, value: object) -> bool:
        """Tell whether a victim is named anywhere in a value, also as a key, as whole words."""
        match value:
            case str():
                return self._named(value.lower())
            case dict():
                return any(self.named_in(key) or self.named_in(each) for key, each in value.items())
            case list():
                return any(map(self.named_in, value))
            case _:
                return False

    def _named(self, text: str) -> bool:
        if not self.names:
            return False
        return any(
            text.startswith(name, word.start()) and not _WORD.match(text, word.start() + len(name))
            for word in _WORD.finditer(text)
            for name in self.names.get(word[0], ())
        )


def victims(items: Sequence[Json]) -> Victims:
    """Give whom sightings among *items* name, and the hosts."""
    ids = {
        str(ref)
        for each in items
        if each.get("type") == "sighting"
        for ref in _list(each.get("where_sighted_refs"))
    }
    makers = {each.get("created_by_ref") for each in items}
    ids |= {
        str(each.get("id"))
        for each in items
        if each.get("type") == "identity"
        and each.get("identity_class") == "system"
        and each.get("id") not in makers
    }
    names: dict[str, set[str]] = {}
    for each in items:
        if each.get("id") in ids:
            for name in _spellings(each.get("name")):
                names.setdefault(_WORD.findall(name)[0], set()).add(name)
    return Victims(frozenset(ids), {word: frozenset(each) for word, each in names.items()})


def _spellings(name: object) -> Iterable[str]:
    """Give a name as it may stand in a text: whole, and a host's without its domain."""
    if not isinstance(name, str):
        return
    whole = name.lower()
    words = list(_WORD.finditer(whole))
    if not words:
        return
    whole = whole[words[0].start() : words[-1].end()]
    yield whole
    label, dot, _ = whole.partition(".")
    if dot and len(label) >= _LEAST and not label.isdigit() and not re.search(r"\s", whole):
        yield label


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
