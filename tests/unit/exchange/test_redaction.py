import random

import orjson
import pytest

from allies import NOW, indicator, uuid4
from sidelight.exchange.extension import SIGNATURE
from sidelight.exchange.marking import Unclear, marking_of
from sidelight.exchange.redaction import Left, Outcome, Redacted, redact, redacted_bundle
from sidelight.intel.markings import MARKINGS, Marking

CHANCE = random.Random(2)


def run(*items: dict[str, object], ceiling: Marking = "green") -> list[Outcome]:
    at = "2027-01-15T08:00:00.000Z"
    return redact(items, ceiling, {}, now=at, mint=lambda: uuid4(CHANCE))


def sighting(of: object, tlp: Marking = "green") -> dict[str, object]:
    return {
        "type": "sighting",
        "spec_version": "2.1",
        "id": "sighting--00000000-0000-4000-8000-000000000001",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "sighting_of_ref": of,
        "where_sighted_refs": ["identity--00000000-0000-4000-8000-000000000001"],
        "count": 3,
        "object_marking_refs": [MARKINGS[tlp]],
    }


def test_stix_3_5_what_is_left_has_a_new_id_and_the_rest_of_its_properties() -> None:
    parts = [{"marking_ref": MARKINGS["amber"], "selectors": ["description"]}]
    item = indicator(1, granular_markings=parts, description="who it hit")
    (found,) = run(item)
    assert isinstance(found, Redacted)
    assert found.id == item["id"]
    assert found.item["id"] != item["id"]
    assert found.item["name"] == item["name"]
    assert "description" not in found.item
    assert set(found.gone) == {"description", "granular_markings"}
    assert marking_of(found.item, {}) == "green"


@pytest.mark.parametrize("others", [{}, {"extension-definition--other": {"x": 1}}])
def test_a_signature_does_not_go_along_with_what_its_author_did_not_sign(
    others: dict[str, object],
) -> None:
    (found,) = run(indicator(1, extensions={SIGNATURE: {"signature": "e..s"}, **others}))
    assert isinstance(found, Redacted)
    assert found.item.get("extensions", {}) == others


def test_a_marking_is_never_loosened() -> None:
    (found,) = run(indicator(1, "amber"))
    assert found == Left(
        str(indicator(1)["id"]),
        "it is nothing without pattern and pattern_type and valid_from, which may not go along",
    )
    (found,) = run(indicator(1, "amber"), ceiling="amber+strict")
    assert isinstance(found, Redacted)
    assert marking_of(found.item, {}) == "amber"


def test_a_sighting_loses_its_victim_and_follows_what_it_sighted() -> None:
    item = indicator(1)
    link, made = run(sighting(item["id"]), item)
    assert isinstance(link, Redacted)
    assert isinstance(made, Redacted)
    assert link.item["sighting_of_ref"] == made.item["id"]
    assert "where_sighted_refs" not in link.item
    assert link.item["count"] == 3
    (alone,) = run(sighting(item["id"]))
    assert isinstance(alone, Left)


@pytest.mark.parametrize(
    "text",
    ["IMSI: 244051234567890", "called +358401234567", "244051234567890", "msisdn=1", "the imei 7"],
)
def test_what_names_a_subscriber_is_left_out(text: str) -> None:
    (found,) = run(indicator(1, description=text, x_list=[{"deep": text}]))
    assert isinstance(found, Redacted)
    assert {"description", "x_list"} <= set(found.gone)
    (found,) = run(indicator(1, pattern=f"[x:y = '{text}']"))
    assert isinstance(found, Left)


def test_hashes_and_addresses_are_no_subscribers() -> None:
    text = "d41d8cd98f00b204e9800998ecf8427e 192.0.2.1 2026-01-01T00:00:00.000Z 1234567"
    (found,) = run(indicator(1, description=text))
    assert isinstance(found, Redacted)
    assert found.item["description"] == text


def test_a_bundle_says_what_each_was_made_of_and_what_is_missing() -> None:
    red = indicator(2, "red")
    objects = [
        orjson.dumps(each) for each in (indicator(1), red, {"type": "file", "id": "file--1"})
    ]
    objects.append(b"{")
    data, kept, left = redacted_bundle(objects, "green", NOW, lambda: uuid4(CHANCE))
    made, link = orjson.loads(data)["objects"]
    assert (kept, sum(left.values())) == (1, 3)
    assert link["relationship_type"] == "derived-from"
    assert (link["source_ref"], link["target_ref"]) == (made["id"], indicator(1)["id"])
    assert not isinstance(marking_of(link, {}), Unclear)


POLICY = "marking-definition--44444444-4444-4444-8444-444444444444"


def test_what_it_says_about_handling_stays() -> None:
    item = indicator(
        1,
        None,
        labels=["PAP:RED", "malicious-activity"],
        object_marking_refs=[MARKINGS["green"], POLICY],
    )
    policy = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": POLICY,
        "created": "2026-01-01T00:00:00.000Z",
        "definition_type": "iep",
        "definition": {"iep_version": "2.0", "attribution": "must-not"},
        "object_marking_refs": [MARKINGS["clear"]],
    }
    objects = [orjson.dumps(policy), orjson.dumps(item)]
    data, kept, left = redacted_bundle(objects, "green", NOW, lambda: uuid4(CHANCE))
    along, made, _ = orjson.loads(data)["objects"]
    assert (along, kept, left) == (policy, 1, {})
    assert made["labels"] == ["PAP:RED"]
    assert made["object_marking_refs"] == [MARKINGS["green"], POLICY]


def test_an_id_that_may_not_go_is_not_said_to_be_the_source() -> None:
    """An AMBER object whose required parts its source marked GREEN."""
    names = ["name", "pattern", "pattern_type", "valid_from"]
    parts = [{"marking_ref": MARKINGS["green"], "selectors": names}]
    item = indicator(1, "amber", granular_markings=parts, description="whom it hit")
    data, kept, _ = redacted_bundle([orjson.dumps(item)], "green", NOW, lambda: uuid4(CHANCE))
    assert kept == 1
    assert str(item["id"]).encode() not in data
    assert b"whom it hit" not in data


@pytest.mark.parametrize(
    "value",
    ["+358 40 123 4567", "+49 (170) 123-4567", "imsi_244051234567890", "SUCI-0-244-05", 3.5e14,
     "244051234567890.", "see 244051234567890."],
)  # fmt: skip
def test_numbers_of_subscribers_in_other_spellings(value: object) -> None:
    (found,) = run(indicator(1, x_note=value))
    assert isinstance(found, Redacted)
    assert "x_note" in found.gone


def test_the_tlp_of_a_policy_keeps_a_part_from_going_further() -> None:
    policy = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--11111111-1111-4111-8111-111111111111",
        "created": "2026-01-01T00:00:00.000Z",
        "definition_type": "iep",
        "definition": {"iep_version": 2, "name": "ours", "tlp": "amber"},
        "object_marking_refs": [MARKINGS["green"]],
    }
    part = {"marking_ref": policy["id"], "selectors": ["description"]}
    item = indicator(1, "green", granular_markings=[part], description="who it hit")
    objects = [orjson.dumps(each) for each in (policy, item)]
    bundle, count, _ = redacted_bundle(objects, "green", NOW, lambda: uuid4(CHANCE))
    assert count == 1
    assert b"number 1" in bundle
    assert b"who it hit" not in bundle
