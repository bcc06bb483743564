"""One field against another field of the same event (Sigma modifier ``fieldref``)."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pyarrow.compute as pc

from sidelight.rules.cells import Rows
from sidelight.rules.decide import Marks
from sidelight.schema import SEPARATOR, Column

_RELATIONS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "equals": str.__eq__,
    "contains": str.__contains__,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


def related(column: Column, other: Column, relation: str, cased: bool, rows: Rows | None) -> Marks:
    """Mark which of *rows* (None for all) hold in *column* a value so related to *other*'s.

    Of cells with several values, one of each must be; absent ones never are.
    """
    first = column.codes if rows is None else column.codes[rows]
    second = other.codes if rows is None else other.codes[rows]
    here, there = _texts(column, cased), _texts(other, cased)
    relate = _RELATIONS[relation]
    known: dict[tuple[int, int], bool] = {}
    pairs = list(zip(first.tolist(), second.tolist(), strict=True))
    for one, two in set(pairs):
        known[one, two] = min(one, two) >= 0 and any(
            relate(a, b) for a in here[one].split(SEPARATOR) for b in there[two].split(SEPARATOR)
        )
    return np.array([known[pair] for pair in pairs], bool)


def _texts(column: Column, cased: bool) -> list[str]:
    values = column.values if cased else pc.utf8_lower(column.values)
    return [text or "" for text in values.to_pylist()]
