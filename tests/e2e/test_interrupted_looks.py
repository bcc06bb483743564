"""A look that is ended keeps what it has seen, and the result says that it is partial."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from patience import PATIENCE_S, until

from .conftest import CommandLine

HEADER = {"schema": "sidelight-host", "version": 1, "type": "host", "host": "node1"}
ODD = {
    "type": "process",
    "pid": 7,
    "ppid": 1,
    "exe": "/memfd:x (deleted)",
    "argv": ["x"],
    "started": "2026-01-02T03:04:04.00Z",
    "user": "root",
    "seen": 2,
}
HUNT = ("hunt", "--quiet", "--format", "jsonl")
LINES = "".join(json.dumps(line) + "\n" for line in (HEADER, ODD))


def ended(
    sidelight: CommandLine, words: list[str], more: Mapping[str, str], ready: Path, number: int
) -> subprocess.CompletedProcess[bytes]:
    """Run a command, and send it a signal when *ready* is there."""
    running = subprocess.Popen(
        sidelight.arguments(*words),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**sidelight.environment, **more},
        cwd=sidelight.folder,
    )
    assert until(lambda: ready.exists() or running.poll() is not None)
    running.send_signal(number)
    out, err = running.communicate(timeout=PATIENCE_S)
    return subprocess.CompletedProcess(words, running.returncode, out, err)


def told(ran: subprocess.CompletedProcess[bytes]) -> tuple[list[object], list[str], object]:
    """Give the classes of findings, what gaps say, and why the manifest is partial."""
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    (coverage,) = (line for line in lines if line["kind"] == "coverage")
    (manifest,) = (line for line in lines if line["kind"] == "manifest")
    findings = [line["title"] for line in lines if line["kind"] == "finding"]
    return findings, [gap["text"] for gap in coverage["gaps"]], manifest["partial"]


def waiting(folder: Path, ready: Path) -> str:
    """Give a PATH on which ssh never ends; of any host but slow it shows something first.

    All is ready once the slow one, too, was called, and the other has shown what it shows.
    """
    ssh, shown = folder / "bin" / "ssh", folder / "shown"
    ssh.parent.mkdir()
    ssh.write_text(
        f"#!/bin/sh\nwhile [ $# -gt 2 ]; do shift; done\n"
        f"echo $$ >> {folder}/pids\n"
        f"[ $1 = slow ] || {{ printf '%s' '{LINES}'; touch {shown}; exec sleep 600; }}\n"
        f"until [ -e {shown} ]; do sleep 0.05; done\ntouch {ready}\nexec sleep 600\n"
    )
    ssh.chmod(0o755)
    return f"{ssh.parent}:{os.environ['PATH']}"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_hosts_that_were_looked_at_are_told_and_the_others_are_missing(
    number: int, code: int, sidelight: CommandLine, tmp_path: Path
) -> None:
    ready, scratch = tmp_path / "ready", tmp_path / "scratch"
    scratch.mkdir()
    more = {"PATH": waiting(tmp_path, ready), "TMPDIR": str(scratch)}
    ran = ended(sidelight, [*HUNT, "--ssh", "fast", "--ssh", "slow"], more, ready, number)
    findings, gaps, partial = told(ran)
    assert (ran.returncode, partial) == (code, "interrupted")
    assert findings
    assert "the host was not looked at: interrupted" in gaps
    assert "the collection has no end: interrupted" in gaps
    assert b"interrupted: the results are of what was read" in ran.stderr
    assert not list(scratch.iterdir())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_collection_that_is_ended_says_so_and_leaves_no_call(
    number: int, code: int, sidelight: CommandLine, tmp_path: Path
) -> None:
    ready, nodes = tmp_path / "ready", tmp_path / "nodes"
    words = ["collect", "--ssh", "fast", "--ssh", "slow", "--output", str(nodes)]
    ran = ended(sidelight, words, {"PATH": waiting(tmp_path, ready)}, ready, number)
    assert ran.returncode == code
    ends = [(nodes / f"{host}.jsonl").read_text().splitlines()[-1] for host in ("fast", "slow")]
    assert [json.loads(end)["text"] for end in ends] == ["interrupted"] * 2
    pids = [int(word) for word in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_was_seen_of_this_host_is_told(
    number: int, sidelight: CommandLine, tmp_path: Path
) -> None:
    """The program that looks writes what it holds back before it ends."""
    ready, start = tmp_path / "ready", tmp_path / "start"
    look = tmp_path / "look.py"
    look.write_text(
        f"import os, sys, time\nsys.stdout.write({LINES!r})\n"
        "def stat(): return open(f'/proc/{os.getppid()}/stat').read().rpartition(')')[2]\n"
        "try:\n"
        "    while stat().split()[0] != 'S': time.sleep(0.05)\n"  # it waits for this program
        f"    open({str(ready)!r}, 'w').close()\n"
        "    time.sleep(600)\nexcept KeyboardInterrupt:\n    sys.exit(130)\n"
    )
    start.mkdir()
    (start / "sitecustomize.py").write_text(
        f"import sidelight.host.collect as collect\ncollect.__file__ = {str(look)!r}\n"
    )
    more = {"PYTHONPATH": f"{start}:{sidelight.environment['PYTHONPATH']}"}
    ran = ended(sidelight, [*HUNT, "--live", str(look)], more, ready, number)
    findings, gaps, partial = told(ran)
    assert (ran.returncode, partial) == (128 + number, "interrupted")
    assert findings
    assert gaps == ["the collection has no end: interrupted"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_the_collector_ends_on_a_request_as_on_ctrl_c(sidelight: CommandLine) -> None:
    """It may come to all of a group, as from timeout(1)."""
    from sidelight.host import collect

    with subprocess.Popen(
        [sys.executable, "-I", collect.__file__, "--max-cpu=1"], stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        head = running.stdout.readline()  # comes before it looks at anything
        running.send_signal(signal.SIGTERM)
        rest = running.stdout.read()
        assert running.wait(PATIENCE_S) == 130
    assert json.loads(head)["schema"] == collect.SCHEMA
    assert all(map(json.loads, rest.splitlines()))
