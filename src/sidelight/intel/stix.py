"""STIX objects as data: checked where it matters, otherwise kept as they came.

Rule 1. An object is kept byte for byte but for white space and the order of its keys.
Rule 2. A chain of versions is an id *and its creator*: only the creator of an object makes new
versions of it (STIX 2.1, section 3.6), so what somebody else writes under the same id stands
beside it and replaces nothing.
Rule 3. STIX 2.0 is taken as 2.1 says it: ``spec_version`` is written, nothing is dropped.
"""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final, NoReturn

import orjson

from sidelight.intel.documents import Ambiguous
from sidelight.intel.fields import JsonObject, flag, text
from sidelight.intel.identifier import is_stix_id, type_of
from sidelight.values import dataclass

MAX_BYTES: Final = 8 << 20
"""Size of the largest object that is kept; the largest of ATT&CK has some 60 kB."""

_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?Z", re.ASCII)
_NEEDS_NAME: Final = frozenset(
    {
        "attack-pattern",
        "campaign",
        "course-of-action",
        "identity",
        "intrusion-set",
        "malware",
        "threat-actor",
        "tool",
        "vulnerability",
    }
)


@dataclass(frozen=True, slots=True)
class StixObject:
    """One version of one object.

    Args:
        id: its STIX id.
        creator: its ``created_by_ref``, or empty.
        modified: its time in the form ``2024-06-20T09:08:07.000000000Z``, so that versions
            sort as text; empty where the type has no versions.
        data: its JSON with sorted keys, UTF-8.
    """

    id: str
    creator: str
    modified: str
    data: bytes

    @property
    def type(self) -> str:
        """Give its STIX type."""
        return type_of(self.id)

    @property
    def digest(self) -> bytes:
        """Tell it from any other content: SHA-256 of its data."""
        return sha256(self.data).digest()

    def value(self) -> JsonObject:
        """Give what it says."""
        value: JsonObject = orjson.loads(self.data)
        return value


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something in a document that is not kept.

    Args:
        where: the object's id, or its place in the document.
        reason: why, in a few words.
    """

    where: str
    reason: str


def check_object(value: object, where: str, *, spec: str = "2.1") -> StixObject | Refusal:
    """Check one object of a bundle of version *spec*, and give it as it will be kept."""
    if isinstance(value, Ambiguous):
        return Refusal(where, f"has the key {value.key!r} twice")
    if not isinstance(value, dict):
        return Refusal(where, "is no object")
    identity = value.get("id")
    if not isinstance(identity, str) or not is_stix_id(identity):
        return Refusal(where, "has no STIX id")
    for test in _TESTS:
        if reason := test(value, identity):
            return Refusal(identity, reason)
    modified = _TIME.fullmatch(text(value, "modified") or text(value, "created"))
    try:
        data = orjson.dumps(_as_21(value, spec), _refuse, orjson.OPT_SORT_KEYS)
    except (TypeError, orjson.JSONEncodeError) as error:
        return Refusal(identity, f"cannot be kept: {error.__cause__ or error}")
    if len(data) > MAX_BYTES:
        return Refusal(identity, f"is larger than {MAX_BYTES >> 20} MiB")
    return StixObject(identity, text(value, "created_by_ref"), _padded(modified), data)


def _refuse(value: object) -> NoReturn:
    said = f"has the key {value.key!r} twice" if isinstance(value, Ambiguous) else "is no JSON"
    raise TypeError(said)


def _as_21(value: JsonObject, spec: str) -> JsonObject:
    if spec != "2.0" or "spec_version" in value:
        return value
    family = {"is_family": True} if value["type"] == "malware" and "is_family" not in value else {}
    return {**value, "spec_version": "2.1", **family}


def _padded(time: re.Match[str] | None) -> str:
    if time is None:
        return ""
    return f"{time[1]}T{time[2]}.{(time[3] or '').ljust(9, '0')}Z"


def _test_type(value: JsonObject, identity: str) -> str:
    return "" if value.get("type") == type_of(identity) else "has a type other than its id's"


def _test_name(value: JsonObject, identity: str) -> str:
    if type_of(identity) in _NEEDS_NAME and not text(value, "name"):
        return "has no name"
    return ""


def _test_times(value: JsonObject, identity: str) -> str:
    del identity
    for key in ("created", "modified"):
        time = value.get(key)
        if time is not None and not (isinstance(time, str) and _TIME.fullmatch(time)):
            return f"{key} is no STIX timestamp"
    return ""


def _test_references(value: JsonObject, identity: str) -> str:
    needed = ("source_ref", "target_ref") if type_of(identity) == "relationship" else ()
    for key in (*needed, "created_by_ref"):
        reference = value.get(key)
        if reference is None and key not in needed:
            continue
        if not isinstance(reference, str) or not is_stix_id(reference):
            return f"{key} is no STIX id"
    if needed and not text(value, "relationship_type"):
        return "has no relationship_type"
    return ""


def _test_lists(value: JsonObject, identity: str) -> str:
    del identity
    for key, kind in _LISTS.items():
        found = value.get(key)
        if found is None:
            continue
        if not isinstance(found, list) or not all(isinstance(each, kind) for each in found):
            return f"{key} is no list of {'texts' if kind is str else 'objects'}"
    return ""


_LISTS: Final[Mapping[str, type]] = {
    "aliases": str,
    "x_mitre_aliases": str,
    "labels": str,
    "object_marking_refs": str,
    "external_references": dict,
    "kill_chain_phases": dict,
}
_TESTS: Final[tuple[Callable[[JsonObject, str], str], ...]] = (
    _test_type,
    _test_name,
    _test_times,
    _test_references,
    _test_lists,
)


def is_withdrawn(value: JsonObject) -> bool:
    """Tell whether an object was revoked, or deprecated as ATT&CK says it."""
    return flag(value, "revoked") or flag(value, "x_mitre_deprecated")
