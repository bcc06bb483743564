"""STIX bundles, of version 2.0 and 2.1, ATT&CK's among them, and single STIX objects."""

from collections.abc import Iterator

from sidelight.intel.catalogues import ATTACK
from sidelight.intel.fields import JsonObject, maps, text
from sidelight.intel.identifier import is_stix_id
from sidelight.intel.stix import Refusal, StixObject, check_object


def is_bundle(value: object) -> bool:
    """Tell whether *value* is a bundle or a STIX object."""
    if not isinstance(value, dict):
        return False
    identity = value.get("id")
    return (
        isinstance(identity, str)
        and is_stix_id(identity)
        and identity.startswith(f"{value.get('type')}--")
    )


def read_bundle(value: JsonObject) -> Iterator[StixObject | Refusal]:
    """Yield the objects of a bundle, checked; what is no object is refused."""
    if value.get("type") != "bundle":
        yield check_object(value, text(value, "id"))
        return
    objects = value.get("objects", [])
    if not isinstance(objects, list):
        yield Refusal(text(value, "id"), "objects is no list")
        return
    spec = text(value, "spec_version") or "2.1"  # 2.1 bundles have no version of their own
    for number, each in enumerate(objects):
        yield check_object(each, f"objects[{number}]", spec=spec)


def bundle_version(value: JsonObject) -> str:
    """Say which ATT&CK a bundle is, as far as it tells; empty where it is another's.

    The collection object of ATT&CK's own releases names the version; without it, the latest
    change says how new the bundle is.
    """
    latest = ""
    for each in maps(value, "objects"):
        if each.get("type") == "x-mitre-collection":
            return f"{text(each, 'name')} {text(each, 'x_mitre_version')}".strip()
        if each.get("created_by_ref") == ATTACK:
            latest = max(latest, text(each, "modified")[:10])
    return f"ATT&CK, changed {latest}" if latest else ""
