"""Every event that was read is counted, once."""

import numpy as np

from sidelight.findings.hits import union
from sidelight.hunt.tally import HOUR_NS, count_events
from sidelight.schema import NO_TIME, Column, Frame, Kind, strings


def _frame(codes: list[int], hosts: list[str], hours: list[int | None]) -> Frame:
    times = [NO_TIME if hour is None else hour * HOUR_NS for hour in hours]
    return Frame(
        Kind("windows", "Security", "1"),
        ("a",),
        np.zeros(len(codes), np.int32),
        np.arange(len(codes), dtype=np.int64),
        np.array(times, np.int64),
        Column(np.array(codes, np.int32), strings(hosts)),
        {},
        lambda rows: [{} for _ in rows],
    )


def _rows(*frames: Frame) -> list[tuple[str, int, int]]:
    table = union(count_events(frames, 7)).to_pydict()
    return list(zip(table["host"], table["hour"], table["events"], strict=True))


def test_events_are_counted_by_host_and_hour() -> None:
    assert _rows(_frame([0, 0, 1], ["h", "i"], [5, 5, 6])) == [("h", 5, 2), ("i", 6, 1)]


def test_a_host_that_stands_twice_in_the_dictionary_is_one_host() -> None:
    assert _rows(_frame([0, 1], ["h", "h"], [5, 5])) == [("h", 5, 2)]


def test_no_host_and_an_empty_one_are_counted_together() -> None:
    assert _rows(_frame([0, -1], [""], [5, 5])) == [("", 5, 2)]


def test_events_without_a_time_are_counted() -> None:
    assert _rows(_frame([0], ["h"], [None])) == [("h", NO_TIME, 1)]


def test_no_events_are_no_rows() -> None:
    assert _rows(_frame([], [], [])) == []


def test_events_of_two_frames_that_agree_are_counted_together() -> None:
    one, two = _frame([0, 0], ["h"], [5, 6]), _frame([1], ["i", "h"], [5])
    assert _rows(one, two) == [("h", 5, 2), ("h", 6, 1)]
