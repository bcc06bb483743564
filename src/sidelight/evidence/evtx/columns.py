"""Values of one field as a dictionary-encoded column; only distinct values are spelled out."""

from dataclasses import field
from typing import Final, TypeVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sidelight.evidence.evtx.instances import Piece, Slot, Spans, Texts
from sidelight.evidence.evtx.spelling import (
    INTEGERS,
    spell_guids,
    spell_numbers,
    spell_times,
    texts_at,
)
from sidelight.evidence.evtx.stretches import Codes, Data, Ints, distinct, encode_stretches, view
from sidelight.evidence.evtx.values import FILETIME, GUID, NULL, STRING, string_of, text_of
from sidelight.evidence.rows import clean
from sidelight.schema import SEPARATOR, Column, strings, unique
from sidelight.values import dataclass

Number = TypeVar("Number", bound=np.integer)

_WIDTHS: Final = {kind: np.dtype(code).itemsize for kind, code in INTEGERS.items()} | {
    FILETIME: 8,
    GUID: 16,
}
_FIRST: Final = 64
_SAMPLE: Final = 2048
_UNIQUE: Final = 0.99
"""Numbers of which a sample repeats less than this are not worth a dictionary."""


@dataclass(slots=True)
class Field:
    """Values of one field over rows of a batch, still apart by type.

    Args:
        entries: rows, places in document order, codes into `values` joined.
        values: the values that occur, type by type.
        size: how many they are.
    """

    rows: list[Ints] = field(default_factory=list)
    order: list[Ints] = field(default_factory=list)
    codes: list[Codes] = field(default_factory=list)
    values: list[pa.StringArray] = field(default_factory=list)
    size: int = 0

    def add(self, rows: Ints, order: Ints, codes: Codes, values: pa.StringArray) -> None:
        """Append entries whose codes count within *values*."""
        self.rows.append(rows)
        self.order.append(order)
        self.codes.append(codes + self.size if self.size else codes)
        self.values.append(values)
        self.size += len(values)

    @property
    def every_row(self) -> Ints:
        """The rows of all entries, one of several values several times."""
        return joined(self.rows) if self.rows else np.zeros(0, np.int64)

    def column(self, places: Ints, length: int) -> Column:
        """Give the column of *length* cells, entries being at *places*.

        Several values in one place become one cell.
        """
        cells = np.full(length, -1, np.int32)
        if not self.rows:
            return Column(cells, strings([]))
        codes = joined(self.codes)
        cells[places] = codes
        values = joined_texts(self.values)
        if len(places) > np.count_nonzero(cells >= 0):
            return self._several(places, codes, values, cells)
        return Column(cells, values)

    def _several(self, places: Ints, codes: Codes, values: pa.StringArray, cells: Codes) -> Column:
        many = np.bincount(places, minlength=len(cells))[places] > 1
        order = joined(self.order)[many]
        places, codes = places[many], codes[many]
        sort = np.lexsort((order, places))
        places, codes = places[sort], codes[sort]
        starts = np.flatnonzero(np.diff(places, prepend=-1))
        offsets = pa.array(np.append(starts, len(places)), pa.int32())
        lists = pa.ListArray.from_arrays(offsets, values.take(pa.array(codes, pa.int64())))
        cells_joined = cast("pa.StringArray", pc.binary_join(lists, SEPARATOR))
        encoded = cells_joined.dictionary_encode()
        cells[places[starts]] = encoded.indices.to_numpy() + len(values)
        both = joined_texts([values, cast("pa.StringArray", encoded.dictionary)])
        return Column(cells, both)


def joined(parts: "list[NDArray[Number]]") -> "NDArray[Number]":
    """Put arrays of numbers one behind the other."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def joined_texts(parts: list[pa.StringArray]) -> pa.StringArray:
    """Put arrays of texts one behind the other."""
    return parts[0] if len(parts) == 1 else pa.concat_arrays(parts)


def encode_field(
    data: Data, annex: bytes, name: str, pieces: list[Piece], chosen: NDArray[np.bool_] | None
) -> Field:
    """Encode the values of *pieces* in the rows that are *chosen*, None for all."""
    made = Field()
    spans: list[Spans] = []
    orders: list[Ints] = []
    same: dict[str, list[tuple[Ints, Ints]]] = {}
    before = 0
    for piece in pieces:
        if not len(piece.rows):
            continue
        at = None if chosen is None else _chosen(chosen[piece.rows])
        first = before
        before += len(piece.rows)
        if at is not None and not at.size:
            continue
        order = np.arange(first, before) if at is None else at + first
        match piece:
            case Texts(rows, text):
                same.setdefault(text, []).append((rows if at is None else rows[at], order))
                continue
            case Slot(values, index):
                spans.append(values.spans(index, at))
            case Spans():
                spans.append(piece if at is None else _pick(piece, at))
        orders.append(order)
    if same:
        _add_same(made, same)
    if spans:
        order = joined(orders)
        whole = _concatenated(spans)
        if annex and (far := whole.start >= len(data)).any():
            at = np.flatnonzero(far)
            _add_kind(made, annex, STRING, _moved(_pick(whole, at), -len(data)), order[at])
            at = np.flatnonzero(~far)
            whole, order = _pick(whole, at), order[at]
        _add_spans(made, data, name, whole, order)
    return made


def _chosen(marks: NDArray[np.bool_]) -> Ints | None:
    """Give which are marked; None for all."""
    return None if marks.all() else np.flatnonzero(marks)


def _add_same(made: Field, same: dict[str, list[tuple[Ints, Ints]]]) -> None:
    """Add texts with the rows, and the places in document order, that have each of them."""
    pairs = [pair for some in same.values() for pair in some]
    sizes = [sum(len(rows) for rows, _ in some) for some in same.values()]
    rows, order = joined([rows for rows, _ in pairs]), joined([order for _, order in pairs])
    codes = np.repeat(np.arange(len(same), dtype=np.int32), sizes)
    made.add(rows, order, codes, strings(list(same)))


def _moved(spans: Spans, by: int) -> Spans:
    return Spans(spans.rows, spans.start + by, spans.size, spans.kind)


def _concatenated(parts: list[Spans]) -> Spans:
    if len(parts) == 1:
        return parts[0]
    return Spans(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.size for part in parts]),
        np.concatenate([part.kind for part in parts]),
    )


def _add_spans(made: Field, data: Data, name: str, spans: Spans, order: Ints) -> None:
    kinds = np.flatnonzero(np.bincount(spans.kind, minlength=256)).tolist()
    for kind in kinds:
        if len(kinds) == 1:
            these, place = spans, order
        else:
            at = np.flatnonzero(spans.kind == kind)
            these, place = _pick(spans, at), order[at]
        if kind != NULL:
            _add_kind(made, data, kind, these, place)
        elif name == "Data":  # an unnamed Data keeps its place
            made.add(these.rows, place, np.zeros(len(place), np.int32), strings([""]))


def _pick(spans: Spans, at: Ints) -> Spans:
    return Spans(spans.rows[at], spans.start[at], spans.size[at], spans.kind[at])


def _add_kind(made: Field, data: Data, kind: int, spans: Spans, order: Ints) -> None:
    width = _WIDTHS.get(kind, 0)
    if width:
        fits = spans.size == width
        if not fits.all():
            at = np.flatnonzero(~fits)
            _add_rare(made, data, kind, _pick(spans, at), order[at])
            at = np.flatnonzero(fits)
            spans, order = _pick(spans, at), order[at]
    if not len(spans.rows):
        return
    if kind in INTEGERS:
        codes, numbers = _distinct_numbers(view(data, INTEGERS[kind])[spans.start])
        made.add(spans.rows, order, codes, spell_numbers(kind, numbers))
    elif kind == STRING:
        made.add(spans.rows, order, *_strings(data, spans))
    elif kind == GUID:
        codes, found = encode_stretches(data, spans.start, spans.size)
        raw = _buffers(found)[1].reshape(len(found), 16)
        made.add(spans.rows, order, codes, spell_guids(raw))
    elif kind == FILETIME:
        codes, ticks = _distinct_numbers(view(data, "<u8")[spans.start])
        made.add(spans.rows, order, codes, spell_times(ticks.astype(np.uint64)))
    else:
        _add_rare(made, data, kind, spans, order)


def _distinct_numbers(numbers: "NDArray[Number]") -> "tuple[Codes, NDArray[Number]]":
    """Encode numbers; such as hardly repeat keep their repetitions."""
    if len(numbers) > _SAMPLE:
        sample = numbers[:: len(numbers) // _SAMPLE]
        if len(unique(sample)) > _UNIQUE * len(sample):
            return np.arange(len(numbers), dtype=np.int32), numbers
    encoded = pa.array(numbers).dictionary_encode()
    return encoded.indices.to_numpy(), encoded.dictionary.to_numpy()


def _strings(data: Data, spans: Spans) -> tuple[Codes, pa.StringArray]:
    """Encode texts; a NUL at the end is no part of one.

    Where the first ones have none it is looked for only in those that differ.
    """
    start, size = spans.start, spans.size & ~1
    if _ended(data, start[:_FIRST], size[:_FIRST]).any():
        codes, found = encode_stretches(data, start, size - 2 * _ended(data, start, size))
        return codes, _utf8(found)
    codes, found = encode_stretches(data, start, size)
    offsets, content = _buffers(found)
    start, size = offsets[:-1].astype(np.int64), np.diff(offsets).astype(np.int64)
    ended = _ended(content.data, start, size)
    if ended.any():
        numbers, found = encode_stretches(content.data, start, size - 2 * ended)
        codes = numbers.take(codes)
    return codes, _utf8(found)


def _ended(data: Data, start: Ints, size: Ints) -> NDArray[np.bool_]:
    """Tell which texts end with a NUL."""
    if len(data) < 2:
        return size > 0
    ended: NDArray[np.bool_] = view(data, "<u2")[np.maximum(start + size - 2, 0)] == 0
    return ended & (size > 0)


def _utf8(texts: pa.BinaryArray) -> pa.StringArray:
    offsets, content = _buffers(texts)
    units = content.view("<u2")
    places = offsets // 2
    if not units.size:
        return texts_at(places, b"")
    most = int(units.max())
    if not units.all() or (most >= 0xD800 and bool(((units & 0xF800) == 0xD800).any())):
        return strings([clean(string_of(raw)) for raw in cast("list[bytes]", texts.to_pylist())])
    if most < 0x80:
        return texts_at(places, units.astype(np.uint8).data)
    widths = np.zeros(len(units) + 1, np.int64)
    np.cumsum(1 + (units >= 0x80) + (units >= 0x800), out=widths[1:])
    return texts_at(widths[places].astype(np.int32), content.tobytes().decode("utf-16-le").encode())


def _buffers(array: pa.BinaryArray) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Give the offsets, from 0, and the bytes of *array*."""
    _, ends, content = array.buffers()
    offsets = np.frombuffer(memoryview(ends or b""), np.int32)
    offsets = offsets[array.offset : array.offset + len(array) + 1]
    if not len(array):
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    found = np.frombuffer(memoryview(content or b""), np.uint8)
    return offsets - offsets[0], found[offsets[0] : offsets[-1]]


def _add_rare(made: Field, data: Data, kind: int, spans: Spans, order: Ints) -> None:
    codes, found = distinct(data, spans.start, spans.size)
    cells = [_cell(kind, raw) for raw in found]
    there = np.array([cell is not None for cell in cells], bool)[codes]
    texts = strings([cell or "" for cell in cells])
    made.add(spans.rows[there], order[there], codes[there], texts)


def _cell(kind: int, raw: bytes) -> str | None:
    text = text_of(kind, raw)
    if isinstance(text, list):
        return SEPARATOR.join(clean(item) for item in text) if text else None
    return None if text is None else clean(text)
