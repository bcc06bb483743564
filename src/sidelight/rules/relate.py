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
    both = (first >= 0) & (second >= 0)
    pairs = first[both] * np.int64(len(there)) + second[both]
    distinct, places = np.unique(pairs, return_inverse=True)
    found = [
        any(relate(a, b) for a in here[one].split(SEPARATOR) for b in there[two].split(SEPARATOR))
        if SEPARATOR in here[one] or SEPARATOR in there[two]
        else relate(here[one], there[two])
        for one, two in (divmod(pair, len(there)) for pair in distinct.tolist())
    ]
    marks = np.zeros(len(first), bool)
    marks[both] = np.array(found, bool)[places]
    return marks


def _texts(column: Column, cased: bool) -> list[str]:
    values = column.values if cased else pc.utf8_lower(column.values)
    return [text or "" for text in values.to_pylist()]
