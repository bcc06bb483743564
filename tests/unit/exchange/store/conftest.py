"""A world in SQLite, and the same in PostgreSQL where there is one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import databases
from allies import World, open_world


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "sqlite":
        yield open_world(tmp_path)
        return
    with databases.fresh(request.getfixturevalue("server")) as address:
        made = open_world(tmp_path, where=address)
        yield made
        made.library.engine.dispose()
