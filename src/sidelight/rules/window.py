"""Sliding windows over events that are sorted by group and time.

A window closes at each event and reaches back a timespan, both ends included. It holds every
event of the group within it, those at the very time of its closing event included, whichever
way equal times happen to be sorted.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sidelight.schema import NO_TIME
from sidelight.values import dataclass

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

RELATIONS: Final[Mapping[str, Callable[..., Bools]]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "eq": operator.eq,
    "neq": operator.ne,
}

_EXACT: Final = 1 << 53
_LAST: Final = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True)
class Windows:
    """For each event the window that closes at it: its first and last row."""

    first: Ints
    last: Ints

    @property
    def sizes(self) -> Ints:
        """How many events each window holds."""
        return self.last - self.first + 1


def windows(group: Ints, time: Ints, timespan_ns: int) -> Windows:
    """Lay windows over events sorted by (group, time), none of them without a time."""
    instants, rank = np.unique(time, return_inverse=True)
    earliest = np.maximum(instants, NO_TIME + timespan_ns) - timespan_ns
    reach = np.searchsorted(instants, earliest)[rank]
    span = len(instants) + 1
    marks = group * span + rank
    first = np.searchsorted(marks, group * span + reach)
    last = np.searchsorted(marks, marks, side="right") - 1
    return Windows(first, last)


def distinct(value: Ints, over: Windows) -> Ints:
    """Count the distinct values, numbered from 0, in each window. O(n)."""
    values, counts = value.tolist(), [0] * (int(value.max(initial=-1)) + 1)
    left = number = 0
    seen = []
    for entering, first in zip(values, over.first.tolist(), strict=True):
        number += not counts[entering]
        counts[entering] += 1
        while left < first:
            leaving = values[left]
            counts[leaving] -= 1
            number -= not counts[leaving]
            left += 1
        seen.append(number)
    return np.array(seen, np.int64)[over.last]


def tally(mark: Bools, over: Windows) -> Ints:
    """Count the marked events in each window."""
    total: Ints = np.append(0, np.cumsum(mark))
    return np.subtract(total[over.last + 1], total[over.first])


def sums(value: Floats, over: Windows) -> Floats:
    """Add up the values in each window.

    Exact, then rounded once, for decimals of up to six places whose total stays below 2^53;
    beyond that the usual floating-point error remains.
    """
    total, scale = _totals(value, over)
    return total / scale


def means(value: Floats, over: Windows) -> Floats:
    """Average the values in each window, as exactly as `sums`."""
    total, scale = _totals(value, over)
    return total / (scale * over.sizes)


def _totals(value: Floats, over: Windows) -> tuple[Floats, int]:
    """Add up in whole units of 1/scale where that is exact."""
    for scale in (1, 100, 10_000, 1_000_000):
        whole = np.rint(value * scale)
        if np.abs(whole).sum() < _EXACT and np.array_equal(whole / scale, value):
            return _running(whole, over), scale
    return _running(value, over), 1


def _running(value: Floats, over: Windows) -> Floats:
    total: Floats = np.append(0.0, np.cumsum(value))
    return np.subtract(total[over.last + 1], total[over.first])


def percentile_stands(
    value: Floats, over: Windows, percentile: float, relation: str, number: float
) -> Bools:
    """Compare the percentile of each window with *number*.

    The percentile is by nearest rank: the least value that at least so many percent of the
    values do not exceed. No value is interpolated, so the comparison is exact.
    """
    rank = np.maximum(np.ceil(percentile * over.sizes / 100 - 1e-9), 1)
    at_least = tally(value < number, over) < rank
    above = tally(value <= number, over) < rank
    stands: dict[str, Bools] = {
        "gte": at_least,
        "gt": above,
        "lt": ~at_least,
        "lte": ~above,
        "eq": at_least & ~above,
        "neq": ~at_least | above,
    }
    return stands[relation]


def kinds_present(kind: Ints, many: int, over: Windows) -> Ints:
    """Count how many of the kinds 0 to *many* - 1 occur in each window."""
    present = np.zeros(len(kind), np.int64)
    for each in range(many):
        present += tally(kind == each, over) > 0
    return present


def kinds_in_order(kind: Ints, many: int, over: Windows) -> Ints:
    """Measure in each window the longest series of events with rising kinds.

    Time must not fall along it; equal times are in order whichever way. O(n times many²).
    """
    best = np.full(len(kind), -1, np.int64)
    index = np.arange(len(kind), dtype=np.int64)
    length = np.zeros(len(kind), np.int64)
    # begin[j]: for each event, the latest first row of a series of the length so far that ends
    # with kind j at or before the event's time.
    begin = [np.where(kind == each, index, -1) for each in range(many)]
    for size in range(1, many + 1):
        begin = [np.maximum.accumulate(rows)[over.last] for rows in begin]
        best = np.maximum.reduce(begin)
        length = np.where(best >= over.first, size, length)
        begin = [
            np.where(kind == each, np.maximum.reduce(begin[:each]) if each else -1, -1)
            for each in range(many)
        ]
    return length


def lone(  # noqa: PLR0913
    needed: Bools, barred: Bools, group: Ints, time: Ints, timespan_ns: int, over: Windows
) -> Bools:
    """Mark the windows whose needed events share no window of the timespan with a barred one.

    That is: none is barred from the last needed event less the timespan to the first one more
    the timespan. False where a window has no needed event. O(n log n).
    """
    rows = np.flatnonzero(needed)
    if not len(rows):
        return np.zeros(len(needed), bool)
    begin = np.searchsorted(rows, over.first)
    end = np.searchsorted(rows, over.last, side="right") - 1
    some = begin <= end
    earliest = time[rows[np.minimum(begin, len(rows) - 1)]]
    latest = time[rows[np.maximum(end, 0)]]
    low = np.maximum(latest, NO_TIME + timespan_ns) - timespan_ns
    high = np.minimum(earliest, _LAST - timespan_ns) + timespan_ns
    instants, rank = np.unique(time, return_inverse=True)
    span = len(instants) + 1
    marks = (group * span + rank)[barred]
    before = np.searchsorted(marks, group * span + np.searchsorted(instants, low))
    until = np.searchsorted(marks, group * span + np.searchsorted(instants, high, side="right"))
    alone: Bools = some & (before == until)
    return alone


def joined(fired: Bools, over: Windows) -> tuple[Ints, Ints]:
    """Join the windows that fired and share an event; give each joint's first and last row."""
    rows = np.flatnonzero(fired)
    if not len(rows):
        return rows, rows
    first, last = over.first[rows], over.last[rows]
    return join_ranges(first, last)


def join_ranges(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Join ranges that overlap; they are sorted by their first row."""
    reach = np.maximum.accumulate(last)
    begins = np.append(True, first[1:] > reach[:-1])[: len(first)]
    starts = np.flatnonzero(begins)
    return first[starts], np.maximum.reduceat(last, starts) if len(starts) else last


def spread(first: Ints, last: Ints) -> Ints:
    """List every row of ranges, range after range."""
    sizes = last - first + 1
    offset = np.repeat(first - np.append(0, np.cumsum(sizes)[:-1]), sizes)
    return offset + np.arange(int(sizes.sum()), dtype=np.int64)
