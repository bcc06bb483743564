"""Instants of an exchange: whole microseconds since 1970, UTC.

TAXII writes them with exactly six digits (TAXII 2.1, section 2); STIX writes as many as it likes
(STIX 2.1, section 3.2), so times of STIX objects are compared, never rewritten.
"""

import re
from datetime import UTC, datetime
from typing import Final, TypeAlias

Instant: TypeAlias = int

_TEXT: Final = re.compile(
    r"(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60))"
    r"(?:\.(\d{1,40}))?Z",
    re.ASCII,
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def show(instant: Instant) -> str:
    """Spell an instant as a TAXII timestamp."""
    seconds, rest = divmod(instant, 1_000_000)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole.rjust(19, '0')}.{rest:06d}Z"


def read(text: str) -> Instant | None:
    """Read a timestamp of any precision, cut down to microseconds; None for anything else."""
    found = _TEXT.fullmatch(text)
    if not found:
        return None
    try:
        whole = datetime.fromisoformat(found[1] + "+00:00")
    except ValueError:  # the 30th of February, a leap second
        return None
    since = whole - _EPOCH
    micros = int((found[2] or "")[:6].ljust(6, "0"))
    return (since.days * 86_400 + since.seconds) * 1_000_000 + micros


def order(text: str) -> str | None:
    """Give a key by which timestamps of any precision sort and compare; None for no timestamp.

    Equal instants have equal keys: ``…:00Z`` and ``…:00.000Z`` are one version of an object.
    """
    found = _TEXT.fullmatch(text)
    if not found or read(text) is None:
        return None
    return f"{found[1]}.{(found[2] or '').rstrip('0')}"


def same(one: str, other: str) -> bool:
    """Tell whether two texts are one instant, or else one text."""
    key = order(one)
    return one == other if key is None else key == order(other)
