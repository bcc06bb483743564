import csv
import io
from dataclasses import replace

import pytest

from golden import compare
from sample_run import findings, run
from sidelight.findings.finding import Finding
from sidelight.output.csv_timeline import COLUMNS, harmless, open_timeline
from sidelight.schema import NO_TIME


def written(some: list[Finding]) -> bytes:
    file = io.BytesIO()
    sink = open_timeline(file)
    for finding in some:
        sink.add(finding)
    sink.close(run())
    return file.getvalue()


def test_the_timeline_of_a_run_is_as_agreed() -> None:
    compare("timeline.csv", written(findings()))


def test_every_event_is_one_line_with_every_column() -> None:
    text = written(findings()).decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    events = sum(len(finding.evidence) for finding in findings())
    assert len(rows) == len(text.splitlines()) == events + 1
    assert {len(row) for row in rows} == {len(COLUMNS)}


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1"])
def test_a_formula_is_taken_for_text(cell: str) -> None:
    assert harmless(cell) == "'" + cell


def test_ordinary_cells_stay_as_they_are() -> None:
    assert [harmless(cell) for cell in ("", "a=b", "C:\\x")] == ["", "a=b", "C:\\x"]


def test_a_hostile_host_cannot_begin_a_formula() -> None:
    text = written([replace(findings()[0], host="=cmd|'/c calc'!A1")]).decode()
    assert all(row[3].startswith("'=") for row in list(csv.reader(io.StringIO(text)))[1:])


def test_an_event_without_a_time_has_an_empty_cell() -> None:
    event = replace(findings()[0].evidence[0], time=NO_TIME, fields=None)
    text = written([replace(findings()[0], evidence=(event,))]).decode()
    assert list(csv.reader(io.StringIO(text)))[1][0] == ""
