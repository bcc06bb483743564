import io

import numpy as np
import pytest

from sidelight.evidence import syslog
from sidelight.evidence.stream import Stream
from sidelight.evidence.syslog_line import Calendar, first_year, parse_line
from sidelight.schema import NO_TIME, Frame, want_all


def days(lines: list[str], year: int | None) -> list[str]:
    data = "".join(f"{day} 10:00:00 h p: m\n" for day in lines).encode()
    (frame,) = syslog.read([Stream("messages", io.BytesIO(data), year=year)], want_all)
    assert isinstance(frame, Frame)
    return [str(np.datetime64(int(time), "ns"))[:10] for time in frame.time]


def test_the_newest_line_is_of_the_year_the_file_was_written() -> None:
    assert days(["Nov 30", "Dec 31", "Jan  1"], 2026) == ["2025-11-30", "2025-12-31", "2026-01-01"]


def test_a_line_that_comes_late_over_new_year_keeps_its_own_year() -> None:
    assert days(["Dec 31", "Jan  1", "Dec 31", "Jan  1"], 2026) == [
        "2025-12-31", "2026-01-01", "2025-12-31", "2026-01-01",
    ]  # fmt: skip


def test_without_a_year_there_is_no_time() -> None:
    assert days(["Nov 30"], None) == ["NaT"]
    assert Calendar().time("Nov 30 10:00:00") == NO_TIME


def test_no_line_is_later_than_the_year_the_file_was_written() -> None:
    calendar = Calendar(2026, 2026)
    calendar.time("Dec 31 10:00:00")
    assert str(np.datetime64(calendar.time("Jan  1 10:00:00"), "ns"))[:4] == "2026"


@pytest.mark.parametrize("stamp", ["Feb 30 10:00:00", "Nov 00 10:00:00"])
def test_a_day_that_does_not_exist_is_no_time(stamp: str) -> None:
    assert Calendar(2026).time(stamp) == NO_TIME


def test_the_first_year_counts_the_turns_of_the_head() -> None:
    assert first_year(b"Dec 31 10:00:00 a\nJan  1 10:00:00 a\n", 2026) == 2025
    assert first_year(b"<13>Jan 31 10:00:00 a\nFeb  1 10:00:00 a\n", 2026) == 2026
    assert first_year(b"", None) is None


@pytest.mark.parametrize(
    ("text", "host", "program", "pid", "message"),
    [
        ("Nov 24 16:00:00 h p[1]: m: n", "h", "p", "1", "m: n"),
        ("Nov  4 16:00:00 h p: m", "h", "p", "", "m"),
        ("Nov 24 16:00:00 fe80::1 p: m", "fe80::1", "p", "", "m"),
        ("Nov 24 16:00:00 h last message repeated 2 times", "h", "", "", None),
        ("<34>1 2026-11-24T16:00:00Z - - - - - m", None, "", "", "m"),
        ("2026-11-24T16:00:00Z hostd[5]: m", None, "hostd", "5", "m"),
    ],
)
def test_a_line_is_taken_apart(
    text: str, host: str | None, program: str, pid: str, message: str | None
) -> None:
    line = parse_line(text, Calendar(2026))
    assert line is not None
    assert (line.host, line.program, line.pid) == (host, program, pid)
    assert message is None or line.message == message


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"Dear all,\nthis is no log\n",
        b"time,host,text\n2026-11-24T10:00:00Z,h,t\n",
        b"2026-11-24 10:00:00,123 INFO some.module: text\n",
        b"key=value\nother=value\n",
        b"[2026-11-24T10:00:00Z] started\n",
        b"%PDF-1.7\n",
        b"Nov 24 16:00:00 h p: m\nno\nno\nno\n",
    ],
)
def test_other_texts_are_not_taken_for_syslog(head: bytes) -> None:
    assert not syslog.sniff(head)


def test_lines_with_their_own_years_may_be_read_apart() -> None:
    assert syslog.is_separable(b"2026-11-24T16:00:00Z h p: m\n")
    assert syslog.is_separable(b"<13>1 2026-11-24T16:00:00Z h p - - - m\n")
    assert not syslog.is_separable(b"Nov 24 16:00:00 h p: m\n")
    assert not syslog.is_separable(b"2026-11-24T16:00:00Z h audit: type=1300 audit(1.000:2): \n")
