"""Full events of the few rows that somebody looks at."""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Final, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from sidelight.evidence.evtx.binxml import Chunk
from sidelight.evidence.evtx.chunks import Batch, Records
from sidelight.evidence.evtx.instances import FieldKey
from sidelight.evidence.evtx.stretches import Ints
from sidelight.evidence.evtx.table import Table, decode_row, table_of
from sidelight.evidence.evtx.templates import Registry
from sidelight.evidence.evtx.values import DamageError
from sidelight.schema import SEPARATOR, Event, unique
from sidelight.values import dataclass

_FEW: Final = 20
_SIDES: Final[tuple[Literal["left", "right"], ...]] = ("left", "right")

_Cells: TypeAlias = "zip[tuple[int, str | list[str]]]"
"""Numbers of rows, and what they have in one field."""


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
    """Decode all rows of a table, parts of which end at *edges*.

    It takes time for what is there: many parts that have little in common cost no more together.
    """
    events: list[Event] = [{} for _ in range(len(table))]
    part = np.searchsorted(edges, np.arange(len(table)), "right") - 1
    told: list[list[tuple[bool, int, str, _Cells]]] = [[] for _ in edges[1:]]
    for key in table.layout.fields:
        for number, place, cells in _cells(table, key, part):
            told[number].append((not key[0], place, key[1], cells))
    for several in told:
        for _, _, name, cells in sorted(several, key=itemgetter(0, 1)):
            for at, text in cells:
                events[at][name] = text
    for row, fields in table.plain.items():
        events[row] = fields.event()
    return events


def _cells(table: Table, key: FieldKey, part: Ints) -> Iterator[tuple[int, int, _Cells]]:
    """Give the parts in which a field occurs, where in them it does first, and what rows have.

    Args:
        table: of all parts.
        key: of the field.
        part: of each row, ascending.
    """
    first: dict[int, int] = {}
    for place, piece in zip(table.layout.places[key], table.layout.fields[key], strict=True):
        for number in unique(part[piece.rows]).tolist():
            first.setdefault(number, place)
    made = table.field(key, None)
    rows = unique(made.every_row)
    column = made.column(np.searchsorted(rows, made.every_row), len(rows))
    texts = [
        text.split(SEPARATOR) if SEPARATOR in text else text
        for text in cast("list[str]", column.values.to_pylist())
    ]
    found, every = [texts[code] for code in column.codes.tolist()], rows.tolist()
    numbers = list(first)
    low, high = (np.searchsorted(part[rows], numbers, side).tolist() for side in _SIDES)
    for number, begin, end in zip(numbers, low, high, strict=True):
        yield number, first[number], zip(every[begin:end], found[begin:end], strict=True)
