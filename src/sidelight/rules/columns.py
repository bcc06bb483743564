"""The columns of a frame by name without regard to case, derived ones made when asked for."""

from collections.abc import Iterable
from dataclasses import field
from functools import reduce
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sidelight.findings.cells import Rows, chosen, listed
from sidelight.rules.derive import DERIVED, derive
from sidelight.schema import SEPARATOR, Column, Frame, constant, strings
from sidelight.values import dataclass

FROM_FRAME: Final = frozenset({"eventid", "channel", "computer"})
"""Fields that a frame tells of itself, whatever its columns are."""


@dataclass(slots=True)
class Columns:
    """Finds the column that a rule means.

    Args:
        frame: whose columns they are. What the header tells (event id, channel, computer) is
            there for every event, but a field of the event's own data goes first.
    """

    frame: Frame
    _known: dict[str, Column | None] = field(default_factory=dict)
    _alike: dict[str, list[Column]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in sorted(self.frame.columns):
            self._alike.setdefault(name.lower(), []).append(self.frame.columns[name])

    def present(self, asked: Iterable[str]) -> list[str]:
        """Keep of names, in lower case, those that may have a column."""
        return [
            name for name in asked if name in self._alike or name in DERIVED or name in FROM_FRAME
        ]

    def own(self) -> list[Column]:
        """Give the frame's own columns, in order of name."""
        return [self.frame.columns[name] for name in sorted(self.frame.columns)]

    def loud(self) -> list[Column]:
        """Give the same, without cells that the reader knows to hold no word of its `Wish`."""
        rows = self.frame.loud
        if rows is None or len(rows) == len(self.frame):
            return self.own()
        return [_at(column, rows) for column in self.own()] if len(rows) else []

    def find(self, name: str) -> Column | None:
        """Give the column *name*, in lower case; None where every event lacks it."""
        if name not in self._known:
            self._known[name] = self._make(name)
        return self._known[name]

    def _make(self, name: str) -> Column | None:
        if alike := self._alike.get(name):
            return reduce(_both, alike)
        kind = self.frame.kind
        match name:
            case "eventid" if kind.event_id:
                return constant(kind.event_id, len(self.frame))
            case "channel":
                return constant(kind.channel, len(self.frame))
            case "computer":
                return self.frame.host
            case _:
                return derive(name, self.frame)


def _at(column: Column, rows: Rows) -> Column:
    """Leave of a column the cells of *rows*; all others are absent."""
    some = chosen(column, rows)
    codes = np.full(len(column.codes), -1, np.int32)
    codes[rows] = some.codes
    return Column(codes, some.values)


def _both(first: Column, second: Column) -> Column:
    """Join columns whose names differ in case only; an event that has both has both values.

    An enriched audit record is where that matters: it says ``syscall=59 SYSCALL=execve``.
    """
    codes = np.where(second.codes < 0, -1, second.codes + np.int32(len(first.values)))
    codes = np.where(first.codes < 0, codes, first.codes).astype(np.int32)
    values = [first.values, second.values]
    rows = np.flatnonzero((first.codes >= 0) & (second.codes >= 0))
    pairs = first.codes[rows] * np.int64(len(second.values)) + second.codes[rows]
    distinct, place = np.unique(pairs, return_inverse=True)
    here, there = np.divmod(distinct, max(len(second.values), 1))
    ours, theirs = first.values.take(here), second.values.take(there)
    differ = pc.not_equal(ours, theirs).to_numpy(zero_copy_only=False)
    if differ.any():
        unlike = zip(*(listed(each.filter(differ)) for each in (ours, theirs)), strict=True)
        fresh = np.cumsum(differ, dtype=np.int32) - 1 + np.int32(sum(map(len, values)))
        codes[rows] = np.where(differ, fresh, here)[place]
        values.append(strings([one + SEPARATOR + other for one, other in unlike]))
    return Column(codes, pa.concat_arrays(values))
