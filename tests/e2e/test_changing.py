"""A file that is written to while it is hunted, and what that loses."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sidelight.cli import hunt as cli
from sidelight.cli.app import run
from sidelight.cli.outputs import Outputs
from sidelight.evidence.inventory import Input, changed
from sidelight.output.formats import Sink

LINE = b"Jan  1 00:00:00 host cron[1]: all is well\n"


def _shrink(path: Path) -> None:
    os.truncate(path, len(LINE))


def _rewrite(path: Path) -> None:
    size = path.stat().st_size
    os.truncate(path, len(LINE))
    os.truncate(path, size)


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(LINE)


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [(_shrink, 3, b'"reason":"truncated"'), (_grow, 0, b'"reason":"changed"')],
)
def test_events_lost_to_a_change_are_unread_evidence(
    change: Callable[[Path], None],
    code: int,
    reason: bytes,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The file is changed between being listed and being read."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    log, out, sinks = tmp_path / "a.log", tmp_path / "out.jsonl", cli._sinks
    log.write_bytes(LINE * 100)

    def later(request: cli._Request, outputs: Outputs) -> list[Sink]:
        change(log)
        return sinks(request, outputs)

    monkeypatch.setattr(cli, "_sinks", later)
    assert run(["hunt", str(log), "-q", "-o", str(out), "--jobs", "1"]) == code
    assert reason in out.read_bytes()


@pytest.mark.parametrize(
    ("change", "took", "reason"),
    [
        (_shrink, 100, "changed"),
        (_shrink, 99, "truncated"),
        (_shrink, None, "truncated"),
        (_rewrite, 100, "changed"),
        (_rewrite, 99, "truncated"),
        (_rewrite, None, "changed"),
        (_grow, 100, "changed"),
        (Path.unlink, 100, "changed"),
        (Path.unlink, 99, "truncated"),
        (Path.unlink, None, "changed"),
    ],
)
def test_what_was_read_whole_before_a_change_is_not_lost(
    change: Callable[[Path], None], took: int | None, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(LINE * 100)
    item = Input(str(path), 100 * len(LINE), "syslog", 0)
    change(path)
    gap = changed(item, took and took * len(LINE))
    assert gap is not None
    assert gap.reason == reason
