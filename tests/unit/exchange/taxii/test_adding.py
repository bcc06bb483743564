"""TAXII 2.1, section 5.5 and 4.3.1; what the policy keeps out."""

import random
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from allies import (
    NOW,
    TRILATERAL,
    World,
    address,
    envelope,
    indicator,
    names,
    objects,
    open_world,
    parsed,
    uuid4,
)
from sidelight.exchange import instants
from sidelight.exchange.store import audit
from sidelight.intel.markings import MARKINGS

PAIR = """
[[circle]]
name = "pair"
members = ["B", "X"]
legal_basis = "law"
[[collection]]
title = "Pair"
alias = "pair"
circles = ["pair"]
"""
TLP1_AMBER = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"


def post(world: World, body: bytes, who: str = "A") -> int:
    return world.ask(who, objects(), method="POST", body=body).status


def failures(status: dict[str, object]) -> list[str]:
    found = status.get("failures", [])
    assert isinstance(found, list)
    return [str(one["message"]).partition(":")[0] for one in found]


def test_5_5_the_status_tells_what_became_of_each(world: World) -> None:
    status = world.add("A", indicator(1), indicator(2, None))
    assert (status["total_count"], status["success_count"]) == (2, 1)
    assert (status["failure_count"], status["pending_count"]) == (1, 0)
    assert status["status"] == "complete"
    assert status["request_timestamp"] == instants.show(NOW)
    assert status["successes"] == [
        {"id": indicator(1)["id"], "version": "2026-01-01T00:00:00.000Z"}
    ]
    assert failures(status) == ["unmarked"]
    assert "pendings" not in status


def test_5_5_an_exact_duplicate_is_no_error_and_is_there_once(world: World) -> None:
    first = world.add("A", indicator(1))
    again = world.add("A", indicator(1), dict(reversed(indicator(1).items())))
    assert (first["success_count"], again["success_count"]) == (1, 2)
    assert names(world.ask("B", objects(), ("match[version]", "all"))) == ["number 1"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"objects":[]}',
        b'{"objects":{}}',
        b'{"objects":' + b"[" * 100_000,
        b"[" * 100_000,
        b'{"objects":[{"a":"\\ud800"}]}',
        b'{"objects":[1],"objects":' + b'{"a":' * 5000,
        b'{"objects":[1],"objects":[2]}',
        b'{"objects":[1],"\\u006fbjects":[2]}',
        b'{"x":' + b"[" * 900 + b"]" * 900 + b',"objects":[1],"objects":[2]}',
    ],
)
def test_5_5_a_body_that_is_no_envelope_is_422(world: World, body: bytes) -> None:
    assert post(world, body) == 422


@pytest.mark.parametrize(
    "item",
    [
        b"1",
        b"null",
        b'{"type":"indicator"}',
        b'{"type":"indicator","id":7}',
        b'{"type":"malware","id":"indicator--00000000-0000-4000-8000-000000000001"}',
        b'"\xff"',
        b'{"a":1,"a":2}',
        b"[" * 900 + b"]" * 900,
        b'{"a":' * 900 + b"1" + b"}" * 900,
    ],
)
def test_5_5_an_object_that_cannot_be_read_fails_alone(world: World, item: bytes) -> None:
    body = b'{"objects":[' + item + b"," + orjson.dumps(indicator(1)) + b"]}"
    reply = world.ask("A", objects(), method="POST", body=body)
    status = parsed(reply)
    assert (reply.status, status["success_count"], status["failure_count"]) == (202, 1, 1)
    assert failures(status) == ["unreadable"]


def test_5_5_413_over_max_content_length_and_not_below(world: World) -> None:
    largest = world.server.largest
    body = envelope([indicator(1)])
    padded = body[:-1] + b" " * (largest - len(body)) + body[-1:]
    assert (len(padded), post(world, padded)) == (largest, 202)
    assert post(world, padded + b" ") == 413


def test_5_5_415_for_another_content_type(world: World) -> None:
    head = {"content-type": "application/json", "accept": "*/*"}
    reply = world.ask("A", objects(), method="POST", body=envelope([indicator(1)]), headers=head)
    assert reply.status == 415


def test_a_bundle_is_taken_as_an_envelope(world: World) -> None:
    bundle = {"type": "bundle", "id": "bundle--1", "objects": [indicator(1)]}
    assert post(world, orjson.dumps(bundle)) == 202


@pytest.mark.parametrize(
    ("item", "rule"),
    [
        (indicator(1, None), "unmarked"),
        (indicator(1, "red"), "red-on-feed"),
        (indicator(1, "green", labels=["tlp:amber"]), "two-markings"),
        (indicator(1, "green", labels=["TLP:PURPLE"]), "unknown-marking"),
        (indicator(1, None, object_marking_refs="x"), "unreadable-marking"),
        (
            indicator(
                1,
                "green",
                granular_markings=[{"marking_ref": MARKINGS["red"], "selectors": ["name"]}],
            ),
            "red-on-feed",
        ),
        (
            indicator(
                1,
                None,
                granular_markings=[{"marking_ref": MARKINGS["green"], "selectors": ["name"]}],
            ),
            "unmarked",
        ),
        (indicator(1, "green", spec_version="3.0"), "unsupported"),
        (indicator(1, "green", spec_version=[]), "unsupported"),
        (indicator(1, "green", "yesterday"), "unreadable"),
    ],
)
def test_what_nobody_may_see_is_refused_at_the_door(
    world: World, item: dict[str, object], rule: str
) -> None:
    assert failures(world.add("A", item)) == [rule]
    assert world.ask("A", objects()).body == b"{}"


def test_only_the_five_of_oasis_go_out(world: World) -> None:
    custom = "marking-definition--11111111-1111-4111-8111-111111111111"
    definition = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": custom,
        "created": "2026-01-01T00:00:00.000Z",
        "definition_type": "tlp",
        "definition": {"tlp": "white"},
    }
    world.add(
        "A",
        definition,
        indicator(1, None, object_marking_refs=[TLP1_AMBER]),
        indicator(2, None, labels=["tlp:green"]),
        indicator(3, None, object_marking_refs=[custom]),
        indicator(4, "green", labels=["TLP:GREEN"]),
    )
    found = parsed(world.ask("B", objects()))["objects"]
    assert isinstance(found, list)
    refs = [one["object_marking_refs"] for one in found]
    assert refs == [[MARKINGS[name]] for name in ("amber", "green", "clear", "green")]
    assert b"f88d31f6" not in world.ask("B", objects()).body


def test_another_content_under_one_id_and_version_is_an_alarm(world: World) -> None:
    world.add("A", indicator(1))
    assert failures(world.add("A", indicator(1, name="changed"))) == ["tampered"]
    assert names(world.ask("B", objects())) == ["number 1"]
    assert [one.action for one in audit.entries(world.library.engine)][-1] == "alarm"


def test_stix_3_5_only_the_creator_versions_an_object(world: World) -> None:
    world.add("A", indicator(1))
    later = indicator(1, modified="2026-03-01T00:00:00.000Z")
    assert failures(world.add("B", later)) == ["not-creator"]
    assert failures(world.add("A", later)) == []


def test_stix_3_6_what_is_revoked_stays_so(world: World) -> None:
    world.add("A", indicator(1), indicator(1, modified="2026-03-01T00:00:00.000Z", revoked=True))
    later = indicator(1, modified="2026-04-01T00:00:00.000Z")
    assert failures(world.add("A", later)) == ["revoked"]


def test_who_made_it_is_not_who_says_so(world: World) -> None:
    identity = "identity--22222222-2222-4222-8222-222222222222"
    text = (
        '[[organisation]]\nname="A"\ncountry="FI"\nrole="operator"\n'
        f'[[organisation]]\nname="B"\ncountry="FI"\nrole="operator"\nidentity="{identity}"\n'
        '[[circle]]\nname="trilateral"\nmembers=["A","B"]\n'
        '[[collection]]\ntitle="Finds"\nalias="finds"\ncircles=["trilateral"]\n'
    )
    world.apply(text)
    item = indicator(1, created_by_ref=identity)
    assert failures(world.add("A", item)) == ["not-creator"]
    assert failures(world.add("B", item)) == []


def test_two_members_may_find_the_same_and_each_shares_it_on_its_own_terms(world: World) -> None:
    world.add("A", indicator(1, "amber"))
    assert world.add("B", indicator(1, "amber"))["success_count"] == 1
    assert names(world.ask("C", objects(), ("match[version]", "all"))) == ["number 1"]
    path = objects() + str(indicator(1)["id"]) + "/"
    assert world.ask("A", path, method="DELETE").status == 200
    assert names(world.ask("C", objects())) == ["number 1"]


def test_what_one_was_given_is_not_passed_on_to_others(world: World) -> None:
    world.apply(TRILATERAL + PAIR)
    world.add("A", indicator(1, "amber"), indicator(2, "green"))
    world.ask("B", objects())
    status = world.add("B", indicator(1, "amber"), indicator(2, "green"), to="pair")
    assert failures(status) == ["resharing"]
    assert names(world.ask("X", objects("pair"))) == ["number 2"]


def test_what_one_found_oneself_stays_ones_own_when_others_share_it_too(world: World) -> None:
    world.apply(TRILATERAL + PAIR)
    world.add("A", indicator(1, "amber"))
    world.add("B", indicator(1, "amber"))
    world.ask("B", objects())
    assert failures(world.add("B", indicator(1, "amber"), to="pair")) == []


def test_an_observable_said_otherwise_is_another_version(world: World) -> None:
    world.add("A", address("192.0.2.1"), address("192.0.2.1"))
    world.now += 5
    world.add("A", address("192.0.2.1", x_note="more"))
    assert len(names(world.ask("B", objects(), ("match[version]", "all")))) == 2
    assert len(names(world.ask("B", objects()))) == 1


def test_statements_are_known_once_they_are_held(world: World) -> None:
    statement = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--33333333-3333-4333-8333-333333333333",
        "created": "2026-01-01T00:00:00.000Z",
        "definition_type": "statement",
        "definition": {"statement": "all rights are kept"},
        "object_marking_refs": [MARKINGS["clear"]],
    }
    item = indicator(1, None, object_marking_refs=[MARKINGS["green"], statement["id"]])
    assert failures(world.add("A", item)) == ["unknown-marking"]
    assert failures(world.add("X", statement, to="other")) == []
    assert failures(world.add("A", item)) == ["unknown-marking"]  # X's is not for A to know of
    assert failures(world.add("A", statement)) == []
    assert failures(world.add("A", item)) == []


def test_a_list_of_objects_within_an_object_hides_nothing(world: World) -> None:
    assert failures(world.add("A", indicator(1, x_note={"objects": [1], "a": "\u00e9"}))) == []


@pytest.mark.parametrize("depth", [253, 254, 255, 260, 900])
def test_what_is_too_deep_to_be_written_fails_alone(world: World, depth: int) -> None:
    deep = orjson.dumps(indicator(1))[:-1] + b',"x":' + b"[" * depth + b"]" * depth + b"}"
    body = b'{"objects":[' + deep + b"," + orjson.dumps(indicator(2)) + b"]}"
    status = parsed(world.ask("A", objects(), method="POST", body=body))
    assert failures(status) == (["unreadable"] if depth > 253 else [])


LATER = "2026-03-01T00:00:00.000Z"


@pytest.mark.parametrize(
    "sent",
    [
        indicator(1),
        indicator(1, name="changed"),
        indicator(1, modified=LATER),
        indicator(1, "clear", LATER, revoked=True),
    ],
)
def test_who_guesses_an_id_cannot_tell_that_it_is_held(
    sent: dict[str, object], tmp_path: Path
) -> None:
    """X sends under an id that A holds where X sees nothing, and under one that nobody holds."""
    replies = []
    for name, held in (("held", True), ("free", False)):
        (tmp_path / name).mkdir()
        world = open_world(tmp_path / name)
        if held:
            world.add("A", indicator(1))
        world.chance.seed(1)
        world.now += 1000
        world.server = replace(world.server, mint=lambda: uuid4(random.Random(1)))
        body = envelope([sent])
        replies.append(world.ask("X", objects("other"), method="POST", body=body))
        alarms = [each for each in audit.entries(world.library.engine) if each.action == "alarm"]
        wrong = held and sent != indicator(1)
        assert bool(alarms) is wrong
    assert replies[0] == replies[1]


def test_what_a_guess_brought_in_does_not_stand_in_for_the_object(world: World) -> None:
    """G sees what is green alone, so it does not know of the object that it says is revoked."""
    world.add("G", indicator(8))
    world.add("A", indicator(9), indicator(1, "amber"))
    hijack = indicator(1, "green", LATER, revoked=True)
    assert failures(world.add("G", hijack)) == []
    for query in ((), (("match[version]", "all"),), (("match[spec_version]", "2.1"),)):
        for path in (objects(), "/exchange/collections/finds/manifest/"):
            there = parsed(world.ask("B", path, *query))["objects"]
            assert isinstance(there, list)
            (found,) = (each for each in there if each["id"] == indicator(1)["id"])
            assert found.get("version", found.get("modified")) == indicator(1)["modified"]
    assert world.ask("B", "/exchange/recalls/").body == b"{}"


def test_an_identity_of_somebody_unknown_to_one_is_like_any_other(world: World) -> None:
    identity = "identity--22222222-2222-4222-8222-222222222222"
    world.apply(TRILATERAL.replace('name = "A"', f'name = "A"\nidentity = "{identity}"', 1))
    item = indicator(1, created_by_ref=identity)
    assert failures(world.add("B", item)) == ["not-creator"]
    assert failures(world.add("X", item, to="other")) == []
    assert [each.action for each in audit.entries(world.library.engine)][-1] == "alarm"


def test_what_was_given_and_is_gone_is_still_anothers(world: World) -> None:
    world.add("A", indicator(1, "amber"))
    world.ask("B", objects())
    world.ask("A", f"{objects()}{indicator(1)['id']}/", method="DELETE")
    assert failures(world.add("B", indicator(1, "amber", LATER))) == ["not-creator"]
    assert failures(world.add("B", indicator(1, "amber"))) == ["resharing"]
    assert failures(world.add("A", indicator(1, "amber", LATER))) == []


def test_a_preview_of_too_much_is_refused_before_it_is_thought_out(world: World) -> None:
    body = envelope([{}] * 60_000)
    reply = world.ask("A", "/exchange/collections/finds/preview/", method="POST", body=body)
    assert reply.status == 413
