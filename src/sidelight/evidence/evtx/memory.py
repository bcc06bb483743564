"""Answers worked out once and looked up for many questions together."""

from collections.abc import Callable
from dataclasses import field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sidelight.values import dataclass

FEW: Final = 48
"""So few numbers are worked out as they come, repetitions and all."""

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(slots=True)
class Memory:
    """Answers to numbers of 64 bits, not -1, that were asked before.

    All numbers of one hash share one place; the last of them keeps it.

    Args:
        bits: 2 to the power of them is the number of places.
    """

    bits: int = 15
    keys: NDArray[np.int64] = field(init=False)
    answers: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = np.full(1 << self.bits, -1)
        self.answers = np.zeros(1 << self.bits, np.int64)

    def keep(self, asked: NDArray[np.int64], answers: NDArray[np.int64]) -> None:
        """Take what was worked out elsewhere."""
        place = self._places(asked)
        self.keys[place], self.answers[place] = asked, answers

    def _places(self, asked: NDArray[np.int64]) -> NDArray[np.int64]:
        return (asked.view(np.uint64) * _MIX >> np.uint64(64 - self.bits)).view(np.int64)

    def find(
        self,
        asked: NDArray[np.int64],
        work_out: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    ) -> NDArray[np.int64]:
        """Answer all numbers; what is not known is worked out, many numbers once each."""
        place = self._places(asked)
        found = self.answers[place]
        fresh = np.flatnonzero(self.keys[place] != asked)
        if fresh.size:
            if fresh.size <= FEW:
                found[fresh] = work_out(asked[fresh])
            else:
                some, where = np.unique(asked[fresh], return_inverse=True)
                found[fresh] = work_out(some)[where]
            self.keys[place[fresh]] = asked[fresh]
            self.answers[place[fresh]] = found[fresh]
        return found
