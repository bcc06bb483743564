"""The rows of a table in order of kind, and fields cut to kinds.

Each kind gets values of its own: a test is answered once for each value of a column, so a kind
must not carry the values of others.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.evidence.evtx.columns import Field
from sidelight.evidence.evtx.stretches import Ints
from sidelight.evidence.evtx.table import Table
from sidelight.schema import Column, Kind
from sidelight.values import dataclass

_ROOM: Final = 4
"""Pairs of kind and value are numbered by a table while it has no more than this times as many
places as there are rows."""


@dataclass(frozen=True, slots=True)
class Sorting:
    """Rows by kind.

    Args:
        kinds: in order.
        rows: of the table, kind after kind, ascending within each.
        edges: where the rows of each kind begin, and where the last end.
        kind: for each row of the table the number of its kind; that behind the last for a row
            that nothing could decode.
        place: for each row of the table where it is in `rows`.
    """

    kinds: tuple[Kind, ...]
    rows: Ints
    edges: Ints
    kind: Ints
    place: Ints


def sort_rows(table: Table) -> Sorting:
    """Find the kinds of a table and their rows."""
    alive = ~table.layout.odd
    alive[list(table.plain)] = True
    rows = np.flatnonzero(alive)
    channel, event_id = table.column((True, "Channel")), table.column((True, "EventID"))
    width = len(event_id.values) + 1
    both = (channel.codes[rows].astype(np.int64) + 1) * width + event_id.codes[rows] + 1
    pairs, where = _numbered(both, (len(channel.values) + 1) * width)
    channels, ids = ["", *channel.values.to_pylist()], ["", *event_id.values.to_pylist()]
    found = [
        Kind("windows", str(channels[pair // width]), str(ids[pair % width]))
        for pair in pairs.tolist()
    ]
    kinds = tuple(sorted(set(found)))
    numbers = {kind: number for number, kind in enumerate(kinds)}
    of_rows = np.array([numbers[kind] for kind in found], np.int64)[where]
    # NumPy sorts 16 bits by radix
    narrow = of_rows.astype(np.int16) if len(kinds) <= np.iinfo(np.int16).max else of_rows
    order = np.argsort(narrow, kind="stable")
    kind = np.full(len(table), len(kinds))
    kind[rows] = of_rows
    place = np.zeros(len(table), np.int64)
    place[rows[order]] = np.arange(len(rows))
    edges = np.zeros(len(kinds) + 1, np.int64)
    np.cumsum(np.bincount(of_rows, minlength=len(kinds)), out=edges[1:])
    return Sorting(kinds, rows[order], edges, kind, place)


def cut(made: Field, sorting: Sorting) -> dict[int, Column]:
    """Give the columns of a field by number of kind, for the kinds that have it."""
    if not made.rows:
        return {}
    rows = made.every_row
    kinds = sorting.kind[rows]
    found = np.flatnonzero(np.bincount(kinds))
    lengths = np.diff(sorting.edges)[found]
    edges = np.concatenate([[0], np.cumsum(lengths)])
    shift = np.zeros(len(sorting.edges), np.int64)
    shift[found] = edges[:-1] - sorting.edges[found]
    whole = made.column(sorting.place[rows] + shift[kinds], int(edges[-1]))
    if len(found) == 1:
        return {int(found[0]): whole}
    return dict(zip(found.tolist(), _apart(whole, edges), strict=True))


def _apart(whole: Column, edges: Ints) -> Sequence[Column]:
    """Cut a column, giving each part the values that occur in it."""
    cells, values = whole.codes, whole.values
    borders = edges.tolist()
    if len(values) < 2:
        return [Column(cells[start:stop], values) for start, stop in pairwise(borders)]
    there = np.flatnonzero(cells >= 0)
    part = np.repeat(np.arange(len(edges) - 1), np.diff(edges))[there]
    if len(values) == len(there):
        kept, number = cells[there], np.arange(len(there))
        first = np.searchsorted(there, edges)
    else:
        keys, number = _numbered(part * len(values) + cells[there], (len(edges) - 1) * len(values))
        owner, kept = np.divmod(keys, len(values))
        first = np.searchsorted(owner, np.arange(len(edges)))
    cells = np.full(len(cells), -1, np.int32)
    cells[there] = number - first[part]
    values = values.take(pa.array(kept, pa.int64()))
    starts = first.tolist()
    return [
        Column(cells[a:b], values.slice(c, d - c))
        for a, b, c, d in zip(borders[:-1], borders[1:], starts[:-1], starts[1:], strict=True)
    ]


def _numbered(keys: Ints, limit: int) -> tuple[Ints, Ints]:
    """Give the distinct keys, all below *limit*, and for each key the place of its own."""
    if limit > _ROOM * len(keys):
        encoded = pa.array(keys).dictionary_encode()
        return encoded.dictionary.to_numpy(), encoded.indices.to_numpy()
    marks: NDArray[np.bool_] = np.zeros(limit, bool)
    marks[keys] = True
    return np.flatnonzero(marks), (np.cumsum(marks) - 1)[keys]
