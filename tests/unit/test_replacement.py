from collections.abc import Iterator
from pathlib import Path

import pytest

from sidelight.errors import UsageError
from sidelight.replacement import replace_file


def full() -> Iterator[bytes]:
    """Give a part, and then what a full disk says."""
    yield b"new"
    raise OSError(28, "No space left on device")


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"old")
    with pytest.raises(UsageError, match="No space left on device"):
        replace_file(path, full())
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("a.jsonl", b"old")]


def test_the_new_file_is_as_open_as_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.jsonl"
    replace_file(path, [b"one"])
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    replace_file(path, [b"t", b"wo"])
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o640)
    replace_file(path, [b"three"], 0o644)
    assert path.stat().st_mode & 0o777 == 0o644
