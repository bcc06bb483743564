import numpy as np

from sidelight.rules.window import (
    distinct,
    join_ranges,
    joined,
    kinds_in_order,
    means,
    spread,
    sums,
    windows,
)
from sidelight.schema import NO_TIME


def ints(*numbers):
    return np.array(numbers, np.int64)


def test_a_window_reaches_back_a_timespan_and_takes_equal_times():
    over = windows(ints(0, 0, 0, 0, 1), ints(0, 10, 10, 21, 21), 10)
    assert over.first.tolist() == [0, 0, 0, 3, 4]
    assert over.last.tolist() == [0, 2, 2, 3, 4]


def test_times_at_the_edge_of_the_range_do_not_overflow():
    over = windows(ints(0, 0), ints(NO_TIME + 1, 2**63 - 1), 2**62)
    assert over.first.tolist() == [0, 1]


def test_no_events_have_no_windows():
    over = windows(ints(), ints(), 10)
    assert [a.tolist() for a in joined(np.zeros(0, bool), over)] == [[], []]
    assert distinct(ints(), over).tolist() == []


def test_decimals_add_up_as_they_do_on_paper():
    over = windows(ints(0, 0, 0), ints(1, 2, 3), 10)
    assert sums(np.array([0.1, 0.2, 0.3]), over).tolist() == [0.1, 0.3, 0.6]
    assert means(np.array([0.1, 0.1, 0.1]), over).tolist() == [0.1, 0.1, 0.1]


def test_numbers_beyond_exact_ones_still_add_up():
    over = windows(ints(0, 0), ints(1, 2), 10)
    assert sums(np.array([1e300, 1e300]), over).tolist() == [1e300, 2e300]


def test_order_may_skip_kinds_and_never_goes_back():
    over = windows(ints(0, 0, 0), ints(1, 2, 3), 10)
    assert kinds_in_order(ints(0, 2, 1), 3, over).tolist() == [1, 2, 2]
    assert kinds_in_order(ints(2, 1, 0), 3, over).tolist() == [1, 1, 1]


def test_ranges_that_overlap_join_and_spread_out_again():
    first, last = join_ranges(ints(0, 1, 5, 6), ints(3, 2, 5, 8))
    assert (first.tolist(), last.tolist()) == ([0, 5, 6], [3, 5, 8])
    assert spread(first, last).tolist() == [0, 1, 2, 3, 5, 6, 7, 8]
    assert spread(ints(), ints()).tolist() == []
