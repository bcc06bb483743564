"""Cyber-observables out of the events and processes of a finding (STIX 2.1, chapter 6)."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from sidelight.findings.finding import Finding, Process
from sidelight.output.instants import rfc3339_fixed
from sidelight.output.lines import Json
from sidelight.output.stix.identifier import observable_id, process_id
from sidelight.schema import NO_TIME, Event

Object = dict[str, Json]

_FILES: Final = ("ImageLoaded", "TargetFilename", "SourceImage", "TargetImage", "Image")
_ADDRESSES: Final = ("DestinationIp", "SourceIp", "IpAddress")
_DOMAINS: Final = ("DestinationHostname", "QueryName")
_USERS: Final = ("User", "SourceUser", "TargetUser")
_HASHES: Final[Mapping[str, tuple[str, int]]] = {
    "MD5": ("MD5", 32),
    "SHA1": ("SHA-1", 40),
    "SHA256": ("SHA-256", 64),
}
_HASHED: Final[Mapping[str, str]] = {"7": "ImageLoaded", "6": "ImageLoaded", "1": "Image"}
_HIVES: Final[Mapping[str, str]] = {
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKU": "HKEY_USERS",
    "HKCR": "HKEY_CLASSES_ROOT",
    "HKCU": "HKEY_CURRENT_USER",
}
_DOMAIN: Final = re.compile(r"(?=.{4,253}$)(?:[\w-]{1,63}\.)+[A-Za-z][\w-]{1,62}", re.ASCII)


def observables(finding: Finding) -> dict[str, Object]:
    """Give what a finding observed, by id; objects come before those that refer to them."""
    found: dict[str, Object] = {}
    for event in finding.evidence:
        for item in _of_event(event.fields or {}, event.event_id):
            found.setdefault(str(item["id"]), item)
    for item in _lineage(finding.process):
        found.setdefault(str(item["id"]), item)
    return found


def _of_event(fields: Event, event_id: str) -> Iterator[Object]:
    for name in _FILES:
        for value in _values(fields, name):
            hashed = _HASHED.get(event_id) == name
            yield from _file(value, _hashes(fields) if hashed else {})
    for name in _USERS:
        for value in _values(fields, name):
            yield _user(value)
    for name in _ADDRESSES:
        for value in _values(fields, name):
            yield from _address(value)
    for name in _DOMAINS:
        for value in _values(fields, name):
            if _DOMAIN.fullmatch(value):
                yield _observable("domain-name", {"value": value.lower()})
    for value in _values(fields, "TargetObject"):
        yield from _registry_key(value, fields, event_id)


def _lineage(lineage: tuple[Process, ...]) -> Iterator[Object]:
    """Give the ancestors first, each process referring to its parent."""
    parent = ""
    for process in reversed(lineage):
        content: Object = {}
        if process.pid >= 0:
            content["pid"] = process.pid
        if process.started not in {NO_TIME, 0}:
            content["created_time"] = rfc3339_fixed(process.started, 6)
        if process.command_line:
            content["command_line"] = process.command_line
        for item in _file(process.image, {}):
            yield item
            if item["type"] == "file":
                content["image_ref"] = item["id"]
        if process.user:
            user = _user(process.user)
            yield user
            content["creator_user_ref"] = user["id"]
        if parent:
            content["parent_ref"] = parent
        if content:
            parent = process_id(content)
            yield {"type": "process", "spec_version": "2.1", "id": parent, **content}


def _file(path: str, hashes: Mapping[str, str]) -> Iterator[Object]:
    folder, _, name = (
        path.replace("/", "\\").rpartition("\\") if "\\" in path else (path.rpartition("/"))
    )
    if not name:
        return
    content: Object = {"name": name}
    if hashes:
        content["hashes"] = dict(hashes)
    if folder:
        directory = _observable("directory", {"path": folder})
        yield directory
        content["parent_directory_ref"] = directory["id"]
    contributing = dict(content)
    if hashes:
        strongest = next(kind for kind, _ in _HASHES.values() if kind in hashes)
        contributing["hashes"] = {strongest: hashes[strongest]}
    yield {
        "type": "file",
        "spec_version": "2.1",
        "id": observable_id("file", contributing),
        **content,
    }


def _hashes(fields: Event) -> dict[str, str]:
    found = {}
    for part in ",".join(_values(fields, "Hashes")).split(","):
        name, _, digest = part.partition("=")
        kind, length = _HASHES.get(name.strip().upper(), ("", 0))
        if kind and re.fullmatch(rf"[0-9A-Fa-f]{{{length}}}", digest.strip()):
            found[kind] = digest.strip().lower()
    return found


def _user(name: str) -> Object:
    return _observable("user-account", {"account_login": name})


def _address(text: str) -> Iterator[Object]:
    try:
        address = IPv6Address(text) if ":" in text else IPv4Address(text)
    except AddressValueError:
        return
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if not (address.is_unspecified or address.is_loopback):
        yield _observable(f"ipv{address.version}-addr", {"value": str(address)})


def _registry_key(path: str, fields: Event, event_id: str) -> Iterator[Object]:
    hive, _, rest = path.partition("\\")
    if hive not in _HIVES or not rest:
        return
    key = f"{_HIVES[hive]}\\{rest}"
    if event_id != "13":
        yield _observable("windows-registry-key", {"key": key})
        return
    key, _, name = key.rpartition("\\")
    value: Object = {"name": name}
    for data in _values(fields, "Details")[:1]:
        value["data"] = data
    yield _observable("windows-registry-key", {"key": key, "values": [value]})


def _observable(kind: str, content: Object) -> Object:
    identifier = observable_id(kind, content)
    return {"type": kind, "spec_version": "2.1", "id": identifier, **content}


def _values(fields: Event, name: str) -> list[str]:
    value = fields.get(name, [])
    values = [value] if isinstance(value, str) else value
    return [text for text in values if text and text != "-"]
