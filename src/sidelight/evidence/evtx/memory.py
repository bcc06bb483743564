"""Answers worked out once and looked up for many questions together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_BITS: Final = 15


@dataclass(slots=True)
class Memory:
    """Answers to numbers of 64 bits, not -1, that were asked before.

    All numbers of one hash share one place; the last of them keeps it.
    """

    keys: NDArray[np.int64] = field(default_factory=lambda: np.full(1 << _BITS, -1))
    answers: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1 << _BITS, np.int64))

    def find(
        self,
        asked: NDArray[np.int64],
        work_out: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    ) -> NDArray[np.int64]:
        """Answer all numbers; what is not known is worked out, each number once."""
        place = (asked.view(np.uint64) * _MIX >> np.uint64(64 - _BITS)).view(np.int64)
        found = self.answers[place]
        fresh = np.flatnonzero(self.keys[place] != asked)
        if fresh.size:
            some, where = np.unique(asked[fresh], return_inverse=True)
            found[fresh] = work_out(some)[where]
            self.keys[place[fresh]] = asked[fresh]
            self.answers[place[fresh]] = found[fresh]
        return found
