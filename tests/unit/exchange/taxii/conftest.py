"""A server with three circles' worth of allies, fresh for each test."""

from pathlib import Path

import pytest

from allies import World, open_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return open_world(tmp_path)
