"""Have you seen this? Each rung by the command line, and what is refused on it."""

import json
import socket
import sys
from pathlib import Path

import pytest

from sidelight.cli.app import run
from sidelight.exchange.seen import intersection

from .conftest import CommandLine

SHA, UNSEEN = "ab" * 32, "cd" * 32
OURS = f"sha256 {SHA}\nipv4 192.0.2.7\nimsi 262011234567890\nurl https://e.example/{'a' * 30}\n"
ALLIES = "".join(
    f'[[organisation]]\nname = "{name}"\ncountry = "FI"\nrole = "operator"\n' for name in "ABCDE"
)


@pytest.fixture
def desk(tmp_path: Path) -> CommandLine:
    (tmp_path / "ours.txt").write_text(OURS)
    (tmp_path / "allies.toml").write_text(ALLIES)
    return CommandLine(tmp_path)


def test_findings_are_compared_at_home_and_nothing_leaves(
    small_range: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    CommandLine(tmp_path)("hunt", small_range, "-q", "--limit", "0", "-o", tmp_path / "f.jsonl")
    lines = map(json.loads, (tmp_path / "f.jsonl").read_text().splitlines())
    loads = [
        event["fields"]["ImageLoaded"]
        for line in lines
        if line["kind"] == "finding"
        for event in line["evidence"]
        if event["fields"] and "ImageLoaded" in event["fields"]
    ]
    name = loads[0].replace("/", "\\").rpartition("\\")[2]
    received = {
        "type": "indicator", "id": "indicator--00000000-0000-4000-8000-000000000001",
        "name": "A library", "pattern_type": "stix", "pattern": f"[file:name = '{name.upper()}']",
    }  # fmt: skip
    (tmp_path / "in.json").write_text(json.dumps({"type": "bundle", "objects": [received]}))

    def nowhere(*_: object, **__: object) -> None:
        raise AssertionError("a socket was made")

    monkeypatch.setattr(socket, "socket", nowhere)
    ask = ["share", "seen", "here", str(tmp_path / "in.json"), "--in", str(tmp_path / "f.jsonl")]
    assert run(ask) == 1
    out = capsys.readouterr().out
    assert f"seen  file  {name.lower()}" in out
    assert "A library" in out
    assert "1 of 1 value seen" in out


def test_a_filter_takes_what_cannot_be_guessed_and_says_what_it_leaves_out(
    desk: CommandLine,
) -> None:
    assert desk("share", "seen", "key", "g.key").code == 0
    keyed = ("--group-key", "g.key")
    made = desk("share", "seen", "filter", "ours.txt", *keyed, "--for", "B", "-o", "a.filter")
    assert made.code == 0, made.err
    assert "2 values in a.filter" in made.out.decode()
    assert "kind ipv4 left out" in made.err
    assert "tries them all in 2 hours" in made.err
    assert "kind imsi left out" in made.err
    assert "wrong once in 1,000,000" in made.out.decode()
    (desk.folder / "ask.txt").write_text(f"{SHA}\n{UNSEEN}\nipv4 192.0.2.7\n")
    ran = desk("share", "seen", "check", "a.filter", "ask.txt", *keyed)
    assert ran.code == 1
    assert f"seen  sha256  {SHA}" in ran.out.decode()
    assert "1 of 2 values seen" in ran.out.decode()
    (desk.folder / "ask.txt").write_text("ipv4 192.0.2.7\n")
    ran = desk("share", "seen", "check", "a.filter", "ask.txt", *keyed)
    assert ran.code == 2
    assert "no value that a hash would hide" in ran.err
    traced = desk("share", "seen", "trace", "a.filter", "--for", "A", "--for", "B")
    assert (traced.code, traced.out.decode()) == (1, "it was made for B\n")
    assert b"192.0.2.7" not in (desk.folder / "a.filter").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are POSIX")
def test_keys_that_others_read_are_refused(desk: CommandLine) -> None:
    desk("share", "seen", "key", "g.key")
    (desk.folder / "g.key").chmod(0o644)
    ran = desk(
        "share", "seen", "filter", "ours.txt", "--group-key", "g.key", "--for", "B", "-o", "x"
    )
    assert ran.code == 2
    assert "may be read by others" in ran.err


@pytest.mark.skipif(bool(intersection.missing()), reason=intersection.missing())
def test_addresses_are_asked_about_by_intersection_within_a_quota(desk: CommandLine) -> None:
    assert desk("share", "apply", "allies.toml").code == 0
    made = desk("share", "seen", "prepare", "ours.txt", "-o", "a.setup", "--quota", "3")
    assert made.code == 0, made.err
    (desk.folder / "ask.txt").write_text("ipv4 192.0.2.8\nipv4 192.0.2.7\n")

    def ask(number: int) -> tuple[str, int]:
        state, question = f"{number}.state", f"{number}.json"
        sent = desk(
            "share",
            "seen",
            "ask",
            "ask.txt",
            "--setup",
            "a.setup",
            "--state",
            state,
            "-o",
            question,
        )
        assert sent.code == 0, sent.err
        assert b"192.0.2" not in (desk.folder / question).read_bytes()
        ran = desk("share", "seen", "answer", question, "--from", "B", "-o", f"{number}.answer")
        return ran.out.decode(), ran.code

    assert ask(1) == ("2 values of B answered, in 1.answer\n", 0)
    read = ("share", "seen", "read", "1.answer", "--setup", "a.setup", "--state")
    ran = desk(*read, "1.state")
    assert ran.code == 1
    assert ran.out.decode() == "seen  ipv4  192.0.2.7\n1 of 2 values seen\n"
    assert ask(2) == ("not answered: it asks about 2 values, and 1 are left\n", 1)
    assert not (desk.folder / "2.answer").exists()
    assert "B" in desk("share", "seen", "asked").out.decode()
    assert "192.0.2" not in desk("share", "audit", "list").out.decode()
    again = desk("share", "seen", "prepare", "ours.txt", "-o", "b.setup")
    assert again.code == 0
    late = desk("share", "seen", "answer", "1.json", "--from", "C", "-o", "late")
    assert "its epoch is over" in late.out.decode()
    assert desk(*read[:4], "--setup", "b.setup", "--state", "1.state").code == 2


def test_counts_are_told_from_a_threshold_on_and_a_day_late(desk: CommandLine) -> None:
    assert desk("share", "apply", "allies.toml").code == 0
    desk("share", "seen", "key", "g.key")
    for name in "ABC":
        sent = desk("share", "seen", "tell", "ours.txt", "--group-key", "g.key", "-o", "r.json")
        assert sent.code == 0, sent.err
        assert "kind ipv4 left out" in sent.err
        ran = desk("share", "seen", "take", "r.json", "--from", name)
        assert "counted from the day after tomorrow on" in ran.out.decode()
    assert desk("share", "seen", "count", "--least", "2", "-o", "t.json").code == 2
    ran = desk("share", "seen", "count", "--least", "3", "-o", "t.json")
    assert "none is told yet: 0 members report" in ran.out.decode()
    ran = desk("share", "seen", "lookup", "t.json", "ours.txt", "--group-key", "g.key")
    assert ran.code == 0
    assert f"too few to tell  sha256  {SHA}" in ran.out.decode()
    assert "report under key" in ran.err
