import os
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError

from allies import World, indicator, names, objects
from sidelight.errors import UsageError
from sidelight.exchange.store import database, seen, tables
from sidelight.exchange.store.database import open_database


def test_the_steps_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    engine = open_database(str(tmp_path / "x.db"))
    assert seen.epoch.metadata is tables.METADATA
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.METADATA) == []


def test_the_newest_step_is_the_one_that_the_code_names() -> None:
    assert ScriptDirectory(str(database._MIGRATIONS)).get_heads() == [tables.HEAD]


@pytest.mark.parametrize("where", ["nowhere://x", "postgresql+nothing://x/y", "sqlite+x://", "://"])
def test_what_is_no_address_is_said(where: str) -> None:
    with pytest.raises(UsageError):
        open_database(where)


def test_an_error_of_the_database_tells_nothing_of_what_was_bound(tmp_path: Path) -> None:
    engine = open_database(str(tmp_path / "x.db"))
    row = dict.fromkeys(("id", "hash", "organisation", "person", "scopes"), "hunter2")
    twice = tables.token.insert().values(created=0, expires=0, **row)
    with engine.begin() as connection:
        connection.execute(twice)
    with pytest.raises(IntegrityError) as error, engine.begin() as connection:
        connection.execute(twice)
    assert "hunter2" not in str(error.value)


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(UsageError) as error:
        open_database(f"postgresql+psycopg://u:hunter2@/x?host={tmp_path}")
    assert "hunter2" not in str(error.value)


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        engine = open_database(str(tmp_path / "x.db"))
        with engine.connect() as connection:
            connection.execute(tables.secret.select())
            modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(["x.db", "x.db-wal", "x.db-shm"], 0o600)


def test_a_file_that_was_made_open_is_tightened(tmp_path: Path) -> None:
    open_database(str(tmp_path / "x.db")).dispose()
    (tmp_path / "x.db").chmod(0o644)
    said: list[str] = []
    for _ in range(2):
        open_database(str(tmp_path / "x.db"), said.append).dispose()
    assert (tmp_path / "x.db").stat().st_mode & 0o777 == 0o600
    assert [each.partition(": ")[2][:29] for each in said] == ["everybody here could read it "]


@pytest.mark.parametrize("step", ["0001", "0002", "0003", "0004", "0005", "0006"])
def test_an_older_database_is_brought_up_to_date_with_what_it_holds(
    world: World, step: str
) -> None:
    given = [indicator(each) for each in range(3)]
    assert world.add("A", *given)["success_count"] == len(given)
    world.ask("B", objects())
    engine = world.library.engine
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(database._MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, step)
    where = engine.url.render_as_string(hide_password=False)
    open_database(where.removeprefix("sqlite:///")).dispose()
    assert len(names(world.ask("B", objects()))) == len(given)
    assert world.add("A", indicator(9))["success_count"] == 1
    assert world.ask("A", f"{objects()}{given[0]['id']}/", method="DELETE").status == 200
    who = world.caller("B").organisation
    (notice,) = world.library.notices(who, after=-1, limit=9, now=world.now + 9)
    assert notice.recall.object == given[0]["id"]


@pytest.mark.parametrize("data", [b"127.0.0.1 localhost\n", b"SQLite format 3", b"S"])
def test_a_file_that_is_no_database_stays_as_it_is(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "hosts"
    path.write_bytes(data)
    path.chmod(0o644)
    with pytest.raises(UsageError, match="is no SQLite database"):
        open_database(str(path))
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (data, 0o644)
    assert [each.name for each in tmp_path.iterdir()] == ["hosts"]


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").touch(0o644)
    open_database(str(tmp_path / "x.db")).dispose()
    assert (tmp_path / "x.db").stat().st_mode & 0o777 == 0o600


def test_what_is_not_there_is_not_made_unasked(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    for where in (str(path), str(tmp_path / "none" / "x.db"), f"sqlite:///{path}"):
        with pytest.raises(UsageError, match="there is no such database"):
            open_database(where, make=False)
    assert not list(tmp_path.iterdir())


def test_a_database_of_another_program_gets_no_tables_unasked(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE mine (x)")
    with pytest.raises(UsageError, match="has no register of allies"):
        open_database(str(path), make=False)
    with sqlite3.connect(path) as base:
        assert base.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
