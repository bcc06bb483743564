"""Where nothing was read, no command says that all is well."""

from pathlib import Path

import pytest

from .conftest import CommandLine


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("quiet", [(), ("-q",)])
def test_a_hunt_without_an_event_says_so(
    sidelight: CommandLine, empty: Path, quiet: tuple[str, ...]
) -> None:
    ran = sidelight("hunt", empty, *quiet)
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "no event was read" in ran.err
    (empty / "zero.evtx").touch()
    assert sidelight("hunt", empty / "zero.evtx", *quiet).code == 3


def test_what_is_no_log_is_read_without_events(sidelight: CommandLine, empty: Path) -> None:
    event = '{"EventID": 1, "Channel": "Security", "Computer": "a"}\n'
    (empty / "one.jsonl").write_text(event)
    assert "no event" not in sidelight("hunt", empty).err


def test_a_baseline_of_nothing_is_not_written(
    sidelight: CommandLine, empty: Path, tmp_path: Path
) -> None:
    ran = sidelight("baseline", "learn", empty, "-o", tmp_path / "b.jsonl")
    assert (ran.code, (tmp_path / "b.jsonl").exists()) == (3, False)
    assert "0 events read" in ran.err


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("hunt", "absent"), 2),
        (("hunt", "absent", "--live"), 2),
        (("hunt", ".", "absent"), 3),
        (("baseline", "learn", "absent", "-o", "b.jsonl"), 2),
        (("hunt", ".", "--rules", "absent"), 2),
        (("hunt", ".", "--baseline", "absent"), 2),
        (("rules", "list", "absent"), 2),
        (("rules", "check", "absent"), 2),
        (("rules", "test", "absent"), 2),
        (("rules", "stats", "absent"), 2),
        (("rules", "update", "--from", "absent"), 2),
        (("intel", "import", "absent"), 2),
        (("read", "absent"), 2),
    ],
)
def test_a_path_that_is_not_there_is_a_mistake_and_a_gap_where_other_evidence_is(
    sidelight: CommandLine, command: tuple[str, ...], code: int
) -> None:
    ran = sidelight(*command)
    assert (ran.code, "absent" in ran.err) == (code, True)
