from pathlib import Path

import orjson
import pytest

from allies import indicator
from sidelight.errors import ExchangeError, UsageError
from sidelight.exchange.notices import Told, drop, mark, told_by

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


def test_what_is_dropped_is_gone_and_all_else_is_where_it_was(pulled: Path) -> None:
    before = pulled.read_bytes()
    assert drop(pulled, [ONE]) == 3
    after = pulled.read_bytes()
    assert len(after) == len(before)
    assert f'"id":"{ONE}"'.encode() not in after
    assert after.splitlines()[1] == before.splitlines()[1]
    assert after.splitlines()[3] == b"no JSON"
    assert drop(pulled, [ONE]) == 0


def test_a_file_that_cannot_be_changed_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        drop(tmp_path, [ONE])


@pytest.mark.parametrize("data", [b"", b"[]", b'{"id": 1}', b"[" * 100_000])
def test_what_is_no_recall_is_said(data: bytes) -> None:
    with pytest.raises(ExchangeError):
        told_by(data, "here")
