"""What was told stays known, also where writing it down was cut."""

import os
from pathlib import Path

import pytest

from sidelight.errors import UsageError
from sidelight.exchange.received.record import Line, Record
from sidelight.exchange.received.reply import Told, remember, secret_of, told_before

ONE = {
    "id": "sighting--1",
    "count": 3,
    "created": "2026-01-01T00:00:00Z",
    "modified": "2026-01-01T00:00:00Z",
    "sighting_of_ref": "indicator--1",
}
TWO = {**ONE, "id": "sighting--2", "sighting_of_ref": "indicator--2"}


def test_a_line_that_was_cut_is_told_again_and_the_next_is_whole(tmp_path: Path) -> None:
    remember(tmp_path, "there", [ONE, TWO])
    path = tmp_path / "sent.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    known = Told(3, "2026-01-01T00:00:00Z")
    assert told_before(tmp_path, "there") == {"indicator--1": known}
    remember(tmp_path, "there", [TWO])
    assert told_before(tmp_path, "there") == {"indicator--1": known, "indicator--2": known}
    assert told_before(tmp_path, "elsewhere") == {}


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"place": "there"}', b"\xff"])
def test_a_damaged_line_is_said(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "sent.jsonl").write_bytes(line + b"\n")
    with pytest.raises(UsageError, match="line 1"):
        told_before(tmp_path, "there")


def test_the_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    made = secret_of(tmp_path / "kept")
    assert secret_of(tmp_path / "kept") == made
    path = tmp_path / "kept" / "sighting.secret"
    assert path.stat().st_mode & 0o077 == 0
    path.write_text("")
    with pytest.raises(UsageError, match="cannot be read"):
        secret_of(tmp_path / "kept")


def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        remember(tmp_path, "there", [ONE])
        record = Record(tmp_path)
        record.write([Line("", "", "indicator--1", "", "", "", "hunted")])
        kept = [tmp_path / "sent.jsonl", tmp_path / "hunted.jsonl", record.findings_file(0)]
    finally:
        os.umask(before)
    assert {each.stat().st_mode & 0o777 for each in kept} == {0o600}
