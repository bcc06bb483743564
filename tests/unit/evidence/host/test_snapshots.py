"""Snapshots of processes as frames and gaps."""

import io
import json

import numpy as np

from sidelight.evidence.formats import recognise
from sidelight.evidence.host import snapshots
from sidelight.evidence.stream import Stream
from sidelight.schema import Frame, Gap, want_all

SHOT = {
    "pid": 7,
    "exe": "/memfd:x (deleted)",
    "cmdline": ["x"],
    "maps": ["00401000-00402000 r-xp 00000000 00:01 9  /memfd:x (deleted)"],
}


def read(data: bytes) -> list[Frame | Gap]:
    return list(snapshots.read([Stream("shot.json", io.BytesIO(data))], want_all))


def test_known_before_other_json() -> None:
    assert recognise(json.dumps(SHOT, indent=1).encode()) == "snapshot"
    assert recognise(json.dumps([SHOT]).encode()) == "snapshot"
    assert recognise(b'{"pid": 7, "maps": []}') == "json"


def test_several_in_a_list_are_rows_by_ordinal() -> None:
    (frame,) = read(json.dumps([SHOT, SHOT]).encode())
    assert isinstance(frame, Frame)
    assert frame.record.tolist() == [1, 2]
    (event, _) = frame.detail(np.arange(2))
    assert event["MarkIds"] == ["memfd-program"]


def test_other_objects_are_losses() -> None:
    items = read(json.dumps(SHOT).encode() + b'{"a": 1}' + b'{"pid": 7, "exe": 5, "maps": []}')
    assert [type(item) for item in items] == [Gap, Frame]
    assert isinstance(items[0], Gap)
    assert items[0].events == 2
