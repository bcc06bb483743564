import pytest

from intel_samples import CLUSTER
from sidelight.intel.derive import derive
from sidelight.intel.importers.misp_event import event_version, is_event, read_event
from sidelight.intel.markings import MARKINGS, strictest
from sidelight.intel.stix import Refusal, StixObject

UUID = "12345678-1234-4234-8234-{:012}"


def attribute(number: int, kind: str, value: str) -> dict[str, object]:
    return {"uuid": UUID.format(number), "type": kind, "value": value}


EVENT = {
    "Event": {
        "uuid": UUID.format(0),
        "info": "Herons at an operator",
        "timestamp": "1700000000",
        "Orgc": {"name": "Acme CERT", "uuid": UUID.format(99)},
        "Tag": [{"name": "TLP:AMBER+STRICT"}, {"name": "osint"}],
        "Attribute": [
            attribute(1, "sha256", "ab" * 32),
            attribute(2, "ip-dst", "198.51.100.7"),
            attribute(3, "ip-src", "2001:db8::1"),
            attribute(4, "filename|md5", f"x.dll|{'cd' * 16}"),
            attribute(5, "vulnerability", "CVE-2023-20198"),
            attribute(6, "comment", "hello"),
            attribute(7, "domain", ""),
            {"type": "domain", "value": "example.org"},
        ],
        "Object": [{"Attribute": [attribute(8, "mutex", "m")]}],
        "Galaxy": [
            {
                "uuid": UUID.format(77),
                "name": "Threat Actor",
                "type": "threat-actor",
                "GalaxyCluster": [{"uuid": CLUSTER, "type": "threat-actor", "value": "Fishwind"}],
            }
        ],
    }
}


def objects() -> dict[str, StixObject]:
    read = (each for each in read_event(EVENT) if isinstance(each, StixObject))
    return {each.id: each for each in read}


def test_an_event_is_recognised_alone_and_in_an_answer() -> None:
    assert is_event(EVENT)
    assert is_event({"response": [EVENT]})
    assert event_version({"response": [EVENT]}) == "Herons at an operator"
    assert not is_event({"Event": {"uuid": "1", "info": ""}})


def test_an_event_becomes_a_report_of_what_was_observed() -> None:
    found = objects()
    report = found[f"report--{UUID.format(0)}"].value()
    assert report["published"] == "2023-11-14T22:13:20.000Z"
    kinds = {each.partition("--")[0] for each in report["object_refs"]}
    assert kinds == {
        "file",
        "ipv4-addr",
        "ipv6-addr",
        "vulnerability",
        "mutex",
        "intrusion-set",
    }
    assert not any(each.startswith("indicator--") for each in found)


def test_markings_are_kept_in_whatever_case_they_were_written() -> None:
    marked = objects()[f"file--{UUID.format(1)}"].value()
    assert marked["object_marking_refs"] == [MARKINGS["amber+strict"]]
    assert strictest([MARKINGS["clear"], MARKINGS["red"], "x"]) == "TLP:RED"
    assert strictest(["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"]) == "TLP:AMBER"
    assert strictest([]) == ""


def test_what_is_not_kept_says_why() -> None:
    reasons = [each.reason for each in read_event(EVENT) if isinstance(each, Refusal)]
    assert reasons == [
        "attributes of type 'comment' are not kept",
        "attributes of type 'domain' are not kept",
        "has no UUID",
    ]


def test_clusters_of_an_event_are_known_by_name() -> None:
    knowledge = derive(objects().values())
    assert knowledge.entities[f"intrusion-set--{CLUSTER}"].name == "Fishwind"


@pytest.mark.parametrize("time", ["", "never", "9" * 40, "-5"])
def test_an_odd_time_does_no_harm(time: str) -> None:
    event = {"Event": {**EVENT["Event"], "timestamp": time}}
    assert any(isinstance(each, StixObject) for each in read_event(event))
