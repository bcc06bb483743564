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
def cluster(request: pytest.FixtureRequest) -> Iterator[databases.Cluster | None]:
    if request.param == "sqlite":
        yield None
        return
    pytest.importorskip("psycopg")
    if why := databases.missing():
        pytest.skip(why)
    with databases.cluster() as made:
        yield made


def test_what_was_accepted_arrives_once_in_order_and_where_it_may(
    tmp_path: Path, cluster: databases.Cluster | None
) -> None:
    where = cluster.address if cluster else "exchange.db"
    soak = Soak(tmp_path, where, KILLS, seed=5, cluster=cluster)
    run(soak)
    assert sum(soak.killed.values()) == KILLS
    assert soak.problems() == []
    assert len(soak.got("B")) >= EACH
