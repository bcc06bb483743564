"""A hunt for what was received: bounded in time, kept, counted."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from allies import indicator
from sidelight.cli.received import Hunting, _Stream, hunt_received
from sidelight.errors import ExchangeError
from sidelight.exchange.received.record import Record
from sidelight.training.range import RangeOptions, write_range

PLANTED = orjson.dumps(indicator(1, pattern="[file:name = 'googleupdate.exe']"))


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("range") / "logs"
    write_range(RangeOptions(events=1000, days=1), folder)
    return folder


def test_a_hunt_whose_time_is_over_is_cut_and_recorded_as_such(
    evidence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hunt_received([PLANTED], Hunting([evidence], tmp_path, 0, out=io.StringIO()))

    [line] = Record(tmp_path).lines()
    assert line.became == "partly"
    assert "0 s were over" in capsys.readouterr().err


def test_an_event_counts_once_whatever_matches_it(evidence: Path, tmp_path: Path) -> None:
    """Counted by hand from the very logs, as the hunt of a rule written by hand finds it."""
    both = orjson.dumps(
        indicator(
            2, pattern="[file:name = 'googleupdate.exe'] OR [process:name = 'googleupdate.exe']"
        )
    )  # fmt: skip
    out = io.StringIO()
    assert hunt_received([PLANTED, both], Hunting([evidence], tmp_path, 600, out=out)) == 1

    one, two = Record(tmp_path).lines()
    assert one.seen is not None
    assert one.seen == two.seen
    assert one.seen.count > 0
    assert one.seen.first <= one.seen.last


def test_a_line_that_was_cut_in_writing_is_written_anew(evidence: Path, tmp_path: Path) -> None:
    request = Hunting([evidence], tmp_path, 600, out=io.StringIO())
    hunt_received([PLANTED], request)
    path = tmp_path / "hunted.jsonl"
    path.write_bytes(path.read_bytes()[:-20])

    hunt_received([PLANTED], request)

    assert [line.became for line in Record(tmp_path).lines()] == ["hunted"]


def test_what_comes_within_a_moment_is_hunted_together() -> None:
    came = _Stream()
    came.fill(iter([b"1", b"2", b"3"]))

    assert came.next_batch() == [b"1", b"2", b"3"]
    assert came.next_batch() == []


def test_a_stream_that_is_refused_says_so_after_what_came() -> None:
    def broken() -> Iterator[bytes]:
        yield b"1"
        raise ExchangeError("refused")

    came = _Stream()
    came.fill(broken())

    assert came.next_batch() == [b"1"]
    assert came.next_batch() == []
    assert came.failed


def test_evidence_that_grew_is_hunted_again(
    evidence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grow = tmp_path / "grow"
    grow.mkdir()

    def told() -> tuple[int, str]:
        out = io.StringIO()
        code = hunt_received([PLANTED], Hunting([grow], tmp_path / "kept", 600, out=out))
        return code, out.getvalue()

    assert told()[0] == 3
    assert "no event was read" in capsys.readouterr().err
    assert not list(Record(tmp_path / "kept").lines())
    shutil.copytree(evidence, grow, dirs_exist_ok=True)
    assert told()[0] == 1
    code, text = told()
    assert code == 0
    assert "found before in this evidence" in text
    assert "--again" in text
    next(each for each in grow.rglob("*") if each.is_file()).touch()
    code, text = told()
    assert code == 1
    assert "the evidence has changed: 1 of them" in text


def test_what_was_blanked_in_a_file_is_passed_over(
    evidence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As 'acknowledge --drop' leaves it."""
    out = io.StringIO()
    hunt_received([b"     ", PLANTED], Hunting([evidence], tmp_path, 0, out=out))
    assert "received: 1 indicator;" in out.getvalue()
    assert "objects[" not in capsys.readouterr().err
