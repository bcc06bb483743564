"""Who takes findings: all of them in order, of which other processes may draw some.

Rule 1. Who takes findings can be taken apart: a part of it takes a stretch of them in another
process, and what it took is added here when all before it was.
Rule 2. What others do not give is drawn here.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Final, Protocol, Self

from sidelight.findings.allowlist import Sieve
from sidelight.findings.finding import Finding
from sidelight.hunt.forks import can_fork, forked
from sidelight.values import dataclass

FIRST: Final = 2
"""So many stretches are drawn before there are others: who shows the first findings alone has
enough of them then, and no finding need be sent."""

LEAST: Final = 6
"""With fewer stretches for each process, to begin costs a good part of what it saves."""


class Taker(Protocol):
    """Takes findings one by one."""

    def add(self, finding: Finding) -> None:
        """Take a finding."""

    def apart(self) -> Self:
        """Give one of its kind for findings that come later, which may be sent."""

    def take(self, part: Self) -> None:
        """Add what *part* took."""


class Stretches(Protocol):
    """Findings in order, cut into stretches, each of which can be drawn by itself."""

    def __len__(self) -> int:
        """Count the stretches."""

    def stretch(self, number: int) -> Iterator[Finding]:
        """Draw one of them."""


@dataclass(slots=True)
class Audience:
    """All who take findings.

    Args:
        takers: each gets every finding.
        sieve: hides some from all; None hides none.
        count: how many findings there were, but for those that are hidden.
    """

    takers: Sequence[Taker]
    sieve: Sieve | None = None
    count: int = 0

    def deal(self, findings: Iterable[Finding]) -> None:
        """Give *findings* to everybody."""
        for finding in findings if self.sieve is None else self.sieve.sift(findings):
            self.count += 1
            for taker in self.takers:
                taker.add(finding)

    def apart(self) -> Self:
        """Give one of parts."""
        sieve = None if self.sieve is None else self.sieve.apart()
        return type(self)([taker.apart() for taker in self.takers], sieve)

    def take(self, part: Self) -> None:
        """Add what *part* took."""
        self.count += part.count
        if self.sieve is not None and part.sieve is not None:
            self.sieve.take(part.sieve)
        for taker, taken in zip(self.takers, part.takers, strict=True):
            taker.take(taken)

    def hear(self, stretches: Stretches, processes: int) -> None:
        """Take every stretch, of which up to so many *processes*, this one included, draw some."""
        size = len(stretches)
        several = min(processes, size // LEAST) if can_fork() else 1
        alone = min(FIRST, size) if several > 1 else size
        for number in range(alone):
            self.deal(stretches.stretch(number))
        if alone < size:
            self._hear_together(stretches, range(alone, size), several)

    def _hear_together(self, stretches: Stretches, numbers: range, processes: int) -> None:
        with ExitStack() as stack:
            shares = [numbers[each::processes] for each in range(1, processes)]
            parts = [partial(self._parts, stretches, share) for share in shares]
            others = [stack.enter_context(forked(each)) for each in parts]
            for place, number in enumerate(numbers):
                turn = place % processes
                other = others[turn - 1] if turn else None
                part = None if other is None else other.take()
                if part is None:
                    self.deal(stretches.stretch(number))
                else:
                    self.take(part)

    def _parts(self, stretches: Stretches, numbers: range) -> Iterator[Self]:
        for number in numbers:
            part = self.apart()
            part.deal(stretches.stretch(number))
            yield part
