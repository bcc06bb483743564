"""Whatever a long line holds, it costs what its length does: none is gone over again and again."""

import io
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from sidelight.evidence import auditd, event_csv, event_xml, json, syslog
from sidelight.evidence.json import lines
from sidelight.evidence.stream import Reader, Stream
from sidelight.schema import Gap, want_all

LONG = 100_000

# Beginnings of lines that readers take, and what they look for in them, over and over.
CASES: list[tuple[Reader, str, str]] = [
    (auditd.read, "type=EXECVE msg=audit(1.000:1): ", "a"),
    (auditd.read, "type=EXECVE msg=audit(01/02/2031 03:04:05.000:1) : a=", " a"),
    (auditd.read, "type=EXECVE msg=audit(01/02/2031 03:04:05.000:1) : ", "a-"),
    (syslog.read, "Jan  1 00:00:00 h CRON[1]: ", "("),
    (syslog.read, '<13>1 2031-01-02T03:04:05Z h a 1 - [a="', '\\"'),
    (syslog.read, 'date=2031-01-01 time=00:00:00 devid=1 type="a" ', "a"),
    (syslog.read, 'date=2031-01-01 time=00:00:00 devid=1 type="a" b="', '\\"'),
    (syslog.read, "Jan  1 00:00:00 h %A-", "A"),
    (syslog.read, "Jan  1 00:00:00 h 1: %A-1-B: ", "User:"),
    (syslog.read, "Jan  1 00:00:00 h service= ", "start "),
    (syslog.read, "Jan  1 00:00:00 h start service=a a=", "A-A_"),
    (syslog.read, "Jan  1 00:00:00 h start service=a a=", " "),
    (json.read, '{\n"a":"', '\\"'),
    (json.read, '{"a":1}\n{"a":"', '\\"'),
    (event_xml.read, "<Event>", "<Event"),
    (event_csv.read, 'Channel,EventId,Payload\n1,2,"', '""'),
]


@pytest.mark.parametrize(("read", "begin", "unit"), CASES)
def test_a_line_costs_what_its_length_does(read: Reader, begin: str, unit: str) -> None:
    data = (begin + unit * (LONG // len(unit))).encode()
    begun = time.process_time()
    for _ in read([Stream("log", io.BytesIO(data), year=2031)], want_all):
        pass
    # What looks at each character once takes milliseconds; once for each other one, minutes.
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("read", "begin"),
    [
        (json.read, '{\n"a":"'),
        (syslog.read, '<13>1 2031-01-02T03:04:05Z h a 1 - [a="'),
        (syslog.read, 'date=2031-01-01 time=00:00:00 devid=1 type="a" b="'),
        (auditd.read, "type=EXECVE msg=audit(01/02/2031 03:04:05.000:1) : a="),
    ],
)
def test_no_reader_remembers_each_character_of_a_line(read: Reader, begin: str) -> None:
    data = begin.encode() + b"x" * (2 << 20)
    tracemalloc.start()
    try:
        for _ in read([Stream("log", io.BytesIO(data), year=2031)], want_all):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * len(data)


def test_names_that_grow_by_nesting_are_refused() -> None:
    inner = "".join(f'{{"x":1,"{"k" * 1000}":' for _ in range(900)) + "1" + "}" * 900
    good = b'{"Channel":"Security","EventID":1}\n'
    found = list(json.read([Stream("s", io.BytesIO(good + inner.encode()))], want_all))
    gaps = [item for item in found if isinstance(item, Gap)]
    assert [(gap.reason, gap.text, gap.events) for gap in gaps] == [
        ("damaged", "its names grow too long by nesting", 1)
    ]


def test_an_object_that_is_too_long_is_one_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LINE_BYTES", 1000)
    data = b'{\n"a":"' + b"x" * 5000
    gaps = [
        (item.reason, item.events)
        for item in json.read([Stream("s", io.BytesIO(data))], want_all)
        if isinstance(item, Gap)
    ]
    assert gaps == [("refused", 1)]


def test_a_line_without_an_end_is_a_gap_and_takes_little_memory() -> None:
    size = 200 << 20

    class Endless(io.RawIOBase):
        def __init__(self) -> None:
            super().__init__()
            self.parts: Iterator[bytes] = iter(
                [b'{"a":1}\n{"a":"', *[b"x" * 65_536] * (size >> 16)]
            )

        def read(self, wanted: int = -1, /) -> bytes:
            del wanted
            return next(self.parts, b"")

    tracemalloc.start()
    try:
        found = list(json.read([Stream("s", Endless())], want_all))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert any(isinstance(item, Gap) and item.reason == "refused" for item in found)
    assert peak < size // 2
