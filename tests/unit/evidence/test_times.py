import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.evidence.times import time_of, times_of
from sidelight.schema import NO_TIME

SECOND = 10**9
SPELLINGS = {
    "1970-01-01T00:00:01Z": SECOND,
    "1970-01-01 00:00:01": SECOND,
    "1970-01-01T00:00:01.123456789Z": SECOND + 123_456_789,
    "1970-01-01T00:00:01.1234567Z": SECOND + 123_456_700,
    "1970-01-01 00:00:01.527": SECOND + 527_000_000,
    "1970-01-01T02:00:01+02:00": SECOND,
    "1969-12-31T19:30:01-0430": SECOND,
    "1970-01-01T02:00:01+02": SECOND,
    "1969-12-31 19:00:01.5 -05": SECOND + SECOND // 2,
    "1970-01-01T00:00": 0,
    "1500000000": 1_500_000_000 * SECOND,
    "1500000000.25": 1_500_000_000 * SECOND + SECOND // 4,
    "1500000000000": 1_500_000_000 * SECOND,
    "1500000000000000": 1_500_000_000 * SECOND,
    "1500000000000000000": 1_500_000_000 * SECOND,
    "/Date(1500000000000)/": 1_500_000_000 * SECOND,
    "2016-12-31T23:59:60Z": 1_483_228_800 * SECOND,
    "": NO_TIME,
    "yesterday": NO_TIME,
    "2020-01-01": NO_TIME,
    "2020-01-01 05": NO_TIME,
    "0001-01-01T00:00:00Z": NO_TIME,
    "9999-12-31T23:59:59Z": NO_TIME,
    "2020-02-30T00:00:00Z": NO_TIME,
    "2020-01-01T25:00:00Z": NO_TIME,
    "99999999999999999999": NO_TIME,
    "2020-01-01T00:00:00Z and more": NO_TIME,
}


@pytest.mark.parametrize(("text", "expected"), SPELLINGS.items())
def test_a_time_is_read(text: str, expected: int) -> None:
    assert time_of(text) == expected


@pytest.mark.parametrize("text", SPELLINGS)
def test_many_times_are_read_as_one_is(text: str) -> None:
    assert times_of([text, None, text]).tolist() == [time_of(text), NO_TIME, time_of(text)]


def test_mixed_spellings_are_read_one_by_one() -> None:
    texts: list[str | None] = [*SPELLINGS, None]
    assert times_of(texts).tolist() == [*SPELLINGS.values(), NO_TIME]


def test_no_times_are_no_times() -> None:
    assert times_of([]).dtype == np.int64
    assert times_of([None]).tolist() == [NO_TIME]


@given(
    st.lists(st.sampled_from([*SPELLINGS, "Z", "", "z", "12Z", None, "2022-03-04T05:06:07.123Z"]))
)
def test_a_time_is_read_whatever_stands_beside_it(texts: list[str | None]) -> None:
    singly = [NO_TIME if text is None else time_of(text) for text in texts]
    assert times_of(texts).tolist() == singly
