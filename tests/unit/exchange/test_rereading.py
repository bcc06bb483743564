"""Files are read again when what is in them changes, and never to the worse."""

import logging
import os
import time
from pathlib import Path

import pytest

from patience import until
from sidelight.errors import UsageError
from sidelight.exchange.rereading import Source, rereading


def source(path: Path, took: list[str]) -> Source[str]:
    def read() -> str:
        try:
            text = path.read_text()
        except OSError:
            raise UsageError("cannot be read", where=str(path)) from None
        if text.startswith("broken"):
            raise UsageError("is broken", where=str(path))
        return text

    def files(value: str) -> list[Path]:
        return [path, *(path.parent / each for each in value.split()[1:])]

    return Source(read, files, took.append)


def write(path: Path, text: str, age_s: int = 100) -> None:
    """Write a file as if that had been a while ago."""
    path.write_text(text)
    then = time.time_ns() - age_s * 10**9
    os.utime(path, ns=(then, then))


def test_what_changes_holds_and_what_does_not_is_not_taken(tmp_path: Path) -> None:
    took: list[str] = []
    path = tmp_path / "a"
    write(path, "one")
    watched = source(path, took)
    assert not watched.look()
    write(path, "one", 50)  # touched
    assert not watched.look()
    write(path, "two", 40)
    assert watched.look()
    assert not watched.look()
    assert (took, watched.value) == (["two"], "two")


def test_a_change_within_the_same_instant_is_seen(tmp_path: Path) -> None:
    took: list[str] = []
    path = tmp_path / "a"
    write(path, "one", -1000)  # an instant that is not over, however slow the machine is
    watched = source(path, took)
    watched.look()
    before = path.stat()
    path.write_text("two")  # as long, and dated as before
    os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))
    assert watched.look()


def test_what_is_broken_or_gone_changes_nothing_and_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    took: list[str] = []
    path = tmp_path / "a"
    write(path, "one")
    watched = source(path, took)
    with caplog.at_level(logging.WARNING):
        write(path, "broken", 50)
        assert [watched.look() for _ in range(3)] == [False, False, False]
        path.unlink()
        assert [watched.look() for _ in range(3)] == [False, False, False]
        write(path, "two")
        assert watched.look()
    said = [each.getMessage() for each in caplog.records]
    assert [("is broken" in each, "cannot be read" in each, "read again" in each)
            for each in said] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]  # fmt: skip
    assert took == ["two"]


def test_what_was_broken_by_something_else_is_taken_when_that_is_mended(tmp_path: Path) -> None:
    took: list[str] = []
    path, other = tmp_path / "a", tmp_path / "keys"

    def read() -> str:
        text = path.read_text()
        if "keys" in text and not other.exists():
            raise UsageError("is missing", where=str(other))
        return text

    write(path, "one")
    watched = Source(read, lambda _: [path], took.append)
    write(path, "two keys", 50)
    assert not watched.look()
    write(other, "k")
    assert watched.look()
    assert not watched.look()
    assert took == ["two keys"]


def test_files_that_a_file_names_are_looked_at_too(tmp_path: Path) -> None:
    took: list[str] = []
    path, other = tmp_path / "a", tmp_path / "keys"
    write(path, "one")
    watched = source(path, took)
    write(path, "two keys", 50)
    write(other, "k")
    assert watched.look()
    assert not watched.look()
    write(other, "l", 50)
    assert watched.look()
    assert took == ["two keys", "two keys"]


def test_the_first_time_has_to_succeed(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        source(tmp_path / "none", [])


def test_one_that_fails_keeps_no_other_from_being_looked_at(tmp_path: Path) -> None:
    class Failing:
        def look(self) -> bool:
            raise RuntimeError

    took: list[str] = []
    path = tmp_path / "a"
    write(path, "one")
    watched = source(path, took)
    write(path, "two", 50)
    with rereading([Failing(), watched]):
        assert until(lambda: bool(took))
    assert took == ["two"]
