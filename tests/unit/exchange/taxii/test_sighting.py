"""Sightings go back to the creator of what was sighted, named or not, and to nobody else."""

from collections.abc import Mapping

import orjson
import pytest
from sqlalchemy import event, text

from allies import TRILATERAL, World, envelope, indicator, pages, parsed
from sidelight.exchange.sighting import counted
from sidelight.exchange.store import audit
from sidelight.exchange.store.ledger import deliveries
from sidelight.intel.markings import MARKINGS, Marking

WHERE = "/exchange/collections/finds/sightings/objects/"
ANONYMOUS = (("as", "anonymous"),)
OWN = (("as", "own"),)


def sighting(
    number: int = 1,
    of: int = 1,
    tlp: Marking = "green",
    modified: str = "2026-02-02T03:04:05.678Z",
    **more: object,
) -> dict[str, object]:
    return {
        "type": "sighting",
        "spec_version": "2.1",
        "id": f"sighting--00000000-0000-4000-8000-{number:012x}",
        "created": "2026-02-02T03:04:05.678Z",
        "modified": modified,
        "first_seen": "2026-02-01T11:12:13Z",
        "last_seen": "2026-02-02T01:02:03Z",
        "count": 3,
        "sighting_of_ref": str(indicator(of)["id"]),
        "object_marking_refs": [MARKINGS[tlp]],
        **more,
    }


def sight(
    world: World, who: str, *items: object, asked: tuple[tuple[str, str], ...] = ANONYMOUS
) -> Mapping[str, object]:
    reply = world.ask(who, WHERE, *asked, method="POST", body=envelope(items))
    assert reply.status in {200, 202}, reply.body
    return parsed(reply)


def got(world: World, who: str) -> list[dict[str, object]]:
    return [orjson.loads(orjson.dumps(each)) for each in pages(world, who, WHERE)]


def rule(status: Mapping[str, object]) -> str:
    [failure] = status["failures"]  # type: ignore[misc]
    assert isinstance(failure, dict)
    return str(failure["message"]).partition(":")[0]


def test_the_creator_hears_of_it_and_nobody_else(world: World) -> None:
    world.add("A", indicator(1, "amber"))

    assert sight(world, "B", sighting())["success_count"] == 1

    [found] = got(world, "A")
    assert (found["sighting_of_ref"], found["count"]) == (indicator(1)["id"], 3)
    for other in "BCG":
        assert got(world, other) == []
        assert b"sighting" not in world.ask(other, "/exchange/collections/finds/objects/").body
    assert world.ask("X", WHERE).status == 404


def test_an_anonymous_one_names_nobody(world: World) -> None:
    world.add("A", indicator(1, "amber"))
    sender = world.caller("B")
    sight(world, "B", sighting())

    [found] = got(world, "A")
    assert str(found["created_by_ref"]).startswith("identity--")
    assert sender.organisation not in str(found)
    assert (found["first_seen"], found["last_seen"]) == (
        "2026-02-01T00:00:00Z",
        "2026-02-02T00:00:00Z",
    )
    # Nor do the tables that say who did what: only the status of the request is the sender's.
    with world.library.engine.connect() as connection:
        for table in ("sighting", "ledger"):
            rows = connection.execute(text(f"SELECT * FROM {table}")).all()
            assert rows
            assert sender.organisation not in repr(rows)
        actors = connection.execute(text("SELECT actor FROM audit WHERE action = 'sight'")).all()
        assert [each.actor for each in actors] == ["an anonymous member"]


def test_two_creators_cannot_tell_that_one_member_wrote_to_both(world: World) -> None:
    """What they hold has nothing in common that the sender did not mean to say."""
    world.add("A", indicator(1), indicator(3))
    world.add("G", indicator(2))
    sight(world, "B", sighting(1, of=1), sighting(2, of=2), sighting(3, of=3))

    first, third = got(world, "A")
    [second] = got(world, "G")
    for name in ("id", "created_by_ref", "created", "modified"):
        assert first[name] != second[name], name
    # But to one creator the same member is the same, so that counts are exact.
    assert first["created_by_ref"] == third["created_by_ref"]


def test_counts_are_exact_whatever_is_sent_again(world: World) -> None:
    world.add("A", indicator(1, "amber"))
    later = "2026-03-01T00:00:00.000Z"
    for items in (
        [sighting(1)],
        [sighting(1)],
        [sighting(1, modified=later, count=5)],
        [sighting(1)],
    ):
        assert sight(world, "B", *items)["success_count"] == 1
    both = sighting(2, tlp="amber", count=1), sighting(2, tlp="amber", count=2, modified=later)
    assert sight(world, "C", *both)["success_count"] == 2

    found = got(world, "A")
    assert [each["count"] for each in found] == [3, 5, 1, 2]
    [tally] = counted(found).values()
    assert (tally.members, tally.count) == (2, 7)


def test_a_named_one_is_served_as_it_was_sent_and_says_whose_it_is(world: World) -> None:
    world.add("A", indicator(1), indicator(2))
    item = sighting(description="on two hosts")
    whose = sighting(2, of=2, created_by_ref="identity--7b7b7b7b-0000-4000-8000-000000000001")

    sight(world, "B", item, whose, asked=OWN)

    by = f"identity--{world.caller('B').organisation}"
    assert got(world, "A") == [{**item, "created_by_ref": by}, whose]


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (sighting(where_sighted_refs=["identity--x"]), "names-somebody"),
        (sighting(description="at B"), "names-somebody"),
        (sighting(created_by_ref="identity--x"), "names-somebody"),
        (sighting(extensions={"extension-definition--x": {"who": "B"}}), "names-somebody"),
        (sighting(of=9), "unknown-object"),
        (sighting(of=2), "own"),
        (sighting(of=4), "unknown-object"),
        (sighting(object_marking_refs=[]), "unmarked"),
        (sighting(tlp="red"), "red-on-feed"),
        (indicator(7), "no-sighting"),
    ],
)
def test_what_cannot_go_back_is_refused_by_name(
    world: World, item: dict[str, object], why: str
) -> None:
    world.add("A", indicator(1), indicator(4, "amber"))
    world.add("G", indicator(2))

    assert rule(sight(world, "G", item)) == why
    assert got(world, "A") == []


def test_a_label_holds_for_a_sighting_too(world: World) -> None:
    """What may go to a government is GREEN in this circle."""
    world.add("G", indicator(1))

    assert rule(sight(world, "A", sighting(tlp="amber"))) == "circle-ceiling"
    assert sight(world, "A", sighting(tlp="green"))["success_count"] == 1


def test_a_circle_hears_of_it_as_far_as_it_sees_what_was_sighted(world: World) -> None:
    world.add("A", indicator(1, "amber"), indicator(2))
    asked = (*ANONYMOUS, ("to", "circle"))
    sight(world, "B", sighting(1, of=1), sighting(2, of=2), asked=asked)

    # The government may see green only, so it must not learn that number 1 is sought.
    assert {who: len(got(world, who)) for who in "ABCG"} == {"A": 2, "B": 0, "C": 2, "G": 1}
    # The government has number 2 only; what it and the others have of it has no name in common.
    of_two = [
        each
        for who in "ACG"
        for each in got(world, who)
        if each["sighting_of_ref"] == indicator(2)["id"]
    ]
    for name in ("id", "created_by_ref", "created", "modified"):
        assert len({str(each[name]) for each in of_two}) == 3, name


def test_a_preview_sends_nothing(world: World) -> None:
    world.add("A", indicator(1))
    reply = sight(world, "B", sighting(), asked=(*ANONYMOUS, ("preview", "yes")))

    [verdict] = reply["verdicts"]  # type: ignore[misc]
    assert verdict["allow"] is True  # type: ignore[index]
    assert got(world, "A") == []


def test_the_ledger_says_what_was_given(world: World) -> None:
    world.add("A", indicator(1))
    sight(world, "B", sighting())
    assert not [each for each in deliveries(world.library.engine) if each.route == "sighting"]

    world.ask("A", WHERE, method="HEAD")
    assert not [each for each in deliveries(world.library.engine) if each.route == "sighting"]
    [found] = got(world, "A")
    got(world, "A")

    [given] = [each for each in deliveries(world.library.engine) if each.route == "sighting"]
    assert (given.id, given.marking) == (found["id"], "green")
    assert given.owner.startswith("member-")


def test_pages_lose_nothing_and_their_cursors_are_of_their_reader(world: World) -> None:
    world.add("A", *(indicator(number) for number in range(1, 6)))
    sight(world, "B", *(sighting(number, of=number) for number in range(1, 6)))

    found = pages(world, "A", WHERE, ("limit", "2"))
    assert [each["sighting_of_ref"] for each in found] == [  # type: ignore[index]
        indicator(number)["id"] for number in range(1, 6)
    ]
    cursor = str(parsed(world.ask("A", WHERE, ("limit", "2")))["next"])
    assert world.ask("G", WHERE, ("next", cursor)).status == 400


def test_who_may_only_read_says_nothing(world: World) -> None:
    world.add("A", indicator(1))
    reader = world.caller("B", frozenset({"read"}))
    reply = world.ask(reader, WHERE, *ANONYMOUS, method="POST", body=envelope([sighting()]))

    assert reply.status == 403


@pytest.mark.parametrize("asked", [(), (("as", "nobody"),), (("as", "own"), ("to", "world"))])
def test_a_choice_is_made_by_name(world: World, asked: tuple[tuple[str, str], ...]) -> None:
    world.add("A", indicator(1))
    reply = world.ask("B", WHERE, *asked, method="POST", body=envelope([sighting()]))

    assert reply.status == 400


def test_another_cannot_change_what_one_said(world: World) -> None:
    world.add("A", indicator(1))
    sight(world, "B", sighting(), asked=OWN)

    assert sight(world, "G", sighting(count=9), asked=OWN)["success_count"] == 1
    assert [each["count"] for each in got(world, "A")] == [3]
    assert rule(sight(world, "B", sighting(count=9), asked=OWN)) == "tampered"


def test_nobody_says_that_another_has_seen_something(world: World) -> None:
    theirs = "identity--7b7b7b7b-0000-4000-8000-000000000001"
    world.apply(TRILATERAL.replace('name = "G"', f'name = "G"\nidentity = "{theirs}"', 1))
    world.add("A", indicator(1))

    item = sighting(created_by_ref=theirs)
    assert rule(sight(world, "B", item, asked=OWN)) == "not-creator"
    assert sight(world, "G", item, asked=OWN)["success_count"] == 1


HIDDEN = TRILATERAL.replace('members = ["A", "B", "G"]', 'members = ["A", "G"]\nhidden = ["B"]')


def test_who_is_hidden_sends_under_its_own_name_without_one(world: World) -> None:
    world.apply(HIDDEN)
    world.add("A", indicator(1))
    item = sighting(description="on two hosts")

    assert sight(world, "B", item, asked=OWN)["success_count"] == 1
    assert got(world, "A") == [item]


@pytest.mark.parametrize("reach", ["creator", "circle"])
def test_nothing_tells_a_sender_of_whom_is_hidden(world: World, reach: str) -> None:
    """Neither a preview nor a receipt, nor what becomes of another content under the same id."""
    world.apply(HIDDEN)
    world.add("B", indicator(1))
    world.add("G", indicator(2))
    asked = (*OWN, ("to", reach))

    told = []
    for of in (1, 2):
        replies = [
            sight(world, "A", sighting(of, of=of), asked=(*asked, ("preview", "yes"))),
            sight(world, "A", sighting(of, of=of), asked=asked),
            sight(world, "A", sighting(of, of=of, count=9), asked=asked),
        ]
        text = orjson.dumps([{**each, "id": ""} for each in replies]).decode()
        told.append(text.replace(f"-{of:012x}", ""))
    assert told[0] == told[1]
    assert [each["count"] for each in got(world, "B")] == ([3, 3] if reach == "circle" else [3])


def test_an_identity_of_whom_is_hidden_is_like_one_of_nobody(world: World) -> None:
    theirs = "identity--7b7b7b7b-0000-4000-8000-000000000001"
    world.apply(HIDDEN.replace('name = "B"', f'name = "B"\nidentity = "{theirs}"', 1))
    world.add("A", indicator(1))

    item = sighting(created_by_ref=theirs)
    assert sight(world, "G", item, asked=OWN)["success_count"] == 1


def test_an_anonymous_one_has_no_value_that_could_name_somebody(world: World) -> None:
    statement = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--11111111-1111-4111-8111-111111111111",
        "created": "2026-01-01T00:00:00.000Z",
        "definition_type": "statement",
        "definition": {"statement": "Copyright B"},
        "object_marking_refs": [MARKINGS["green"]],
    }
    world.add("A", indicator(1))
    world.add("B", statement)
    said = sighting(
        object_marking_refs=[statement["id"], MARKINGS["green"]],
        count="as often as B likes",
        created="B was here",
        first_seen="B was here",
        last_seen="2026-02-02T01:02:03Z",
        revoked="B",
    )
    assert sight(world, "B", said)["success_count"] == 1
    [found] = got(world, "A")
    assert found["object_marking_refs"] == [MARKINGS["green"]]
    assert found["last_seen"] == "2026-02-02T00:00:00Z"
    assert not {"count", "created", "first_seen", "revoked"} & found.keys()


IDENTITY = "identity--22222222-2222-4222-8222-222222222222"


@pytest.mark.parametrize("asked", [OWN, ANONYMOUS])
def test_a_sighting_in_the_name_of_whom_is_hidden_is_an_alarm_and_looks_like_none(
    world: World, asked: tuple[tuple[str, str], ...]
) -> None:
    world.apply(HIDDEN.replace('name = "B"', f'name = "B"\nidentity = "{IDENTITY}"', 1))
    world.add("A", indicator(1))
    answers = []
    for number, creator in enumerate((IDENTITY, IDENTITY[:-1] + "3")):
        made = sight(world, "G", sighting(number, created_by_ref=creator), asked=asked)
        answers.append([made["success_count"], made["failure_count"]])
        preview = (*asked, ("preview", "yes"))
        sight(world, "G", sighting(number, created_by_ref=creator), asked=preview)
    assert answers[0] == answers[1]
    alarms = [each for each in audit.entries(world.library.engine) if each.action == "alarm"]
    assert [orjson.loads(each.detail) for each in alarms] == [
        {"id": sighting(0)["id"], "version": sighting(0)["modified"],
         "why": "sighting: made in another's name"}
    ]  # fmt: skip
    actor = "an anonymous member" if asked == ANONYMOUS else "somebody@G of "
    assert alarms[0].actor.startswith(actor)


def test_a_sighting_in_the_name_of_whom_is_hidden_takes_as_long_as_any(world: World) -> None:
    """What waits for the disk is as much, so that the time it takes tells of nobody."""
    world.apply(HIDDEN.replace('name = "B"', f'name = "B"\nidentity = "{IDENTITY}"', 1))
    world.add("A", indicator(1))
    counts, commits = [], list[object]()
    event.listen(world.library.engine, "commit", commits.append)
    for first, creator in ((0, IDENTITY), (10, IDENTITY[:-1] + "3")):
        some = [sighting(first + each, created_by_ref=creator) for each in range(5)]
        sight(world, "G", *some, asked=OWN)
        counts.append(len(commits))
    assert counts[1] == 2 * counts[0]
