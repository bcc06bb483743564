"""A hunt as a person runs it, on a small labelled intrusion."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import tarfile
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kept_findings import Kept
from patience import PATIENCE_S
from sidelight.cli.choices import LevelChoice
from sidelight.cli.rulesets import own
from sidelight.coverage import Run
from sidelight.evidence.inventory import survey
from sidelight.findings.conclude import Limits
from sidelight.findings.finding import Finding
from sidelight.hunt import gather
from sidelight.hunt.run import HuntOptions, hunt
from sidelight.rules.cache import load_compiled
from sidelight.schema import NO_TIME

from .conftest import CommandLine, Ran

KEYS = {
    "kind", "id", "title", "class", "level", "score", "host", "first_seen", "last_seen",
    "techniques", "rules", "process", "reasons", "counter_evidence", "evidence",
}  # fmt: skip
QUIET = ("--quiet", "--format", "jsonl", "--no-times")
HOSTILE = "\x1b[31mred\x1b]0;title\x07 </script><script>alert(1)</script> \u202e"

Line = dict[str, Any]


def lines(ran: Ran) -> list[Line]:
    """Read JSON lines."""
    return [json.loads(line) for line in ran.out.splitlines()]


def findings(ran: Ran) -> list[Line]:
    """Give the findings alone."""
    return [line for line in lines(ran) if line["kind"] == "finding"]


def gist(found: Iterable[Line]) -> list[tuple[object, ...]]:
    """Give what does not depend on where the evidence lies."""
    return sorted(
        (each["title"], each["host"], each["level"], each["count"], each["first_seen"])
        for each in found
    )


@pytest.fixture(scope="module")
def hunted(sidelight: CommandLine, small_range: Path) -> Ran:
    """Hunt the small range once."""
    return sidelight("hunt", small_range, *QUIET)


def test_findings_come_first_then_coverage_then_manifest(hunted: Ran) -> None:
    kinds = [line["kind"] for line in lines(hunted)]
    assert kinds == ["finding"] * (len(kinds) - 3) + ["resemblance", "coverage", "manifest"]
    assert all(set(each) >= KEYS for each in findings(hunted))
    evidence = [each for found in findings(hunted) for each in found["evidence"]]
    assert evidence
    wanted = {"source", "record", "channel", "event_id", "time"}
    assert all(set(each) >= wanted for each in evidence)


def test_the_most_severe_finding_comes_first(hunted: Ran) -> None:
    order = [list(LevelChoice).index(LevelChoice(each["level"])) for each in findings(hunted)]
    assert order == sorted(order, reverse=True)


def test_two_runs_give_the_same_bytes(
    sidelight: CommandLine, small_range: Path, hunted: Ran
) -> None:
    again = sidelight("hunt", small_range, *QUIET, "--jobs", "1")
    assert (again.code, again.out) == (hunted.code, hunted.out)


def test_most_labelled_steps_are_found(small_range: Path, hunted: Ran) -> None:
    evidence = {
        (each["source"], each["record"]) for found in findings(hunted) for each in found["evidence"]
    }
    steps = json.loads((small_range / "truth.json").read_text())["steps"]
    missed = [
        step["name"]
        for step in steps
        if not any(
            (str(small_range / each["source"]), each["record"]) in evidence
            for each in step["events"]
        )
    ]
    assert len(missed) <= len(steps) // 5, missed


def test_the_exit_code_follows_the_fail_level(
    sidelight: CommandLine, small_range: Path, hunted: Ran
) -> None:
    assert hunted.code == 1
    assert sidelight("hunt", small_range, *QUIET, "--fail-level", "never").code == 0


def test_evidence_without_anything_in_it_exits_0(sidelight: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "some.log").write_text("Jan  1 00:00:00 host cron[1]: all is well\n")
    ran = sidelight("hunt", tmp_path, *QUIET)
    assert (ran.code, findings(ran)) == (0, [])


def test_a_path_that_is_not_there_is_a_sentence(sidelight: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "Security.evtx").touch()
    ran = sidelight("hunt", tmp_path / "Securty.evtx", *QUIET)
    assert (ran.code, ran.out) == (2, b"")
    meant = f"(did you mean {tmp_path / 'Security.evtx'}?)\n"
    assert ran.err.endswith(f"there is no such file or folder {meant}")


def test_of_several_paths_one_that_is_not_there_is_lost_and_the_others_are_hunted(
    sidelight: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "some.log").write_text("Jan  1 00:00:00 host cron[1]: all is well\n")
    ran = sidelight("hunt", tmp_path / "nothing", tmp_path / "some.log", "--format", "jsonl")
    assert ran.code == 3
    told = [json.loads(line) for line in ran.out.splitlines()]
    (coverage,) = (line for line in told if line["kind"] == "coverage")
    assert coverage["events"] == 1
    assert [(gap["source"], gap["text"]) for gap in coverage["gaps"]] == [
        (str(tmp_path / "nothing"), "there is no such file or folder")
    ]


def test_a_damaged_member_exits_3_and_the_others_are_read(
    sidelight: CommandLine, tmp_path: Path
) -> None:
    line = b"Jan  1 00:00:00 host cron[1]: all is well\n"
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("a.log", line * 3)
        archive.writestr("b.log", line * 2)
    data = (tmp_path / "logs.zip").read_bytes()
    (tmp_path / "logs.zip").write_bytes(data.replace(b"all is well", b"all is hell", 1))
    ran = sidelight("hunt", tmp_path / "logs.zip", *QUIET)
    coverage = lines(ran)[-2]
    assert ran.code == 3, ran.err
    assert {gap["source"].rpartition("!")[2] for gap in coverage["gaps"]} == {"a.log"}


@pytest.mark.parametrize("cut", [700, 1100, 1536])
def test_a_tar_that_was_cut_off_is_a_gap(sidelight: CommandLine, tmp_path: Path, cut: int) -> None:
    (tmp_path / "a.log").write_bytes(b"Jan  1 00:00:00 host cron[1]: all is well\n" * 50)
    with tarfile.open(tmp_path / "logs.tar", "w") as archive:
        archive.add(tmp_path / "a.log", "a.log")
    data = (tmp_path / "logs.tar").read_bytes()
    (tmp_path / "logs.tar").write_bytes(data[:cut])
    ran = sidelight("hunt", tmp_path / "logs.tar", *QUIET)
    assert (ran.code, ran.err) == (3, "")


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_gives_the_findings_of_its_folder(
    sidelight: CommandLine, small_range: Path, hunted: Ran, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"logs.{kind}"
    files = [each for each in sorted(small_range.rglob("*")) if each.is_file()]
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for each in files:
                archive.write(each, each.relative_to(small_range))
    else:
        with tarfile.open(path, "w:gz", compresslevel=1) as packed:
            for each in files:
                packed.add(each, each.relative_to(small_range))
    ran = sidelight("hunt", path, *QUIET)
    assert gist(findings(ran)) == gist(findings(hunted))
    sources = {each["source"] for found in findings(ran) for each in found["evidence"]}
    assert all(source.startswith(f"{path}!") for source in sources)


def test_a_copy_changes_no_count_and_is_named(
    sidelight: CommandLine, small_range: Path, hunted: Ran, tmp_path: Path
) -> None:
    logs = tmp_path / "logs"
    shutil.copytree(small_range, logs)
    for each in small_range.rglob("*Sysmon*.evtx"):
        shutil.copy2(each, logs / f"copy of {each.parent.name}.evtx")
    ran = sidelight("hunt", logs, *QUIET)
    assert gist(findings(ran)) == gist(findings(hunted))
    copies = [gap for gap in lines(ran)[-2]["gaps"] if gap["reason"] == "duplicate"]
    assert len(copies) == len(list(small_range.rglob("*Sysmon*.evtx")))
    assert lines(ran)[-2]["events"] == lines(hunted)[-2]["events"]


def test_a_file_named_twice_is_read_once(
    sidelight: CommandLine, small_range: Path, hunted: Ran
) -> None:
    ran = sidelight("hunt", small_range, small_range / "DC01", small_range / "med01", *QUIET)
    assert gist(findings(ran)) == gist(findings(hunted))


def test_a_zip_through_a_pipe_is_evidence(
    sidelight: CommandLine, small_range: Path, tmp_path: Path
) -> None:
    log, archive = small_range / "DC01" / "Security.evtx", tmp_path / "dc.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(log, "Security.evtx")
    named = sidelight("hunt", archive, *QUIET)
    piped = sidelight("hunt", "-", *QUIET, stdin=archive.read_bytes())
    assert gist(findings(piped)) == gist(findings(named))
    assert lines(piped)[-2]["events"] == lines(named)[-2]["events"] > 0


def test_standard_input_is_evidence(sidelight: CommandLine, small_range: Path) -> None:
    path = small_range / "DC01" / "Security.evtx"
    named = sidelight("hunt", path, *QUIET)
    piped = sidelight("hunt", "-", *QUIET, stdin=path.read_bytes())
    assert gist(findings(piped)) == gist(findings(named))
    assert lines(piped)[-2]["events"] == lines(named)[-2]["events"] > 0
    whole = path.read_bytes()
    for given in (whole, gzip.compress(whole)):
        (manifest,) = [
            each
            for each in lines(sidelight("hunt", "-", *QUIET, stdin=given))
            if each["kind"] == "manifest"
        ]
        assert [each["size"] for each in manifest["inputs"]] == [len(whole)]


def test_an_audit_log_whose_packed_end_is_cut_off_keeps_its_events(
    sidelight: CommandLine, tmp_path: Path
) -> None:
    log = b"".join(
        b"Jan  2 03:%02d:%02d node7 sshd[7]: Accepted publickey for u%d from 192.0.2.1 port 1\n"
        % (n // 60 % 60, n % 60, n)
        for n in range(3000)
    )
    cut = tmp_path / "auth.log.gz"
    cut.write_bytes(gzip.compress(log)[:-4])
    ran = sidelight("hunt", cut, "--no-times")
    assert b"3,000 events" in ran.out
    assert b"auth.log.gz at byte %s: reading stopped: Compressed file ended" % (
        f"{len(log):,}".encode()
    ) in b" ".join(ran.out.split())


def test_hours_without_image_loads_are_named_with_what_to_switch_on(
    sidelight: CommandLine, tmp_path: Path
) -> None:
    """Sysmon falls silent from 03:00 to 09:00 while the security log goes on."""
    sysmon = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 7, "Computer": "WS1"}
    logon = {"Channel": "Security", "EventID": 4624, "Computer": "WS1", "TargetUserName": "anna"}
    loads = {"Image": "C:\\a.exe", "ImageLoaded": "C:\\a.dll"}
    events = [
        event | {"UtcTime": f"2024-06-11 {hour:02}:10:00.000"}
        for hour in range(24)
        for event in (logon, *([sysmon | loads] if not 3 <= hour < 9 else []))
    ]
    (tmp_path / "a.json").write_text("".join(json.dumps(event) + "\n" for event in events))
    page, out = tmp_path / "page.html", tmp_path / "f.jsonl"
    ran = sidelight("hunt", tmp_path / "a.json", "-o", out, "-o", page, "--no-times")
    coverage = json.loads(out.read_text().splitlines()[-2])
    said = [each["text"] for each in coverage["analytics"]["blind"]]
    gone = [text for text in said if "between 2024-06-11T03:00Z and 09:00Z" in text]
    assert len(gone) == 1
    assert gone[0].startswith("no image-load events from WS1")
    assert "CreateRemoteThread" in coverage["analytics"]["switch_on"]["sysmon"]
    assert "Analytics blind for hours" in ran.out.decode()
    assert gone[0] in page.read_text()
    assert "&lt;ImageLoad onmatch" in page.read_text()


def _in_process(path: Path, jobs: int, *, analytics: bool = True) -> tuple[list[Finding], Run]:
    rules = load_compiled([own()], None)
    options = HuntOptions(jobs, Limits(100, 10), (), lambda: NO_TIME, analytics, host="mme7")
    with hunt(survey([str(path)]), rules, options, lambda _: None) as hunted:
        kept = Kept()
        return kept.findings, hunted.finish(hunted.give([kept]))


def test_two_processes_give_what_one_gives(
    small_range: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = tmp_path / "logs"
    shutil.copytree(small_range, logs)
    for number in range(3):
        (logs / f"audit{number}.log").write_text(f"# {number}\n{NAMELESS}")
    alone = _in_process(logs, 1)
    without = _in_process(logs, 1, analytics=False)
    assert "host='mme7'" in repr(alone[-1])
    assert "host=''" not in repr(alone[-1])
    monkeypatch.setattr(gather, "PARALLEL_BYTES", 0)
    monkeypatch.setattr("sidelight.evidence.inventory.TASK_BYTES", 1 << 20)
    monkeypatch.setattr("sidelight.hunt.conclusion.MANY", 0)
    monkeypatch.setattr("sidelight.hunt.audience.LEAST", 1)
    for name in ("findings.conclude", "hunt.conclusion"):
        monkeypatch.setattr(f"sidelight.{name}.STRETCH", 2)
    assert _in_process(logs, 2) == alone
    assert _in_process(logs, 2, analytics=False) == without
    with ThreadPoolExecutor(1) as another:  # beside which nothing is forked
        another.submit(int).result()
        assert _in_process(logs, 2) == alone
    assert any(finding.story for finding in alone[0])
    assert not any(finding.story for finding in without[0])


def test_a_temporary_folder_that_does_not_go_costs_no_findings(
    small_range: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(39, "Directory not empty")

    log = small_range / "med01/audit.log"
    whole = _in_process(log, 1)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(os, "rmdir", refuse)
    assert _in_process(log, 1) == whole


@pytest.mark.parametrize(
    "log", ["NOC-WS01/winlogbeat.ndjson", "BILL-WS01/Microsoft-Windows-Sysmon%4Operational.evtx"]
)
def test_copies_count_once_though_their_parts_are_read_apart(
    log: str, small_range: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        shutil.copy(small_range / log, tmp_path / name)
    found, run = _in_process(tmp_path, 1)
    assert found
    monkeypatch.setattr(gather, "PARALLEL_BYTES", 0)
    monkeypatch.setattr("sidelight.evidence.inventory.TASK_BYTES", 200_000)
    assert _in_process(tmp_path, 2) == (found, run)


def test_no_own_leaves_rules_and_analytics_out(
    sidelight: CommandLine, small_range: Path, tmp_path: Path
) -> None:
    rule = tmp_path / "rule.yml"
    rule.write_text(
        "title: Any\nid: 6a7a4a4e-4a38-4a4e-9c1a-0d9f0d1c2b3a\nlevel: low\n"
        "logsource: {product: windows, category: process_creation}\n"
        "detection: {a: {Image|contains: explorer}, condition: a}\n"
    )
    ran = sidelight("hunt", small_range, "-r", rule, "--no-own", *QUIET)
    assert {finding["title"] for finding in findings(ran)} == {"Any"}


def test_hostile_text_neither_steers_a_terminal_nor_breaks_a_page(
    sidelight: CommandLine, tmp_path: Path
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    rule = tmp_path / "rule.yml"
    rule.write_text(
        "title: Any\nid: 6a7a4a4e-4a38-4a4e-9c1a-0d9f0d1c2b3a\nlevel: high\n"
        "logsource: {product: windows, service: sysmon}\n"
        "detection: {a: {CommandLine|contains: alert}, condition: a}\n"
    )
    event = {
        "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Computer": HOSTILE,
        "UtcTime": "2024-01-01 00:00:00.000", "Image": HOSTILE, "CommandLine": HOSTILE,
        "User": HOSTILE, "ProcessId": 5,
    }  # fmt: skip
    (logs / "\x1b[31m.json").write_text(json.dumps(event) + "\n")
    page = tmp_path / "page.html"
    ran = sidelight("hunt", logs, "-r", rule, "--no-own", "-o", page, "--wide")
    assert ran.code == 1, ran.err
    shown = ran.out.decode() + ran.err
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "<script>alert" not in page.read_text()


def test_output_that_cannot_be_written_is_a_sentence(
    sidelight: CommandLine, small_range: Path, tmp_path: Path
) -> None:
    path = small_range / "med01"
    (tmp_path / "file").write_text("")
    refused = sidelight("hunt", path, "-o", tmp_path / "file" / "findings.jsonl")
    full = sidelight("hunt", path, *QUIET, to=Path("/dev/full"))
    assert (refused.code, full.code) == (2, 2)
    for ran in (refused, full):
        assert ran.err.startswith("sidelight: ")
        assert ran.err.count("\n") == 1


@pytest.mark.parametrize("quiet", [(), ("--quiet",)])
def test_a_missing_path_is_named_beside_others(
    sidelight: CommandLine, tmp_path: Path, quiet: tuple[str, ...]
) -> None:
    log = tmp_path / "a.log"
    log.write_text("Jan  1 00:00:00 host cron[1]: all is well\n")
    ran = sidelight("hunt", log, tmp_path / "nosuch", *quiet)
    named = f"sidelight: {tmp_path / 'nosuch'}: there is no such file or folder"
    assert (ran.code, ran.err.splitlines().count(named)) == (3, 1)


def test_an_interruption_keeps_what_was_read(sidelight: CommandLine, small_range: Path) -> None:
    """What is written to the pipe is taken only after the files before it were read."""
    process = subprocess.Popen(
        sidelight.arguments("hunt", small_range, "-", *QUIET),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=sidelight.environment,
    )
    assert process.stdin is not None
    process.stdin.write(b"Jan  1 00:00:00 host cron[1]: all is well\n" * 12_000)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    ran = Ran(process.returncode, out, err.decode())
    assert (ran.code, "Traceback" in ran.err) == (130, False)
    assert findings(ran)
    assert lines(ran)[-1]["kind"] == "manifest"
    assert lines(ran)[-1]["partial"]


NAMELESS = """\
type=SYSCALL msg=audit(1795536000.394:9): arch=c000003e syscall=59 success=yes pid=2 exe="/tmp/id"
type=EXECVE msg=audit(1795536000.394:9): argc=1 a0="id"
node=m1 type=SYSCALL msg=audit(1795536001.394:10): arch=c000003e syscall=59 pid=3 exe="/tmp/id"
node=m1 type=EXECVE msg=audit(1795536001.394:10): argc=1 a0="id"
"""
STARTED = """\
title: Started From The Temporary Folder
id: 2f0d5f3c-8f4e-4b43-9b0e-1f9a0d6b7c11
status: test
logsource: {product: linux, service: auditd}
detection: {s: {SYSCALL: execve, exe|startswith: /tmp/}, condition: s}
level: high
"""


@pytest.mark.parametrize(("name", "hosts"), [("", ["", "m1"]), ("mme7", ["m1", "mme7"])])
def test_evidence_that_names_no_host_is_given_the_name_that_was_asked_for(
    tmp_path: Path, name: str, hosts: list[str]
) -> None:
    (tmp_path / "audit.log").write_text(NAMELESS)
    (tmp_path / "rule.yml").write_text(STARTED)
    sidelight = CommandLine(tmp_path)
    ran = sidelight(
        "hunt", "audit.log", "--rules", "rule.yml", "--no-own", "-q", "-o", "out.jsonl",
        *(["--host", name] if name else []),
    )  # fmt: skip
    assert ran.code == 1, ran.err
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert sorted(each["host"] for each in lines if each["kind"] == "finding") == hosts
    (coverage,) = (each for each in lines if each["kind"] == "coverage")
    assert sorted(each["host"] for each in coverage["streams"]) == hosts
    assert coverage["hosts"] == [host for host in hosts if host]
    (manifest,) = (each for each in lines if each["kind"] == "manifest")
    assert manifest["options"]["host"] == name
