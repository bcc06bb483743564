"""A fleet is looked at through a stand-in for ssh."""

import json
import os
import sys
from pathlib import Path

import pytest

from sidelight.cli import fleet
from sidelight.errors import UsageError

SSH = """#!/bin/sh
# The last words are the host and what to run there.
while [ $# -gt 2 ]; do echo "$1" >> "$0.options"; shift; done
case $1 in
up*|root@up*) eval "$2" ;;
half) echo '{"schema":"sidelight-host","version":1,"type":"host","host":"half"}'; exit 1 ;;
flood) yes 0123456789 ;;
slow) exec sleep 600 ;;
*) cat > /dev/null; printf 'warning\\n\\033[31mno route to host\\n' >&2; exit 255 ;;
esac
"""


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(SSH)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return program


def fetched(hosts: list[str], folder: Path) -> dict[str, fleet.Fetched]:
    words = [f"--pid={os.getpid()}"]
    return {one.host: one for one in fleet.fetch(hosts, folder, words)}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_hosts_are_looked_at_and_troubles_told(ssh: Path, tmp_path: Path) -> None:
    """A host that cannot be reached leaves a beginning without an end, and no control codes."""
    found = fetched(["root@up1", "up2", "up2", "down"], tmp_path)
    assert sorted(found) == ["down", "root@up1", "up2"]
    assert found["down"].trouble.startswith("␛[31mno route to host (no answer: ")
    assert found["up2"].trouble == ""
    lines = [json.loads(line) for line in found["up2"].file.read_text().splitlines()]
    assert (lines[0]["type"], lines[-1]["type"]) == ("host", "end")
    down, why = map(json.loads, found["down"].file.read_text().splitlines())
    assert (down["host"], why["text"]) == ("down", found["down"].trouble)
    options = (ssh.parent / "ssh.options").read_text().split("\n")
    assert {"BatchMode=yes", "--"} <= set(options)


def test_what_came_before_the_trouble_is_kept(ssh: Path, tmp_path: Path) -> None:
    del ssh
    half = fetched(["half"], tmp_path)["half"]
    assert half.trouble == "ssh ended with 1"
    head, why = map(json.loads, half.file.read_text().splitlines())
    assert (head["host"], why["text"]) == ("half", "ssh ended with 1")


def test_a_host_that_never_ends_is_stopped(
    ssh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del ssh
    monkeypatch.setattr(fleet, "LIMIT", 1 << 17)
    found = fetched(["flood"], tmp_path)
    monkeypatch.setattr(fleet, "TIMEOUT_S", 1)
    found |= fetched(["slow"], tmp_path)
    assert "sent more than" in found["flood"].trouble
    assert found["flood"].file.stat().st_size <= 1 << 18
    assert found["slow"].trouble == "it took longer than 1 s"
    for each in found.values():
        last = each.file.read_bytes().rpartition(b"\n{")[2]
        assert json.loads(b"{" + last)["text"] == each.trouble


@pytest.mark.parametrize("host", ["", "-oProxyCommand=x"])
def test_a_name_is_no_option(host: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no name of a host"):
        list(fleet.fetch([host], tmp_path))


def test_without_ssh_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert fetched(["up"], tmp_path)["up"].trouble == "there is no program ssh here"


def test_files_come_in_order_of_name(ssh: Path, tmp_path: Path) -> None:
    del ssh
    said: list[str] = []
    files = fleet.told(fleet.fetch(["z", "a"], tmp_path), 2, said.append)
    assert [file.name for file in files] == ["a.jsonl", "z.jsonl"]
    assert said[1].startswith("2 of 2: ")


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("ssh: Could not resolve hostname a: Name or service not known", "spelled"),
        ("ssh: connect to host a port 22: Connection refused", "sshd"),
        ("Connection to a port 22 timed out", "firewall"),
        ("root@a: Permission denied (publickey).", "ssh-add"),
        ("Host key verification failed.", "key of the host"),
        ("bash: line 1: python3: command not found", "Python 3.6"),
    ],
)
def test_what_ssh_says_is_told_with_what_to_do(
    said: str, advice: str, ssh: Path, tmp_path: Path
) -> None:
    ssh.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 255\n")
    trouble = fetched(["a"], tmp_path)["a"].trouble
    assert trouble.startswith(f"{said} (")
    assert advice in trouble.removeprefix(said)
