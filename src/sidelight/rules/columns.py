"""The columns of a frame by name without regard to case, derived ones made when asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.rules.derive import DERIVED, derive
from sidelight.schema import Column, Frame, constant

_FROM_FRAME: Final = frozenset({"eventid", "channel", "computer"})


@dataclass(slots=True)
class Columns:
    """Finds the column that a rule means.

    Args:
        frame: whose columns they are. What the header tells (event id, channel, computer) is
            there for every event, but a field of the event's own data goes first.
    """

    frame: Frame
    _known: dict[str, Column | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, column in self.frame.columns.items():
            other = self._known.get(name.lower())
            self._known[name.lower()] = column if other is None else _either(other, column)

    def present(self, asked: Iterable[str]) -> list[str]:
        """Keep of names, in lower case, those that may have a column."""
        return [
            name for name in asked if name in self._known or name in DERIVED or name in _FROM_FRAME
        ]

    def own(self) -> Mapping[str, Column]:
        """Give the frame's own columns by name, in order."""
        return {name: self.frame.columns[name] for name in sorted(self.frame.columns)}

    def find(self, name: str) -> Column | None:
        """Give the column *name*, in lower case; None where every event lacks it."""
        if name not in self._known:
            self._known[name] = self._make(name)
        return self._known[name]

    def _make(self, name: str) -> Column | None:
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


def _either(first: Column, second: Column) -> Column:
    """Join columns whose names differ in case only; where an event has both, the first counts."""
    shifted = np.where(second.codes < 0, -1, second.codes + np.int32(len(first.values)))
    codes = np.where(first.codes < 0, shifted, first.codes).astype(np.int32)
    return Column(codes, pa.concat_arrays([first.values, second.values]))
