import io
from dataclasses import replace
from datetime import datetime

import orjson

from golden import compare
from sample_run import findings, run
from sidelight.findings.finding import Finding
from sidelight.output.timesketch import open_timesketch
from sidelight.schema import NO_TIME


def written(some: list[Finding]) -> bytes:
    file = io.BytesIO()
    sink = open_timesketch(file)
    for finding in some:
        sink.add(finding)
    sink.close(run())
    return file.getvalue()


def test_the_lines_of_a_run_are_as_agreed() -> None:
    compare("timesketch.jsonl", written(findings()))


def test_every_line_has_what_timesketch_needs() -> None:
    for text in written(findings()).splitlines():
        line = orjson.loads(text)
        assert line["message"]
        assert line["timestamp_desc"]
        micros = datetime.fromisoformat(line["datetime"]).timestamp() * 1_000_000
        assert abs(micros - line["timestamp"]) < 2
        assert max(len(str(value).encode()) for value in line.values()) < 32_766


def test_an_event_without_a_time_says_so() -> None:
    event = replace(findings()[0].evidence[0], time=NO_TIME)
    line = orjson.loads(written([replace(findings()[0], evidence=(event,))]))
    assert (line["timestamp"], line["timestamp_desc"]) == (0, "Time Unknown")
