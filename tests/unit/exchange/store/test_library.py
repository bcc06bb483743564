"""The shelf in SQLite and in PostgreSQL: the same answers from both."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy

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
    pages,
    parsed,
)
from sidelight.exchange.store import audit, database, ledger, tokens
from sidelight.exchange.store.database import UNAVAILABLE
from sidelight.exchange.store.library import Library
from sidelight.intel.markings import MARKINGS


def test_objects_versions_pages_and_deletion(world: World) -> None:
    two = "2026-02-01T00:00:00.000Z"
    world.add("A", *(indicator(number) for number in range(5)), indicator(1, "amber", two))
    assert names(world.ask("B", objects())) == [f"number {number}" for number in (0, 2, 3, 4, 1)]
    assert len(pages(world, "G", objects(), ("limit", "2"), ("match[version]", "all"))) == 5
    assert world.add("A", indicator(1), indicator(0, name="changed"))["failure_count"] == 1
    path = f"{objects()}{indicator(1)['id']}/"
    assert parsed(world.ask("B", path + "versions/"))["versions"] == [indicator(1)["modified"], two]
    assert world.ask("A", path, method="DELETE").status == 200
    assert len(names(world.ask("B", objects()))) == 4


def test_the_ledger_has_each_delivery_once(world: World) -> None:
    world.add("A", indicator(1), indicator(2, "amber"))
    for _ in range(2):
        for who in ("B", "G"):
            world.ask(who, objects())
        world.now += 1
    found = list(ledger.deliveries(world.library.engine))
    names_of = {each.id: each.name for each in world.register.alliances.organisations.values()}
    assert sorted(names_of[each.organisation] for each in found) == ["B", "B", "G"]
    only = list(ledger.deliveries(world.library.engine, ident=str(indicator(2)["id"])))
    assert [(each.at, each.route, each.marking) for each in only] == [(NOW, "objects", "amber")]


def test_a_head_gives_nothing_so_the_ledger_has_nothing(world: World) -> None:
    world.add("A", indicator(1))
    assert world.ask("B", objects(), method="HEAD").status == 200
    assert list(ledger.deliveries(world.library.engine)) == []


@pytest.mark.parametrize("table", ["audit", "ledger"])
def test_logs_can_be_neither_changed_nor_deleted(world: World, table: str) -> None:
    world.add("A", indicator(1))
    world.ask("B", objects())
    for statement in (f"UPDATE {table} SET at = 0", f"DELETE FROM {table}"):
        with (
            pytest.raises(sqlalchemy.exc.DBAPIError, match="append-only"),
            world.library.engine.begin() as connection,
        ):
            connection.exec_driver_sql(statement)
    chain = audit.verify(world.library.engine)
    assert (chain.length, chain.broken) == (2, None)


def test_a_token_lets_in_until_it_ends(world: World) -> None:
    engine, who = world.library.engine, world.caller("A").organisation
    text = tokens.issue(
        engine, who, "p", frozenset({"read"}), now=NOW, expires=NOW + 10, actor="test"
    )
    found = world.library.holder(text, "", NOW)
    assert found
    assert (found.organisation, found.scopes) == (who, frozenset({"read"}))
    assert world.library.holder(text, "p", NOW + 9)
    for wrong, person, at in ((text, "q", NOW), (text, "", NOW + 10), (text[:-1] + "x", "", NOW)):
        assert world.library.holder(wrong, person, at) is None
    secret = text.split("_", 2)[2]
    with engine.connect() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM token").all())
        log = str(connection.exec_driver_sql("SELECT * FROM audit").all())
    assert secret not in rows + log
    (issued,) = tokens.issued(engine)
    assert tokens.revoke(engine, issued.id, now=NOW, actor="test")
    assert world.library.holder(text, "", NOW) is None


def test_writers_at_once_lose_nothing_and_no_two_have_one_date(world: World) -> None:
    def add(start: int) -> None:
        for number in range(start, start + 5):
            world.add("A", indicator(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(0, 40, 5)))
    manifest = pages(world, "B", "/exchange/collections/finds/manifest/", ("limit", "7"))
    dates = [each["date_added"] for each in manifest]  # type: ignore[index]
    assert len(set(dates)) == 40
    assert dates == sorted(dates)
    assert audit.verify(world.library.engine).broken is None


def test_members_keep_the_instant_they_joined_and_what_it_lets_them_see(world: World) -> None:
    world.add("A", indicator(1))
    world.now += 1000
    wider = TRILATERAL.replace('members = ["A", "B", "G"]', 'members = ["A", "B", "G", "X"]')
    world.apply(wider)
    world.add("A", indicator(2))
    assert names(world.ask("X", objects())) == ["number 2"]
    assert names(world.ask("B", objects())) == ["number 1", "number 2"]
    world.apply(TRILATERAL)
    assert world.ask("X", objects()).status == 404
    world.now += 1000
    world.apply(wider)
    assert world.ask("X", objects()).body == b"{}"
    assert [version for version, _, _ in world.library.registers()] == [4, 3, 2, 1]


def test_a_database_is_opened_again_with_its_secret(world: World) -> None:
    world.add("A", *(indicator(number) for number in range(3)))
    cursor = str(parsed(world.ask("B", objects(), ("limit", "1")))["next"])
    again = Library(world.library.engine)
    assert again.key == world.library.key
    world.server = type(world.server)(again, world.server.mint)
    assert names(world.ask("B", objects(), ("next", cursor))) == ["number 1", "number 2"]


def test_a_recall_reaches_who_was_given_it_and_waits_for_them(world: World) -> None:
    world.add("A", indicator(1, "amber"), address("198.51.100.9"))
    world.ask("B", objects())
    a, b, g = (world.caller(who) for who in "ABG")
    made = world.library.recall(
        str(indicator(1)["id"]), a, world.now, reason="wrong", hours=1, erase=False
    )
    erased = world.library.recall(
        str(address("")["id"]), a, world.now, reason="wrong", hours=1, erase=False
    )
    assert made
    assert erased
    assert (made.erased, erased.erased) == (False, True)
    nobodys = world.library.recall("x--1", b, world.now, reason="x", hours=1, erase=True)
    assert nobodys is None
    found = world.library.notices(b.organisation, after=0, limit=9, now=world.now)
    assert [each.recall.id for each in found] == [made.id, erased.id]
    assert world.library.notices(g.organisation, after=0, limit=9, now=world.now) == []
    assert world.library.acknowledge(made.id, g, "", world.now) == []
    world.now += 7
    (done,) = world.library.acknowledge(made.id, b, "gone", world.now)
    assert (done.recipient.acknowledged, done.recipient.done) == (world.now, "gone")
    (revoked,) = parsed(world.ask("B", objects()))["objects"]  # type: ignore[misc]
    assert revoked["revoked"] is True  # type: ignore[index]
    assert len(world.library.recalled(world.now, a.organisation)) == 2


def test_terms_may_end(world: World) -> None:
    policy = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--44444444-4444-4444-8444-444444444444",
        "created": "2026-01-01T00:00:00.000Z",
        "definition_type": "iep",
        "definition": {"iep_version": "2.0", "end_date": "2027-01-15T08:00:01Z"},
        "object_marking_refs": [MARKINGS["green"]],
    }
    refs = [MARKINGS["green"], policy["id"]]
    items = (indicator(1), indicator(2, None, object_marking_refs=refs), indicator(3))
    world.add("A", policy, *items)
    assert len(world.library.terms()) == 2
    wanted = ("match[type]", "indicator")
    assert len(names(world.ask("B", objects(), wanted))) == 3
    world.now += 1_000_000
    assert names(world.ask("B", objects(), wanted)) == ["number 1", "number 3"]


def test_letters_reach_their_recipient_in_order_and_stand_in_the_ledger(world: World) -> None:
    world.add("A", indicator(1), indicator(2))
    where = "/exchange/collections/finds/sightings/objects/"
    items = [
        {
            "type": "sighting",
            "spec_version": "2.1",
            "id": f"sighting--00000000-0000-4000-8000-{number:012x}",
            "created": "2026-02-02T00:00:00Z",
            "modified": "2026-02-02T00:00:00Z",
            "count": number,
            "sighting_of_ref": indicator(number)["id"],
            "object_marking_refs": indicator(1)["object_marking_refs"],
        }
        for number in (1, 2)
    ]
    for _ in range(2):
        reply = world.ask("B", where, ("as", "anonymous"), method="POST", body=envelope(items))
        assert parsed(reply)["success_count"] == 2

    found = pages(world, "A", where, ("limit", "1"))
    assert [each["count"] for each in found] == [1, 2]  # type: ignore[index]
    given = [each for each in ledger.deliveries(world.library.engine) if each.route == "sighting"]
    assert [each.id for each in given] == [each["id"] for each in found]  # type: ignore[index]
    assert audit.verify(world.library.engine).broken is None


def test_a_lock_of_somebody_else_is_waited_for_and_then_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_WAIT_S", 1)
    address = world.library.engine.url.render_as_string(hide_password=False)
    other = Library(database.open_database(address))
    lock = "BEGIN EXCLUSIVE" if "sqlite" in address else "BEGIN; LOCK TABLE clock"
    engine = sqlalchemy.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for part in lock.split(";"):
            connection.exec_driver_sql(part)
        with pytest.raises(UNAVAILABLE):
            other.add("x", [], [], world.caller("A"), NOW)
        connection.exec_driver_sql("ROLLBACK")
    assert other.add("x", [], [], world.caller("A"), NOW) == []
    engine.dispose()
    other.engine.dispose()


def test_a_database_that_goes_away_is_said_and_found_again(server: str, tmp_path: Path) -> None:
    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS away WITH (FORCE)")
        connection.exec_driver_sql("CREATE DATABASE away")
        world = open_world(tmp_path, where=server.replace("/postgres?", "/away?"))
        connection.exec_driver_sql("ALTER DATABASE away WITH ALLOW_CONNECTIONS false")
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'away'"
        )
        for _ in range(3):
            with pytest.raises(UNAVAILABLE):
                world.library.register()
        connection.exec_driver_sql("ALTER DATABASE away WITH ALLOW_CONNECTIONS true")
        assert world.library.register().collections
    world.library.engine.dispose()
    engine.dispose()
