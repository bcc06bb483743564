"""PAP and IEP as people and tools write them."""

from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest

from allies import NOW, World, indicator, names, objects, open_world
from sidelight.exchange import intake
from sidelight.exchange.handling import Handling, handling_of, policy_tlp, said
from sidelight.exchange.intake import Arrival, Unfit, admit
from sidelight.intel.markings import MARKINGS, Marking

POLICY = "marking-definition--44444444-4444-4444-8444-444444444444"
IEP: dict[str, object] = {
    "id": "01bc4353-0000-4000-8000-0ab7e0790df9",
    "name": "a policy of ours",
    "iep_version": 2.0,
    "start_date": "2017-01-01T00:00:00Z",
    "end_date": None,
    "encrypt_in_transit": "must",
    "permitted_actions": "internally-visible-actions",
    "affected_party_notifications": "may",
    "tlp": "amber",
    "attribution": "must-not",
    "unmodified_resale": "must-not",
    "external_references": [],
}


def definition(policy: object, kind: str = "iep", **more: object) -> dict[str, object]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": POLICY,
        "created": "2026-01-01T00:00:00.000Z",
        "definition_type": kind,
        "definition": policy,
        "object_marking_refs": [MARKINGS["clear"]],
        **more,
    }


def extended(policy: dict[str, object]) -> dict[str, object]:
    item = definition({}, "")
    del item["definition"], item["definition_type"]
    return {**item, "extensions": {"extension-definition--1": policy}}


def marked(tlp: str | None = "amber", **more: object) -> dict[str, object]:
    refs = [*([MARKINGS[tlp]] if tlp else []), POLICY]  # type: ignore[index]
    return indicator(1, None, object_marking_refs=refs, **more)


def read(*labels: str) -> Handling:
    return handling_of(indicator(1, labels=list(labels)), {})


@pytest.mark.parametrize(
    ("text", "pap"),
    [
        ("PAP:RED", "red"), ("pap:amber", "amber"), (" PAP : Green ", "green"),
        ("PAP:CLEAR", "clear"), ("PAP:WHITE", "clear"), ("PAP:PURPLE", "red"), ("pap:", "red"),
    ],
)  # fmt: skip
def test_pap_labels_and_what_is_unknown_is_red(text: str, pap: str) -> None:
    assert read(text, "malicious-activity").pap == pap
    assert bool(read(text).unread) == (text in {"PAP:PURPLE", "pap:"})


def test_labels_add_up_to_the_strictest() -> None:
    assert read("PAP:GREEN", "PAP:AMBER").pap == "amber"
    found = read('iep2-policy:attribution="may"', 'iep:attribution="MUST NOT"')
    assert found.field("attribution") == "must-not"


@pytest.mark.parametrize(
    "item",
    [
        definition({"pap": "amber"}, "pap"),
        definition({"PAP": "PAP:AMBER"}, "PAP"),
        definition({"statement": "PAP:AMBER"}, "statement"),
        extended({"extension_type": "property-extension", "pap": "amber"}),
    ],
)
def test_pap_definitions(item: dict[str, object]) -> None:
    assert handling_of(marked(), {POLICY: item}).pap == "amber"


@pytest.mark.parametrize("item", [definition(IEP), extended({**IEP, "iep_id": "x"})])
def test_iep_as_first_has_it(item: dict[str, object]) -> None:
    found = handling_of(marked(), {POLICY: item})
    assert dict(found.fields) == {
        "encrypt_in_transit": "must",
        "permitted_actions": "internally-visible-actions",
        "affected_party_notifications": "may",
        "attribution": "must-not",
        "unmodified_resale": "must-not",
    }
    assert (found.ends, found.unread, found.stays_in_house) == (None, (), True)
    assert policy_tlp(item) == "amber"
    assert "IEP attribution: must-not" in said(found)


def test_iep_one_and_other_spellings() -> None:
    policy = {"iep-version": "1.0", "PERMITTED ACTIONS": "NONE", "provider-attribution": "MUST NOT"}
    found = handling_of(marked(), {POLICY: extended(policy)})
    assert (found.field("permitted_actions"), found.field("attribution")) == ("none", "must-not")


@pytest.mark.parametrize(
    ("policy", "field", "value"),
    [
        ({"permitted_actions": "whatever"}, "permitted_actions", "none"),
        ({"attribution": 7}, "attribution", "must-not"),
        ({"x_new_field": "y"}, "unmodified_resale", "must-not"),
        ({"id_ref": "x", "url": "https://policies.example/"}, "permitted_actions", "none"),
        ("text", "encrypt_in_transit", "must"),
    ],
)
def test_what_is_not_understood_is_at_its_strictest(policy: object, field: str, value: str) -> None:
    found = handling_of(marked(), {POLICY: definition(policy)})
    assert found.field(field) == value
    assert found.unread
    assert "not understood" in said(found)


def test_nothing_said_is_nothing() -> None:
    assert handling_of(indicator(1, labels=["papaya", "iep"]), {}) == Handling()
    assert said(Handling()) == ""


def admitted(*items: dict[str, object]) -> list[str]:
    found = admit([orjson.dumps(each) for each in items], now=NOW)
    return [each.rule if isinstance(each, Unfit) else "" for each in found]


@pytest.mark.parametrize(
    ("policy", "tlp", "rules"),
    [
        ({}, "amber", ["", ""]),
        ({}, "green", ["", "two-markings"]),
        ({}, None, ["", ""]),
        ({"tlp": "red"}, None, ["", "red-on-feed"]),
        ({"tlp": None}, None, ["", "unmarked"]),
        ({"end_date": "2020-01-01T00:00:00Z"}, "amber", ["", "iep-ended"]),
        ({"end_date": "soon"}, "amber", ["", "iep-ended"]),
        ({"start_date": "2099-01-01T00:00:00Z"}, "amber", ["", "iep-not-yet"]),
    ],
)
def test_the_door(policy: dict[str, object], tlp: str | None, rules: list[str]) -> None:
    assert admitted(definition({**IEP, **policy}), marked(tlp)) == rules


def test_a_policy_stays_on_the_object() -> None:
    _, found = admit([orjson.dumps(definition(IEP)), orjson.dumps(marked(None))], now=NOW)
    assert isinstance(found, Arrival)
    assert found.marking == "amber"
    assert orjson.loads(found.body)["object_marking_refs"] == [POLICY, MARKINGS["amber"]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return open_world(tmp_path)


def test_what_has_an_end_is_served_until_then_and_to_its_owner_after(world: World) -> None:
    end = "2027-01-15T08:00:01Z"  # a second after the clock of the tests
    world.add("A", definition({**IEP, "end_date": end}))
    assert world.add("A", marked())["failure_count"] == 0
    shown = [names(world.ask(who, objects(), ("match[type]", "indicator"))) for who in ("B", "A")]
    assert shown == [["number 1"], ["number 1"]]
    world.now += 1_000_000
    shown = [names(world.ask(who, objects(), ("match[type]", "indicator"))) for who in ("B", "A")]
    assert shown == [[], ["number 1"]]


def test_who_is_not_to_be_named_is_not_passed_on(world: World) -> None:
    creator = "identity--00000000-0000-4000-8000-0000000000ff"
    item = marked("amber", created_by_ref=creator)
    policy = definition({**IEP, "tlp": "green"})
    item["object_marking_refs"] = [MARKINGS["green"], POLICY]
    world.add("A", policy, item)
    assert len(names(world.ask("B", objects()))) == 2
    (failure,) = world.add("B", item)["failures"]  # type: ignore[misc]
    assert str(failure["message"]).startswith("iep-attribution")  # type: ignore[index]


def test_a_definition_that_is_held_means_what_it_meant(world: World) -> None:
    ended = definition({**IEP, "end_date": "2020-01-01T00:00:00Z"})
    world.add("A", ended)
    later = {
        **definition({"statement": "be kind"}, "statement"),
        "created": "2026-02-01T00:00:00.000Z",
    }
    status = world.add("A", later, marked("amber"))
    rules = [str(each["message"]).partition(":")[0] for each in status["failures"]]  # type: ignore[attr-defined]
    assert rules == ["tampered", "iep-ended"]


def test_a_preview_says_how_it_is_to_be_handled(world: World) -> None:
    body = orjson.dumps({"objects": [indicator(1, "amber", labels=["PAP:RED"])]})
    reply = world.ask("A", "/exchange/collections/finds/preview/", method="POST", body=body)
    allowed = [each["why"] for each in orjson.loads(reply.body)["verdicts"] if each["allow"]]
    assert any(why.endswith("; PAP:RED") for why in allowed)


def test_a_definition_is_read_once_and_not_for_every_object(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = list[str]()

    def counted(each: Mapping[str, object]) -> Marking | None:
        read.append(str(each["id"]))
        return policy_tlp(each)

    monkeypatch.setattr(intake, "policy_tlp", counted)
    many = [
        {**definition(IEP), "id": f"marking-definition--00000000-0000-4000-8000-{each:012x}"}
        for each in range(20)
    ]
    admit([orjson.dumps(each) for each in many], now=NOW)
    assert len(read) == 20
