"""The shelf: what is kept is found again, by a part of its id, and damage is told."""

import json
import os
import pydoc
import time
from contextlib import suppress
from pathlib import Path

import pytest

from reading_cases import brief
from sidelight.errors import UsageError
from sidelight.reading import shelf

ONE = brief("Naikon sideloaded libvlc.dll with a copy of player.exe.")


def test_a_report_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    shelf.keep(tmp_path, ONE, {"a.txt": b"x"})
    found = shelf.kept(tmp_path, ONE.id[:4])
    assert (found.id, found.techniques) == (ONE.id, ("T1574.001",))
    assert found.rule_count == len(ONE.rules) > 0
    assert [(name, path.read_bytes()) for name, path in found.originals] == [("a.txt", b"x")]


def test_keeping_it_again_leaves_no_old_rule(tmp_path: Path) -> None:
    shelf.keep(tmp_path, ONE, {"a": b"x"})
    (shelf.kept(tmp_path, ONE.id).rules / "old.yml").write_text("x", encoding="utf-8")
    folder = shelf.keep(tmp_path, ONE, {"a": b"y"})
    found = shelf.kept(tmp_path, ONE.id)
    assert found.rule_count == len(ONE.rules)
    assert found.originals[0][1].read_bytes() == b"y"
    assert sorted(path.name for path in folder.iterdir()) == [
        "report.json", found.rules.parent.name,
    ]  # fmt: skip


def test_what_was_kept_before_there_were_versions_is_found_and_replaced(tmp_path: Path) -> None:
    folder = shelf.keep(tmp_path, ONE, {"a": b"x"})
    (version,) = folder.glob("v-*")
    for part in version.iterdir():
        part.rename(folder / part.name)
    version.rmdir()
    about = json.loads((folder / "report.json").read_bytes())
    del about["version"]
    (folder / "report.json").write_text(json.dumps(about), encoding="utf-8")
    assert _whole(tmp_path) == b"x"
    shelf.keep(tmp_path, ONE, {"a": b"y"})
    assert _whole(tmp_path) == b"y"
    assert not (folder / "documents").exists()


def _whole(folder: Path) -> bytes:
    """Give the original of the report, of which everything is there."""
    found = shelf.kept(folder, ONE.id)
    assert found.rule_count == len(ONE.rules)
    ((_, path),) = found.originals
    return path.read_bytes()


class _Killed(BaseException):
    """Stands for a process that ends here: nothing of it is put in order."""


CALLS = ("os.fsync", "os.replace", "pathlib.Path.mkdir", "shutil.rmtree")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("number", range(6))
def test_whenever_the_writing_ends_there_is_a_whole_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    shelf.keep(tmp_path, ONE, {"a": b"x"})
    real, calls = pydoc.locate(call), iter(range(100))
    assert callable(real)

    def ends(*args: object, **more: object) -> object:
        if next(calls) >= number:
            raise _Killed
        return real(*args, **more)

    with monkeypatch.context() as patched:
        patched.setattr(call, ends)
        with suppress(_Killed):
            shelf.keep(tmp_path, ONE, {"a": b"y"})
    assert _whole(tmp_path) in {b"x", b"y"}
    shelf.keep(tmp_path, ONE, {"a": b"z"})
    assert _whole(tmp_path) == b"z"


def test_a_full_disk_leaves_the_old_report_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shelf.keep(tmp_path, ONE, {"a": b"x"})
    before = sorted(folder.rglob("*"))

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            shelf.keep(tmp_path, ONE, {"a": b"y"})
    assert sorted(folder.rglob("*")) == before
    assert _whole(tmp_path) == b"x"


def test_what_a_killed_writer_left_goes_after_a_day(tmp_path: Path) -> None:
    folder = shelf.keep(tmp_path, ONE, {"a": b"x"})
    for name, age in (("v-0ld", 90_000), ("v-new", 60)):
        (folder / name).mkdir()
        os.utime(folder / name, (time.time() - age,) * 2)
    shelf.keep(tmp_path, ONE, {"a": b"y"})
    assert not (folder / "v-0ld").exists()
    assert (folder / "v-new").exists()


@pytest.mark.parametrize("identity", ["", "ffff", "../x", "g"])
def test_what_is_not_there_is_named_with_what_is(tmp_path: Path, identity: str) -> None:
    shelf.keep(tmp_path, ONE, {})
    with pytest.raises(UsageError, match=ONE.id):
        shelf.kept(tmp_path, identity)


def test_damage_is_told(tmp_path: Path) -> None:
    folder = shelf.keep(tmp_path, ONE, {})
    (folder / "report.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="damaged"):
        shelf.kept(tmp_path, ONE.id)
    (tmp_path / "seen.json").write_text("[", encoding="utf-8")
    with pytest.raises(UsageError, match="damaged"):
        shelf.seen(tmp_path, "x")


def test_what_was_digested_is_remembered(tmp_path: Path) -> None:
    assert shelf.seen(tmp_path, "x") == frozenset()
    shelf.remember(tmp_path, "x", frozenset({"a"}))
    shelf.remember(tmp_path, "x", frozenset({"b"}))
    assert shelf.seen(tmp_path, "x") == {"a", "b"}
    assert shelf.seen(tmp_path, "y") == frozenset()


def test_a_full_disk_leaves_what_was_remembered_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.remember(tmp_path, "inbox", frozenset({"a"}))

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UsageError, match="No space left on device"):
        shelf.remember(tmp_path, "inbox", frozenset({"b"}))
    assert shelf.seen(tmp_path, "inbox") == {"a"}
    assert [path.name for path in tmp_path.iterdir()] == ["seen.json"]
