"""MISP galaxy clusters as STIX objects.

Source: MISP galaxy format (draft-dulaunoy-misp-galaxy-format). A cluster keeps its UUID: where
the galaxy repeats ATT&CK, that is ATT&CK's own id. A cluster of a threat actor is an
``intrusion-set``: it says who acts alike, not who a person is.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from sidelight.intel.catalogues import GALAXY, NAMES, UNRESOLVED, galaxy_source, version_time
from sidelight.intel.fields import JsonObject, inner, maps, text, texts
from sidelight.intel.identifier import country_id, named_id, sector_id
from sidelight.intel.places import country_code, country_name
from sidelight.intel.sectors import sector_named
from sidelight.intel.stix import Refusal, StixObject, check_object

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_LIKELIHOOD: Final = re.compile(r'estimative-language:likelihood-probability="([a-z-]+)"')
_TYPES: Final[Mapping[str, str]] = {
    "mitre-malware": "malware",
    "mitre-tool": "tool",
    "threat-actor": "intrusion-set",
    "ransomware": "malware",
    "malpedia": "malware",
    "rat": "malware",
    "backdoor": "malware",
    "botnet": "malware",
    "stealer": "malware",
    "banker": "malware",
}
_CATEGORIES: Final[Mapping[str, str]] = {
    "actor": "intrusion-set",
    "tool": "tool",
    "attack-pattern": "attack-pattern",
    "course-of-action": "course-of-action",
}
_VICTIMS: Final = ("cfr-suspected-victims", "suspected-victims")
_SECTORS: Final = ("targeted-sector", "cfr-target-category", "sector")
_NUMBERS: Final[tuple[tuple[str, str], ...]] = (("mitre-", "mitre-attack"), ("gsma-", "gsma-motif"))


def is_galaxy(value: object) -> bool:
    """Tell whether *value* is a file of clusters."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("values"), list)
        and {"type", "uuid", "version"} <= value.keys()
    )


def galaxy_version(value: JsonObject) -> str:
    """Give the version of the clusters."""
    return f"{text(value, 'type')} {value.get('version')}"


def read_galaxy(value: JsonObject) -> Iterator[StixObject | Refusal]:
    """Yield the clusters of a file, their relations, and the sectors and countries they name."""
    galaxy = text(value, "type")
    kind = _TYPES.get(galaxy) or _CATEGORIES.get(text(value, "category"))
    if kind is None:
        yield Refusal(galaxy, f"clusters of category {text(value, 'category')!r} are not kept")
        return
    number = value.get("version")
    time = version_time(number if isinstance(number, int) and 0 <= number < 1 << 31 else 0)
    stamp = {
        "spec_version": "2.1",
        "created_by_ref": GALAXY,
        "created": version_time(0),
        "modified": time,
        "external_references": [_reference(value)],
    }
    yield _identity()
    for place, cluster in enumerate(value["values"]):  # type: ignore[var-annotated,arg-type]
        where = f"{galaxy}[{place}]"
        if not isinstance(cluster, dict) or not _UUID.fullmatch(text(cluster, "uuid")):
            yield Refusal(where, "is no cluster with a UUID")
            continue
        for each in _cluster(cluster, kind, value, stamp):
            yield each if isinstance(each, Refusal) else check_object(each, where)


def _identity() -> StixObject | Refusal:
    return check_object(
        {
            "type": "identity",
            "spec_version": "2.1",
            "id": GALAXY,
            "created": version_time(0),
            "modified": version_time(0),
            "name": NAMES[GALAXY],
            "identity_class": "group",
        },
        GALAXY,
    )


def _cluster(
    cluster: JsonObject, kind: str, galaxy: JsonObject, stamp: JsonObject
) -> Iterator[JsonObject | Refusal]:
    identity = f"{kind}--{text(cluster, 'uuid')}"
    meta = inner(cluster, "meta")
    yield {
        "type": kind,
        "id": identity,
        **stamp,
        "name": _name(cluster, meta),
        "description": text(cluster, "description"),
        **({"is_family": True} if kind == "malware" else {}),
        **_optional("aliases", texts(meta, "synonyms")),
        "external_references": list(_references(cluster, meta, galaxy)),
        **_optional("kill_chain_phases", tuple(_phases(meta))),
        **_optional("x_misp_origins", _origins(meta)),
    }
    for related in maps(cluster, "related"):
        if _UUID.fullmatch(text(related, "dest-uuid")):
            yield _relation(identity, related, stamp)
    yield from _targets(identity, meta, stamp)


def _optional(key: str, value: object) -> JsonObject:
    return {key: list(value) if isinstance(value, tuple) else value} if value else {}


def _name(cluster: JsonObject, meta: JsonObject) -> str:
    """Give its name, without the number that the galaxy puts behind those of ATT&CK."""
    number = text(meta, "external_id")
    return text(cluster, "value").removesuffix(f" - {number}") if number else text(cluster, "value")


def _references(cluster: JsonObject, meta: JsonObject, galaxy: JsonObject) -> Iterator[JsonObject]:
    kind = text(galaxy, "type")
    yield {**_reference(galaxy), "external_id": text(cluster, "uuid")}
    if number := text(meta, "external_id"):
        name = next((name for start, name in _NUMBERS if kind.startswith(start)), "misp-galaxy")
        yield {"source_name": name, "external_id": number}
    for reference in texts(meta, "refs"):
        key = "url" if reference.startswith("http") else "description"
        yield {"source_name": "reference", key: reference}


def _reference(galaxy: JsonObject) -> JsonObject:
    source = galaxy_source(
        text(galaxy, "type"), text(galaxy, "name"), texts(galaxy, "authors"), text(galaxy, "source")
    )
    return {"source_name": source.id, "description": source.publisher, "url": source.url}


def _phases(meta: JsonObject) -> Iterator[JsonObject]:
    for each in texts(meta, "kill_chain"):
        chain, _, phase = each.rpartition(":")
        yield {"kill_chain_name": chain or "misp-galaxy", "phase_name": phase.lower()}


def _origins(meta: JsonObject) -> JsonObject:
    """Give whose name a name is, where the galaxy knows."""
    return {
        key.removeprefix("origin:"): value
        for key, value in meta.items()
        if key.startswith("origin:") and isinstance(value, str)
    }


def _relation(identity: str, related: JsonObject, stamp: JsonObject) -> JsonObject:
    kind, target = text(related, "type") or "related-to", text(related, "dest-uuid")
    likely = [m[1] for tag in texts(related, "tags") if (m := _LIKELIHOOD.search(tag))]
    return {
        "type": "relationship",
        "id": named_id("relationship", "misp-galaxy", identity, kind, target),
        **stamp,
        "relationship_type": kind,
        "source_ref": identity,
        "target_ref": f"{UNRESOLVED}--{target}",
        **_optional("x_misp_likelihood", likely[0] if likely else ""),
    }


def _targets(identity: str, meta: JsonObject, stamp: JsonObject) -> Iterator[JsonObject | Refusal]:
    sectors = {sector_named(name) for key in _SECTORS for name in texts(meta, key)}
    for sector in sorted(sectors):
        thing = {"name": sector, "identity_class": "class", "sectors": [sector]}
        yield from _target(identity, sector_id(sector), thing, stamp)
    victims = {name: country_code(name) for key in _VICTIMS for name in texts(meta, key)}
    for code in sorted(set(victims.values()) - {""}):
        thing = {"name": country_name(code), "country": code}
        yield from _target(identity, country_id(code), thing, stamp)
    if country := country_code(country_name(text(meta, "country"))):
        thing = {"name": country_name(country), "country": country}
        sure = text(meta, "attribution-confidence")
        more = {"confidence": int(sure)} if sure.isdecimal() and len(sure) < 4 else {}
        yield from _target(
            identity, country_id(country), thing, {**stamp, **more}, "originates-from"
        )
    for name in (name for name, code in victims.items() if not code):
        yield Refusal(identity, f"victim {name!r} is no country")


def _target(
    identity: str, target: str, thing: JsonObject, stamp: JsonObject, kind: str = "targets"
) -> Iterator[JsonObject]:
    bare = {key: value for key, value in stamp.items() if key != "confidence"}
    yield {"type": target.partition("--")[0], "id": target, **bare, **thing}
    yield {
        "type": "relationship",
        "id": named_id("relationship", "misp-galaxy", identity, kind, target),
        **stamp,
        "relationship_type": kind,
        "source_ref": identity,
        "target_ref": target,
    }
