import pytest

from intel_samples import ATTACK, HERON, LANTERN, thing, tie
from sidelight.intel.documents import read_json
from sidelight.intel.stix import MAX_BYTES, Refusal, StixObject, check_object


def test_an_object_of_stix_20_becomes_one_of_21() -> None:
    found = check_object(thing(LANTERN, "LANTERN"), "here", spec="2.0")
    assert isinstance(found, StixObject)
    assert found.value()["spec_version"] == "2.1"
    assert found.value()["is_family"] is True
    assert (found.id, found.creator, found.type) == (LANTERN, ATTACK, "malware")
    assert found.modified == "2024-05-06T07:08:09.123000000Z"


def test_white_space_and_the_order_of_keys_make_no_other_object() -> None:
    whole = thing(HERON, "Grey Heron")
    found = check_object(whole, "a")
    turned = check_object(dict(reversed(whole.items())), "b")
    assert found == turned
    assert found != check_object({**whole, "name": "Grey heron"}, "c")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "intrusion-set--1"}, "has no STIX id"),
        ({"id": 3}, "has no STIX id"),
        ({"type": "malware"}, "has a type other than its id's"),
        ({"name": ""}, "has no name"),
        ({"name": ["x"]}, "has no name"),
        ({"modified": "yesterday"}, "modified is no STIX timestamp"),
        ({"modified": "2024-05-06T07:08:09+00:00"}, "modified is no STIX timestamp"),
        ({"created": 5}, "created is no STIX timestamp"),
        ({"created_by_ref": "me"}, "created_by_ref is no STIX id"),
        ({"aliases": "x"}, "aliases is no list of texts"),
        ({"aliases": ["x", 1]}, "aliases is no list of texts"),
        ({"external_references": ["x"]}, "external_references is no list of objects"),
        ({"x": "\ud800"}, "cannot be kept"),
        ({"x": 1 << 70}, "cannot be kept"),
        ({"x": "y" * MAX_BYTES}, "is larger than 8 MiB"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_reason(
    change: dict[str, object], reason: str
) -> None:
    found = check_object({**thing(HERON, "Grey Heron"), **change}, "here")
    assert isinstance(found, Refusal)
    assert reason in found.reason


@pytest.mark.parametrize("change", [{"source_ref": None}, {"target_ref": "x"}])
def test_a_relationship_needs_both_ends(change: dict[str, object]) -> None:
    found = check_object({**tie(1, HERON, "uses", LANTERN), **change}, "here")
    assert isinstance(found, Refusal)


def test_a_key_that_stands_twice_costs_its_object_and_no_more() -> None:
    text = b'{"a": {"x": 1, "x": 2}, "b": {"x": 1}}'
    value = read_json(text, where="file")
    assert isinstance(value, dict)
    assert value["b"] == {"x": 1}
    assert isinstance(check_object(value["a"], "objects[0]"), Refusal)
    inside = check_object({**thing(HERON, "Grey Heron"), "extra": value["a"]}, "here")
    assert isinstance(inside, Refusal)
    assert inside.reason == "cannot be kept: has the key 'x' twice"
