"""Many values of one type spelled at once, exactly as `values.text_of` spells one."""

from typing import Final, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.evidence.evtx.values import EPOCH_TICKS, HEX32, HEX64, SIZE, filetime_of
from sidelight.schema import strings

INTEGERS: Final = {
    0x03: "<i1",
    0x04: "<u1",
    0x05: "<i2",
    0x06: "<u2",
    0x07: "<i4",
    0x08: "<u4",
    0x09: "<i8",
    0x0A: "<u8",
    HEX32: "<u4",
    HEX64: "<u8",
}
"""Types that are one number, and how it is stored."""

_FEW: Final = 16
"""So few numbers are spelled faster one by one."""

_PAIRS: Final = np.frombuffer(b"".join(b"%02X" % byte for byte in range(256)), "<u2")
_GUID_ORDER: Final = np.array([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15])
_GUID_PLACES: Final = np.array(
    [*range(8), *range(9, 13), *range(14, 18), *range(19, 23), *range(24, 36)]
)
_DIGITS: Final = np.frombuffer(b"0123456789abcdef", np.uint8)
_DAY: Final = 86_400 * 10**7
_LAST: Final = EPOCH_TICKS + 253_402_300_800 * 10**7
"""The FILETIME of the year 10000, the first that is not spelled as a time."""

_TIME: Final = np.frombuffer(b"0000-00-00T00:00:00.0000000Z", np.uint8)


def spell_numbers(kind: int, numbers: "NDArray[np.integer]") -> pa.StringArray:
    """Spell numbers of one of the types in `INTEGERS`."""
    if kind not in {HEX32, HEX64, SIZE}:
        return cast("pa.StringArray", pa.array(numbers).cast(pa.string()))
    if len(numbers) < _FEW:
        return strings([f"0x{number:x}" for number in numbers.tolist()])
    wide = numbers.astype(np.uint64)
    width = max(1, (int(wide.max()).bit_length() + 3) // 4)
    shifts = np.arange(4 * width - 4, -1, -4, dtype=np.uint64)
    text = np.empty((len(wide), width + 2), np.uint8)
    text[:, 0], text[:, 1] = ord("0"), ord("x")
    text[:, 2:] = _DIGITS[((wide[:, None] >> shifts) & np.uint64(15)).astype(np.intp)]
    shown = np.ones(text.shape, bool)
    shown[:, 2:-1] = (wide[:, None] >> shifts[:-1]) > 0
    offsets = np.zeros(len(wide) + 1, np.int32)
    np.cumsum(shown.sum(axis=1), out=offsets[1:])
    return texts_at(offsets, text[shown].tobytes())


def spell_times(ticks: "NDArray[np.uint64]") -> pa.StringArray:
    """Spell FILETIMEs."""
    if len(ticks) < _FEW or int(ticks.max()) >= _LAST:
        return strings([filetime_of(each) for each in ticks.tolist()])
    since = ticks.astype(np.int64)
    days = since // _DAY
    text = np.empty((len(ticks), len(_TIME)), np.uint8)
    text[:] = _TIME
    dates, where = np.unique(days, return_inverse=True)
    spelled = (np.datetime64("1601-01-01", "D") + dates).astype("S10")
    text[:, :10] = spelled.view(np.uint8).reshape(-1, 10)[where]
    seconds, rest = np.divmod(since - days * _DAY, 10**7)
    minutes, second = np.divmod(seconds.astype(np.int32), 60)
    hour, minute = np.divmod(minutes, 60)
    for place, pair in ((11, hour), (14, minute), (17, second)):
        text[:, place], text[:, place + 1] = 48 + pair // 10, 48 + pair % 10
    left = rest.astype(np.int32)
    for place in range(26, 19, -1):
        left, digit = np.divmod(left, 10)
        text[:, place] = 48 + digit
    offsets = np.arange(0, len(_TIME) * len(ticks) + 1, len(_TIME), dtype=np.int32)
    return texts_at(offsets, text.tobytes())


def spell_guids(raw: NDArray[np.uint8]) -> pa.StringArray:
    """Spell GUIDs: n rows of 16 bytes."""
    count = len(raw)
    text = np.full((count, 36), ord("-"), np.uint8)
    pairs = np.ascontiguousarray(_PAIRS[raw[:, _GUID_ORDER]])
    text[:, _GUID_PLACES] = pairs.view(np.uint8).reshape(count, 32)
    return texts_at(np.arange(0, 36 * count + 1, 36, dtype=np.int32), text.tobytes())


def texts_at(offsets: NDArray[np.int32], text: bytes | memoryview) -> pa.StringArray:
    """Cut UTF-8 into texts: the n-th from the n-th offset to the next."""
    return pa.StringArray.from_buffers(
        len(offsets) - 1, pa.py_buffer(offsets.data), pa.py_buffer(text)
    )
