"""Keywords looked for in text as it lies in memory, by Hyperscan where it is installed.

Nothing is folded, copied or laid out first, so long messages cost one pass. The answers are those
of `sidelight.rules.matcher`, which does the same job where Hyperscan is not there.
"""

import re
from collections.abc import Sequence
from typing import Final, TypeAlias, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.schema import offsets_of, unique

try:
    import hyperscan
except ImportError:  # the extra ``fast`` is not installed
    hyperscan = None  # type: ignore[assignment]

Found: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Numbers of texts and, beside each, of a value it occurs in: each pair once, in order."""

_NOWHERE: Final[Found] = (np.empty(0, np.int64), np.empty(0, np.int64))

_FOLD_TO_ASCII: Final = ("\N{KELVIN SIGN}".encode(), "\u0130".encode())
"""The characters outside ASCII that fold into it: a scan by bytes would not see them."""


class RawScan:
    """Finds folded ASCII texts in values, whatever their case."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._sizes = np.array([len(text) for text in texts], np.int64)
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        sought = [*(text.encode() for text in texts), *_FOLD_TO_ASCII]
        self._database.compile(
            expressions=[re.escape(text) for text in sought],
            ids=list(range(len(sought))),
            elements=len(sought),
            flags=[hyperscan.HS_FLAG_CASELESS] * len(sought),
        )

    def scan(self, values: pa.StringArray) -> Found | None:
        """Find the texts in each value; None where bytes cannot tell."""
        offsets = offsets_of(values)
        data = values.buffers()[2]
        if data is None or offsets[0] == offsets[-1]:
            return _NOWHERE
        text = cast("bytes", memoryview(data)[offsets[0] : offsets[-1]])
        found: list[int] = []

        def note(number: int, begin: int, end: int, flags: int, context: object) -> None:
            del begin, flags, context
            found.append(number)
            found.append(end)

        self._database.scan(text, match_event_handler=note)
        pairs = np.array(found, np.int64)
        if (pairs[0::2] >= len(self._sizes)).any():
            return None
        return self._by_value(pairs, offsets - offsets[0])

    def _by_value(self, found: NDArray[np.int64], offsets: NDArray[np.int32]) -> Found:
        number, end = found[0::2], found[1::2]
        value = np.searchsorted(offsets, end - 1, "right") - 1
        whole = end - self._sizes[number] >= offsets[value]  # else it straddles two values
        return np.divmod(unique(number[whole] * len(offsets) + value[whole]), len(offsets))


def raw_scan(texts: Sequence[str]) -> RawScan | None:
    """Make a scan for *texts*, or None where it cannot be made: no Hyperscan, no plain texts."""
    if hyperscan is None or not texts:
        return None
    plain = all(text.isascii() and len(text) > 1 and "\0" not in text for text in texts)
    return RawScan(texts) if plain else None
