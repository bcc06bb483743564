"""What a scan keeps once for each frame, kept once for all of them.

A scan keeps of many facts the earliest in its frame only, so how many are left depends on how the
evidence was cut. Taking the earliest again, of all frames together, forgets the cut.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from sidelight.findings.cells import Bools, Ints, ranked
from sidelight.findings.order import sort_rows


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
