"""Recalls as an owner makes them and as each recipient sees them."""

from pathlib import Path

import orjson
import pytest

from allies import (
    TRILATERAL,
    World,
    address,
    indicator,
    names,
    objects,
    open_world,
    operators,
    parsed,
)
from sidelight.exchange.store import audit
from sidelight.exchange.taxii.message import Response
from sidelight.intel.markings import MARKINGS

RECALLS = "/exchange/recalls/"
HOUR = 3_600_000_000


def recall(world: World, who: str, ident: object, **more: object) -> Response:
    body = orjson.dumps({"object_id": ident, "reason": "false positive", **more})
    return world.ask(who, RECALLS, method="POST", body=body)


def seen(world: World, who: str, *query: tuple[str, str]) -> list[dict[str, object]]:
    reply = world.ask(who, RECALLS, *query)
    assert reply.status == 200
    found = parsed(reply).get("recalls", [])
    assert isinstance(found, list)
    return found


def acknowledge(world: World, who: str, ident: object, done: str = "deleted") -> Response:
    body = orjson.dumps({"done": done})
    return world.ask(who, f"{RECALLS}{ident}/acknowledgement/", method="POST", body=body)


def states(world: World, owner: str = "A") -> dict[str, str]:
    made = parsed(world.ask(owner, RECALLS + "made/"))["recalls"]
    assert isinstance(made, list)
    return {each["organisation"]: each["state"] for one in made for each in one["recipients"]}


@pytest.fixture
def given(world: World) -> World:
    """B and C were given an object of A, G only learnt its id, X nothing."""
    world.add("A", indicator(1, "amber"))
    for who in ("B", "C"):
        assert names(world.ask(who, objects())) == ["number 1"]
    world.ask("G", "/exchange/collections/finds/manifest/")
    return world


IDENT = indicator(1)["id"]
TWO_CIRCLES = f"""
{operators(A="FI", B="FI", D="FI")}
[[circle]]
name = "one"
members = ["A", "B"]
[[circle]]
name = "two"
members = ["A", "D"]
[[collection]]
title = "One"
alias = "one"
circles = ["one"]
[[collection]]
title = "Two"
alias = "two"
circles = ["two"]
"""


def test_it_reaches_each_that_got_it_and_nobody_else(given: World) -> None:
    assert recall(given, "A", IDENT).status == 202
    assert {who: len(seen(given, who)) for who in "ABCGX"} == {
        "A": 0,
        "B": 1,
        "C": 1,
        "G": 0,
        "X": 0,
    }
    (notice,) = seen(given, "B")
    assert notice["object_id"] == IDENT
    assert notice["versions"] == [indicator(1)["modified"]]
    assert notice["reason"] == "false positive"
    assert states(given) == {"B": "open", "C": "open"}


def test_it_reaches_those_who_may_not_see_the_object_any_more(given: World) -> None:
    without = TRILATERAL.replace('members = ["A", "B", "G"]', 'members = ["A", "G"]')
    given.now += 1
    given.apply(without.replace('client_of = ["A"]\n', ""))
    for who in ("B", "C"):
        assert given.ask(who, objects()).status == 404
    assert recall(given, "A", IDENT).status == 202
    assert [len(seen(given, who)) for who in ("B", "C")] == [1, 1]
    assert states(given) == {"B": "open", "C": "open"}, "the owner knew them as its fellows"


def test_a_plain_client_finds_a_revoked_version_and_the_next_is_refused(given: World) -> None:
    recall(given, "A", IDENT)
    (item,) = parsed(given.ask("B", objects()))["objects"]  # type: ignore[misc]
    assert item["revoked"] is True  # type: ignore[index]
    later = indicator(1, "amber", "2099-01-01T00:00:00.000Z")
    assert given.add("A", later)["failure_count"] == 1
    # Who only ever got the revoked version has nothing to take back.
    assert seen(given, "G") == []


def test_what_was_taken_back_is_refused_to_its_owner_and_to_nobody_else(world: World) -> None:
    """Whoever shares the same, and knows nothing of the recall, is told what it was told before."""
    same = indicator(1, "amber")
    world.add("A", same)
    before = world.add("B", same)
    recall(world, "A", IDENT)
    (failure,) = world.add("A", same, indicator(2, "amber"))["failures"]  # type: ignore[misc]
    assert failure["message"] == "recalled: you took it back, so nobody is given it"  # type: ignore[index]
    after = world.add("B", same)
    assert [after.get(name) for name in ("success_count", "failure_count", "failures")] == [
        before.get(name) for name in ("success_count", "failure_count", "failures")
    ]


def test_versions_with_the_one_that_revokes_them_can_be_sent_again(world: World) -> None:
    gone = {**indicator(1, "amber", "2099-01-01T00:00:00.000Z"), "revoked": True}
    for _ in range(2):  # as after a cut, when nobody knows whether they arrived
        assert world.add("A", indicator(1, "amber"), gone)["failure_count"] == 0
    assert world.add("A", gone)["failure_count"] == 0
    assert world.add("A", indicator(1, "amber"))["failure_count"] == 1


def the_only(world: World, who: str, to: str) -> dict[str, object]:
    (item,) = parsed(world.ask(who, objects(to)))["objects"]  # type: ignore[misc]
    assert isinstance(item, dict)
    return item


def test_what_was_said_in_one_collection_is_not_told_in_another(tmp_path: Path) -> None:
    world = open_world(tmp_path, TWO_CIRCLES)
    for to in ("one", "two"):
        world.add("A", indicator(1, "amber"), to=to)
    later = indicator(1, "amber", "2026-02-01T00:00:00.000Z", name="for one alone")
    world.add("A", later, to="one")
    assert recall(world, "A", IDENT).status == 202
    found = {to: the_only(world, who, to) for who, to in (("B", "one"), ("D", "two"))}
    assert [each["revoked"] for each in found.values()] == [True, True]
    assert [each["name"] for each in found.values()] == ["for one alone", "number 1"]
    assert str(found["one"]["modified"]) > str(found["two"]["modified"])


GONE = indicator(1, "amber", "2026-02-01T00:00:00.000Z", revoked=True, name="for one alone")


def test_what_its_creator_revoked_in_one_collection_is_revoked_in_the_other(
    tmp_path: Path,
) -> None:
    world = open_world(tmp_path, TWO_CIRCLES)
    for to in ("one", "two"):
        world.add("A", indicator(1, "amber"), to=to)
    assert names(world.ask("D", objects("two"))) == ["number 1"]
    world.add("A", GONE, to="one")
    item = the_only(world, "D", "two")
    assert (item["revoked"], item["name"]) == (True, "number 1")
    assert str(item["modified"]) < str(GONE["modified"]), "nothing may follow what is revoked"
    assert [len(seen(world, who)) for who in ("B", "D")] == [0, 1]
    assert the_only(world, "B", "one")["name"] == "for one alone"
    assert seen(world, "B") == [], "who got only the revoked version has nothing to take back"
    assert recall(world, "A", IDENT).status == 202
    assert the_only(world, "D", "two") == item


def test_an_older_version_that_is_shared_after_it_was_revoked_is_so_at_once(
    tmp_path: Path,
) -> None:
    world = open_world(tmp_path, TWO_CIRCLES)
    world.add("A", GONE, to="one")
    assert world.add("A", indicator(1, "amber"), to="two")["failure_count"] == 0
    assert the_only(world, "D", "two")["revoked"] is True


def test_what_another_shares_under_the_same_id_stays_as_it_is(world: World) -> None:
    world.add("A", indicator(1))
    world.ask("B", objects())
    assert world.add("B", indicator(1), to="finds")["failure_count"] == 0
    world.add("X", indicator(1, name="of X"), to="other")
    world.add("A", indicator(1, "green", "2026-02-01T00:00:00.000Z", revoked=True))
    assert the_only(world, "G", "finds")["revoked"] is True
    assert "revoked" not in the_only(world, "X", "other")


def test_it_is_erased_where_no_instant_is_left_to_revoke_it_at(tmp_path: Path) -> None:
    world = open_world(tmp_path, TWO_CIRCLES)
    for to in ("one", "two"):
        world.add("A", indicator(1, "amber"), to=to)
    world.ask("D", objects("two"))
    gone = indicator(1, "amber", "2026-01-01T00:00:00.001Z", revoked=True)
    assert world.add("A", gone, to="one")["failure_count"] == 0
    assert names(world.ask("D", objects("two"))) == []
    assert len(seen(world, "D")) == 1
    assert the_only(world, "B", "one")["revoked"] is True
    assert recall(world, "A", IDENT).status == 202
    assert names(world.ask("D", objects("two"))) == []


def test_a_revoked_version_is_marked_as_strictly_as_what_it_revokes(world: World) -> None:
    policy = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--11111111-1111-4111-8111-111111111111",
        "created": "2026-01-01T00:00:00.000Z",
        "definition_type": "iep",
        "definition": {"iep_version": 2, "name": "ours", "tlp": "amber"},
        "object_marking_refs": [MARKINGS["green"]],
    }
    part = {"marking_ref": policy["id"], "selectors": ["name"]}
    world.add("A", policy, indicator(1, "green", granular_markings=[part]))
    assert names(world.ask("G", objects())) == [policy["id"]]
    assert recall(world, "A", IDENT).status == 202
    assert names(world.ask("B", objects())) == [policy["id"], "number 1"]
    assert names(world.ask("G", objects())) == [policy["id"]]


def test_erased_is_gone_and_stays_gone(given: World) -> None:
    recall(given, "A", IDENT, erase=True)
    assert names(given.ask("B", objects())) == []
    assert seen(given, "B")[0]["erased"] is True
    for who in ("A", "B"):
        for day in (1, 2):
            again = indicator(1, "amber", f"2026-01-0{day}T00:00:00.000Z")
            assert given.add(who, again)["failure_count"] == 1, (who, day)


def test_an_observable_cannot_be_revoked_so_it_is_erased(world: World) -> None:
    world.add("A", address("198.51.100.3"))
    world.ask("B", objects())
    assert recall(world, "A", address("")["id"]).status == 202
    assert names(world.ask("B", objects())) == []
    assert seen(world, "B")[0]["erased"] is True


def test_the_creators_revoked_version_is_a_recall_too(given: World) -> None:
    two = indicator(1, "amber", "2026-02-01T00:00:00.000Z", revoked=True)
    assert given.add("A", two)["failure_count"] == 0
    (notice,) = seen(given, "B")
    assert notice["reason"] == "revoked by its creator"


def test_the_clock_runs_until_it_is_acknowledged(given: World) -> None:
    recall(given, "A", IDENT, hours=2)
    (notice,) = seen(given, "B")
    given.now += 2 * HOUR
    assert states(given) == {"B": "open", "C": "open"}
    assert acknowledge(given, "B", notice["id"]).status == 200
    given.now += 1
    assert states(given) == {"B": "acknowledged", "C": "overdue"}
    assert acknowledge(given, "C", IDENT).status == 200, "the id of the object does, too"
    assert states(given) == {"B": "acknowledged", "C": "acknowledged late"}
    made = parsed(given.ask("A", RECALLS + "made/"))["recalls"]
    (b, _) = made[0]["recipients"]  # type: ignore[index]
    assert (b["done"], b["acknowledged_by"]) == ("deleted", "somebody@B")
    actions = [each.action for each in audit.entries(given.library.engine)]  # type: ignore[attr-defined]
    assert actions.count("recall") == 1
    assert actions.count("acknowledge recall") == 2


def test_the_first_acknowledgement_stays(given: World) -> None:
    recall(given, "A", IDENT)
    reply = parsed(acknowledge(given, "B", IDENT, "first"))["recalls"]
    assert "again" not in reply[0]  # type: ignore[index]
    given.now += HOUR
    reply = parsed(acknowledge(given, "B", IDENT, "second"))["recalls"]
    assert reply[0]["done"] == "first"  # type: ignore[index]
    assert reply[0]["again"] is True  # type: ignore[index]


@pytest.mark.parametrize("who", ["A", "G", "X"])
def test_who_never_had_it_cannot_tell_a_recall_from_none(given: World, who: str) -> None:
    recall(given, "A", IDENT)
    (notice,) = seen(given, "B")
    for real in (notice["id"], IDENT):
        there = acknowledge(given, who, real)
        assert there.status == 404
        assert there == acknowledge(given, who, "00000000-0000-4000-8000-000000000000")


@pytest.mark.parametrize("who", ["B", "C", "G", "X"])
def test_only_who_shared_it_recalls_it_and_others_learn_nothing(given: World, who: str) -> None:
    there = recall(given, who, IDENT)
    assert there.status == 404
    assert there == recall(given, who, indicator(77)["id"])
    assert seen(given, "B") == []


def test_a_second_recall_is_the_first_and_can_erase(given: World) -> None:
    first = parsed(recall(given, "A", IDENT))
    given.now += HOUR
    second = parsed(recall(given, "A", IDENT, reason="another", erase=True))
    assert (second["id"], second["reason"]) == (first["id"], first["reason"])
    assert ("again" in first, second["again"]) == (False, True)
    assert names(given.ask("B", objects())) == []
    assert len(seen(given, "B")) == 1


def test_notices_come_in_pages(world: World) -> None:
    world.add("A", *(indicator(number) for number in range(5)))
    world.ask("B", objects())
    for number in range(5):
        recall(world, "A", indicator(number)["id"])
    found, after = list[object](), ""
    while True:
        query = (("limit", "2"), *((("added_after", after),) if after else ()))
        reply = parsed(world.ask("B", RECALLS, *query))
        page = reply["recalls"]
        assert isinstance(page, list)
        found += [each["object_id"] for each in page]
        after = page[-1]["recalled_at"]
        if not reply.get("more"):
            break
    assert found == [indicator(number)["id"] for number in range(5)]


def test_two_who_share_the_same_take_back_their_own(world: World) -> None:
    same = address("198.51.100.3")
    world.add("A", same)
    world.add("B", same)
    world.ask("G", objects())
    world.ask("C", objects())
    assert recall(world, "A", same["id"]).status == 202
    assert [len(seen(world, who)) for who in ("B", "C", "G")] == [0, 0, 0], "all have it from B"
    assert len(names(world.ask("G", objects()))) == 1
    assert recall(world, "B", same["id"]).status == 202
    assert [len(seen(world, who)) for who in ("A", "C", "G")] == [0, 1, 1]


@pytest.mark.parametrize(("name", "reached"), [("number 1", [1, 0]), ("another", [0, 0])])
def test_a_maker_takes_it_back_from_those_who_have_the_same_of_another(
    name: str, reached: list[int], tmp_path: Path
) -> None:
    """B passes on what is green; what somebody else says under that id is not taken back."""
    pair = """
[[circle]]
name = "pair"
members = ["B", "X"]
legal_basis = "law"
[[collection]]
title = "Pair"
alias = "pair"
circles = ["pair"]
"""
    world = open_world(tmp_path, TRILATERAL + pair)
    item = indicator(1, "green")
    if name == item["name"]:
        world.add("A", item)
        world.ask("B", objects())
        assert world.add("B", item, to="pair")["failure_count"] == 0
    else:
        assert world.add("B", indicator(1, name=name), to="pair")["failure_count"] == 0
        world.add("A", item)
    assert len(names(world.ask("X", objects("pair")))) == 1
    assert recall(world, "A", item["id"]).status == 202
    assert [len(seen(world, who)) for who in ("X", "G")] == reached


def test_a_hidden_recipient_is_told_and_not_named(tmp_path: Path) -> None:
    hidden = TRILATERAL.replace('members = ["A", "B", "G"]', 'members = ["A", "G"]\nhidden = ["B"]')
    world = open_world(tmp_path, hidden)
    world.add("A", indicator(1, "amber"))
    for who in ("B", "C"):
        world.ask(who, objects())
    reply = recall(world, "A", IDENT)
    b = world.register.named("B")
    assert b
    assert b.id.encode() not in reply.body
    assert states(world) == {"C": "open"}
    acknowledge(world, "B", IDENT)
    assert states(world) == {"C": "open"}
    assert len(world.library.recalled(world.now)[0][1]) == 2, "whoever runs the server sees both"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b'{"object_id": 1, "reason": "x"}', b'{"object_id": "x"}',
        b'{"object_id": "x", "reason": " "}', b'{"object_id": "x", "reason": "r", "hours": 0}',
        b'{"object_id": "x", "reason": "r", "hours": true}',
        b'{"object_id": "x", "reason": "r", "erase": "yes"}',
        b'{"object_id": "\\u0000", "reason": "r"}',
    ],
)  # fmt: skip
def test_what_is_no_recall_is_422(world: World, body: bytes) -> None:
    assert world.ask("A", RECALLS, method="POST", body=body).status == 422


def test_scopes_hold(given: World) -> None:
    reads, writes = (given.caller("A", frozenset({each})) for each in ("read", "write"))
    body = orjson.dumps({"object_id": IDENT, "reason": "x"})
    assert given.ask(reads, RECALLS, method="POST", body=body).status == 403
    assert given.ask(writes, RECALLS).status == 403
    assert given.ask(writes, RECALLS, method="POST", body=body).status == 202
