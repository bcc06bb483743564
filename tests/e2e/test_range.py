"""The range as a person makes it."""

from pathlib import Path

from .conftest import CommandLine


def test_the_same_seed_writes_the_same_bytes(sidelight: CommandLine, tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        ran = sidelight("range", tmp_path / name, "--events", "500", "--days", "1")
        assert (ran.code, ran.out) == (0, b"")
        files = [path for path in (tmp_path / name).rglob("*") if path.is_file()]
        written.append({path.relative_to(tmp_path / name): path.read_bytes() for path in files})
    assert written[0] == written[1]


def test_a_folder_that_is_no_range_is_never_replaced(
    sidelight: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for options in ([], ["--force"]):
        ran = sidelight("range", tmp_path, "--events", "500", *options)
        assert ran.code == 2
        assert "exists already" in ran.err
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_what_a_killed_run_left_is_in_nobodys_way(sidelight: CommandLine, tmp_path: Path) -> None:
    """The folder appears when it is whole; a part of one is replaced without being asked."""
    part = tmp_path / ".practice.sidelight-part"
    part.mkdir()
    (part / "half.evtx").write_text("half")
    ran = sidelight("range", tmp_path / "practice", "--events", "500", "--days", "1")
    assert ran.code == 0
    assert (tmp_path / "practice" / "truth.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["practice"]
