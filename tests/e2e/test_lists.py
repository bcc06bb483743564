"""Files that have a say in findings: what hosts are."""

import os
from pathlib import Path

from .conftest import CommandLine
from .test_hunt import QUIET, findings, lines


def test_what_is_at_stake_is_said_and_raises_scores(
    sidelight: CommandLine, small_range: Path, tmp_path: Path
) -> None:
    path, page = tmp_path / "assets.csv", tmp_path / "page.html"
    path.write_text("host,role,criticality\nBILL-*,billing,critical\nhlr-*,hlr-hss\n")
    logs = small_range / "BILL-WS01"
    before = {each["id"]: each for each in findings(sidelight("hunt", logs, *QUIET))}
    ran = sidelight("hunt", logs, *QUIET, "--assets", path)
    after = findings(ran)
    assert after
    assert {each["asset"]["role"] for each in after} == {"billing"}
    assert [each["score"] for each in after] == [
        min(100, before[each["id"]]["score"] + 15) for each in after
    ]
    assert all("billing system" in each["reasons"][-1] for each in after)
    assert lines(ran)[-2]["unheard"] == ["hlr-*"]
    assert [each["what"] for each in lines(ran)[-1]["companions"]] == ["assets"]
    shown = sidelight("hunt", logs, "--assets", path, "-o", page, "--wide")
    assert b"! The host is a billing system." in shown.out
    assert b"Assets that sent nothing" in shown.out
    assert "The host is a billing system." in page.read_text()


def test_a_mistake_in_an_asset_file_is_a_sentence(
    sidelight: CommandLine, small_range: Path, tmp_path: Path
) -> None:
    path = tmp_path / "assets.csv"
    path.write_text("host,role\nDC01,king\n")
    ran = sidelight("hunt", small_range / "DC01", "--assets", path)
    assert ran.code == 2
    assert f"{path}, line 2: unknown role 'king'" in ran.err
    assert "Traceback" not in ran.err


def test_a_baseline_is_learnt_extended_compared_and_used(
    sidelight: CommandLine, small_range: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    quiet, other = small_range / "DC01", small_range / "BILL-WS01"
    learnt = sidelight("baseline", "learn", quiet, "-o", first)
    assert learnt.code == 0, learnt.err
    before = first.read_bytes()
    sidelight("baseline", "learn", quiet, "-o", first, "--jobs", "1")
    assert first.read_bytes() == before
    sidelight("baseline", "learn", quiet, other, "-o", second)
    sidelight("baseline", "learn", other, "-o", first)
    assert first.read_bytes() == second.read_bytes()
    first.write_bytes(before)
    new = sidelight("baseline", "diff", first, second)
    assert (new.code, sidelight("baseline", "diff", second, first).code) == (1, 0)
    assert b"libvlc.dll" in new.out
    shown = sidelight("baseline", "show", second, "--program", "googleupdate.exe")
    assert b"libvlc.dll" in shown.out

    ran = sidelight("hunt", other, *QUIET, "--baseline", second)
    said = [text for each in findings(ran) for text in each["counter_evidence"]]
    assert any("in the baseline since" in text for text in said)
    (companion,) = lines(ran)[-1]["companions"]
    assert (companion["what"], companion["path"]) == ("baseline", str(second))


def test_what_is_no_baseline_is_a_sentence(
    sidelight: CommandLine, small_range: Path, tmp_path: Path
) -> None:
    path = tmp_path / "b.jsonl"
    path.write_text("hello\n")
    before = path.read_bytes()
    for command in (
        ("hunt", small_range / "DC01", "--baseline", path),
        ("baseline", "show", path),
        ("baseline", "learn", small_range / "DC01", "-o", path),
        ("baseline", "diff", path, tmp_path / "none"),
    ):
        ran = sidelight(*command)
        assert (ran.code, "Traceback" in ran.err) == (2, False)
        assert str(path) in ran.err
    assert path.read_bytes() == before


def test_a_reader_that_has_seen_enough_is_told_nothing(sidelight: CommandLine) -> None:
    """As in `sidelight rules list | head -1`, when head has ended before anything is written."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as sink:
        code, said = sidelight.cold("rules", "list", sink=sink)
    assert (code, said) == (141, b"")
