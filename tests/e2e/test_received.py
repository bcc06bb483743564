"""What an ally sends is hunted here, as it is received, and nothing else is done with it."""
# ruff: noqa: F811 - fixtures are arguments

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from allies import indicator
from patience import PATIENCE_S, until
from sidelight.plural import many

from .conftest import CommandLine, Ran
from .test_share import (  # noqa: F401 - fixtures
    Served,
    allied,
    bundle,
    desk,
    push,
    served,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops the server by a signal")
PLANTED = "[file:name = 'googleupdate.exe']"
RULE = r"""
title: A Program Out Of Program Data
id: 8d7f2b2e-4c1d-4f60-9e53-0c4f0f2a7b19
logsource: {product: windows, category: process_creation}
detection:
    it: {Image|startswith: 'C:\ProgramData\'}
    condition: it
level: medium
"""


def pull_and_hunt(served: Served, evidence: Path, *options: str) -> Ran:
    return served.desk(
        "share", "pull", served.url, "--collection", "finds", "-o", "got.jsonl",
        "--token-file", served.tokens["B"], "--hunt", evidence, "--kept", "kept", *options,
    )  # fmt: skip


def record(desk: CommandLine) -> list[dict[str, object]]:
    text = (desk.folder / "kept" / "hunted.jsonl").read_text()
    return [json.loads(each) for each in text.splitlines()]


def seen(line: dict[str, object]) -> int:
    found = line["seen"]
    assert isinstance(found, dict)
    return int(found["count"])


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_pulled_is_hunted_once_and_nothing_else_happens(
    served: Served,
    small_range: Path,
) -> None:
    items = (
        indicator(1, pattern=PLANTED),
        indicator(2, pattern="[ipv4-addr:value = '8.8.8.8']"),
        indicator(3, pattern="[mutex:name = 'attacker']"),
        indicator(4, pattern=RULE, pattern_type="sigma"),
    )
    assert push(served, bundle(served.desk.folder / "1.json", *items))[0] == 0
    before, evidence = snapshot(served.desk.folder), snapshot(small_range)

    ran = pull_and_hunt(served, small_range)

    out = ran.out.decode()
    assert ran.code == 1, ran.err
    assert "4 indicators; 2 to hunt, 1 held back, 1 cannot be run" in out
    assert "8.8.8.8: a public resolver" in out
    assert "no log here tells of mutex:name" in out
    assert "googleupdate.exe" in out
    lines = record(served.desk)
    assert sorted(str(each["became"]) for each in lines) == [
        "held back",
        "hunted",
        "hunted",
        "refused",
    ]
    assert all(seen(each) > 0 for each in lines if each["became"] == "hunted")
    # Nothing but the hunt's own files has changed: no list, no rule, no setting, no evidence.
    changed = {
        name
        for name, data in snapshot(served.desk.folder).items()
        if before.get(name) != data and "exchange.db" not in name
    }
    inside = {str(Path(name).relative_to(served.desk.folder)) for name in changed}
    assert {name for name in inside if not name.startswith("kept")} <= {
        "got.jsonl", "got.jsonl.cursor",
    }  # fmt: skip
    assert snapshot(small_range) == evidence

    push(served, bundle(served.desk.folder / "2.json", indicator(5, pattern=PLANTED + " ")))
    again = pull_and_hunt(served, small_range)

    assert "5 indicators; 1 to hunt, 0 held back, 0 cannot be run, 4 were" in again.out.decode()


def test_what_is_followed_is_hunted_as_it_comes(served: Served, small_range: Path) -> None:
    command = served.desk.arguments(
        "share", "follow", served.url, "--collection", "finds", "--from-start",
        "--token-file", served.tokens["B"], "--hunt", small_range, "--kept", "kept",
    )  # fmt: skip
    errors = (served.desk.folder / "err").open("wb")
    process = subprocess.Popen(
        command,
        env=dict(served.desk.environment),
        cwd=served.desk.folder,
        stdout=subprocess.PIPE,
        stderr=errors,
    )
    kept = served.desk.folder / "kept" / "hunted.jsonl"
    try:
        push(served, bundle(served.desk.folder / "1.json", indicator(1, pattern=PLANTED)))
        assert process.stdout
        assert json.loads(process.stdout.readline())["pattern"] == PLANTED
        assert until(lambda: kept.exists() and kept.stat().st_size > 0)
        lines = record(served.desk)
        assert [each["became"] for each in lines] == ["hunted"]
        assert seen(lines[0]) > 0
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=PATIENCE_S) in {0, 1, 130}
    finally:
        errors.close()
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]
    assert "googleupdate.exe" in (served.desk.folder / "err").read_text()


def test_a_sighting_goes_back_when_it_is_sent_and_not_before(
    served: Served, small_range: Path
) -> None:
    desk = served.desk
    push(served, bundle(desk.folder / "1.json", indicator(1, "amber+strict", pattern=PLANTED)))
    pull_and_hunt(served, small_range)
    [line] = record(desk)

    def tell(*more: str) -> str:
        ran = desk(
            "share", "sighting", served.url, "--collection", "finds",
            "--token-file", served.tokens["B"], "--kept", "kept", *more,
        )  # fmt: skip
        assert ran.code == 0, ran.err
        return ran.out.decode()

    def hear(who: str) -> str:
        ran = desk(
            "share", "sightings", served.url, "--collection", "finds", "-o", f"seen-{who}.jsonl",
            "--token-file", served.tokens[who],
        )  # fmt: skip
        assert ran.code == 0, ran.err
        return ran.out.decode()

    told = tell()
    assert "goes to 1 of its recipients: to-creator" in told
    assert "nothing has left" in told
    assert "no ally has told" in hear("A")
    assert "1 of 1 sighting taken" in tell("--send")
    assert "no sighting to tell" in tell("--send")
    pulled = pull_and_hunt(served, small_range, "--sighting", "own").out.decode()
    assert "they go as your organisation" in pulled
    assert "nothing has left" in pulled
    wrong = pull_and_hunt(served, small_range, "--sighting", "nobody")
    assert (wrong.code, "none of: own, anonymous" in wrong.err) == (2, True)
    assert pull_and_hunt(served, small_range, "--send").code == 2
    assert f"seen by 1 member, {many(seen(line), 'time')}" in hear("A")
    assert f"seen by 1 member, {many(seen(line), 'time')}" in hear("A")
    assert "no ally has told" in hear("G")
    kept = (desk.folder / "seen-A.jsonl").read_text()
    assert "googleupdate" not in kept
    assert str(small_range) not in kept
