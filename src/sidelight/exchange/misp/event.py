"""What of a MISP event may leave: its parts with their markings, and why others stay.

Only properties that are known here are kept: an event as an instance exports it also holds mail
addresses of its authors, the members of sharing groups, proposals, and who sighted what.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final, TypeAlias

from sidelight.exchange.marking import strictest
from sidelight.exchange.misp.terms import (
    Audience,
    Json,
    Left,
    flag,
    marked,
    named,
    tables,
    tlp_of,
    withheld,
)
from sidelight.intel.markings import Marking
from sidelight.values import dataclass

Made: TypeAlias = dict[str, object]

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_TLP: Final = re.compile(r"\s*tlp\s*:", re.IGNORECASE | re.ASCII)
_EVENT: Final = ("uuid", "info", "date", "timestamp", "publish_timestamp", "published")
_RATED: Final = ("analysis", "threat_level_id")
_ATTRIBUTE: Final = (
    "uuid", "type", "category", "value", "to_ids", "timestamp", "comment", "object_relation",
    "first_seen", "last_seen", "data",
)  # fmt: skip
_OBJECT: Final = (
    "uuid", "name", "meta-category", "description", "template_uuid", "template_version",
    "timestamp", "comment", "first_seen", "last_seen",
)  # fmt: skip
_CLUSTER: Final = ("uuid", "type", "value", "tag_name", "description", "meta", "collection_uuid")
_GALAXY: Final = ("uuid", "name", "type", "description", "namespace")


@dataclass(slots=True)
class Leaving:
    """An event without what may not leave.

    Args:
        event: the rest, without TLP tags.
        marking: of the event.
        markings: of attributes, objects and reports, by their UUID in lower case.
        left: what stays behind, and why.
    """

    event: Made
    marking: Marking
    markings: dict[str, Marking] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)


def leaving(event: Json, audience: Audience, *, drafts: bool = False) -> Leaving | Left:
    """Say what of an event may go to an audience; or why none of it.

    *drafts* lets events go that are not published.
    """
    tlp = tlp_of(event)
    if isinstance(tlp, Left):
        return tlp
    if tlp is None:
        return Left(named(event), "it carries no TLP tag, so nobody may see it")
    if tlp == "red":
        return Left(named(event), "TLP:RED is for named people, never for a feed")
    if not _is_named(event):
        return Left(named(event), "it has no UUID")
    if why := withheld(event, audience, inherits=False):
        return Left(named(event), why)
    if not flag(event.get("published")) and not drafts:
        return Left(named(event), "it is not published; --drafts lets it go all the same")
    reader = _Reader(audience, Leaving(_kept(event, (*_EVENT, *_RATED)), tlp))
    reader.event(event)
    return reader.leaving


@dataclass(slots=True)
class _Reader:
    audience: Audience
    leaving: Leaving

    def event(self, event: Json) -> None:
        made, whole = self.leaving.event, self.leaving.marking
        made.update(self._context(event))
        creator = event.get("Orgc")
        if isinstance(creator, Mapping):
            made["Orgc"] = _kept(creator, ("uuid", "name"))
        made["Attribute"] = [one for one, _ in self._attributes(event, whole, "")]
        made["Object"] = list(self._objects(event, whole))
        made["EventReport"] = list(self._reports(event, whole))
        for name in ("ShadowAttribute", "EventGraph", "CryptographicKey"):
            if event.get(name):
                self._leave(named(event), f"{name} never leaves")

    def _attributes(
        self, part: Json, above: Marking, within: str
    ) -> Iterator[tuple[Made, Marking]]:
        for each in tables(part.get("Attribute")):
            marking = self._marking(each, above)
            if marking is None:
                continue
            made = {**_kept(each, _ATTRIBUTE), **self._context(each)}
            made["Sighting"] = list(self._sightings(each))
            if not within:
                self.leaving.markings[_key(each)] = marking
            yield made, marking

    def _objects(self, event: Json, above: Marking) -> Iterator[Made]:
        kept: list[tuple[Made, Json]] = []
        for each in tables(event.get("Object")):
            marking = self._marking(each, above)
            if marking is None:
                continue
            inner = list(self._attributes(each, marking, named(each)))
            if not inner:
                self._leave(named(each), "nothing of it is left")
                continue
            # An object becomes one thing in STIX, so its strictest attribute counts.
            self.leaving.markings[_key(each)] = strictest((marking, *(one for _, one in inner)))
            attributes = [one for one, _ in inner]
            kept.append(({**_kept(each, _OBJECT), "Attribute": attributes}, each))
        there = {*self.leaving.markings}
        for made, each in kept:
            made["ObjectReference"] = [
                dict(reference)
                for reference in tables(each.get("ObjectReference"))
                if str(reference.get("referenced_uuid", "")).lower() in there
                and not flag(reference.get("deleted"))
            ]
            yield made

    def _reports(self, event: Json, above: Marking) -> Iterator[Made]:
        for each in tables(event.get("EventReport")):
            marking = self._marking(each, above)
            if marking is not None:
                self.leaving.markings[_key(each)] = marking
                yield _kept(each, ("uuid", "name", "content", "timestamp"))

    def _marking(self, part: Json, above: Marking) -> Marking | None:
        """Give the marking of a part that leaves; None where it stays, which is noted."""
        why = withheld(part, self.audience, inherits=True)
        if not _is_named(part):
            why = "it has no UUID"
        if flag(part.get("deleted")):
            why = "it is deleted"
        found = Left(named(part), why) if why else marked(part, above)
        if isinstance(found, Left):
            self.leaving.left.append(found)
            return None
        return found

    def _context(self, part: Json) -> Made:
        """Give tags but those of TLP, which markings say, and galaxies; none that are local."""
        kept = [
            {"name": str(tag.get("name", ""))}
            for tag in tables(part.get("Tag"))
            if not flag(tag.get("local")) and not _TLP.match(str(tag.get("name", "")))
        ]
        return {"Tag": kept, "Galaxy": list(self._galaxies(part))}

    def _galaxies(self, part: Json) -> Iterator[Made]:
        for galaxy in tables(part.get("Galaxy")):
            clusters = []
            for cluster in tables(galaxy.get("GalaxyCluster")):
                # Those of the project itself have no distribution, or that of everybody.
                why = ""
                if cluster.get("distribution") is not None:
                    why = withheld(cluster, self.audience, inherits=True)
                if flag(cluster.get("local")) or why:
                    self._leave(f"cluster {cluster.get('value')}", why or "it is local")
                else:
                    clusters.append(_kept(cluster, _CLUSTER))
            if clusters:
                yield {**_kept(galaxy, _GALAXY), "GalaxyCluster": clusters}

    def _sightings(self, part: Json) -> Iterator[Made]:
        for each in tables(part.get("Sighting")):
            if str(each.get("type", "0")) == "0" and _is_named(each):
                # Who has seen it is for them to say.
                yield _kept(each, ("uuid", "type", "date_sighting"))
            else:
                self._leave(f"sighting {each.get('uuid')}", "only sightings of type 0 leave")

    def _leave(self, what: str, why: str) -> None:
        self.leaving.left.append(Left(what, why))


def events_of(document: object) -> list[Json]:
    """Give the events of a document as MISP exports it: one, a list, or a search's response."""
    match document:
        case {"response": inner}:
            return events_of(inner)
        case {"Event": Mapping() as event}:
            return [event]
        case list() as several:
            return [event for each in several for event in events_of(each)]
        case Mapping() as event if "info" in event and "uuid" in event:
            return [event]
    return []


def _kept(part: Json, names: Sequence[str]) -> Made:
    return {name: part[name] for name in names if part.get(name) is not None}


def _key(part: Json) -> str:
    return str(part.get("uuid", "")).lower()


def _is_named(part: Json) -> bool:
    return _UUID.fullmatch(str(part.get("uuid", ""))) is not None
