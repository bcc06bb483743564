"""Full events of the few rows that somebody looks at."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from sidelight.evidence.evtx.binxml import Chunk
from sidelight.evidence.evtx.chunks import Batch, Records
from sidelight.evidence.evtx.instances import FieldKey
from sidelight.evidence.evtx.stretches import Ints
from sidelight.evidence.evtx.table import Table, decode_row, table_of
from sidelight.evidence.evtx.templates import Registry
from sidelight.evidence.evtx.values import DamageError
from sidelight.schema import SEPARATOR, Column, Event
from sidelight.values import dataclass

_FEW: Final = 20


@dataclass(frozen=True, slots=True)
class Detail:
    """Decodes records of a batch, which it keeps in memory."""

    batch: Batch
    records: Records
    registry: Registry

    def events(self, parts: Sequence[NDArray[np.intp]]) -> list[list[Event]]:
        """Decode the records numbered in each of *parts*, System's fields first.

        The order of fields is that of the document, for each part as if it were the only one.
        """
        several = [np.unique(part, return_inverse=True) for part in parts]
        rows = np.concatenate([numbers for numbers, _ in several])
        edges = np.cumsum([0, *(len(numbers) for numbers, _ in several)])
        records = Records(self.records.start[rows], self.records.stop[rows])
        events = _plainly(self.batch, records) if len(rows) < _FEW else None
        if events is None:
            events = _events(table_of(self.batch, records, self.registry), edges)
        return [
            [dict(events[at]) for at in (where + edge).tolist()]
            for (_, where), edge in zip(several, edges[:-1].tolist(), strict=True)
        ]


def _plainly(batch: Batch, records: Records) -> list[Event] | None:
    """Decode events one by one, if the plain decoder can; this is the faster way for a few."""
    chunks: dict[int, Chunk] = {}
    try:
        return [
            decode_row(chunks, batch, records, row).event() for row in range(len(records.start))
        ]
    except DamageError:
        return None


def _events(table: Table, edges: Ints) -> list[Event]:
    """Decode all rows of a table, parts of which end at *edges*."""
    events: list[Event] = [{} for _ in range(len(table))]
    cells = {key: _cells(table.column(key), edges) for key in table.layout.fields}
    for number, keys in enumerate(_orders(table, edges)):
        for key in keys:
            name = key[1]
            for at, text in cells[key][number]:
                events[at][name] = text
    for row, fields in table.plain.items():
        events[row] = fields.event()
    return events


def _cells(column: Column, edges: Ints) -> "list[zip[tuple[int, str | list[str]]]]":
    """Give, for each part, the rows that have the field, each with what it has."""
    texts = [
        text.split(SEPARATOR) if SEPARATOR in text else text
        for text in cast("list[str]", column.values.to_pylist())
    ]
    rows = np.flatnonzero(column.codes >= 0)
    found = [texts[code] for code in column.codes[rows].tolist()]
    cuts = pairwise(np.searchsorted(rows, edges).tolist())
    every = rows.tolist()
    return [zip(every[low:high], found[low:high], strict=True) for low, high in cuts]


def _orders(table: Table, edges: Ints) -> list[list[FieldKey]]:
    """Give, for each part, the fields that occur in the order in which they do."""
    keys = list(table.layout.fields)
    never = np.iinfo(np.int64).max
    first = np.full((len(keys), len(edges) - 1), never)
    for number, key in enumerate(keys):
        places = zip(table.layout.places[key], table.layout.fields[key], strict=True)
        for place, piece in reversed([*places]):
            first[number, np.searchsorted(edges, piece.rows, "right") - 1] = place
    order = np.argsort(first, axis=0)
    return [
        sorted(
            (keys[at] for at in some[: np.count_nonzero(known != never)].tolist()),
            key=lambda key: not key[0],
        )
        for some, known in zip(order.T, first.T, strict=True)
    ]
