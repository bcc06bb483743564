"""The records of a batch as one table, whose columns are decoded when they are asked for."""

from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from sidelight.evidence.evtx.binxml import Chunk
from sidelight.evidence.evtx.chunks import SIZE, Batch, Records, walk
from sidelight.evidence.evtx.columns import Field, encode_field
from sidelight.evidence.evtx.events import Fields, decode_record
from sidelight.evidence.evtx.inline import lay_out_inline
from sidelight.evidence.evtx.instances import FieldKey, Layout, Slot, Spans, Texts, lay_out
from sidelight.evidence.evtx.shapes import Shapes
from sidelight.evidence.evtx.stretches import Ints, view
from sidelight.evidence.evtx.templates import Registry
from sidelight.evidence.evtx.values import DamageError
from sidelight.evidence.rows import cell
from sidelight.schema import Column, Gap, encode
from sidelight.values import dataclass


@dataclass(slots=True)
class Table:
    """All records of a batch.

    Args:
        plain: what the plain decoder made of the records that only it takes.
        failures: by chunk, where the records are that nothing can decode, and what is wrong.
        encoded: fields of System in all rows: more than one asks for channel, id and host.
    """

    batch: Batch
    records: Records
    layout: Layout
    plain: dict[int, Fields] = field(default_factory=dict)
    failures: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    encoded: dict[str, Field] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.records.start)

    def keys(self) -> set[FieldKey]:
        """Name all fields that occur."""
        found = set(self.layout.fields)
        for fields in self.plain.values():
            found.update((True, name) for name in fields.system)
            found.update((False, name) for name in fields.data)
        return found

    def field(self, key: FieldKey, chosen: NDArray[np.bool_] | None) -> Field:
        """Encode one field in the rows that are *chosen*; None for all."""
        if chosen is not None or not key[0]:
            return self._encode(key, chosen)
        if key[1] not in self.encoded:
            self.encoded[key[1]] = self._encode(key, None)
        return self.encoded[key[1]]

    def _encode(self, key: FieldKey, chosen: NDArray[np.bool_] | None) -> Field:
        some = chosen
        if self.layout.odd.any():
            some = ~self.layout.odd if chosen is None else chosen & ~self.layout.odd
        pieces = self.layout.fields.get(key, [])
        made = encode_field(self.batch.data, self.layout.annex, key[1], pieces, some)
        texts = [
            (row, text)
            for row, fields in self.plain.items()
            if chosen is None or chosen[row]
            if (text := cell((fields.system if key[0] else fields.data).get(key[1]))) is not None
        ]
        if texts:
            extra = encode([text for _, text in texts])
            rows = np.array([row for row, _ in texts], np.int64)
            made.add(rows, rows * 0, extra.codes, extra.values)
        return made

    def column(self, key: FieldKey) -> Column:
        """Encode one field for all rows."""
        made = self.field(key, None)
        return made.column(made.every_row, len(self))

    def numbers(self, key: FieldKey, kinds: tuple[int, ...], dtype: str, missing: int) -> Ints:
        """Gather a field whose values are numbers of 8 bytes."""
        values = view(self.batch.data, dtype)
        numbers = np.full(len(self), missing, np.int64)
        fitting = np.zeros(256, bool)
        fitting[list(kinds)] = True
        for piece in self.layout.fields.get(key, []):
            match piece:
                case Texts():
                    continue
                case Slot(slots, index):
                    spans = slots.spans(index, None)
                case Spans():
                    spans = piece
            rows, start = spans.rows, spans.start
            fits = fitting.take(spans.kind) & (spans.size == 8)
            if not fits.all():
                rows, start = rows.compress(fits), start.compress(fits)
            numbers[rows] = values[start]
        return numbers


def tabulate(batch: Batch, registry: Registry) -> tuple[Table, list[Gap]]:
    """Find all records of *batch*; tell what is damaged."""
    records, gaps = walk(batch)
    table = table_of(batch, records, registry)
    for chunk, failures in table.failures.items():
        at, text = failures[0]
        offset = batch.offset[chunk] + at - chunk * SIZE
        source = batch.sources[batch.source[chunk]]
        gaps.append(Gap(source, offset, "damaged", text, len(failures)))
    return table, gaps


def table_of(batch: Batch, records: Records, registry: Registry) -> Table:
    """Find where the fields of *records* lie; decode plainly what is odd."""
    table = Table(batch, records, lay_out(batch.data, records, registry))
    if registry.shapes.full:
        registry.shapes = Shapes()
    lay_out_inline(batch.data, table.layout, registry.shapes)
    chunks: dict[int, Chunk] = {}
    for row in np.flatnonzero(table.layout.odd).tolist():
        try:
            table.plain[row] = decode_row(chunks, batch, records, row)
        except DamageError as error:
            start = int(records.start[row])
            table.failures.setdefault(start // SIZE, []).append((start, str(error)))
    return table


def decode_row(chunks: dict[int, Chunk], batch: Batch, records: Records, row: int) -> Fields:
    """Decode one record plainly; *chunks* keeps what records of a chunk share.

    Raises:
        DamageError: it cannot be decoded.
    """
    start, stop = int(records.start[row]), int(records.stop[row])
    number = start // SIZE
    base = number * SIZE
    chunk = chunks.get(number)
    if chunk is None:
        chunk = chunks[number] = Chunk(bytes(batch.data[base : base + SIZE]))
    return decode_record(chunk, start - base + 24, stop - base)
