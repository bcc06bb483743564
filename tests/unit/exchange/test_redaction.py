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
        "TLP:AMBER is above the ceiling, TLP:GREEN: "
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
    less = redacted_bundle(objects, "green", NOW, lambda: uuid4(CHANCE))
    made, link = orjson.loads(less.bundle)["objects"]
    assert (less.made, less.derivations, sum(less.left.values())) == (1, 1, 3)
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
    less = redacted_bundle(objects, "green", NOW, lambda: uuid4(CHANCE))
    along, made, _ = orjson.loads(less.bundle)["objects"]
    assert (along, less.made, less.along, less.left) == (policy, 1, 1, {})
    assert made["labels"] == ["PAP:RED"]
    assert made["object_marking_refs"] == [MARKINGS["green"], POLICY]


def test_an_id_that_may_not_go_is_not_said_to_be_the_source() -> None:
    """An AMBER object whose required parts its source marked GREEN."""
    names = ["name", "pattern", "pattern_type", "valid_from"]
    parts = [{"marking_ref": MARKINGS["green"], "selectors": names}]
    item = indicator(1, "amber", granular_markings=parts, description="whom it hit")
    less = redacted_bundle([orjson.dumps(item)], "green", NOW, lambda: uuid4(CHANCE))
    assert less.made == 1
    assert str(item["id"]).encode() not in less.bundle
    assert b"whom it hit" not in less.bundle


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
    less = redacted_bundle(objects, "green", NOW, lambda: uuid4(CHANCE))
    assert less.made == 1
    assert b"number 1" in less.bundle
    assert b"who it hit" not in less.bundle


def identity(number: int, name: str, kind: str = "system") -> dict[str, object]:
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": f"identity--00000000-0000-4000-8000-00000000000{number}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "name": name,
        "identity_class": kind,
        "object_marking_refs": [MARKINGS["green"]],
    }


def test_victims_hosts_and_authors_go_and_so_does_what_names_a_victim() -> None:
    maker = identity(2, "Sidelight")
    item = indicator(1, created_by_ref=maker["id"], description="Sidelight saw it")
    texts = ["at WS-07", "ws-07.Ally.example, too", "as x_ws-07_y", "Subscriber Club"]
    named = [indicator(number + 2, description=text) for number, text in enumerate(texts)]
    lost = indicator(8, pattern="[domain-name:value = 'ws-07.ally.example']")
    victim = identity(1, "Subscriber Club", "organization")
    host, other = identity(3, "WS-07.ally.example"), identity(4, "10.0.0.5")
    items = [maker, host, other, sighting(item["id"]), item, *named, lost, victim]
    less = redacted_bundle(
        [orjson.dumps(each) for each in items], "green", NOW, lambda: uuid4(CHANCE)
    )
    made = orjson.loads(less.bundle)["objects"]
    assert {each["type"] for each in made} == {"indicator", "sighting", "relationship"}
    assert [each["description"] for each in made if "description" in each] == ["Sidelight saw it"]
    assert not any(name in less.bundle.lower() for name in (b"ws-07", b"subscriber", b"10.0.0.5"))
    assert less.made + less.derivations == len(made) == 11
    assert sum(less.left.values()) == 5


@pytest.mark.parametrize("text", ["ws-070", "aws-07", "10 hosts", "10.0.0.51"])
def test_what_only_looks_like_a_victim_stays(text: str) -> None:
    hosts = identity(3, "ws-07.ally.example"), identity(4, "10.0.0.5")
    *_, found = run(*hosts, indicator(1, description=text))
    assert isinstance(found, Redacted)
    assert found.item["description"] == text


def test_an_identity_stays_where_something_that_is_left_names_it() -> None:
    sector = identity(1, "telecommunications", "class")
    link = {
        **sighting(None),
        "type": "relationship",
        "id": "relationship--00000000-0000-4000-8000-000000000001",
        "relationship_type": "related-to",
        "source_ref": indicator(1)["id"],
        "target_ref": sector["id"],
    }
    assert all(isinstance(each, Redacted) for each in run(indicator(1), sector, link))
    _, alone = run(indicator(1), sector)
    assert isinstance(alone, Left)
