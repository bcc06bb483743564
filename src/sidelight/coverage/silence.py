"""Silences of a channel that its own rate makes unlikely.

A rare channel is quiet most of the time, and a workstation's every night; neither is worth a
line. A pause is told only if all of this holds:

Rule 1. Others spoke in it: another channel of the host, or this channel of another host.
Rule 2. The channel would have had `EXPECTED` events in the hours in which they did. Its rate is
the median of its hours with events, times the share of such hours outside the pause: a burst
does not raise it. For events that come one by one so long a silence has a chance of e^-20.
Rule 3. It is no habit: not twice besides did the channel pause for half as long or longer.
Rule 4. It has events in `ENOUGH_HOURS` hours: of fewer nobody knows what is usual.
"""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

EXPECTED: Final = 20
"""So many events must be missing."""

ENOUGH_HOURS: Final = 6

_HABIT: Final = 3
"""Pauses so long, with the one in question, are a habit."""

Hours: TypeAlias = NDArray[np.int64]


def silences(hours: Hours, events: Hours, near: Hours) -> tuple[tuple[int, int], ...]:
    """List the unlikely silences inside the span of *hours*, in order.

    Args:
        hours: in which a channel of a host has events, ascending.
        events: how many, in each.
        near: the hours in which its neighbours have some, ascending.

    Returns:
        For each silence the first and the last hour in which neighbours spoke.
    """
    if len(hours) < ENOUGH_HOURS:
        return ()
    pauses = np.diff(hours) - 1
    ranked = np.sort(2 * pauses)
    alike = len(pauses) - np.searchsorted(ranked, pauses)
    span = int(hours[-1] - hours[0]) + 1
    rate = float(np.median(events)) * len(hours) / (span - pauses)
    first = np.searchsorted(near, hours[:-1], side="right")
    last = np.searchsorted(near, hours[1:]) - 1
    spoken = last - first + 1
    told = (pauses > 0) & (alike < _HABIT) & (spoken > 0) & (rate * spoken >= EXPECTED)
    return tuple((int(near[first[at]]), int(near[last[at]])) for at in np.flatnonzero(told))
