from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from sidelight.evidence.json.record import UNKNOWN, Record, Result, channel_name, interpret, shown
from sidelight.evidence.json.values import fields_of
from sidelight.evidence.times import time_of
from sidelight.schema import Kind

CORPUS = Path(__file__).parents[3] / "corpus" / "evidence" / "json_shapes.yml"
CASES: list[dict[str, Any]] = yaml.safe_load(CORPUS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["shape"]))
def test_a_record_of_each_shape_is_read(case: dict[str, Any]) -> None:
    record = interpret(fields_of(orjson.dumps(case["record"])))
    assert isinstance(record, Record)
    assert record.kind == Kind(*case["kind"])
    assert record.time == time_of(case["time"])
    assert record.host == case["host"]
    assert {name: record.fields.get(name) for name in case["fields"]} == case["fields"]
    assert not record.fields.keys() & set(case.get("absent", ()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["shape"]))
@pytest.mark.parametrize("around", ["_source", "result"])
def test_an_export_around_a_record_changes_nothing(case: dict[str, Any], around: str) -> None:
    """Elasticsearch puts records into ``_source``, Splunk into ``result``."""
    plain = interpret(fields_of(orjson.dumps(case["record"])))
    other = {"_source": "result", "result": "_source"}[around]
    wrapped = {"_index": "i", "preview": False, other: {"a": 1}, around: case["record"]}
    found = interpret(fields_of(orjson.dumps(wrapped)))
    if isinstance(plain, Record) and plain.kind == UNKNOWN:
        assert isinstance(found, Record)
        assert found.kind == UNKNOWN
    else:
        assert found == plain


def test_the_text_of_an_event_is_read_within_an_export() -> None:
    event = {"EventID": 7, "Channel": "Security", "Image": "a"}
    text = orjson.dumps(event).decode()
    plain = interpret(fields_of(orjson.dumps(event)))
    for around in (
        {"preview": False, "result": {"_raw": text, "host": "indexer"}},
        {"_index": "i", "_source": {"@timestamp": "x", "event": {"original": text}}},
        {"_index": "i", "_source": {"message": text}},
        {"stream": "stdout", "log": text},
    ):
        assert interpret(fields_of(orjson.dumps(around))) == plain


@pytest.mark.parametrize(
    ("record", "tool"),
    [
        ({"kind": "finding", "id": "1"}, "Sidelight"),
        ({"kind": "manifest"}, "Sidelight"),
        ({"Timestamp": "x", "RuleTitle": "y", "EventID": 1, "Channel": "Sec"}, "Hayabusa"),
        ({"group": "g", "kind": "individual", "name": "n", "timestamp": "t"}, "Chainsaw"),
        ({"title": "t", "rule_level": "high", "matches": [{"row_id": 1}]}, "Zircolite"),
    ],
)
def test_results_of_tools_are_no_evidence(record: dict[str, Any], tool: str) -> None:
    assert interpret(fields_of(orjson.dumps(record))) == Result(tool)


def test_a_field_called_kind_alone_is_no_result() -> None:
    assert isinstance(interpret({"kind": "event"}), Record)


def test_channels_are_spelled_as_windows_does() -> None:
    assert channel_name("SECURITY") == "Security"
    assert channel_name("Of-My-Own/operational") == "Of-My-Own/operational"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("&lt;unknown process&gt;", "<unknown process>"),
        ("&lt;a&gt; and more", "&lt;a&gt; and more"),
        ("a &amp; b", "a &amp; b"),
    ],
)
def test_only_a_whole_value_is_shown(text: str, expected: str) -> None:
    assert shown(text) == expected
