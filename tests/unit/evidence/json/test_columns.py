"""Batches give what records give one by one."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sidelight.evidence.json import events
from sidelight.evidence.json.batch import Batch
from sidelight.evidence.json.columns import FEW, frames
from sidelight.evidence.json.lines import lines
from sidelight.evidence.json.plan import Plan
from sidelight.evidence.json.record import Record, interpret
from sidelight.evidence.json.values import Json, fields_of
from sidelight.evidence.losses import Losses
from sidelight.evidence.rows import cell
from sidelight.evidence.stream import Stream
from sidelight.evidence.times import time_of
from sidelight.schema import Frame, Kind, Wanted, Wish, decode, want_all

CORPUS = Path(__file__).parents[3] / "corpus" / "evidence" / "json_shapes.yml"
CASES: list[dict[str, Any]] = yaml.safe_load(CORPUS.read_text(encoding="utf-8"))
COLUMNAR = ("flat", "Winlogbeat", "evtx_dump")
SHADOWED = "evtx_dump, with data that shadow the header"


def read(texts: list[str], wanted: Wanted = want_all) -> tuple[list[Frame], list[int]]:
    return read_as(texts, Plan(wanted))


def read_as(texts: list[str], plan: Plan) -> tuple[list[Frame], list[int]]:
    batch = Batch(plan)
    stream = Stream("s", io.BytesIO("\n".join(texts).encode()))
    for block in lines(stream, Losses("s")):
        batch.add("s", block)
    found, left = frames(batch)
    return found, left.tolist()


def rows(frame: Frame) -> Iterator[dict[str, str]]:
    cells = {name: decode(column) for name, column in frame.columns.items()}
    for row in range(len(frame)):
        found = {name: column[row] for name, column in cells.items()}
        yield {name: text for name, text in found.items() if text is not None}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["shape"]))
def test_many_records_of_a_shape_are_read_as_one_is(case: dict[str, Any]) -> None:
    text = json.dumps(case["record"])
    found, left = read([text] * FEW)
    assert bool(found) is (case["shape"].startswith(COLUMNAR) and case["shape"] != SHADOWED)
    assert len(left) == (0 if found else FEW)
    record = interpret(fields_of(text.encode()))
    assert isinstance(record, Record)
    fields = {name: cell(value) for name, value in record.fields.items()}
    for frame in found:
        assert frame.kind == record.kind
        assert frame.time.tolist() == [record.time] * FEW
        assert decode(frame.host) == [record.host] * FEW
        assert list(rows(frame)) == [fields] * FEW
        assert frame.detail(np.array([2])) == [record.fields]


def test_shapes_in_one_batch_do_not_mix() -> None:
    flat = json.dumps({"Channel": "A", "EventID": 1, "message": "m", "Image": "i"})
    nested = json.dumps({"winlog": {"channel": "A", "event_id": 1, "event_data": {"Image": "j"}}})
    found, left = read([flat, nested] * FEW)
    assert left == []
    assert [next(rows(frame))["Image"] for frame in found] == ["j", "i"]
    assert [frame.record.tolist()[:2] for frame in found] == [[2, 4], [1, 3]]


def test_few_of_a_kind_are_left() -> None:
    texts = [json.dumps({"Channel": "A", "EventID": n == 3}) for n in range(FEW + 1)]
    found, left = read(texts)
    assert [len(frame) for frame in found] == [FEW]
    assert left == [3]


def test_too_many_columns_are_left() -> None:
    texts = [
        json.dumps({"Channel": "A", "EventID": 1} | {f"n{n}.{k}": 1 for k in range(100)})
        for n in range(FEW)
    ]
    found, left = read(texts)
    assert (len(found), left) == (1, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "MAX_CELLS", 10_000)
        found, left = read(texts)
    assert found == []
    assert len(left) == FEW


def test_what_nobody_wants_is_not_built() -> None:
    texts = [
        json.dumps({"winlog": {"channel": "A", "event_data": {"X": n, "y": 1}}}) for n in range(FEW)
    ]
    found, _ = read(texts, lambda kind: frozenset({"x", "Other"}))
    assert [list(frame.columns) for frame in found] == [["X"]]


def test_of_several_times_the_first_that_is_one_counts() -> None:
    first, second = "2024-05-01T10:00:00Z", "2024-05-01 11:00:00.5"
    pairs = [(first, second), ("none", second), (first, "none"), ("none", "none")]
    for best in pairs:  # of the times of the first event are judged those of all
        some = [best, *pairs] * FEW
        texts = [
            json.dumps({"Channel": "A", "EventID": 1, "UtcTime": one, "@timestamp": other})
            for one, other in some
        ]
        found, left = read(texts)
        apart = {row: interpret(fields_of(texts[row].encode())) for row in left}
        times = {row: each.time for row, each in apart.items() if isinstance(each, Record)}
        for frame in found:
            times |= dict(zip((frame.record - 1).tolist(), frame.time.tolist(), strict=True))
        wanted = [time_of(one) if one == first else time_of(other) for one, other in some]
        assert [times[row] for row in range(len(some))] == wanted
        assert len(left) <= len(some) // 2 + FEW


def test_events_whose_best_time_is_often_none_are_read_one_by_one_but_once() -> None:
    good = {"Channel": "A", "EventID": 1, "UtcTime": "2024-05-01 10:00", "@timestamp": "1"}
    texts = [json.dumps(good)] + [json.dumps(good | {"UtcTime": "none"})] * (FEW + 1)
    plan = Plan(want_all)
    assert read_as(texts, plan)[1] == list(range(1, len(texts)))
    (frame,), left = read_as(texts, plan)
    assert left == []
    assert frame.time.tolist() == [time_of("2024-05-01 10:00"), *[time_of("1")] * (FEW + 1)]


NAMES = st.sampled_from(
    [
        *("Image", "Computer", "Hostname", "SourceName", "Provider_Name", "message", "Message"),
        *(
            "UtcTime",
            "@timestamp",
            "kind",
            "category",
            "xml",
            "Type",
            "EventData",
            "a",
            "a.b",
            "a b",
        ),
        *("winlog", "event_data", "user_data", "channel", "event_id", "keywords", "Keywords"),
        *("#text", "#attributes", "@Name", "Name", "log_name", "EventID", "Channel", ""),
    ]
)
SCALARS: st.SearchStrategy[Json] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from([0.0, -0.0, 1.5, 2.0**64]),
    st.sampled_from(["", "x", "1", "a\0b", "&lt;x&gt;", "<Event", "finding", "SecurityEvent"]),
    st.sampled_from(["2020-06-10T02:50:56.537Z", "AdvancedHunting-x", "security"]),
)
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=5,
)
FLAT_EVENT: dict[str, Json] = {"Channel": "A", "EventID": 1}
NESTED_EVENT: dict[str, Json] = {
    "winlog": {"channel": "A", "event_id": "1", "event_data": {"a": 1}}
}
EVENTS = st.builds(
    lambda base, more: base | more,
    st.sampled_from([FLAT_EVENT, NESTED_EVENT]),
    st.dictionaries(NAMES, VALUES, max_size=4),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(EVENTS, min_size=1, max_size=4))
@example([FLAT_EVENT | {"SourceName": "s", "Provider_Name": names} for names in ([], ["p"])])
@example([FLAT_EVENT | {"a": []}, FLAT_EVENT | {"a": [None, "x"]}, FLAT_EVENT | {"a": None}])
@example([FLAT_EVENT | {"a": [{"@Name": "Image", "#text": "i"}]}, FLAT_EVENT | {"a": ["x"]}])
@example(
    [FLAT_EVENT | {"Channel": ""}, FLAT_EVENT | {"EventID": True}, FLAT_EVENT | {"a": 2.0**64}]
)
@example([FLAT_EVENT | {"Hostname": "h", "Computer": None}, FLAT_EVENT | {"UtcTime": "x"}])
def test_whatever_is_read_is_what_records_are_one_by_one(some: list[dict[str, Json]]) -> None:
    texts = [json.dumps(event) for event in some] * FEW
    found, left = read(texts)
    seen = sorted(left)
    for frame in found:
        hosts, records = decode(frame.host), frame.record.tolist()
        assert records == sorted(records)
        details = frame.detail(np.arange(len(frame)))
        for row, fields in enumerate(rows(frame)):
            record = interpret(fields_of(texts[records[row] - 1].encode()))
            assert isinstance(record, Record)
            assert frame.kind == record.kind
            assert (frame.time[row], hosts[row]) == (record.time, record.host)
            assert details[row] == record.fields
            cells = {name: cell(value) for name, value in record.fields.items() if value != []}
            assert fields == cells
        seen += [record - 1 for record in records]
    assert sorted(seen) == list(range(len(texts)))


def test_of_quiet_lines_fewer_columns_are_built() -> None:
    wish = Wish(
        want_all, lambda kind: frozenset({"image"}), lambda kind: frozenset({f"{kind.event_id}::x"})
    )
    texts = [
        json.dumps({"Channel": "A", "EventID": n % 2, "Image": f"i{n}", "b": "q"})
        for n in range(40)
    ]
    texts[6] = texts[6].replace("q", "0::X")
    texts[9] = texts[9].replace("q", "1::y")
    (even, odd), left = read(texts, wish)
    assert left == []
    assert (even.kind, odd.kind) == (Kind("windows", "A", "0"), Kind("windows", "A", "1"))
    assert list(odd.columns) == ["Image"]
    assert (even.loud is not None and even.loud.tolist()) == [3]
    assert (odd.loud is not None and odd.loud.tolist()) == []
    assert [frame.loud for frame in read(texts)[0]] == [None, None]
    assert [row for row in rows(even) if len(row) > 1] == [
        {"Channel": "A", "EventID": "0", "Image": "i6", "b": "0::X"}
    ]
    assert [row["Image"] for row in rows(even)] == [f"i{n}" for n in range(0, 40, 2)]
