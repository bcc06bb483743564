"""Dumps, cores and YARA rules are hunted as a person does it."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core_writer import Piece, core_of
from minidump_writer import (
    BASE,
    IMAGE,
    PAGE,
    PRIVATE,
    RWX,
    RX,
    Dump,
    Loaded,
    Part,
    image_bytes,
    minidump_of,
)

from .conftest import CommandLine, Ran

QUIET = ("--quiet", "--format", "jsonl", "--no-times")
PE = image_bytes()
FOUND = b"MARK-OF-A-TEST".ljust(PAGE, b"\0")
LOUD = minidump_of(Dump([Part(0x20000000, len(PE), RWX, PRIVATE, PE)]))
RULES = """
rule marked { meta: severity = "high" strings: $a = "MARK-OF-A-TEST" condition: $a }
rule broken { condition: $b }
"""


def told(ran: Ran) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any]]:
    """Give findings, coverage and manifest."""
    lines = [json.loads(line) for line in ran.out.splitlines()]
    findings = [line for line in lines if line["kind"] == "finding"]
    (coverage,) = [line for line in lines if line["kind"] == "coverage"]
    (manifest,) = [line for line in lines if line["kind"] == "manifest"]
    return findings, coverage, manifest


@pytest.mark.parametrize("way", ["file", "zip", "stdin"])
def test_a_dump_with_an_image_is_found_wherever_it_comes_from(
    sidelight: CommandLine, tmp_path: Path, way: str
) -> None:
    (tmp_path / "a.dmp").write_bytes(LOUD)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/a.dmp", LOUD)
    name = {"file": "a.dmp", "zip": "a.zip", "stdin": "-"}[way]
    ran = sidelight("hunt", tmp_path / name if name != "-" else "-", *QUIET, stdin=LOUD)
    (finding,), coverage, _ = told(ran)
    assert (ran.code, finding["level"], finding["class"]) == (1, "critical", "memory")
    assert {"T1055", "T1620"} <= set(finding["techniques"])
    assert "PE image" in json.dumps(finding["reasons"])
    assert [gap["reason"] for gap in coverage["gaps"]] == ["unjudged"]


def test_a_quiet_dump_is_no_finding_and_says_what_was_not_judged(
    sidelight: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "a.dmp").write_bytes(minidump_of(Dump([Part(BASE, PAGE, RX, IMAGE)])))
    ran = sidelight("hunt", tmp_path / "a.dmp", *QUIET)
    findings, coverage, _ = told(ran)
    assert (ran.code, findings) == (0, [])
    assert "was not compared" in coverage["gaps"][0]["text"]
    shown = sidelight("hunt", tmp_path / "a.dmp")
    assert b"Read and not judged" in shown.out


@pytest.mark.parametrize("way", ["files", "tree"])
def test_code_is_held_against_files_at_hand(
    sidelight: CommandLine, tmp_path: Path, way: str
) -> None:
    changed = PE[: PAGE + 8] + b"\xcc" * 200 + PE[PAGE + 208 :]
    module = Loaded(BASE, 3 * PAGE, "C:\\Program Files\\Tool\\tool.exe")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.dmp").write_bytes(
        minidump_of(Dump([Part(BASE, 3 * PAGE, RX, IMAGE, changed)], modules=[module]))
    )
    folder = tmp_path / ("in" if way == "tree" else "files")
    folder.mkdir(exist_ok=True)
    (folder / "tool.exe").write_bytes(PE)
    words = ["hunt", str(tmp_path / "in"), *QUIET]
    ran = sidelight(*words, *(["--files", str(folder)] if way == "files" else []))
    (finding,), _, _ = told(ran)
    assert (ran.code, finding["level"]) == (1, "high")
    assert "200 bytes of code differ" in json.dumps(finding["reasons"])


def test_a_folder_of_files_that_is_none_is_a_usage_error(
    sidelight: CommandLine, tmp_path: Path
) -> None:
    ran = sidelight("hunt", tmp_path, "--files", tmp_path / "none")
    assert (ran.code, "no such folder" in ran.err) == (2, True)


def test_yara_rules_are_run_over_files_cores_and_dumps(
    sidelight: CommandLine, tmp_path: Path
) -> None:
    pytest.importorskip("yara_x")
    evidence, rules = tmp_path / "evidence", tmp_path / "rules"
    evidence.mkdir()
    rules.mkdir()
    (rules / "a.yar").write_text(RULES)
    (evidence / "a.bin").write_bytes(b"...." + FOUND)
    (evidence / "a.core").write_bytes(core_of([Piece(0x20000000, PAGE, "rw-p", FOUND)]))
    part = Part(0x20000000, PAGE, RWX, PRIVATE, FOUND)
    (evidence / "a.dmp").write_bytes(minidump_of(Dump([part])))
    ran = sidelight("hunt", evidence, "--yara", rules, *QUIET)
    findings, coverage, manifest = told(ran)
    titles = sorted(finding["title"] for finding in findings if "YARA" in finding["title"])
    assert ran.code == 1
    assert titles == [
        "YARA rule marked: a.bin",
        "YARA rule marked: tool",
        "YARA rule marked: tool.exe",
    ]
    assert [each["line"] for each in coverage["rules"]["refused"] if "YARA" in each["reason"]] == [
        3
    ]
    assert f"{4 + 3 * PAGE} bytes" in json.dumps(manifest["options"])
    assert sidelight("hunt", evidence, "--yara", rules, *QUIET).out == ran.out


def test_yara_without_what_tells_of_matches_is_a_usage_error(
    sidelight: CommandLine, tmp_path: Path
) -> None:
    ran = sidelight("hunt", tmp_path, "--yara", tmp_path, "--no-own")
    assert (ran.code, "--no-own" in ran.err) == (2, True)


def test_an_image_of_a_whole_memory_needs_volatility(
    sidelight: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "mem.lime").write_bytes(b"EMiL" + bytes(4096))
    ran = sidelight("hunt", tmp_path / "mem.lime", *QUIET)
    _, coverage, _ = told(ran)
    assert (ran.code, coverage["gaps"][0]["reason"]) == (3, "unsupported")
    assert "--memory-image" in coverage["gaps"][0]["text"]
