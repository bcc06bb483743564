import io
from dataclasses import replace

import orjson

from golden import compare
from sample_run import findings, run
from sidelight.findings.finding import Finding
from sidelight.output.jsonl import event_number, open_jsonl
from sidelight.schema import NO_TIME

KEYS = [
    "kind", "id", "title", "class", "level", "score", "host", "first_seen", "last_seen", "count",
    "tactics", "techniques", "tags", "rules", "process", "reasons", "counter_evidence", "weights",
    "refute", "story", "asset", "surfaces", "disagreements",
    "instances", "evidence",
]  # fmt: skip


def written(some: list[Finding]) -> bytes:
    file = io.BytesIO()
    sink = open_jsonl(file)
    for finding in some:
        sink.add(finding)
    sink.close(run(len(some)))
    return file.getvalue()


def test_the_lines_of_a_run_are_as_agreed() -> None:
    compare("findings.jsonl", written(findings()))


def test_findings_come_first_then_resemblance_coverage_and_manifest() -> None:
    lines = [orjson.loads(line) for line in written(findings()).splitlines()]
    assert [line["kind"] for line in lines] == ["finding"] * 7 + [
        "resemblance",
        "coverage",
        "manifest",
    ]
    assert [line["level"] for line in lines[-3:]] == ["informational"] * 3
    assert list(lines[0]) == KEYS
    assert list(lines[0]["evidence"][0]) == [
        "source", "record", "channel", "event_id", "time", "rules", "fields",
    ]  # fmt: skip


def test_weights_name_the_events_they_rest_on() -> None:
    lead, _, other = (orjson.loads(line) for line in written(findings()).splitlines()[:3])
    place = [lead["evidence"][0]["source"], lead["evidence"][0]["record"]]
    assert [(each["points"], each["events"]) for each in lead["weights"]] == [
        (45, [place]), (-10, [place]),
    ]  # fmt: skip
    assert lead["story"]
    assert (other["weights"], other["refute"], other["story"]) == ([], [], None)


def test_a_time_that_is_not_known_is_null() -> None:
    finding = replace(findings()[0], first_seen=NO_TIME, last_seen=NO_TIME)
    line = orjson.loads(written([finding]).splitlines()[0])
    assert (line["first_seen"], line["last_seen"]) == (None, None)


def test_a_zero_says_why() -> None:
    coverage = orjson.loads(written([]).splitlines()[0])
    assert coverage["zero"][0].startswith("29,445 events were read")
    assert orjson.loads(written(findings()).splitlines()[8])["zero"] == []


def test_text_that_is_not_unicode_loses_only_what_is_not() -> None:
    finding = replace(findings()[0], title="a\udcffb", host="ü")
    line = orjson.loads(written([finding]).splitlines()[0])
    assert (line["title"], line["host"]) == ("a?b", "ü")


def test_only_decimal_event_ids_become_numbers() -> None:
    cases = {"7": 7, "4688": 4688, "": "", "x7": "x7", "²": "²", "9" * 30: "9" * 30}
    assert {text: event_number(text) for text in cases} == cases
