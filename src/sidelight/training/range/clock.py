"""Times of the range: units of 100 ns since 1601, as Windows keeps them."""

import datetime as dt
from functools import lru_cache
from typing import Final

SECOND: Final = 10_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_EPOCH: Final = dt.datetime(1601, 1, 1, tzinfo=dt.UTC)

ZONE: Final = 7
"""Hours that the operator's clocks are ahead of UTC."""


def midnight(day: dt.date) -> int:
    """Give the time at which *day* begins in UTC."""
    begun = dt.datetime.combine(day, dt.time(), dt.UTC)
    return int((begun - _EPOCH).total_seconds()) * SECOND


@lru_cache(maxsize=4096)
def _second(second: int) -> str:
    return (_EPOCH + dt.timedelta(seconds=second)).strftime("%Y-%m-%d %H:%M:%S")


def text(at: int) -> str:
    """Write *at* as Sysmon does: UTC, with milliseconds."""
    return f"{_second(at // SECOND)}.{at // 10_000 % 1000:03d}"


def iso(at: int) -> str:
    """Write *at* in ISO 8601, with milliseconds and a Z."""
    return text(at).replace(" ", "T") + "Z"


def unix(at: int) -> float:
    """Give *at* in seconds since 1970."""
    return (at - 116_444_736_000_000_000) / SECOND


def workload(at: int) -> float:
    """Say how busy an office is in the hour of *at*, between 0 and 1, by the local clock."""
    local = at + ZONE * HOUR
    hour = local // HOUR % 24
    weekend = local // DAY % 7 >= 5  # 1 January 1601 was a Monday
    if weekend or not 7 <= hour < 19:
        return 0.06
    return {7: 0.4, 12: 0.55, 18: 0.3}.get(hour, 1.0)
