import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.evidence.evtx.spelling import INTEGERS, spell_guids, spell_numbers, spell_times
from sidelight.evidence.evtx.values import FILETIME, GUID, text_of

ODD = [0, 1, 9, 10, 15, 16, 255, 256, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1]


@pytest.mark.parametrize("kind", INTEGERS)
@given(st.lists(st.one_of(st.sampled_from(ODD), st.integers(0, 2**64 - 1)), max_size=60))
def test_numbers_are_spelled_as_one_by_one(kind: int, numbers: list[int]) -> None:
    width = np.dtype(INTEGERS[kind]).itemsize
    raw = [(number % 256**width).to_bytes(width, "little") for number in numbers]
    found = spell_numbers(kind, np.frombuffer(b"".join(raw), INTEGERS[kind]))
    assert found.to_pylist() == [text_of(kind, each) for each in raw]


@given(
    st.lists(
        st.one_of(
            st.integers(0, 2_650_467_743_990_000_000),
            st.integers(2_650_467_743_989_999_000, 2_650_467_743_990_001_000),
            st.sampled_from(ODD),
        ),
        max_size=60,
    )
)
def test_times_are_spelled_as_one_by_one(ticks: list[int]) -> None:
    found = spell_times(np.array(ticks, np.uint64))
    assert found.to_pylist() == [text_of(FILETIME, struct.pack("<Q", each)) for each in ticks]


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=60))
def test_guids_are_spelled_as_one_by_one(guids: list[bytes]) -> None:
    found = spell_guids(np.frombuffer(b"".join(guids), np.uint8).reshape(-1, 16))
    assert found.to_pylist() == [text_of(GUID, each) for each in guids]
