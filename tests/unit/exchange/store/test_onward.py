"""Cursors, refusals, hooks and dead letters in SQLite and in PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

import databases
from sidelight.exchange.intake import Unfit
from sidelight.exchange.pulling import Reach
from sidelight.exchange.shelf import Held
from sidelight.exchange.store import hooks, peering
from sidelight.exchange.store.database import open_database
from sidelight.exchange.store.hooks import Hook
from sidelight.exchange.store.peering import Line

LINE = Line("cert", "pull", "Alerts", "From the CERT")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        yield open_database(str(tmp_path / "x.db"))
        return
    with databases.fresh(request.getfixturevalue("server")) as address:
        made = open_database(address)
        yield made
        made.dispose()


def test_what_is_kept_comes_back(engine: Engine) -> None:
    assert peering.reached(engine, LINE) == Reach()
    bad = Unfit("indicator--1", "2026", "unmarked", "it is")
    for number in range(2):
        to = Reach(f"2026-01-0{number + 1}T00:00:00.000000Z", frozenset({"a", "b"}))
        peering.keep(engine, LINE, to, 3, [bad], now=number)
    assert peering.reached(engine, LINE) == to
    peering.stop(engine, LINE, "down", now=9)
    (one,) = peering.progress(engine)
    assert (one.line, one.taken, one.at, one.why) == (LINE, 6, 1, "down")
    ((peer, direction, kept),) = peering.refusals(engine)
    assert (peer, direction, kept.why) == ("cert", "pull", "unmarked: it is")
    other = Line("other", "push", "In", "Finds")
    peering.keep(engine, other, Reach("x"), 1, [], now=1)
    assert peering.restart(engine, "cert") == 1
    assert [each.line for each in peering.progress(engine)] == [other]

    hook = Hook("h", "o", "p", "c", "https://x.example/", 1, 5, 0, 0, "")
    hooks.add(engine, hook, "test")
    hooks.fail(engine, hook, "down", due=70)
    (found,) = hooks.hooks(engine)
    assert (found.failures, found.due, found.why) == (1, 70, "down")
    hooks.settle(engine, hook, 7)
    hooks.settle(engine, hook, 6)  # another server was slower
    (found,) = hooks.hooks(engine)
    assert (found.after, found.failures, found.due) == (7, 0, 0)
    hooks.fail(engine, hook, "late", due=9)  # of what is settled by now
    assert hooks.hooks(engine) == [found]
    for _ in range(2):
        hooks.bury(engine, found, Held(8, "i", "v", "2.1", 1, b"{}"), "never", now=9)
    (letter,) = hooks.dead_letters(engine, "h")
    assert (letter.added, letter.why, hooks.hooks(engine)[0].after) == (8, "never", 8)
    hooks.unbury(engine, letter)
    assert hooks.dead_count(engine, "h") == 0
    assert hooks.remove(engine, "h", now=9, actor="test")
