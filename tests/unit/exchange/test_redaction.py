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
