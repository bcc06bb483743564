"""Times as events spell them, read as UTC nanoseconds since 1970."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.schema import NO_TIME, offsets_of

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ISO: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ]+(\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9})\d*)?\s*"
    r"(Z|UTC|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"(?:/Date\()?(-?\d{1,19})(?:\.(\d{1,9})\d*)?(?:\)/)?", re.ASCII)
# Seconds since 1970 reach twelve digits in the year 5138; milliseconds have thirteen today.
_SCALES: Final = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))
_LEAST: Final = len("1970-01-01T00:00")
_ZONED: Final = pa.timestamp("ns", "UTC")
_BARE: Final = pa.timestamp("ns")


def time_of(text: str) -> int:
    """Read one time, taken as UTC where it names no zone; `NO_TIME` where it is none.

    Takes ISO 8601 with a blank or a ``T`` and up to nine decimals, numbers of seconds,
    milliseconds, microseconds or nanoseconds since 1970, and PowerShell's ``/Date(ms)/``.
    """
    text = text.strip()
    if found := _ISO.fullmatch(text):
        return _bounded(_iso(found))
    if found := _NUMBER.fullmatch(text):
        whole, part = int(found[1]), (found[2] or "").ljust(9, "0")
        scale = next((scale for limit, scale in _SCALES if abs(whole) < limit), 1)
        return _bounded(whole * scale + int(part) * scale // 10**9)
    return NO_TIME


def _iso(found: re.Match[str]) -> int:
    zone = (found[4] or "Z").upper()
    clock = found[2] if len(found[2]) == 8 else found[2] + ":00"
    leap = clock.endswith(":60")
    try:
        moment = datetime.fromisoformat(
            f"{found[1]}T{clock[:6]}{'59' if leap else clock[6:]}+00:00"
        )
    except ValueError:
        return NO_TIME
    if zone not in {"Z", "UTC"}:
        minutes = int(zone[1:3]) * 60 + int(zone[3:].lstrip(":") or 0)
        shift = timedelta(minutes=minutes if zone[0] == "+" else -minutes)
    else:
        shift = timedelta()
    delta = moment - _EPOCH - shift
    seconds = delta.days * 86_400 + delta.seconds + leap
    return seconds * 10**9 + int((found[3] or "").ljust(9, "0"))


def _bounded(time: int) -> int:
    # A time outside 1678 to 2261 does not fit, and nobody's log is that old.
    return time if -(2**63) < time < 2**63 else NO_TIME


def times_of(texts: list[str | None] | pa.StringArray) -> NDArray[np.int64]:
    """Read many times as `time_of` does; those of one spelling are read at once."""
    column = pa.array(texts, pa.string()) if isinstance(texts, list) else texts
    zoned = _end_in_z(column)
    if zoned.all() or not zoned.any():
        return _alike(column, zoned=bool(zoned.any()))
    times = np.empty(len(column), np.int64)
    for at, mark in ((np.flatnonzero(~zoned), False), (np.flatnonzero(zoned), True)):
        times[at] = _alike(column.take(at), zoned=mark)
    return times


def _end_in_z(column: pa.StringArray) -> NDArray[np.bool_]:
    """Tell which texts end in a Z; of those that are empty or null it may say so, too."""
    content = np.frombuffer(memoryview(column.buffers()[2] or b"\0"), np.uint8)
    return np.equal(content[offsets_of(column)[1:] - 1], ord("Z"))


def _alike(column: pa.StringArray, *, zoned: bool) -> NDArray[np.int64]:
    """Read times of which all end in a Z or none: a spelling that is tried in vain is dear."""
    sizes = np.diff(offsets_of(column))
    # Arrow takes a day for its midnight; to events it is no time.
    whole = not ((sizes > 0) & (sizes < _LEAST)).any()
    for kind in ((_ZONED, _BARE) if zoned else (_BARE, _ZONED)) if whole else ():
        try:
            times = column.cast(kind).cast(pa.int64()).fill_null(NO_TIME)
        except pa.ArrowInvalid:
            continue
        return np.asarray(times.to_numpy(zero_copy_only=False), np.int64)
    known: dict[str, int] = {}
    cells = column.to_pylist()
    return np.array([NO_TIME if text is None else _known(known, text) for text in cells], np.int64)


def _known(known: dict[str, int], text: str) -> int:
    time = known.get(text)
    if time is None:
        time = known[text] = time_of(text)
    return time
