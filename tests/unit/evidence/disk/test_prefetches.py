"""A prefetch file is a row, or a gap."""

import io

import numpy as np

from sidelight.evidence.disk import prefetches
from sidelight.evidence.stream import Stream
from sidelight.schema import Event, Frame, Gap, want_all
from trace_writer import VOLUME, write_prefetch


def _read(data: bytes) -> tuple[list[tuple[int, Event]], list[Gap]]:
    items = list(prefetches.read([Stream("x", io.BytesIO(data))], want_all))
    frames = [item for item in items if isinstance(item, Frame)]
    rows = [
        row
        for frame in frames
        for row in zip(frame.time.tolist(), frame.detail(np.arange(len(frame))), strict=True)
    ]
    return rows, [item for item in items if isinstance(item, Gap)]


def test_a_prefetch_is_a_row() -> None:
    files = (f"{VOLUME}A\\SVC.EXE", f"{VOLUME}A\\X.DLL")
    data = write_prefetch("svc.exe", files, times=[1_700_000_000])
    [(time, event)], gaps = _read(data)
    assert (time, gaps) == (1_700_000_000 * 10**9, [])
    assert event["TracePath"] == "A\\SVC.EXE"
    assert event["Members"] == ["A\\SVC.EXE", "A\\X.DLL"]
    assert [gap.reason for gap in _read(data[:200])[1]] == ["damaged"]
