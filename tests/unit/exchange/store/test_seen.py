"""Quotas, epochs and reports, in SQLite and in PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from allies import BOTH, NOW, World
from sidelight.exchange.answering import Declined, answered
from sidelight.exchange.seen import intersection
from sidelight.exchange.seen.envelope import Question
from sidelight.exchange.seen.epoch import Epoch, Overdrawn
from sidelight.exchange.seen.prevalence import DAY, day_of
from sidelight.exchange.seen.reports import Report
from sidelight.exchange.shelf import Caller
from sidelight.exchange.store import audit, seen


def epoch(number: int = 1, begun: int = NOW, quota: int = 10) -> Epoch:
    return Epoch(f"epoch-{number}", b"key", b"setup", begun, begun + 7 * DAY, quota)


def sent(tokens: list[str], key: str = "k") -> Report:
    return Report(key, tokens)


def test_an_epoch_ends_by_the_clock_or_by_the_next_and_its_key_is_gone(world: World) -> None:
    engine = world.library.engine
    assert seen.current(engine, NOW) is None
    seen.begin(engine, epoch(), "me")
    assert seen.current(engine, NOW + 7 * DAY - 1) == epoch()
    assert seen.current(engine, NOW + 7 * DAY) is None
    seen.begin(engine, epoch(2, NOW - 1), "me")  # the clock was set back
    assert seen.current(engine, NOW + 2) == epoch(2, NOW - 1)
    with engine.connect() as connection:
        keys = {row.id: row.key for row in connection.execute(seen.epoch.select())}
    assert keys == {"epoch-1": b"", "epoch-2": b"key"}


def test_a_quota_is_each_organisations_own_and_of_each_epoch(world: World) -> None:
    engine = world.library.engine
    seen.begin(engine, epoch(), "me")
    assert seen.charge(engine, epoch(), "B", "b", 6, NOW) is None
    assert seen.charge(engine, epoch(), "B", "b", 5, NOW) == Overdrawn(4)
    assert seen.charge(engine, epoch(), "B", "b", 4, NOW) is None
    assert seen.charge(engine, epoch(), "B", "b", 1, NOW) == Overdrawn(0)
    assert seen.charge(engine, epoch(), "C", "c", 10, NOW) is None
    assert seen.charge(engine, epoch(2), "B", "b", 10, NOW) is None
    assert [(each.organisation, each.items) for each in seen.questions(engine)] == [
        ("B", 6), ("B", 4), ("C", 10), ("B", 10),
    ]  # fmt: skip


def test_nobody_gets_more_by_asking_at_once(world: World) -> None:
    engine = world.library.engine
    seen.begin(engine, epoch(), "me")
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: seen.charge(engine, epoch(), "B", "b", 3, NOW), range(8)))
    assert sum(each is None for each in done) == 3


def test_of_a_question_only_its_size_is_kept(world: World) -> None:
    if why := intersection.missing():
        pytest.skip(why)
    engine = world.library.engine
    theirs, mine = intersection.new_key(asks=False), intersection.new_key(asks=True)
    setup = intersection.setup(theirs, ["ipv4:192.0.2.1"], [])
    seen.begin(engine, Epoch("e", theirs, setup, NOW, NOW + DAY, 2), "me")
    values = ["ipv4:192.0.2.1", "ipv4:192.0.2.2"]
    question = Question("e", intersection.question(mine, values))
    shelf, b, c = world.library, Caller("B", "b", BOTH), Caller("C", "c", BOTH)
    done = answered(shelf, question, b, NOW)
    assert not isinstance(done, Declined)
    assert intersection.hits(mine, values, setup, done[0].response) == values[:1]
    assert answered(shelf, question, b, NOW) == Declined("it asks about 2 values, and 0 are left")
    late = answered(shelf, question, c, NOW + DAY)
    assert isinstance(late, Declined)
    assert "epoch is over" in late.why
    entries = [each for each in audit.entries(engine) if each.action.startswith("seen ")]
    assert [(each.action, orjson.loads(each.detail).get("items")) for each in entries] == [
        ("seen epoch", None), ("seen asked", 2), ("seen refused", 2),
    ]  # fmt: skip
    assert not any("192.0.2" in each.detail for each in entries)
    assert audit.verify(engine).broken is None


def test_a_report_takes_the_place_of_the_one_before(world: World) -> None:
    engine = world.library.engine
    assert seen.take(engine, "A", sent(["1", "2", "2"]), "me", NOW) == (2, 0)
    assert seen.take(engine, "A", sent(["2", "3"]), "me", NOW + 1) == (1, 1)
    assert seen.take(engine, "B", sent(["1"]), "me", NOW + 1) == (1, 0)
    with engine.connect() as connection:
        rows = {
            (row.token, row.organisation, row.at)
            for row in connection.execute(seen.report.select())
        }
    assert rows == {("2", "A", NOW), ("3", "A", NOW + 1), ("1", "B", NOW + 1)}


def test_a_table_is_late_and_the_same_all_day(world: World) -> None:
    engine, members = world.library.engine, [*"ABCDEF"]
    day = day_of(NOW)
    for who in "ABC":
        seen.take(engine, who, sent(["t"]), "me", (day - 1) * DAY - 1)
    seen.take(engine, "D", sent(["t", "u"]), "me", (day - 1) * DAY)
    seen.take(engine, "E", sent(["v"]), "me", 0)
    seen.take(engine, "F", sent(["v"]), "me", 0)
    seen.take(engine, "X", sent(["t"]), "me", 0)
    table = seen.release(engine, day, members, 3, NOW)
    assert orjson.loads(table.document) == {
        "day": day, "least": 3, "keys": ["k"], "counts": {"t": 3},
    }  # fmt: skip
    assert table.members == 5
    for who in "ABC":
        seen.take(engine, who, sent([]), "me", NOW)
    assert seen.release(engine, day, members, 3, NOW + 1) == table
    assert seen.release(engine, day, [*"AB"], 3, NOW + 1) == table
    later = seen.release(engine, day + 1, members, 3, NOW + DAY)
    assert orjson.loads(later.document)["counts"] == {}


def test_reports_under_another_key_are_counted_apart(world: World) -> None:
    engine, day = world.library.engine, day_of(NOW)
    for who in "ABCDE":
        seen.take(engine, who, sent([f"t-{who > 'C'}"], f"k-{who > 'C'}"), "me", 0)
    made = seen.release(engine, day, [*"ABCDE"], 3, NOW)
    found = orjson.loads(made.document)
    assert (found["counts"], found["keys"], made.members) == ({}, ["k-False"], 3)


@pytest.mark.parametrize("members", range(1, 5))
def test_a_key_is_named_from_so_many_members_on(world: World, members: int) -> None:
    engine, day = world.library.engine, day_of(NOW)
    for who in "ABCD"[:members]:
        seen.take(engine, who, sent(["t"], "rare"), "me", 0)
    found = orjson.loads(seen.release(engine, day, [*"ABCD"], 3, NOW).document)
    assert found["keys"] == (["rare"] if members >= 3 else [])
