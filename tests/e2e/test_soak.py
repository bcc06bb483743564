"""A few kills of server and client under a bad network; bench/soak.py has two hundred."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import databases
from soak import EACH, Soak, run

KILLS = 3

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills processes")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield "exchange.db"
        return
    with databases.fresh(request.getfixturevalue("server")) as address:
        yield address


def test_what_was_accepted_arrives_once_in_order_and_where_it_may(
    tmp_path: Path, database: str
) -> None:
    soak = Soak(tmp_path, database, KILLS, seed=5)
    run(soak)
    assert sum(soak.killed.values()) == KILLS
    assert soak.problems() == []
    assert len(soak.got("B")) >= EACH
