"""Of many like events, the earliest."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sidelight.findings.cells import Ints, Rows
from sidelight.findings.order import sort_rows
from sidelight.schema import Frame


def earliest(
    frame: Frame,
    rows: Rows,
    group: Sequence[NDArray[np.int32] | NDArray[np.int64]],
    number: int = 1,
) -> Rows:
    """Keep of *rows* with one source, one host and one *group* the earliest *number*.

    A source counts by itself, since it may turn out to be a copy and be left out.

    Args:
        frame: where the rows are.
        rows: row numbers.
        group: codes of each event of the frame, equal for events that are alike.
        number: how many to keep of each group.
    """
    if not len(rows):
        return rows
    codes = [frame.source, frame.host.codes, *group]
    keys: list[Ints] = [each[rows].astype(np.int64) for each in codes]
    order, _ = sort_rows([*keys, frame.time[rows], frame.record[rows]])
    fresh = np.ones(len(order), bool)
    fresh[1:] = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
    place = np.arange(len(order))
    kept: Rows = rows[order[place - np.maximum.accumulate(np.where(fresh, place, 0)) < number]]
    return kept
