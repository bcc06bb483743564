"""What forks of a loaded process do is what the program itself does."""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

import warm

from .conftest import CommandLine, Ran

pytestmark = pytest.mark.skipif(not warm.POSSIBLE, reason="needs file descriptors of processes")
DIFFERS = re.compile(rb"20\d\d-\d\d-\d\dT[\d:.]+Z|in \d+\.\d s|[\d,]+ events/s")
"""Moments and durations."""


def cold(desk: CommandLine, *arguments: str | Path, stdin: bytes) -> Ran:
    with tempfile.TemporaryFile() as sink:
        code, err = desk.cold(*arguments, stdin=stdin, sink=sink)
        sink.seek(0)
        return Ran(code, sink.read(), err.decode())


def snapshot(folder: Path) -> Mapping[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    "arguments",
    [
        ("hunt", "logs", "-o", "found.csv", "--no-times"),
        ("hunt", "-", "--quiet", "--format", "jsonl", "--jobs", "2"),
        ("hunt", "nowhere"),
        ("hunt", "--nosuch"),
        ("share", "apply", "nowhere.toml"),
        ("share", "--help"),
        ("rules", "list"),
        ("--version",),
    ],
    ids=" ".join,
)
def test_a_fork_does_what_the_program_does(
    small_range: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    stdin = (small_range / "med01" / "audit.log").read_bytes()
    seen = []
    for run in (CommandLine.__call__, cold):
        desk = CommandLine(tmp_path / "desk")
        desk.folder.mkdir()
        (desk.folder / "logs").symlink_to(small_range / "med01")
        ran = run(desk, *arguments, stdin=stdin)
        files = snapshot(desk.folder)
        kept = {name: data for name, data in files.items() if name.endswith(".csv")}
        said = DIFFERS.sub(b"...", ran.out), DIFFERS.sub(b"...", ran.err.encode())
        seen.append((ran.code, *said, kept, sorted(files)))
        desk.folder.rename(tmp_path / f"done-{len(seen)}")
    assert seen[0] == seen[1]
