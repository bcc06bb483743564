import io
import json
from functools import partial
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.evidence.formats import READERS
from sidelight.evidence.json.envelopes import HEAD_BYTES, _after_blank, is_enveloped, members
from sidelight.evidence.json.lines import LINE_BYTES
from sidelight.evidence.losses import Losses
from sidelight.evidence.stream import Stream
from sidelight.evidence.text import blocks

EVENT = {"Channel": "Security", "EventID": 4688, "Hostname": "desk", "CommandLine": 'a "]}[{'}
OTHER = EVENT | {"EventID": 4624, "deep": {"value": [{"records": [{}]}], "text": "\\"}}

ANSWERS: dict[str, object] = {
    "Elasticsearch": {
        "took": 3,
        "_shards": {"total": 1, "hits": [1, {"hits": [{"no": 1}]}]},
        "hits": {"total": {"value": 2}, "hits": [EVENT, OTHER]},
        "aggregations": {"each": {"buckets": [{"key": "]}"}]}},
    },
    "event hub": {"records": [EVENT, OTHER]},
    "advanced hunting": {"Stats": {"a": [1]}, "Schema": [{"Name": "x"}], "Results": [EVENT, OTHER]},
    "Splunk": {"preview": False, "results": [EVENT, OTHER], "messages": []},
    "OData": {"@odata.context": "x", "value": [EVENT, OTHER], "@odata.nextLink": "y]}"},
}


def found(text: bytes, size: int = 1 << 20) -> tuple[list[object], list[str]]:
    losses = Losses("s", "objects")
    with patch("sidelight.evidence.json.envelopes.blocks", partial(blocks, size=size)):
        parts = list(members(Stream("s", io.BytesIO(text)), losses))
    numbers = [number for number, _, _ in parts]
    assert numbers == sorted({*numbers})
    assert all(text[offset:].startswith(part) for _, offset, part in parts)
    return [json.loads(part) for _, _, part in parts], [gap.reason for gap in losses.finish()]


@pytest.mark.parametrize("service", ANSWERS)
@pytest.mark.parametrize("indent", [None, 1])
def test_the_events_of_an_answer_are_read(service: str, indent: int | None) -> None:
    text = json.dumps(ANSWERS[service], indent=indent).encode()
    assert is_enveloped(text)
    assert is_enveloped(b"\xef\xbb\xbf" + text)
    assert found(text) == ([EVENT, OTHER], [])
    assert [part[0] for part in members(Stream("s", io.BytesIO(text * 2)), Losses("s"))] == [
        *range(1, 5)
    ]
    assert found(b"\n".join([text] * 3)) == ([EVENT, OTHER] * 3, [])


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b'{"a":[{}]}',
        b'{"value":{"value":[{}]}}',
        b'{"value":[1]}',
        b'{"value":[]}',
        b'{"value":[]}\n{"value":[]',
        json.dumps(EVENT | {"value": []}).encode() + b'\n{"value":[{"b":1}]}',
        b'{"a":[{"value":[{"b":1}]}]}',
        b'{"hits":[{"hits":[{"b":1}]}]}',
        b'[{"value":[{"b":1}]}]',
        json.dumps(EVENT | {"value": [{"b": 1}]}).encode(),
        json.dumps(EVENT).encode() + b'\n{"value":[{"b":1}]}',
        b'{"value":"' + b"[{" + b"x" * HEAD_BYTES + b'"}',
        b'{"value":"[{' + b"\\\\" * HEAD_BYTES + b'"}',
        b'{"value":" [{' + b"\\\\" * HEAD_BYTES + b'"}',
    ],
)
def test_what_is_no_answer_is_left_alone(text: bytes) -> None:
    assert not is_enveloped(text)


def test_an_empty_page_among_others_is_nothing() -> None:
    assert found(b'{"value":[{"a":1}]}\n{"value":[]}\n{"value":[{"a":2}]}') == (
        [{"a": 1}, {"a": 2}],
        [],
    )


def test_pages_behind_an_empty_one_are_read() -> None:
    text = b'{"value":[],"@odata.nextLink":"x]}"}\n' + json.dumps(ANSWERS["OData"]).encode()
    assert is_enveloped(text)
    assert found(text) == ([EVENT, OTHER], [])


def test_an_object_among_answers_is_kept() -> None:
    assert found(b'{"value":[{"a":1}]}\n{"b":1}') == ([{"a": 1}, {"b": 1}], [])


def test_an_event_among_answers_is_kept_whole() -> None:
    event = EVENT | {"value": [{"b": 1}]}
    text = b'{"value":[{"a":1}]}\n' + json.dumps(event).encode()
    assert found(text) == ([{"a": 1}, event], [])


@pytest.mark.parametrize(
    ("text", "events", "reasons"),
    [
        (b'{"value":[{"a":1},{"a":', 1, ["truncated"]),
        (b'{"value":[{"a":1}', 1, ["truncated"]),
        (b'{"value":[{"a":1}]', 1, ["truncated"]),
        (b'{"value":[{"a":1}],"b":"', 1, ["truncated"]),
        (b'{"value":[{"a":1} no {"a":2}]}', 2, ["damaged"]),
        (b'{"value":[{"a":1}]} no {"value":[{"a":2}]}', 2, ["damaged"]),
        (b'{"value":[{"a":1}]} ]] no', 1, ["damaged"]),
        (b'{"value":[{"a":1} no', 1, ["damaged", "truncated"]),
    ],
)
def test_damage_is_a_gap(text: bytes, events: int, reasons: list[str]) -> None:
    parts, gaps = found(text)
    assert (len(parts), gaps) == (events, reasons)


def test_what_is_too_long_is_refused() -> None:
    long = b'{"a":"' + b"x" * LINE_BYTES * 3 + b'"}'
    parts, gaps = found(b'{"value":[{"a":1},' + long + b',{"a":2}]}', 1 << 24)
    assert parts == [{"a": 1}, {"a": 2}]
    assert "refused" in gaps


def test_what_is_no_event_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it is: only what may still become an event waits for more."""
    longest = 0

    def noting(text: bytes, place: int) -> int:
        nonlocal longest
        longest = max(longest, len(text))
        return _after_blank(text, place)

    monkeypatch.setattr("sidelight.evidence.json.envelopes._after_blank", noting)
    parts, gaps = found(b'{"value":[{"a":1}' + b" \t," * 5000 + b"]}" + b" no" * 5000, 100)
    assert (parts, gaps) == ([{"a": 1}], ["damaged"])
    assert longest < 500


@given(
    st.sampled_from(sorted(ANSWERS)),
    st.sampled_from([None, 2]),
    st.integers(1, 40),
    st.integers(1, 3),
)
def test_small_reads_change_nothing(service: str, indent: int | None, size: int, n: int) -> None:
    text = json.dumps(ANSWERS[service], indent=indent).encode() * n
    assert found(text, size) == found(text) == ([EVENT, OTHER] * n, [])


@given(st.binary(max_size=60), st.integers(0, 200), st.sampled_from(sorted(ANSWERS)))
def test_any_bytes_are_events_or_gaps(junk: bytes, place: int, service: str) -> None:
    text = json.dumps(ANSWERS[service]).encode()
    broken = text[:place] + junk + text[place:]
    losses = Losses("s", "objects")
    parts = list(members(Stream("s", io.BytesIO(broken)), losses))
    assert parts or losses.finish()


def test_such_a_file_is_not_cut_between_lines() -> None:
    line = json.dumps(ANSWERS["OData"]).encode() + b"\n"
    split = READERS["json"].split
    assert split(line * 2) == "whole"
    assert split(json.dumps(EVENT).encode() + b"\n") == "lines"
