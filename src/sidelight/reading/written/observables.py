"""Observables as STIX cyber-observable objects; those STIX has no object for stay notes.

Source: STIX 2.1 part 6, and 2.9 for ids: UUIDv5 over the canonical JSON (RFC 8785) of the
properties that contribute; keys here are ASCII and there are no numbers, so sorted keys do.
"""

import json
from collections.abc import Mapping
from typing import Final
from uuid import UUID, uuid5

from sidelight.reading.indicators.observable import Observable

_SPACE: Final = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
_HASHES: Final = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512"}
_SIMPLE: Final = {
    "ipv4": "ipv4-addr",
    "ipv6": "ipv6-addr",
    "domain": "domain-name",
    "url": "url",
    "email": "email-addr",
}


def as_object(each: Observable) -> dict[str, object] | None:
    """Give the STIX object of *each*; None where STIX has none."""
    if each.kind in _SIMPLE:
        return _object(_SIMPLE[each.kind], {"value": each.value})
    if each.kind in _HASHES:
        return _object("file", {"hashes": {_HASHES[each.kind]: each.value}})
    if each.kind == "file":
        return _object("file", {"name": each.value})
    if each.kind == "path":
        name = each.value.replace("\\", "/").rpartition("/")[2]
        return _object("file", {"name": name}) if name else None
    if each.kind == "mutex":
        return _object("mutex", {"name": each.value})
    if each.kind == "registry-key":
        return _object("windows-registry-key", {"key": each.value})
    return None


def _object(kind: str, contributing: Mapping[str, object]) -> dict[str, object]:
    canonical = json.dumps(contributing, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    identity = f"{kind}--{uuid5(_SPACE, canonical)}"
    return {"type": kind, "spec_version": "2.1", "id": identity, **contributing}
