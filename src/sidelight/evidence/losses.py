"""What a reader of many small records could not read, told in few gaps."""

from collections.abc import Iterator
from dataclasses import field
from typing import Final

from sidelight.schema import Gap, GapReason
from sidelight.values import dataclass

GAPS_PER_SOURCE: Final = 100
"""So many gaps of one source are told apart; the rest are counted in one."""


@dataclass(slots=True)
class _Run:
    first: int
    last: int
    offset: int
    reason: GapReason
    text: str


@dataclass(slots=True)
class Losses:
    """Collects the lost records of one source; a run of neighbours is one gap.

    Args:
        source: the name that goes into the gaps.
        noun: what a record is called, in the plural.
    """

    source: str
    noun: str = "lines"
    _run: _Run | None = None
    _told: int = 0
    _rest: list[int] = field(default_factory=lambda: [0, 0])
    _ready: list[Gap] = field(default_factory=list)

    def add(self, number: int, offset: int, reason: GapReason, text: str) -> None:
        """Note that record *number*, which begins at *offset*, is lost."""
        run = self._run
        if run is not None and run.reason == reason and number <= run.last + 1:
            run.last = number
            return
        self._close()
        self._run = _Run(number, number, offset, reason, text)

    def ready(self) -> Iterator[Gap]:
        """Give the gaps that are complete, each once."""
        ready, self._ready = self._ready, []
        yield from ready

    def finish(self) -> Iterator[Gap]:
        """Give the gaps that are left, at the end of the source."""
        self._close()
        yield from self.ready()
        if count := self._rest[0]:
            text = f"more {self.noun} could not be read, in many places"
            yield Gap(self.source, self._rest[1], "damaged", text, count)

    def _close(self) -> None:
        run, self._run = self._run, None
        if run is None:
            return
        count = run.last - run.first + 1
        if self._told >= GAPS_PER_SOURCE:
            self._rest = [self._rest[0] + count, self._rest[1] or run.offset]
            return
        self._told += 1
        where = f"from number {run.first} on" if count > 1 else f"number {run.first}"
        text = f"{run.text} ({count} {self.noun}, {where})" if count > 1 else run.text
        self._ready.append(Gap(self.source, run.offset, run.reason, text, count))
