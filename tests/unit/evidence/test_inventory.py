"""A large file of lines is cut between lines, and nothing of it is lost."""

from itertools import pairwise
from pathlib import Path

import pytest

from sidelight.evidence import inventory


@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("limit", [1, 64, 100, 1000, 5000])
def test_spans_are_the_whole_file_and_know_their_first_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, end: bytes
) -> None:
    data = b"\n".join(b'{"a": "%s"}' % (b"x" * (number % 70)) for number in range(100)) + end
    path = tmp_path / "lines.json"
    path.write_bytes(data)
    monkeypatch.setattr(inventory, "TASK_BYTES", limit)
    found = inventory.survey([str(path)])
    spans = sorted((span for task in found.tasks for span in task.spans), key=lambda s: s.start)
    assert spans[0].start == 0
    assert (spans[-1].stop or len(data)) == len(data)
    assert all(one.stop == two.start for one, two in pairwise(spans))
    for span in spans:
        assert span.first == data.count(b"\n", 0, span.start) + 1
        assert span.start == 0 or data[span.start - 1 : span.start] == b"\n"


def test_a_time_stamp_that_no_calendar_has_is_no_year() -> None:
    assert inventory._year(1e18) is None
    assert inventory._year(0) == 1970


def test_what_one_reads_alone_is_not_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lines.json"
    path.write_bytes(b'{"a": 1}\n' * 50_000)
    monkeypatch.setattr(inventory, "TASK_BYTES", 1000)
    assert len(inventory.survey([str(path)]).tasks) > 1
    found = inventory.survey([str(path)], shared=False)
    (span,) = (span for task in found.tasks for span in task.spans)
    assert (span.start, span.stop, span.first) == (0, path.stat().st_size, 1)
    assert not found.inputs[0].cut
