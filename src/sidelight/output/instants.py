"""Times as outputs spell them: RFC 3339, UTC, with as many decimals as the evidence gave."""

from functools import lru_cache
from typing import Final

import numpy as np

from sidelight.schema import NO_TIME

_SECOND: Final = 1_000_000_000
_DAY: Final = 86_400


@lru_cache(maxsize=4096)  # a finding, its process and its evidence often share theirs
def rfc3339(time: int) -> str | None:
    """Spell UTC nanoseconds, decimals without trailing zeros; None for `NO_TIME`."""
    if time == NO_TIME:
        return None
    seconds, rest = divmod(time, _SECOND)
    days, clock = divmod(seconds, _DAY)
    text = f"{_date(days)}T{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}"
    return f"{text}.{rest:09}".rstrip("0") + "Z" if rest else text + "Z"


def rfc3339_fixed(time: int, digits: int) -> str:
    """Spell UTC nanoseconds with exactly *digits* decimals, the rest cut off; "" for `NO_TIME`."""
    if time == NO_TIME:
        return ""
    seconds, rest = divmod(time, _SECOND)
    return f"{(rfc3339(seconds * _SECOND) or '')[:-1]}.{f'{rest:09}'[:digits]}Z"


def hour_text(hour: int) -> str:
    """Spell an hour, counted from 1970, as its beginning."""
    days, rest = divmod(hour, 24)
    return f"{_date(days)}T{rest:02}:00Z"


@lru_cache(maxsize=4096)
def _date(days: int) -> str:
    return str(np.datetime64(days, "D"))
