"""Files that only their owner reads."""

import os
from pathlib import Path

import pytest

from sidelight.errors import UsageError
from sidelight.exchange.secret import put_secret, read_secret, read_token, tighten, write_secret

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_everybody_could_read_is_tightened_and_said_once(tmp_path: Path) -> None:
    names = ("x.db", "x.db-wal", "x.db-shm")
    for name in names:
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o644)
    said = tighten(tmp_path / "x.db")
    assert said.endswith("everybody here could read it (mode 644); it is its owner's now (600)")
    assert [mode(tmp_path / name) for name in names] == [0o600] * 3
    assert tighten(tmp_path / "x.db") == ""


@pytest.mark.parametrize("kept", [0o600, 0o640, 0o660])
def test_a_group_that_was_let_in_stays(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "x.db"
    path.touch()
    path.chmod(kept)
    assert (tighten(path), mode(path)) == ("", kept)


def test_what_is_not_there_needs_nothing(tmp_path: Path) -> None:
    assert tighten(tmp_path / "x.db") == ""


def test_a_secret_is_its_owners_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "x.key"
    write_secret(path, b"secret")
    assert (mode(path), read_secret(path)) == (0o600, b"secret")
    with pytest.raises(UsageError, match="is there already"):
        write_secret(path, b"other")
    path.chmod(0o640)
    with pytest.raises(UsageError, match="may be read by others"):
        read_secret(path)


def test_of_two_secrets_made_at_once_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "hooks.key"
    assert put_secret(path, b"first")
    assert not put_secret(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_system_without_links_does_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "x.key"
    assert put_secret(path, b"first")
    assert not put_secret(path, b"second")
    assert (path.read_bytes(), mode(path)) == (b"first", 0o600)


@pytest.mark.parametrize("data", [b"", b" \n", b"a\nb", "ü".encode()])
def test_what_is_no_token_is_said(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(data)
    with pytest.raises(UsageError, match="token: holds no token"):
        read_token(path)
    path.write_bytes(b"slt_x\n")
    assert read_token(path) == "slt_x"


def test_what_a_start_left_that_was_killed_keeps_no_other_from_writing(tmp_path: Path) -> None:
    """In a container each start has the same number of process."""
    (tmp_path / f"key.{os.getpid()}").write_bytes(b"ha")
    assert put_secret(tmp_path / "key", b"whole")
    assert (tmp_path / "key").read_bytes() == b"whole"


@pytest.mark.parametrize("links", [True, False])
def test_a_secret_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def fail(*given: object) -> None:
        raise OSError(28, "No space left on device", str(given))

    if not links:
        monkeypatch.setattr(os, "link", fail)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fail)
        with pytest.raises(UsageError, match="No space left"):
            put_secret(tmp_path / "key", b"whole")
    assert list(tmp_path.iterdir()) == []
    assert [put_secret(tmp_path / "key", each) for each in (b"whole", b"other")] == [True, False]
    assert (tmp_path / "key").read_bytes() == b"whole"
    assert [each.name for each in tmp_path.iterdir()] == ["key"]
