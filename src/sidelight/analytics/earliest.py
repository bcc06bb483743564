"""Of many like events, the earliest: in each frame first, then in all of them together.

What a frame keeps depends on how the evidence was cut. Taking the earliest again, of all frames
together, forgets the cut.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.findings.cells import Bools, Ints, Rows, ranked
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
    kept: Rows = rows[first_of_each(keys, [frame.time[rows], frame.record[rows]], number)]
    return kept


def first_of_each(keys: Sequence[Ints], ties: Sequence[Ints], number: int) -> Rows:
    """Give the rows that are, in order of *ties*, among the first *number* with equal *keys*."""
    order, _ = sort_rows([*keys, *ties])
    fresh = np.ones(len(order), bool)
    fresh[1:] = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
    place = np.arange(len(order))
    kept: Rows = order[place - np.maximum.accumulate(np.where(fresh, place, 0)) < number]
    return kept


def keep_earliest(table: pa.Table, marked: Bools, keys: Sequence[Ints]) -> pa.Table:
    """Keep of the marked rows with equal keys the earliest, and every row that is not marked.

    Args:
        table: has ``time`` and ``record``.
        marked: which rows count.
        keys: a number for each row, equal where what matters is equal.
    """
    rows = np.flatnonzero(marked)
    if not len(rows):
        return table
    columns = [np.asarray(key)[rows] for key in keys]
    time, record = table.column("time").to_numpy(), table.column("record").to_numpy()
    order, _ = sort_rows([*columns, time[rows], record[rows]])
    again = np.zeros(len(order), bool)
    again[1:] = np.all([np.diff(key[order]) == 0 for key in columns], axis=0)
    kept = np.ones(table.num_rows, bool)
    kept[rows[order[again]]] = False
    return table.filter(pa.array(kept))


def numbered(table: pa.Table, names: Sequence[str]) -> list[Ints]:
    """Number the cells of some columns, equal texts equally."""
    return [ranked(table.column(name))[0] for name in names]
