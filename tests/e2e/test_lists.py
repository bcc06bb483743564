"""Files that have a say in findings: what hosts are."""

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
