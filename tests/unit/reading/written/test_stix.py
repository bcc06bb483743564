"""A brief as STIX: whole, marked, and without anything that a block list would load."""

import json
import re

from reading_cases import brief
from sidelight.reading.written.stix import as_stix

TEXT = (
    "Naikon used COOLCLIENT. It beacons to c2.evil-name[.]net by sideloading, T1574.001. "
    "The MD5 is 0cc175b9c0f1b6a831c399e269772661. Fireant did not use COOLCLIENT."
)


def objects(text: str = TEXT) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(as_stix(brief(text), "green"))["objects"]
    return found


def test_nothing_in_it_is_an_indicator() -> None:
    types = {each["type"] for each in objects()}
    assert "indicator" not in types
    assert {"report", "note", "domain-name", "file", "attack-pattern", "relationship"} <= types


def test_every_reference_is_there_and_every_object_is_marked() -> None:
    found = objects()
    ids = {each["id"] for each in found}
    whole = json.dumps(found)
    pattern = r'"([a-z-]+--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"'
    named = set(re.findall(pattern, whole))
    assert {each for each in named if not each.startswith("extension-")} <= ids
    for each in found:
        assert each["type"] == "marking-definition" or each["object_marking_refs"]


def test_what_is_denied_is_no_relationship() -> None:
    found = [each for each in objects() if each["type"] == "relationship"]
    assert [each["relationship_type"] for each in found] == ["uses"]
    assert str(found[0]["description"]).startswith("Naikon used COOLCLIENT")


def test_ids_of_observables_are_those_of_the_standard() -> None:
    """As python-stix2 makes them of the same properties (STIX 2.1, 2.9)."""
    (domain,) = [each for each in objects() if each["type"] == "domain-name"]
    assert domain["value"] == "c2.evil-name.net"
    assert domain["id"] == "domain-name--4956ac67-eb73-5aa1-8080-46d57ffd8837"


def test_a_text_that_names_nothing_is_a_report_all_the_same() -> None:
    found = {each["type"]: each for each in objects("A quiet day at the office.")}
    assert found["report"]["object_refs"]
    assert found["note"]["object_refs"]
