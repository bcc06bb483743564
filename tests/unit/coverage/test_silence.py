import numpy as np
import pytest

from sidelight.coverage.silence import ENOUGH_HOURS, EXPECTED, silences

DAY = 24
MONTH = np.arange(30 * DAY)


def silent(events: np.ndarray, near: np.ndarray = MONTH) -> tuple[tuple[int, int], ...]:
    """Judge a channel by its events in each hour from hour 0."""
    hours = np.flatnonzero(events)
    return silences(hours, events[hours], near)


def constant(rate: int, days: int = 30) -> np.ndarray:
    return np.full(days * DAY, rate)


def test_a_hole_in_a_busy_channel_is_told() -> None:
    events = constant(50)
    events[100:104] = 0
    assert silent(events) == ((100, 103),)


def test_holes_are_told_where_neighbours_spoke_and_from_their_first_word_to_the_last() -> None:
    events = constant(50)
    events[100:110] = 0
    assert silent(events, np.array([3, 104, 106, 110])) == ((104, 106),)
    assert silent(events, np.array([3, 99, 110])) == ()


def test_two_holes_are_told_and_three_are_a_habit() -> None:
    events = constant(50)
    events[100:104] = events[300:306] = 0
    assert silent(events) == ((100, 103), (300, 305))
    events[500:503] = 0
    assert silent(events) == ()


def test_nights_and_weekends_are_a_habit() -> None:
    hour, day = MONTH % DAY, MONTH // DAY
    events = np.where((hour >= 8) & (hour < 17) & (day % 7 < 5), 200, 0)
    assert silent(events) == ()
    events[9 * DAY :] = np.roll(events, 2)[9 * DAY :]  # another shift changes nothing
    assert silent(events) == ()


def test_a_burst_does_not_make_a_channel_busy() -> None:
    events = np.where(MONTH % 9 == 0, 1, 0)
    events[90] = 100_000
    events[91:100] = events[200:215] = 0
    assert silent(events) == ()


def test_a_silence_begins_where_enough_events_are_due() -> None:
    for rate, size in ((EXPECTED, 1), (EXPECTED // 4, 4), (1, EXPECTED)):
        events = constant(rate)
        events[100 : 100 + size] = 0
        assert silent(events) == ((100, 99 + size),)
        if size > 1:
            events[100] = rate
            assert silent(events) == ()
    events = constant(EXPECTED - 1)
    events[100] = 0
    assert silent(events) == ()


def test_of_a_few_hours_nothing_is_told() -> None:
    events = np.zeros(100, np.int64)
    events[[*range(ENOUGH_HOURS - 2), 99]] = 1000
    assert silent(events) == ()
    events[98] = 1000
    assert silent(events) == ((ENOUGH_HOURS - 2, 97),)
    assert silent(np.zeros(9, np.int64)) == ()


@pytest.mark.parametrize("rate", [0.003, 0.03, 0.3, 1.0, 3.0, 10.0])
def test_chance_alone_is_not_called_silent(rate: float) -> None:
    """Channels without a hole: none of 300 is named, however rare its events."""
    random = np.random.default_rng(7)
    assert [silent(random.poisson(rate, len(MONTH))) for _ in range(300)] == [()] * 300
