from pathlib import Path

import orjson
import pytest

from allies import indicator
from sidelight.errors import ExchangeError, UsageError
from sidelight.exchange.notices import Told, drop, mark, marked, told_by

ONE, TWO = (str(indicator(number)["id"]) for number in (1, 2))


def told(ident: str) -> Told:
    return Told(
        "r", ident, "2026-01-01T00:00:00.000000Z", "2026-01-02T00:00:00.000000Z", "x", "open"
    )


@pytest.fixture
def pulled(tmp_path: Path) -> Path:
    path = tmp_path / "finds.jsonl"
    naming = indicator(2, description=f"seen with {ONE}")
    lines = [orjson.dumps(each) for each in (indicator(1), naming, indicator(1, "clear"))]
    path.write_bytes(b"\n".join(lines) + b"\r\nno JSON\n" + lines[0])
    return path


def test_what_is_held_is_marked_and_what_only_names_it_is_not(pulled: Path) -> None:
    found = mark(pulled, [told(ONE), told("indicator--other")])
    assert [(each.object_id, each.held) for each in found] == [(ONE, 3)]
    rows = pulled.with_name("finds.jsonl.recalls").read_bytes().splitlines()
    assert [orjson.loads(row).get("held", 0) for row in rows] == [3, 0]


def test_nothing_recalled_writes_nothing(pulled: Path) -> None:
    assert mark(pulled, []) == []
    assert not pulled.with_name("finds.jsonl.recalls").exists()


def test_what_is_dropped_is_gone_and_all_else_is_as_it_was(pulled: Path) -> None:
    mark(pulled, [told(ONE)])
    pulled.chmod(0o640)
    before = pulled.read_bytes().splitlines(keepends=True)
    assert drop(pulled, [ONE]) == 3
    assert pulled.read_bytes() == b"".join(before[1::2])
    assert pulled.stat().st_mode & 0o777 == 0o640
    assert marked(pulled) == []
    assert drop(pulled, [ONE]) == 0


def test_lines_that_were_blanked_before_are_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"     \n" + orjson.dumps(indicator(2)) + b"\n\n")
    assert drop(path, [ONE]) == 0
    assert orjson.loads(path.read_bytes())["id"] == TWO
    assert path.read_bytes().count(b"\n") == 1


def test_nothing_to_drop_leaves_the_file_alone(pulled: Path) -> None:
    before = pulled.stat()
    assert drop(pulled, ["indicator--other"]) == 0
    assert (pulled.stat().st_ino, pulled.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_file_that_cannot_be_changed_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        drop(tmp_path, [ONE])


@pytest.mark.parametrize("data", [b"", b"[]", b'{"id": 1}', b"[" * 100_000])
def test_what_is_no_recall_is_said(data: bytes) -> None:
    with pytest.raises(ExchangeError):
        told_by(data, "here")
