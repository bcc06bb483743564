"""A world in SQLite, and the same in PostgreSQL where there is one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

import databases
from allies import World, open_world


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    pytest.importorskip("psycopg")
    if why := databases.missing():
        pytest.skip(why)
    with databases.postgresql() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "sqlite":
        yield open_world(tmp_path)
        return
    address = request.getfixturevalue("server")
    engine = sqlalchemy.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS test WITH (FORCE)")
        connection.exec_driver_sql("CREATE DATABASE test")
    engine.dispose()
    made = open_world(tmp_path, where=address.replace("/postgres?", "/test?"))
    yield made
    made.library.engine.dispose()
