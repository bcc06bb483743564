"""Rules as a person installs, reads and tests them."""

import json
import zipfile
from pathlib import Path

import pytest

from .conftest import CommandLine

RULE = """\
title: A Line With A Word
id: 6a7a4a4e-4a38-4a4e-9c1a-0d9f0d1c2b3a
status: experimental
description: Finds one word.
author: Somebody
date: 2024-01-01
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    CommandLine|contains: word
  condition: selection
level: high
"""


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("hunt",),
        ("range",),
        ("rules",),
        ("allow",),
        *(("allow", each) for each in ("add", "list", "prune")),
        ("baseline",),
        *(("baseline", each) for each in ("learn", "show", "diff")),
        *(("rules", each) for each in ("update", "list", "show", "check", "test", "stats")),
    ],
)
def test_every_command_explains_itself(sidelight: CommandLine, command: tuple[str, ...]) -> None:
    ran = sidelight(*command, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert b"Usage" in ran.out


@pytest.mark.parametrize("packed", [True, False])
def test_installed_rules_are_listed_and_shown(tmp_path: Path, *, packed: bool) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "rule.yml").write_text(RULE)
    source = folder
    if packed:
        source = tmp_path / "package.zip"
        with zipfile.ZipFile(source, "w") as archive:
            archive.write(folder / "rule.yml", "rules/rule.yml")
    sidelight = CommandLine(tmp_path)
    updated = sidelight("rules", "update", "--from", source)
    assert updated.code == 0, updated.err
    assert b"1 rule installed, 0 refused" in updated.out
    assert b"A Line With A Word" in sidelight("rules", "list", "--no-own").out
    assert b"CommandLine|contains: word" in sidelight("rules", "show", "a line with a word").out


def test_an_update_that_fails_leaves_the_old_rules(tmp_path: Path) -> None:
    sidelight = CommandLine(tmp_path)
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "rule.yml").write_text(RULE)
    assert sidelight("rules", "update", "--from", folder).code == 0
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 cut short")
    failed = sidelight("rules", "update", "--from", tmp_path / "broken.zip")
    assert failed.code == 2
    assert "Traceback" not in failed.err
    assert b"A Line With A Word" in sidelight("rules", "list", "--no-own").out


def test_a_first_update_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    sidelight = CommandLine(tmp_path)
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 cut short")
    assert sidelight("rules", "update", "--from", tmp_path / "broken.zip").code == 2
    assert not (tmp_path / "xdg_data_home" / "sidelight" / "rules").exists()
    (tmp_path / "xdg_data_home" / "sidelight" / "rules").mkdir(parents=True)
    ran = sidelight("rules", "list", "--no-own")
    assert ran.code == 2
    assert "no rules to run" in ran.err, "an empty folder is none installed"


def test_a_package_that_cannot_be_read_is_wrong_use(sidelight: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 cut short")
    (tmp_path / "a.log").touch()
    ran = sidelight("hunt", tmp_path / "a.log", "--rules", tmp_path / "broken.zip")
    assert (ran.code, ran.out) == (2, b"")
    assert "broken.zip: is no package that can be read" in ran.err


def test_own_rules_pass_their_own_check_and_samples(sidelight: CommandLine) -> None:
    checked = sidelight("rules", "check")
    assert checked.code == 0, checked.out
    tested = sidelight("rules", "test")
    assert tested.code == 0, tested.err
    assert tested.out.endswith(b" 0 failed\n")
    assert b"by level" in sidelight("rules", "stats").out


def test_an_unknown_rule_is_a_sentence(sidelight: CommandLine) -> None:
    ran = sidelight("rules", "show", "no such rule")
    assert (ran.code, ran.err) == (2, "sidelight: no such rule: no rule has this id or title\n")


HIJACK = r"""
Name: units.dll
Vendor: Conversion House
ExpectedLocations: ['%PROGRAMFILES%\Converter']
ExpectedSignatureInformation:
  - {Subject: 'CN=Conversion House, O=Conversion House', Issuer: CN=Any, Type: Authenticode}
VulnerableExecutables:
  - {Path: '%PROGRAMFILES%\Converter\converter.exe', Type: Sideloading}
"""


LOAD = {
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "EventID": 7,
    "Computer": "WS1",
    "UtcTime": "2024-06-11 02:00:00.000",
    "Image": "C:\\Users\\Public\\converter.exe",
    "ImageLoaded": "C:\\Users\\Public\\units.dll",
    "Signed": "false",
}


def test_hijacklibs_is_imported_kept_and_held_against_loads(tmp_path: Path) -> None:
    sidelight, source = CommandLine(tmp_path), tmp_path / "units.yml"
    logs = tmp_path / "logs.json"
    logs.write_text(json.dumps(LOAD) + "\n")
    source.write_text(HIJACK)
    ran = sidelight("rules", "update", "--hijacklibs", source)
    assert ran.code == 0, ran.err
    assert b"1 library of 1 program imported, 1 with expected signers" in ran.out
    broken = tmp_path / "odd.yml"
    broken.write_text("title: nothing of the kind\n")
    refused = sidelight("rules", "update", "--hijacklibs", broken)
    assert (refused.code, "Traceback" in refused.err) == (2, False)
    hunt = ("hunt", logs, "-q", "-f", "jsonl", "--no-times")
    with_it, without = sidelight(*hunt), sidelight(*hunt, "--no-hijacklibs")
    assert b"HijackLibs expects units.dll elsewhere, signed by Conversion House" in with_it.out
    assert b'"what":"hijacklibs"' in with_it.out
    assert b"HijackLibs" not in without.out


@pytest.mark.parametrize("name", [None, "readme.txt", "rule.test.yml"])
def test_a_folder_without_rules_is_refused(
    tmp_path: Path, sidelight: CommandLine, name: str | None
) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    if name:
        (folder / name).write_text("x: y\n")
    log = tmp_path / "empty.log"
    log.touch()
    run = sidelight("hunt", str(log), "--rules", str(folder))
    assert run.code == 2
    assert "no rule can be found in this folder" in run.err
    (folder / "deep").mkdir()
    (folder / "deep" / "rule.YML").write_text("title: x\n")
    after = sidelight("hunt", str(log), "--rules", str(folder))
    assert (after.code, after.err.count("no event was read")) == (3, 1)


def test_null_means_an_empty_field_where_the_user_says_so(tmp_path: Path) -> None:
    rule, log, out = tmp_path / "rule.yml", tmp_path / "log.json", tmp_path / "out.jsonl"
    rule.write_text(RULE.replace("CommandLine|contains: word", "CommandLine: null"))
    event = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Hostname": "desk"}
    log.write_text(json.dumps(event | {"CommandLine": ""}) + "\n")
    sidelight = CommandLine(tmp_path)

    def said(*options: str) -> tuple[int, str | None]:
        ran = sidelight("hunt", log, "--rules", rule, "--no-own", "-q", "-o", out, *options)
        assert ran.code in {0, 1}, ran.err
        every = [json.loads(line) for line in out.read_text().splitlines()]
        manifest = next(each for each in every if each["kind"] == "manifest")
        found = sum(each["kind"] == "finding" for each in every)
        return found, manifest["options"].get("empty-is-null")

    assert said() == (0, None)
    assert said("--empty-is-null") == (1, "yes")
    assert said() == (0, None)
