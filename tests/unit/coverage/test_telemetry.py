import xml.etree.ElementTree as ET

from sidelight.analytics import columns
from sidelight.analytics.catalogue import ANALYTICS
from sidelight.coverage.telemetry import (
    commands,
    sysmon_configuration,
    telemetry,
    telemetry_of,
)

LOOKS = {"host", "match", "file"}
"""Roles of what was looked at because somebody asked; no log has them."""


def _roles() -> set[str]:
    tables = (
        columns._SYSMON_ROLES,
        columns._SECURITY_ROLES,
        columns._CATEGORY_ROLES,
        columns._POWERSHELL,
    )
    return {role for table in tables for role in table.values()}


def test_every_role_has_a_way_to_be_switched_on() -> None:
    logs = {name: entry for name, entry in telemetry().items() if name not in LOOKS}
    assert {entry.products for entry in logs.values()} == {frozenset({"windows"})}
    assert not any(telemetry()[name].products for name in LOOKS)
    needed = {role for analytic in ANALYTICS.values() for role in analytic.looks_at} - LOOKS
    assert needed <= _roles()
    assert set(telemetry()) >= _roles()
    for entry in logs.values():
        assert entry.events
        assert entry.note
        assert entry.sysmon or entry.policy


def test_the_parts_make_one_configuration() -> None:
    tree = ET.fromstring(sysmon_configuration(telemetry()))
    assert tree.tag == "Sysmon"
    found = [child.tag for group in tree.iter("RuleGroup") for child in group]
    assert {"ImageLoad", "CreateRemoteThread", "ProcessAccess", "FileCreate"} <= set(found)
    assert len(found) == len(set(found))


def test_only_what_was_asked_for_is_switched_on() -> None:
    assert "ImageLoad" in sysmon_configuration(["load"])
    assert "CreateRemoteThread" not in sysmon_configuration(["load"])
    assert sysmon_configuration(["share"]) == ""
    assert "Detailed File Share" in commands(["share"])
    assert commands(["load"]) == ""


def test_a_role_without_an_entry_is_named_by_itself() -> None:
    assert telemetry_of("new").name == "new"
