import numpy as np
import pytest

from evtx_logs import details, items, log, stream
from sidelight.evidence.evtx import chunks
from sidelight.evidence.evtx.buffers import Buffers
from sidelight.evidence.evtx.stretches import view

CHUNK = 65536


def test_a_free_buffer_is_given_again() -> None:
    buffers = Buffers(CHUNK)
    first = buffers.take()
    first[:4] = b"left"
    buffers.keep(first)
    assert buffers.take() is first


def test_a_buffer_that_is_looked_at_is_not_given() -> None:
    buffers = Buffers(CHUNK)
    first = buffers.take()
    view = memoryview(first)[:8]
    array = np.frombuffer(view, np.uint8)
    del view
    buffers.keep(first)
    assert buffers.take() is not first
    del array
    assert buffers.take() is first


@pytest.mark.parametrize("code", ["<u2", "<u4", "<u8"])
def test_a_buffer_that_is_looked_at_as_numbers_is_not_given(code: str) -> None:
    buffers = Buffers(CHUNK)
    first = buffers.take()
    numbers = view(memoryview(first)[:8].toreadonly(), code)
    buffers.keep(first)
    assert buffers.take() is not first
    del numbers
    assert buffers.take() is first


def test_only_a_few_are_kept() -> None:
    buffers = Buffers(CHUNK)
    several = [buffers.take() for _ in range(4)]
    for each in several:
        buffers.keep(each)
    assert [buffers.take() in several for _ in range(3)] == [True, True, False]


def test_none_is_kept_once_they_are_released() -> None:
    buffers = Buffers(CHUNK)
    first = buffers.take()
    buffers.keep(first)
    buffers.release()
    assert buffers.take() is not first


def test_events_of_all_batches_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    data = log()
    assert len(data) > 4 * CHUNK
    whole = details(items([stream(data)])[0])
    monkeypatch.setattr(chunks, "_BATCH", 1)
    frames, gaps = items([stream(data)])
    assert gaps == []
    assert details(frames) == whole


def test_what_a_buffer_held_before_is_no_part_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "_BATCH", 2)
    data = log()
    before = [bytes(batch.data) for batch in chunks.batches([stream(data)])]
    short = data[: 4096 + CHUNK + 700]
    (batch,) = chunks.batches([stream(short)])
    assert batch.data[: CHUNK + 700] == before[0][: CHUNK + 700]
    assert bytes(batch.data[CHUNK + 700 :]) == bytes(2 * CHUNK - 700)
