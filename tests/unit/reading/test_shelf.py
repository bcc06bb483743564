"""The shelf: what is kept is found again, by a part of its id, and damage is told."""

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
    folder = shelf.keep(tmp_path, ONE, {"a": b"x"})
    (folder / "rules" / "old.yml").write_text("x", encoding="utf-8")
    shelf.keep(tmp_path, ONE, {"a": b"x"})
    assert shelf.kept(tmp_path, ONE.id).rule_count == len(ONE.rules)


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
