"""What was there before a hunt, evidence and earlier reports, is there afterwards."""

import gzip
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from e2e.conftest import CommandLine
from patience import PATIENCE_S

LOG = b"Jan  1 00:00:00 host cron[1]: all is well\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Give a log whose name tells a format of outputs."""
    path = tmp_path / "logs" / "a.jsonl"
    path.parent.mkdir()
    path.write_bytes(LOG)
    return path


@pytest.mark.parametrize("way", ["itself", "link", "hard link", "dots", "member", "linked member"])
def test_evidence_is_never_written_over(
    way: str, sidelight: CommandLine, log: Path, tmp_path: Path
) -> None:
    output = tmp_path / "other.jsonl"
    if way in {"link", "linked member"}:
        output.symlink_to(log)
    elif way == "hard link":
        os.link(log, output)
    else:
        output = log.parent / ".." / "logs" / log.name if way == "dots" else log
    evidence = log.parent if "member" in way else log
    ran = sidelight("hunt", evidence, "-q", "-o", output)
    assert (ran.code, log.read_bytes()) == (2, LOG)
    assert "is read as input, and writing would destroy it" in ran.err


def test_an_archive_is_never_written_over(sidelight: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.log", LOG)
    before = path.read_bytes()
    ran = sidelight("hunt", path, "-q", "-o", path, "-f", "jsonl")
    assert (ran.code, path.read_bytes()) == (2, before)


def test_what_no_reader_takes_is_not_written_over_either(sidelight: CommandLine, log: Path) -> None:
    unknown = log.parent / "disk.dd"
    unknown.write_bytes(b"\0" * 600)
    ran = sidelight("hunt", log.parent, "-q", "-o", unknown, "-f", "jsonl")
    assert (ran.code, unknown.read_bytes()) == (2, b"\0" * 600)


@pytest.mark.parametrize("outputs", [[], ["-o", "-", "-f", "jsonl", "-f", "jsonl"]])
def test_who_leaves_early_keeps_no_file_from_being_written(
    outputs: list[str], sidelight: CommandLine, small_range: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    words = sidelight.arguments("hunt", small_range, *outputs, "-o", out)
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        words, stdout=writing, stderr=subprocess.PIPE, env=sidelight.environment, check=False
    )
    os.close(writing)
    assert (ran.returncode, b"Traceback" in ran.stderr) == (141, False)
    assert b'"kind":"manifest"' in out.read_bytes()


def test_a_file_tree_is_never_written_over(sidelight: CommandLine, tmp_path: Path) -> None:
    for name in ("etc", "usr", "var", "bin", "lib"):
        (tmp_path / "root" / name).mkdir(parents=True)
    held = tmp_path / "root" / "etc" / "ld.so.preload"
    held.write_text("/lib/a.so\n")
    ran = sidelight("hunt", tmp_path / "root", "-q", "-o", held, "-f", "jsonl")
    assert (ran.code, held.read_text()) == (2, "/lib/a.so\n")


def test_a_list_that_has_a_say_is_never_written_over(
    sidelight: CommandLine, log: Path, tmp_path: Path
) -> None:
    assets = tmp_path / "assets.csv"
    assets.write_text("host,role\nhost,mme\n")
    ran = sidelight("hunt", log, "-q", "--assets", assets, "-o", assets)
    assert (ran.code, assets.read_text()) == (2, "host,role\nhost,mme\n")


def test_a_report_beside_the_evidence_is_replaced(sidelight: CommandLine, log: Path) -> None:
    page = log.parent / "report.html"
    for _ in range(2):
        assert sidelight("hunt", log.parent, "-q", "-o", page).code == 0
    assert page.stat().st_size > 1000
    assert sorted(os.listdir(log.parent)) == ["a.jsonl", "report.html"]


@pytest.mark.parametrize(
    "words",
    [
        ["hunt", "{}/a.jsonl", "-o"],
        ["hunt", "{}/absent", "--live", "-f", "jsonl", "-o"],
        ["read", "{}/a.jsonl", "-o"],
        ["baseline", "learn", "{}/a.jsonl", "-o"],
        ["collect", "--live", "-o"],
        ["collect", "--ssh", "node1", "-o"],
    ],
)
def test_no_command_makes_a_folder_for_an_output_and_each_says_how(
    words: list[str], sidelight: CommandLine, log: Path, tmp_path: Path
) -> None:
    output = tmp_path / "no such" / "x.jsonl"
    ran = sidelight(*(each.format(log.parent) for each in words), output)
    hint = f"(make it first: mkdir -p '{output.parent}')"
    assert ran.err == f"sidelight: {output.parent}: there is no such folder {hint}\n"
    assert (ran.code, output.parent.exists()) == (2, False)


def test_a_name_that_tells_no_format_may_be_meant_as_a_folder(
    sidelight: CommandLine, log: Path, tmp_path: Path
) -> None:
    ran = sidelight("hunt", log, "-o", tmp_path / "results")
    assert (ran.code, f"mkdir {tmp_path / 'results'} first" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("option", "name", "below"),
    [
        ("--rules", "own.yml", True),
        ("--rules", "own.yml", False),
        ("--yara", "own.yar", True),
        ("--files", "own.dll", True),
        ("--symbols", "own.json", True),
        ("--placeholders", "own.toml", False),
    ],
)
def test_what_an_option_names_as_input_is_no_output(
    option: str, name: str, below: bool, sidelight: CommandLine, log: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept" / name
    kept.parent.mkdir()
    kept.write_text("kept")
    named = kept.parent if below else kept
    ran = sidelight("hunt", log, "-q", option, named, "-o", kept, "-f", "jsonl")
    assert (ran.code, kept.read_text()) == (2, "kept")
    assert "name another output" in ran.err


@pytest.mark.parametrize("name", ["report.html", "findings.jsonl", "timeline.csv"])
def test_an_earlier_report_beside_symbols_is_replaced(
    name: str, sidelight: CommandLine, log: Path, tmp_path: Path
) -> None:
    page = tmp_path / "symbols" / name
    page.parent.mkdir()
    for _ in range(2):
        assert sidelight("hunt", log, "-q", "--symbols", page.parent, "-o", page).code == 0


def test_an_earlier_report_beside_rules_is_replaced(
    sidelight: CommandLine, log: Path, tmp_path: Path
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yml").write_text(
        "title: t\nlogsource: {product: linux}\ndetection: {s: [x], condition: s}\n"
    )
    page = tmp_path / "rules" / "found.jsonl"
    for _ in range(2):
        ran = sidelight("hunt", log, "-q", "--no-own", "--rules", page.parent, "-o", page)
        assert (ran.code, ran.err) == (0, "")


def test_a_baseline_takes_the_place_of_no_evidence(sidelight: CommandLine, log: Path) -> None:
    before = log.read_bytes()
    ran = sidelight("baseline", "learn", log, "--fresh", "-o", log)
    assert (ran.code, log.read_bytes()) == (2, before)
    assert "is read as input" in ran.err


@pytest.mark.parametrize(
    "wrong",
    [["-o", "{}/file/x.jsonl"], ["--rules", "{}/nosuch"], ["-f", "csv", "-f", "html", "-f", "csv"]],
)
def test_what_is_refused_leaves_an_earlier_report(
    wrong: list[str], sidelight: CommandLine, log: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    earlier = tmp_path / "report.csv"
    earlier.write_text("earlier")
    words = [each.format(tmp_path) for each in wrong]
    ran = sidelight("hunt", log, "-q", "-o", earlier, *words)
    assert (ran.code, earlier.read_text()) == (2, "earlier")
    assert not list(tmp_path.glob(".sidelight-*"))


def test_a_full_disk_empties_no_earlier_report_and_every_broken_output_is_named(
    sidelight: CommandLine, log: Path, tmp_path: Path
) -> None:
    page, found = tmp_path / "report.html", tmp_path / "found.jsonl"
    page.write_text("earlier")
    found.write_text("earlier")
    whole = tmp_path / "whole.csv"
    outputs: list[str | Path] = ["-o", page, "-o", found, "-o", "/dev/full", "-o", whole]
    formats = ["-f", "html", "-f", "jsonl", "-f", "csv"]
    words = sidelight.arguments("hunt", log, "-q", *outputs, *formats)
    ran = subprocess.run(
        ["sh", "-c", 'ulimit -f 1; trap "" XFSZ; exec "$@"', "sh", *words],
        capture_output=True, env=sidelight.environment, check=False,
    )  # fmt: skip
    said = ran.stderr.decode()
    assert ran.returncode == 2
    for path in (page, found):
        assert path.read_text() == "earlier"
        assert f"{path}: cannot be written: File too large" in said
    assert "/dev/full: is cut short: No space left on device" in said
    assert said.count("sidelight: ") == 3
    assert whole.exists()
    assert not list(tmp_path.glob(".sidelight-*"))


def test_links_rights_and_devices_stay_what_they_are(
    sidelight: CommandLine, log: Path, tmp_path: Path
) -> None:
    real, link = tmp_path / "real.jsonl", tmp_path / "link.jsonl"
    real.write_text("earlier")
    real.chmod(0o640)
    link.symlink_to(real)
    assert sidelight("hunt", log, "-q", "-o", link).code == 0
    assert (link.is_symlink(), real.stat().st_mode & 0o777) == (True, 0o640)
    assert b'"kind":"manifest"' in real.read_bytes()
    to = tmp_path / "to"
    assert sidelight("hunt", log, "-q", "-o", "/dev/stdout", "-f", "jsonl", to=to).code == 0
    assert b'"kind":"manifest"' in to.read_bytes()


def test_a_pipe_is_written_as_it_is(sidelight: CommandLine, log: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    words = sidelight.arguments("hunt", log, "-q", "-o", pipe)
    with subprocess.Popen(words, env=sidelight.environment) as running:
        assert b'"kind":"manifest"' in pipe.read_bytes()
        assert running.wait(PATIENCE_S) == 0
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    "outputs",
    [
        ["-o", "a.csv", "-f", "csv", "-f", "html"],
        ["-o", "a.csv", "-o", "./a.csv"],
        ["-o", "folder", "-f", "csv", "-f", "csv"],
    ],
)
def test_formats_without_a_place_and_places_named_twice_are_refused(
    outputs: list[str], sidelight: CommandLine, log: Path, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    words: list[str | Path] = [
        tmp_path / each if "." in each or each == "folder" else each for each in outputs
    ]
    ran = sidelight("hunt", log, "-q", *words)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert not list(tmp_path.glob("*.csv"))


def test_a_file_beside_a_folder_is_written_too(
    sidelight: CommandLine, log: Path, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    words: list[str | Path] = ["-o", tmp_path / "folder", "-o", tmp_path / "a.csv", "-f", "jsonl"]
    assert sidelight("hunt", log, "-q", *words).code == 0
    assert (tmp_path / "a.csv").exists()
    assert os.listdir(tmp_path / "folder") == ["findings.jsonl"]


@pytest.mark.parametrize("way", ["itself", "link", "member"])
def test_a_report_is_never_written_over_by_its_brief(
    way: str, sidelight: CommandLine, tmp_path: Path
) -> None:
    text = "APT41 loaded a DLL (T1574.002).\n"
    report, output = tmp_path / "in" / "report.md", tmp_path / "link.md"
    report.parent.mkdir()
    report.write_text(text)
    output.symlink_to(report)
    named = report.parent if way == "member" else report
    ran = sidelight("read", named, "--no-keep", "-o", output if way == "link" else report)
    assert (ran.code, report.read_text()) == (2, text)
    assert "is read as input, and writing would destroy it" in ran.err


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_closed_standard_stream_is_like_no_reader(
    closed: str, sidelight: CommandLine, log: Path, tmp_path: Path
) -> None:
    """And none of the hunt's own files takes its number."""
    out = tmp_path / "out.jsonl"
    words = sidelight.arguments("hunt", log, "-o", out)
    ran = _shell(f'exec "$@" {closed}', words, sidelight)
    assert (ran.returncode, b"Traceback" in ran.stderr) == (0, False)
    assert out.read_bytes().startswith(b"{")


def test_results_for_a_closed_standard_output_are_refused(
    sidelight: CommandLine, log: Path
) -> None:
    ran = _shell('exec "$@" >&-', sidelight.arguments("hunt", log, "-o-", "-fcsv"), sidelight)
    assert (ran.returncode, ran.stderr) == (
        2,
        b"sidelight: standard output: cannot be written: it is closed\n",
    )


def _shell(
    script: str, words: list[str], sidelight: CommandLine
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        ["sh", "-c", script, "sh", *words],
        capture_output=True,
        env=sidelight.environment,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-f", "csv"], True),
        (["-f", "stix"], True),
        (["-f", "csv", "-q"], False),
        (["-f", "jsonl"], False),
        (["-f", "csv", "-o", "-", "-f", "html", "-o", "{}/report.html"], False),
    ],
)
def test_lost_evidence_is_told_where_what_is_shown_does_not(
    words: list[str], said: bool, sidelight: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"Jan  1 00:00:00 host cron[1]: x\n" * 99)[:-9])
    ran = sidelight("hunt", tmp_path / "cut.gz", *(each.format(tmp_path) for each in words))
    assert (ran.code, "evidence was lost in 1 file" in ran.err) == (3, said)
