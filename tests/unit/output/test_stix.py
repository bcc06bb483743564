import io
import re
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

import orjson
import pytest

from golden import compare
from sample_run import findings, run
from sidelight.findings.finding import Finding
from sidelight.output.marking import EXTENSION, MARKINGS, Marking
from sidelight.output.stix import open_stix
from sidelight.schema import NO_TIME, Event

IDENTIFIER = re.compile(
    r"[a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)
NEEDED = {
    "identity": {"name"},
    "indicator": {"pattern", "pattern_type", "valid_from"},
    "attack-pattern": {"name"},
    "relationship": {"relationship_type", "source_ref", "target_ref"},
    "intrusion-set": {"name", "external_references"},
    "grouping": {"context", "object_refs"},
    "note": {"content", "object_refs"},
    "observed-data": {"first_observed", "last_observed", "number_observed", "object_refs"},
    "sighting": {"sighting_of_ref"},
    "file": {"name"},
    "directory": {"path"},
    "ipv4-addr": {"value"},
    "domain-name": {"value"},
    "windows-registry-key": {"key"},
    "user-account": {"account_login"},
    "process": set[str](),
}
OBSERVABLES = set(list(NEEDED)[9:])


def written(some: list[Finding], marking: Marking = "amber+strict") -> bytes:
    file = io.BytesIO()
    sink = open_stix(file, "0.1.0", marking)
    for finding in some:
        sink.add(finding)
    sink.close(run())
    return file.getvalue()


def objects(some: list[Finding]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(written(some))["objects"]
    return found


def with_fields(fields: Event, event_id: str) -> list[dict[str, Any]]:
    event = replace(findings()[0].evidence[0], fields=fields, event_id=event_id)
    return objects([replace(findings()[0], evidence=(event,), process=())])


def test_the_bundle_of_a_run_is_as_agreed() -> None:
    compare("bundle.json", written(findings()))


def test_every_object_is_marked_identified_once_and_complete() -> None:
    some = objects(findings())
    assert len({item["id"] for item in some}) == len(some)
    for item in some[1:]:
        assert IDENTIFIER.fullmatch(item["id"]), item["id"]
        assert item["id"].startswith(item["type"] + "--")
        assert UUID(item["id"][-36:]).version == (4 if item["type"] == "process" else 5)
        assert item["spec_version"] == "2.1"
        assert item["object_marking_refs"] == [MARKINGS["amber+strict"]]
        assert NEEDED[item["type"]] <= item.keys()
        assert ("created" in item) == (item["type"] not in OBSERVABLES)
        assert [] not in item.values()


def test_every_reference_leads_to_an_object_that_came_before() -> None:
    seen: set[str] = set()
    for item in objects(findings()):
        for name, value in item.items():
            if name.endswith("_ref"):
                assert value in seen
            if name.endswith("_refs"):
                assert set(value) <= seen
        seen.add(item["id"])


@pytest.mark.parametrize("marking", MARKINGS)
def test_the_marking_is_the_instance_that_oasis_published(marking: Marking) -> None:
    first = orjson.loads(written([], marking))["objects"][0]
    assert first["id"] == MARKINGS[marking]
    assert first["extensions"] == {
        EXTENSION: {"extension_type": "property-extension", "tlp_2_0": marking}
    }
    assert first["created"] == "2022-10-01T00:00:00.000Z"
    assert "definition_type" not in first


def test_ids_of_observables_are_those_of_the_standard() -> None:
    """UUIDv5 over canonical JSON, worked out by hand for {"value":"192.0.2.77"}."""
    some = with_fields({"DestinationIp": "192.0.2.77"}, "3")
    (address,) = [item for item in some if item["type"] == "ipv4-addr"]
    assert address["id"] == _id("ipv4-addr", '{"value":"192.0.2.77"}')


def test_the_hash_of_a_file_that_contributes_is_the_first_of_the_standards_order() -> None:
    hashes = "SHA256=" + "AB" * 32 + ",MD5=" + "CD" * 16 + ",IMPHASH=00"
    some = with_fields({"ImageLoaded": "x.dll", "Hashes": hashes}, "7")
    (file,) = [item for item in some if item["type"] == "file"]
    assert file["hashes"] == {"SHA-256": "ab" * 32, "MD5": "cd" * 16}
    assert file["id"] == _id("file", '{"hashes":{"MD5":"' + "cd" * 16 + '"},"name":"x.dll"}')


def test_a_registry_value_stands_under_its_key() -> None:
    some = with_fields({"TargetObject": r"HKLM\Soft\Run\Evil", "Details": "x.exe"}, "13")
    (key,) = [item for item in some if item["type"] == "windows-registry-key"]
    assert key["key"] == r"HKEY_LOCAL_MACHINE\Soft\Run"
    assert key["values"] == [{"name": "Evil", "data": "x.exe"}]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "0.0.0.0", "-", "LOCAL", "1.2.3", "::"])
def test_what_is_no_address_of_another_host_is_left_out(address: str) -> None:
    some = with_fields({"DestinationIp": address}, "3")
    assert not [item for item in some if item["type"].startswith("ipv")]


def test_a_finding_without_times_is_sighted_but_not_observed() -> None:
    finding = replace(findings()[0], first_seen=NO_TIME, last_seen=NO_TIME)
    kinds = [item["type"] for item in objects([finding])]
    assert "sighting" in kinds
    assert "observed-data" not in kinds


def test_equal_ids_mean_equal_objects() -> None:
    one = {item["id"]: item for item in objects(findings())}
    other = objects([replace(finding, score=1) for finding in findings()])
    assert all(one[item["id"]] == item for item in other if item["id"] in one)


def test_text_that_is_not_unicode_does_not_stop_a_bundle() -> None:
    assert objects([replace(findings()[0], host="a\udcff", title="b\udcff")])


def _id(kind: str, canonical: str) -> str:
    return f"{kind}--{uuid5(UUID('00abedb4-aa42-466c-9c01-fed23315a9b7'), canonical)}"
