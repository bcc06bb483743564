"""Batches give what records give one by one."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from sidelight.evidence.json.batch import Batch
from sidelight.evidence.json.columns import FEW, frames
from sidelight.evidence.json.lines import lines
from sidelight.evidence.json.record import Record, interpret
from sidelight.evidence.json.values import fields_of
from sidelight.evidence.losses import Losses
from sidelight.evidence.rows import cell
from sidelight.evidence.stream import Stream
from sidelight.schema import Frame, Wanted, decode, want_all

CORPUS = Path(__file__).parents[3] / "corpus" / "evidence" / "json_shapes.yml"
CASES: list[dict[str, Any]] = yaml.safe_load(CORPUS.read_text(encoding="utf-8"))
COLUMNAR = ("flat", "Winlogbeat", "evtx_dump")
SHADOWED = "evtx_dump, with data that shadow the header"


def read(texts: list[str], wanted: Wanted = want_all) -> tuple[list[Frame], list[int]]:
    batch = Batch()
    stream = Stream("s", io.BytesIO("\n".join(texts).encode()))
    for block in lines(stream, Losses("s")):
        batch.add("s", block)
    found, left = frames(batch, wanted)
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


def test_what_nobody_wants_is_not_built() -> None:
    texts = [
        json.dumps({"winlog": {"channel": "A", "event_data": {"X": n, "y": 1}}}) for n in range(FEW)
    ]
    found, _ = read(texts, lambda kind: frozenset({"x", "Other"}))
    assert [list(frame.columns) for frame in found] == [["X"]]
