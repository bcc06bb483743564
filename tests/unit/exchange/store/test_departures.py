"""Who has what left the pages is told, as of a recall, by what it was given and nothing else."""

import orjson
import pytest

from allies import NOW, TRILATERAL, World, indicator, names, objects, parsed
from sidelight.exchange import instants
from sidelight.exchange.query import Query
from sidelight.exchange.store import audit
from sidelight.exchange.store.database import open_database
from sidelight.exchange.store.departures import DELETED, ENDED

RECALLS = "/exchange/recalls/"
HOUR = 3_600_000_000
FIRST = indicator(1)
LATER = "2026-02-01T00:00:00.000Z"


def policy(number: int, hours: int) -> dict[str, object]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--11111111-1111-4111-8111-{number:012}",
        "created": "2026-01-01T00:00:00.000Z",
        "definition_type": "iep",
        "definition": {"iep_version": 2, "name": "ours",
                       "end_date": instants.show(NOW + hours * HOUR)},
        "object_marking_refs": FIRST["object_marking_refs"],
    }  # fmt: skip


def under(number: int, item: dict[str, object]) -> dict[str, object]:
    marks = item["object_marking_refs"]
    assert isinstance(marks, list)
    return {**item, "object_marking_refs": [*marks, policy(number, 0)["id"]]}


def told(world: World, who: str, *query: tuple[str, str]) -> list[dict[str, object]]:
    found = parsed(world.ask(who, RECALLS, *query)).get("recalls", [])
    assert isinstance(found, list)
    return [each for each in found if str(each["object_id"]).startswith("indicator")]


def delete(world: World, who: str, ident: object, *query: tuple[str, str]) -> int:
    return world.ask(who, f"{objects()}{ident}/", *query, method="DELETE").status


def test_the_end_of_a_policy_is_told_to_whoever_was_given_it(world: World) -> None:
    world.add("A", policy(1, 5), under(1, FIRST))
    assert "number 1" in names(world.ask("B", objects()))
    world.now += 5 * HOUR - 1
    assert told(world, "B") == []
    world.now += 1
    assert [told(world, who) for who in ("A", "G", "X")] == [[], [], []], "it had nothing"
    (notice,) = told(world, "B")
    assert (notice["reason"], notice["versions"], notice["erased"]) == (
        ENDED, [FIRST["modified"]], False,
    )  # fmt: skip
    assert notice["recalled_at"] >= instants.show(NOW + 5 * HOUR)  # type: ignore[operator]
    assert told(world, "B") == [notice], "it stays the same however often it is asked for"
    assert "number 1" in names(world.ask("A", objects())), "its owner sees it still"


def test_what_was_held_before_departures_were_noted_is_told_of_too(world: World) -> None:
    world.add("A", policy(1, 5), under(1, FIRST), indicator(2))
    world.ask("B", objects())
    engine = world.library.engine
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE departure")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0006'")
    where = engine.url.render_as_string(hide_password=False)
    again = open_database(where.removeprefix("sqlite:///"))
    again.dispose()
    world.now += 6 * HOUR
    assert [each["object_id"] for each in told(world, "B")] == [FIRST["id"]]


def test_a_deletion_is_told_and_acknowledged_like_a_recall(world: World) -> None:
    world.add("A", FIRST)
    world.ask("B", objects())
    world.ask("G", "/exchange/collections/finds/manifest/")
    assert delete(world, "A", FIRST["id"]) == 200
    assert told(world, "G") == [], "a manifest gives nothing"
    (notice,) = told(world, "B")
    assert (notice["reason"], notice["erased"], notice["state"]) == (DELETED, True, "open")
    world.now += 25 * HOUR
    assert told(world, "B")[0]["state"] == "overdue"
    for who, status in (("G", 404), ("X", 404), ("B", 200)):
        path = f"{RECALLS}{notice['id']}/acknowledgement/"
        assert world.ask(who, path, method="POST", body=b'{"done":"gone"}').status == status
    assert told(world, "B")[0]["state"] == "acknowledged late"
    (mine,) = parsed(world.ask("A", RECALLS + "made/"))["recalls"]  # type: ignore[misc]
    (one,) = mine["recipients"]  # type: ignore[index]
    assert (one["organisation"], one["state"], one["done"]) == ("B", "acknowledged late", "gone")
    actions = [each.action for each in audit.entries(world.library.engine)]
    assert actions.count("acknowledge recall") == 1


def test_what_is_there_in_another_version_has_not_left_for_who_was_given_that(
    world: World,
) -> None:
    world.add("A", policy(1, 5), under(1, FIRST))
    for who in "BG":
        world.ask(who, objects())
    world.add("A", policy(2, 9), under(2, indicator(1, modified=LATER)))
    world.ask("B", objects())
    world.now += 6 * HOUR
    assert [len(told(world, who)) for who in "BG"] == [0, 1]
    world.ask("G", objects())
    assert told(world, "G") == [], "it has the newer one now"
    world.now += 4 * HOUR
    assert [[each["versions"] for each in told(world, who)] for who in "BG"] == [
        [[FIRST["modified"], LATER]]
    ] * 2


def test_one_that_comes_back_has_not_left(world: World) -> None:
    world.add("A", FIRST)
    world.ask("B", objects())
    delete(world, "A", FIRST["id"])
    assert len(told(world, "B")) == 1
    world.now += HOUR
    assert world.add("A", FIRST)["failure_count"] == 0
    world.ask("B", objects())
    assert told(world, "B") == []


def test_what_was_deleted_before_its_policy_ended_left_then_and_once(world: World) -> None:
    world.add("A", policy(1, 5), under(1, FIRST))
    world.ask("B", objects())
    world.now += HOUR
    delete(world, "A", FIRST["id"])
    (notice,) = told(world, "B")
    assert notice["reason"] == DELETED
    world.now += 9 * HOUR
    assert [each["id"] for each in told(world, "B")] == [notice["id"]]


def test_what_had_left_stays_as_it_was_told_when_it_is_deleted(world: World) -> None:
    world.add("A", policy(1, 5), under(1, FIRST))
    world.ask("B", objects())
    world.now += 6 * HOUR
    before = told(world, "B")
    delete(world, "A", FIRST["id"])
    assert told(world, "B") == before


def test_a_recall_says_more_and_says_it_alone(world: World) -> None:
    world.add("A", FIRST, indicator(2))
    world.ask("B", objects())
    delete(world, "A", FIRST["id"])
    for item in (FIRST, indicator(2)):
        body = orjson.dumps({"object_id": item["id"], "reason": "wrong"})
        assert world.ask("A", RECALLS, method="POST", body=body).status == 202
    assert [each["reason"] for each in told(world, "B")] == ["wrong", "wrong"]


def test_departures_of_one_instant_come_in_pages_and_none_is_lost(world: World) -> None:
    count = 7
    world.add("A", policy(1, 5), *(under(1, indicator(each)) for each in range(count)))
    world.ask("B", objects())
    world.now += 6 * HOUR
    found, after = list[object](), ""
    for _ in range(count + 2):
        query = (("limit", "2"), *((("added_after", after),) if after else ()))
        reply = parsed(world.ask("B", RECALLS, *query))
        page = reply["recalls"]
        assert isinstance(page, list)
        found += [each["object_id"] for each in page]
        after = page[-1]["recalled_at"]
        if not reply.get("more"):
            break
    assert sorted(map(str, found))[:count] == [indicator(each)["id"] for each in range(count)]
    assert len(found) == len(set(map(str, found)))


@pytest.mark.parametrize("hidden", [True, False])
def test_whoever_is_hidden_is_named_to_nobody(world: World, hidden: bool) -> None:
    if hidden:
        world.apply(TRILATERAL.replace('["A", "B", "G"]', '["A", "G"]\nhidden = ["B"]'))
    world.now += HOUR
    world.add("A", FIRST)
    for who in "BG":
        world.ask(who, objects())
    delete(world, "A", FIRST["id"])
    assert [len(told(world, who)) for who in "BG"] == [1, 1]
    (mine,) = parsed(world.ask("A", RECALLS + "made/"))["recalls"]  # type: ignore[misc]
    named = [each["organisation"] for each in mine["recipients"]]  # type: ignore[index]
    assert named == (["G"] if hidden else ["B", "G"])
    assert len(world.library.recalled(world.now)[0][1]) == 2, "whoever runs the server sees both"


def test_what_only_the_hidden_were_given_leaves_as_what_nobody_was(world: World) -> None:
    world.apply(TRILATERAL.replace('["A", "B", "G"]', '["A", "G"]\nhidden = ["B"]'))
    world.now += HOUR
    world.add("A", FIRST)
    world.ask("B", objects())
    delete(world, "A", FIRST["id"])
    assert len(told(world, "B")) == 1
    assert parsed(world.ask("A", RECALLS + "made/")) == {}
    assert len(world.library.recalled(world.now)) == 1, "whoever runs the server sees it"


def test_what_was_held_before_comes_in_pages_and_none_is_lost(world: World) -> None:
    count = 7
    world.add("A", policy(1, 5), *(under(1, indicator(each)) for each in range(count)))
    world.ask("B", objects())
    engine = world.library.engine
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE departure")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0006'")
    where = engine.url.render_as_string(hide_password=False)
    open_database(where.removeprefix("sqlite:///")).dispose()
    world.now += 6 * HOUR
    assert len({each["recalled_at"] for each in told(world, "B")}) == count


def test_a_notice_comes_after_all_that_were_told_before(world: World) -> None:
    """Else whoever asks for what came after those misses it: writers wait for each other."""
    world.add("A", FIRST, indicator(2), indicator(3))
    world.ask("B", objects())
    asked = world.now + HOUR
    world.now = asked + 2
    body = orjson.dumps({"object_id": indicator(2)["id"], "reason": "wrong"})
    assert world.ask("A", RECALLS, method="POST", body=body).status == 202
    world.now = asked + 1  # the others asked before, and had to wait
    delete(world, "A", FIRST["id"])
    world.now = asked
    body = orjson.dumps({"object_id": indicator(3)["id"], "reason": "wrong"})
    assert world.ask("A", RECALLS, method="POST", body=body).status == 202
    world.now = asked + HOUR
    order = [
        each["object_id"] for each in sorted(told(world, "B"), key=lambda e: str(e["recalled_at"]))
    ]
    assert order == [each["id"] for each in (indicator(2), FIRST, indicator(3))]


def test_what_two_delete_at_once_leaves_once(world: World) -> None:
    world.add("A", FIRST)
    world.ask("B", objects())
    (place,) = (each for each in world.register.collections if each.alias == "finds")
    terms = [(each, -1) for each in world.library.terms()]
    found = world.library.page(place.id, terms, Query(), after=-1, limit=10)
    world.library.delete(place.id, found, world.caller("A"), world.now + 2)
    world.now += HOUR
    before = told(world, "B")
    world.library.delete(place.id, found, world.caller("A"), world.now - HOUR + 1)
    assert told(world, "B") == before
