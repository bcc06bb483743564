"""MITRE FiGHT, the matrix for 5G and its predecessors, as STIX objects.

Source: ``fight.yaml`` of github.com/mitre/FiGHT. It has numbers and no STIX ids: ids are
UUIDv5 over the number, so ``G0093`` here is ATT&CK's own group wherever ATT&CK is known. It dates
nothing either: the time at which its objects are made is their version (STIX 2.1, 3.2), so of
two issues the one that was imported later counts.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from sidelight.intel.catalogues import FIGHT, NAMES, version_time
from sidelight.intel.fields import JsonObject, maps, text, texts
from sidelight.intel.identifier import catalogue_id, named_id
from sidelight.intel.stix import Refusal, StixObject, check_object

_NUMBER: Final = re.compile(r"(?:FG)?[A-Z]{1,2}\d{4}(?:\.\d{3})?", re.ASCII)
_ADDENDUM: Final = re.compile(r"FG(T\d{4}(?:\.[0-4]\d\d)?)", re.ASCII)
"""A technique whose number is ATT&CK's with FG before it adds to that; from .500 on FiGHT
numbers its own, and so it does from T5000 on."""

_MALICIOUS: Final = re.compile(
    r"malware|back ?door|rootkit|trojan|implant|web shell|stealer|\bRAT\b", re.IGNORECASE
)
_TABLES: Final[Mapping[str, str]] = {
    "campaigns": "campaign",
    "groups": "intrusion-set",
    "mitigations": "course-of-action",
    "tactics": "x-mitre-tactic",
    "techniques": "attack-pattern",
    "data sources": "x-mitre-data-component",
}


def is_fight(value: object) -> bool:
    """Tell whether *value* is FiGHT's file."""
    return (
        isinstance(value, dict)
        and {"techniques", "tactics", "groups", "software", "data sources"} <= value.keys()
    )


def fight_version(value: JsonObject) -> str:
    """Say which FiGHT it is: its file has no version, so what it counts stands for it."""
    return f"{len(list(maps(value, 'techniques')))} techniques"


def read_fight(value: JsonObject, at: str) -> Iterator[StixObject | Refusal]:
    """Yield everything that FiGHT numbers, and who and what uses its techniques.

    *at* is the STIX timestamp that becomes the version of each.
    """
    yield check_object(
        {**_stamp("identity", FIGHT), "name": NAMES[FIGHT], "identity_class": "group"}, FIGHT
    )
    for table, kind in (*_TABLES.items(), ("software", "")):
        for row in maps(value, table):
            number = text(row, "id")
            if not _NUMBER.fullmatch(number):
                yield Refusal(f"{table}: {number or text(row, 'name')}", "has no number of FiGHT")
                continue
            for each in _row(row, kind or _software(row)):
                yield check_object({**each, "modified": at}, number)


def _software(row: JsonObject) -> str:
    """Tell malware from tools, between which FiGHT makes no difference, by how it speaks."""
    return "malware" if _MALICIOUS.search(text(row, "description")) else "tool"


def _stamp(kind: str, identity: str) -> JsonObject:
    return {
        "type": kind,
        "id": identity,
        "spec_version": "2.1",
        "created_by_ref": FIGHT,
        "created": version_time(0),
        "modified": version_time(0),
    }


def _row(row: JsonObject, kind: str) -> Iterator[JsonObject]:
    number = text(row, "id")
    identity = catalogue_id(kind, number)
    source = "mitre-fight" if number.startswith("FG") else "mitre-attack"
    status = text(row, "status")
    yield {
        **_stamp(kind, identity),
        "name": text(row, "name"),
        "description": text(row, "description") or text(row, "bluf"),
        **({"is_family": True} if kind == "malware" else {}),
        "external_references": [
            {"source_name": source, "external_id": number},
            {"source_name": "mitre-fight", "url": "https://fight.mitre.org"},
        ],
        **({"x_fight_status": status} if status else {}),
    }
    if kind == "attack-pattern":
        yield from _technique(row, identity)
    else:
        yield from _uses(row, kind, identity)


def _technique(row: JsonObject, identity: str) -> Iterator[JsonObject]:
    parents = texts(row, "subtechnique-of")
    for parent in parents:
        if _NUMBER.fullmatch(parent):
            yield _relation(identity, "subtechnique-of", catalogue_id("attack-pattern", parent), "")
    match = _ADDENDUM.fullmatch(text(row, "id"))
    if match and not match[1].startswith("T5"):
        target = catalogue_id("attack-pattern", match[1])
        yield _relation(identity, "related-to", target, "addendum to ATT&CK")


def _uses(row: JsonObject, kind: str, identity: str) -> Iterator[JsonObject]:
    relation = "mitigates" if kind == "course-of-action" else "uses"
    if kind in {"x-mitre-tactic", "x-mitre-data-component"}:
        return
    bare = ((number, "") for number in texts(row, "techniques"))
    told = ((text(each, "id"), text(each, "use")) for each in maps(row, "techniques"))
    for number, use in (*bare, *told):
        if _NUMBER.fullmatch(number):
            yield _relation(identity, relation, catalogue_id("attack-pattern", number), use)


def _relation(source: str, kind: str, target: str, description: str) -> JsonObject:
    return {
        **_stamp("relationship", named_id("relationship", "mitre-fight", source, kind, target)),
        "relationship_type": kind,
        "source_ref": source,
        "target_ref": target,
        **({"description": description} if description else {}),
    }
