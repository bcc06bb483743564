"""MISP events: a report, what was observed, and the galaxy clusters that the event names.

Source: MISP core format (draft-dulaunoy-misp-core-format). Attributes become observables,
never indicators: whether something is to be blocked is decided by a person.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from sidelight.intel.fields import JsonObject, inner, maps, text
from sidelight.intel.identifier import named_id
from sidelight.intel.importers.galaxy import read_galaxy
from sidelight.intel.markings import marking_named
from sidelight.intel.stix import Refusal, StixObject, check_object

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_HASHES: Final = {
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    "sha512": "SHA-512",
    "ssdeep": "SSDEEP",
    "tlsh": "TLSH",
}
_VALUES: Final[Mapping[str, str]] = {
    "domain": "domain-name",
    "hostname": "domain-name",
    "url": "url",
    "uri": "url",
    "email": "email-addr",
    "email-src": "email-addr",
    "email-dst": "email-addr",
    "ip-src": "",
    "ip-dst": "",
}


def is_event(value: object) -> bool:
    """Tell whether *value* is an event, or a search result with events in it."""
    return isinstance(value, dict) and bool(list(_events(value)))


def _events(value: JsonObject) -> Iterator[JsonObject]:
    for each in (value, *maps(value, "response")):
        event = inner(each, "Event")
        if _UUID.fullmatch(text(event, "uuid")) and "info" in event:
            yield event


def event_version(value: JsonObject) -> str:
    """Give the title of the first event."""
    return next((text(each, "info") for each in _events(value)), "")


def read_event(value: JsonObject) -> Iterator[StixObject | Refusal]:
    """Yield a report for each event, with what it refers to."""
    for event in _events(value):
        creator, stamp = _stamp(event)
        made = [*_observed(event, stamp), *_clusters(event)]
        yield check_object(creator, text(creator, "id"))
        yield from made
        kept = dict.fromkeys(each.id for each in made if isinstance(each, StixObject))
        yield check_object(
            {
                "type": "report",
                "id": f"report--{text(event, 'uuid')}",
                **stamp,
                "name": text(event, "info"),
                "published": stamp["modified"],
                "object_refs": [each for each in kept if not each.startswith("identity--")],
            },
            text(event, "uuid"),
        )


def _stamp(event: JsonObject) -> tuple[JsonObject, JsonObject]:
    organisation = inner(event, "Orgc") or inner(event, "Org")
    name = text(organisation, "name") or "unnamed organisation"
    uuid = text(organisation, "uuid")
    own = f"identity--{uuid}" if _UUID.fullmatch(uuid) else named_id("identity", "misp", name)
    time = _time(text(event, "timestamp"))
    tags = (text(each, "name") for each in maps(event, "Tag"))
    markings = sorted({marking for tag in tags if (marking := marking_named(tag))})
    stamp: JsonObject = {
        "spec_version": "2.1",
        "created_by_ref": own,
        "created": time,
        "modified": time,
        **({"object_marking_refs": markings} if markings else {}),
    }
    creator = {
        "type": "identity",
        "spec_version": "2.1",
        "id": own,
        "created": _time("0"),
        "modified": _time("0"),
        "name": name,
        "identity_class": "organization",
    }
    return creator, stamp


def _time(seconds: str) -> str:
    number = int(seconds) if seconds.isdecimal() and len(seconds) < 12 else 0
    return datetime.fromtimestamp(number, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _observed(event: JsonObject, stamp: JsonObject) -> Iterator[StixObject | Refusal]:
    grouped = (each for group in maps(event, "Object") for each in maps(group, "Attribute"))
    marking = {key: stamp[key] for key in ("object_marking_refs",) if key in stamp}
    for attribute in (*maps(event, "Attribute"), *grouped):
        uuid, kind = text(attribute, "uuid"), text(attribute, "type")
        if not _UUID.fullmatch(uuid):
            yield Refusal(kind or "attribute", "has no UUID")
            continue
        found = _observable(kind, text(attribute, "value"))
        if found is None:
            yield Refusal(uuid, f"attributes of type {kind!r} are not kept")
            continue
        versioned = stamp if found["type"] == "vulnerability" else marking
        body = {"spec_version": "2.1", **found, **versioned, "id": f"{found['type']}--{uuid}"}
        yield check_object(body, uuid)


def _observable(kind: str, value: str) -> JsonObject | None:
    """Give what an attribute says as a STIX object without its id."""
    if not value:
        return None
    if kind in _HASHES:
        return {"type": "file", "hashes": {_HASHES[kind]: value}}
    if kind == "filename":
        return {"type": "file", "name": value}
    name, _, digest = kind.partition("|")
    if name == "filename" and digest in _HASHES:
        written, _, hashed = value.partition("|")
        return {"type": "file", "name": written, "hashes": {_HASHES[digest]: hashed}}
    if kind in _VALUES:
        return {"type": _VALUES[kind] or _address(value), "value": value}
    match kind:
        case "mutex":
            return {"type": "mutex", "name": value}
        case "regkey":
            return {"type": "windows-registry-key", "key": value}
        case "vulnerability":
            reference = {"source_name": "cve", "external_id": value}
            return {"type": "vulnerability", "name": value, "external_references": [reference]}
    return None


def _address(value: str) -> str:
    return "ipv6-addr" if ":" in value else "ipv4-addr"


def _clusters(event: JsonObject) -> Iterator[StixObject | Refusal]:
    """Yield the clusters that the event names, as the galaxy would."""
    for galaxy in maps(event, "Galaxy"):
        for cluster in maps(galaxy, "GalaxyCluster"):
            version = text(cluster, "version") or text(galaxy, "version")
            yield from read_galaxy(
                {
                    "type": text(cluster, "type") or text(galaxy, "type"),
                    "uuid": text(galaxy, "uuid"),
                    "category": "actor" if "actor" in text(galaxy, "type") else "",
                    "name": text(galaxy, "name"),
                    "version": int(version) if version.isdecimal() else 0,
                    "values": [cluster],
                }
            )
