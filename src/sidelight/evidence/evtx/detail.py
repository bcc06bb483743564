"""Full events of the few rows that somebody looks at."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sidelight.evidence.evtx.binxml import Chunk
from sidelight.evidence.evtx.chunks import Batch, Records
from sidelight.evidence.evtx.stretches import Ints
from sidelight.evidence.evtx.table import Table, decode_row, table_of
from sidelight.evidence.evtx.templates import Registry
from sidelight.evidence.evtx.values import DamageError
from sidelight.schema import SEPARATOR, Event
from sidelight.values import dataclass

_FEW: Final = 10


@dataclass(frozen=True, slots=True)
class Detail:
    """Decodes rows of a batch, which it keeps in memory."""

    batch: Batch
    records: Records
    rows: Ints
    registry: Registry

    def events(self, picked: NDArray[np.intp]) -> list[Event]:
        """Decode the events at the positions *picked*, System's fields first."""
        rows, where = np.unique(self.rows[picked], return_inverse=True)
        records = Records(self.records.start[rows], self.records.stop[rows])
        events = _plainly(self.batch, records) if len(rows) < _FEW else None
        if events is None:
            events = _events(table_of(self.batch, records, self.registry))
        return [dict(events[at]) for at in where.tolist()]


def _plainly(batch: Batch, records: Records) -> list[Event] | None:
    """Decode events one by one, if the plain decoder can; this is the faster way for a few."""
    chunks: dict[int, Chunk] = {}
    try:
        return [
            decode_row(chunks, batch, records, row).event() for row in range(len(records.start))
        ]
    except DamageError:
        return None


def _events(table: Table) -> list[Event]:
    events: list[Event] = [{} for _ in range(len(table))]
    for key in sorted(table.layout.fields, key=lambda key: not key[0]):
        column = table.column(key)
        values = column.values.to_pylist()
        name = key[1]
        for at, code in enumerate(column.codes.tolist()):
            if code >= 0:
                text = values[code]
                events[at][name] = text.split(SEPARATOR) if SEPARATOR in text else text
    for row, fields in table.plain.items():
        events[row] = fields.event()
    return events
