"""A host is collected and hunted as a person does it."""

import inspect
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sidelight.host import collect as collector

from .conftest import CommandLine

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
NAMESPACES = ["unshare", "-Urpfmn", "--mount-proc"]
QUIET = ("--quiet", "--format", "jsonl", "--no-times")


@pytest.fixture
def namespaces() -> list[str]:
    known = shutil.which("unshare") is not None
    if (
        not known
        or subprocess.run([*NAMESPACES, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("namespaces are denied here")
    return NAMESPACES


def test_a_collection_is_hunted_by_the_rules_for_starts(
    sidelight: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "host.jsonl"
    ran = sidelight("collect", "--live", "--pid", str(os.getpid()), "--output", file)
    assert (ran.code, ran.out) == (0, b"")
    assert ran.err.startswith("1 processes, 0 gone meanwhile")
    hunted = sidelight("hunt", file, *QUIET, "--fail-level", "never")
    coverage = [json.loads(line) for line in hunted.out.splitlines()]
    streams = [line for line in coverage if "sidelight-host" in json.dumps(line)]
    assert hunted.code == 0, hunted.err
    assert streams


def test_more_than_a_look_is_asked_for(sidelight: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "host.jsonl"
    words = ("collect", "--live", "--pid", str(os.getpid()), "--output", file)
    headers = []
    for options in ((), ("--hashes", "--ptrace")):
        ran = sidelight(*words, *options)
        assert (ran.code, ran.out) == (0, b"")
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        headers.append((lines[0]["ptrace"], any("digests" in line for line in lines)))
    assert headers[1] == (True, True)
    assert not headers[0][0]


def test_a_folder_that_is_not_there_is_not_made(sidelight: CommandLine, tmp_path: Path) -> None:
    """A path with a slip in it is said before the host is looked at."""
    folder = tmp_path / "nodir"
    ran = sidelight("collect", "--live", "--pid", str(os.getpid()), "-o", folder / "host.jsonl")
    assert (ran.code, ran.out) == (2, b"")
    assert ran.err.startswith(f"sidelight: {folder}: there is no such folder (make it first: ")
    assert not folder.exists()


def test_the_script_it_prints_is_the_collector(sidelight: CommandLine, tmp_path: Path) -> None:
    script = sidelight("collect", "--script")
    ran = subprocess.run(
        [sys.executable, "-I", "-", "--pid", str(os.getpid())],
        input=script.out,
        capture_output=True,
        check=True,
        cwd=tmp_path,
    )
    kinds = [json.loads(line)["type"] for line in ran.stdout.splitlines()]
    assert (kinds[0], kinds[-2:]) == ("host", ["process", "end"])
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_not_there_is_said(sidelight: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "host.jsonl"
    ended = subprocess.Popen(["true"])
    ended.wait()
    asked = [f"--pid={pid}" for pid in (os.getpid(), ended.pid)]
    for ran in (
        sidelight("collect", "--live", *asked, "--output", file),
        sidelight("collect", "--live", *asked, to=file),
    ):
        assert ran.code == 3
        assert f"there is no process {ended.pid}" in ran.err
        hunted = sidelight("hunt", file, *QUIET)
        assert hunted.code == 3
        assert f"process {ended.pid} was asked for and is not there" in hunted.out.decode()
    script = [sys.executable, "-I", inspect.getfile(collector), *asked]
    alone = subprocess.run(script, capture_output=True, check=False)
    assert (alone.returncode, alone.stderr) == (3, b"there is no process %d\n" % ended.pid)
    assert sidelight("collect", "--live", "--pid", "0").code == 2


def test_a_hunt_asks_for_more_than_a_look(sidelight: CommandLine, tmp_path: Path) -> None:
    """The collector is told; whoever looks at no host is told that."""
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/words\nexit 255\n')
    ssh.chmod(0o755)
    subprocess.run(
        sidelight.arguments("hunt", "--ssh", "node1", "--hashes", "--ptrace", *QUIET),
        capture_output=True,
        check=False,
        cwd=sidelight.folder,
        env={**sidelight.environment, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    assert (tmp_path / "words").read_text().endswith("node1 python3 - --hashes --ptrace\n")
    for word in ("--hashes", "--ptrace"):
        ran = sidelight("hunt", tmp_path, word)
        assert (ran.code, ran.out) == (2, b"")
        assert "--live" in ran.err


@pytest.mark.parametrize("words", [("collect",), ("collect", "--live", "--script"), ("hunt",)])
def test_what_is_not_said_is_asked_for(sidelight: CommandLine, words: tuple[str, ...]) -> None:
    ran = sidelight(*words)
    assert (ran.code, ran.out) == (2, b"")
    assert "--live" in ran.err


def test_a_host_that_cannot_be_reached_is_missing_and_not_clean(
    sidelight: CommandLine, tmp_path: Path
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\necho 'no route to host' >&2\nexit 255\n")
    ssh.chmod(0o755)
    ran = subprocess.run(
        sidelight.arguments("hunt", "--ssh", "node1", *QUIET),
        capture_output=True,
        check=False,
        cwd=sidelight.folder,
        env={**sidelight.environment, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    assert ran.returncode == 3
    assert b"1 of 1: node1: no route to host" in ran.stderr
    assert b"the host was not looked at: no route to host (no answer: " in ran.stdout
    kept = sidelight("collect", "--ssh", "node1")
    assert (kept.code, kept.out) == (2, b"")


def test_a_live_hunt_finds_a_program_in_shared_memory(
    sidelight: CommandLine, namespaces: list[str], tmp_path: Path
) -> None:
    """In namespaces of its own, without rights on the host; its collection is gone afterwards."""
    script = (
        "mount -t tmpfs none /dev/shm && cp /bin/sleep /dev/shm/x && { /dev/shm/x 3600 & } &&"
        ' for n in $(seq 3000); do [ "$(readlink /proc/$!/exe)" = /dev/shm/x ] && break;'
        ' sleep 0.1; done; "$@"; kill $!'
    )
    ran = subprocess.run(
        [*namespaces, "sh", "-c", script, "sh", *sidelight.arguments("hunt", "--live", *QUIET)],
        capture_output=True,
        check=False,
        cwd=sidelight.folder,
        env={**sidelight.environment, "TMPDIR": str(tmp_path)},
    )
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    told = [line for line in found if line["kind"] == "finding" and "/dev/shm/x" in str(line)]
    assert any("host.stealth" in str(line["rules"]) for line in told), ran.stderr
    assert any("Shared Memory" in str(line["rules"]) for line in told)
    assert list(tmp_path.iterdir()) == []
