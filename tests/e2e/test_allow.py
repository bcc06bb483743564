"""An allow-list as a person writes, uses and cleans it."""

import json
from pathlib import Path

import pytest

from .conftest import CommandLine
from .test_hunt import QUIET, findings, lines


@pytest.fixture
def desk(tmp_path: Path) -> CommandLine:
    """Give the command line with a home of its own, so with an allow-list of its own."""
    return CommandLine(tmp_path)


def add(desk: CommandLine, *scope: str, expires: str = "2999-12-31") -> None:
    ran = desk("allow", "add", "--owner", "noc", "--reason", "ours", "--expires", expires, *scope)
    assert ran.code == 0, ran.err


def test_what_is_allowed_is_hidden_counted_and_named(desk: CommandLine, small_range: Path) -> None:
    logs = small_range / "BILL-WS01"
    everything = desk("hunt", logs, *QUIET)
    mine = [each for each in findings(everything) if each["class"] == "sideload"]
    assert mine
    add(desk, "--class", "sideload", "--id", "loads")
    add(desk, "--host", "nowhere", "--id", "idle")
    ran = desk("hunt", logs, *QUIET)
    assert findings(ran) == [each for each in findings(everything) if each not in mine]
    allowed = lines(ran)[-2]["allowed"]
    assert allowed["hidden"] == len(mine)
    assert [(each["state"], each["findings"]) for each in allowed["entries"]] == [
        ("applied", len(mine)),
        ("unused", 0),
    ]
    (companion,) = lines(ran)[-1]["companions"]
    assert companion["what"] == "allow-list"
    assert len(companion["sha256"]) == 64
    assert findings(desk("hunt", logs, *QUIET, "--no-allow")) == findings(everything)


def test_a_zero_that_an_allow_list_made_says_so(desk: CommandLine, small_range: Path) -> None:
    for each in ("*-*", "*0*", "*m*", "*d*"):
        add(desk, "--host", each)
    page = desk.folder / "page.html"
    ran = desk("hunt", small_range / "DC01", "-o", page)
    assert ran.code == 0, ran.out
    assert b"The allow-list hid" in ran.out
    assert b"Hidden by the allow-list" in ran.out
    assert "Hidden by the allow-list" in page.read_text()


def test_an_expired_entry_hides_nothing_and_is_pruned(desk: CommandLine, small_range: Path) -> None:
    path, out = desk.folder / "a.toml", desk.folder / "f.jsonl"
    path.write_text(
        '[[allow]]\nid = "old"\nowner = "noc"\nreason = "was ours"\nexpires = 2001-01-01\n'
        'scope = {class = ["sideload", "memory", "credential"]}\n'
        '[[allow]]\nid = "idle"\nowner = "noc"\nreason = "is not there"\nexpires = 2999-01-01\n'
        'scope = {host = "nowhere"}\n'
    )
    ran = desk("hunt", small_range / "DC01", "--allow", path, "-o", out)
    coverage = json.loads(out.read_text().splitlines()[-2])
    assert coverage["allowed"]["hidden"] == 0
    assert {each["id"]: each["state"] for each in coverage["allowed"]["entries"]} == {
        "old": "expired", "idle": "unused",
    }  # fmt: skip
    assert b"old: expired on 2001-01-01" in ran.out
    assert b"expired" in desk("allow", "list", "--allow", path).out
    line = {"kind": "coverage", "allowed": {"entries": [
        {"id": "idle", "state": "unused", "partly_known": 2},
    ]}}  # fmt: skip
    (desk.folder / "partly.jsonl").write_text(json.dumps(line, separators=(",", ":")) + "\n")
    kept = desk("allow", "prune", "--allow", path, "--dry-run", "--unused", "partly.jsonl")
    assert kept.out.count(b"would go") == 1
    before = path.read_text()
    dry = desk("allow", "prune", "--allow", path, "--dry-run", "--unused", out)
    assert (dry.out.count(b"would go"), path.read_text()) == (2, before)
    assert b"1 of 2 entries stay" in desk("allow", "prune", "--allow", path).out
    assert "old" not in path.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--expires", "soon", "--host", "a"), "it must be a date"),
        (("--expires", "2001-01-01", "--host", "a"), "has passed"),
        (("--expires", "2999-01-01"), "scope is missing"),
        (("--expires", "2999-01-01", "--host", "*"), "scope covers everything"),
        (("--expires", "2999-01-01", "--class", "odd"), "not a class of findings"),
    ],
)
def test_a_mistake_is_a_sentence(desk: CommandLine, arguments: tuple[str, ...], said: str) -> None:
    ran = desk("allow", "add", "--owner", "noc", "--reason", "ours", *arguments)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_list_that_is_named_must_be_there_and_right(desk: CommandLine, small_range: Path) -> None:
    path = desk.folder / "a.toml"
    missing = desk("hunt", small_range / "DC01", "--allow", path)
    path.write_text('[[allow]]\nid = "a"\nowner = 3\n')
    wrong = desk("hunt", small_range / "DC01", "--allow", path)
    assert (missing.code, wrong.code) == (2, 2)
    assert "line 1, entry 1: owner is missing" in wrong.err
    assert desk("allow", "list").out == b""
