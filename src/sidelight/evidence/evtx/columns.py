"""Values of one field as a dictionary-encoded column; only distinct values are spelled out."""

from dataclasses import dataclass, field
from typing import Final, TypeAlias, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.evidence.evtx.instances import Piece, Spans, Texts
from sidelight.evidence.evtx.templates import Ints
from sidelight.evidence.evtx.values import (
    GUID,
    HEX32,
    HEX64,
    NULL,
    SIZE,
    STRING,
    string_of,
    text_of,
)
from sidelight.evidence.rows import clean
from sidelight.schema import SEPARATOR, Column, strings

Codes: TypeAlias = NDArray[np.int32]

_INTEGERS: Final = {
    0x03: "<i1",
    0x04: "<u1",
    0x05: "<i2",
    0x06: "<u2",
    0x07: "<i4",
    0x08: "<u4",
    0x09: "<i8",
    0x0A: "<u8",
    HEX32: "<u4",
    HEX64: "<u8",
}
_DENSE: Final = 0.75
"""Values are kept together when this share of them is used: the rest costs less than a copy."""

_PAIRS: Final = np.frombuffer(b"".join(b"%02X" % byte for byte in range(256)), "<u2")
_GUID_ORDER: Final = np.array([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15])
_GUID_PLACES: Final = np.array(
    [*range(8), *range(9, 13), *range(14, 18), *range(19, 23), *range(24, 36)]
)


@dataclass(slots=True)
class Field:
    """Values of one field over all rows of a batch, still apart by type.

    Args:
        entries: rows, numbers of their pieces, codes into `values` joined.
        values: the distinct values, batch by batch.
    """

    rows: list[Ints] = field(default_factory=list)
    order: list[Ints] = field(default_factory=list)
    codes: list[Ints] = field(default_factory=list)
    values: list[pa.StringArray] = field(default_factory=list)
    size: int = 0

    def add(self, rows: Ints, order: Ints, codes: Ints, values: pa.StringArray) -> None:
        """Append entries whose codes count within *values*."""
        self.rows.append(rows)
        self.order.append(order)
        self.codes.append(codes + self.size)
        self.values.append(values)
        self.size += len(values)

    def column(self, length: int) -> Column:
        """Give the column of *length* rows; several values of a row become one cell."""
        if not self.rows:
            return Column(np.full(length, -1, np.int32), strings([]))
        rows, codes = np.concatenate(self.rows), np.concatenate(self.codes)
        values = self.values[0] if len(self.values) == 1 else joined_texts(self.values)
        cells = np.full(length, -1, np.int32)
        cells[rows] = codes
        if len(rows) > np.count_nonzero(cells >= 0):
            return self._several(rows, codes, values, cells)
        return Column(cells, values)

    def _several(self, rows: Ints, codes: Ints, values: pa.StringArray, cells: Codes) -> Column:
        many = np.bincount(rows, minlength=len(cells))[rows] > 1
        order = np.concatenate(self.order)[many]
        rows, codes = rows[many], codes[many]
        sort = np.lexsort((order, rows))
        rows, codes = rows[sort], codes[sort]
        texts = cast("list[str]", values.take(pa.array(codes, pa.int64())).to_pylist())
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        stops = [*starts[1:].tolist(), len(rows)]
        joined = [
            SEPARATOR.join(texts[start:stop])
            for start, stop in zip(starts.tolist(), stops, strict=True)
        ]
        encoded = strings(joined).dictionary_encode()
        cells[rows[starts]] = encoded.indices.to_numpy() + len(values)
        both = joined_texts([values, cast("pa.StringArray", encoded.dictionary)])
        return Column(cells, both)


def joined_texts(parts: list[pa.StringArray]) -> pa.StringArray:
    """Put arrays of texts one behind the other."""
    return pa.concat_arrays(parts)


def encode_field(data: bytes, name: str, pieces: list[Piece], odd: NDArray[np.bool_]) -> Field:
    """Encode the values of *pieces*, but for rows that are *odd*."""
    made = Field()
    spans: list[Spans] = []
    numbers: list[Ints] = []
    some = bool(odd.any())
    for number, piece in enumerate(pieces):
        keep = ~odd[piece.rows] if some else None
        rows = piece.rows if keep is None else piece.rows[keep]
        order = np.full(len(rows), number)
        match piece:
            case Texts(_, text):
                made.add(rows, order, np.zeros(len(rows), np.int64), strings([text]))
            case Spans(_, start, size, kind):
                if keep is not None:
                    start, size, kind = start[keep], size[keep], kind[keep]
                spans.append(Spans(rows, start, size, kind))
                numbers.append(order)
    if spans:
        _add_spans(made, data, name, _concatenated(spans), np.concatenate(numbers))
    return made


def _concatenated(parts: list[Spans]) -> Spans:
    if len(parts) == 1:
        return parts[0]
    return Spans(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.size for part in parts]),
        np.concatenate([part.kind for part in parts]),
    )


def _add_spans(made: Field, data: bytes, name: str, spans: Spans, order: Ints) -> None:
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
            made.add(these.rows, place, np.zeros(len(these.rows), np.int64), strings([""]))


def _pick(spans: Spans, at: Ints) -> Spans:
    return Spans(spans.rows[at], spans.start[at], spans.size[at], spans.kind[at])


def _add_kind(made: Field, data: bytes, kind: int, spans: Spans, order: Ints) -> None:
    width = np.dtype(_INTEGERS[kind]).itemsize if kind in _INTEGERS else 16 if kind == GUID else 0
    if width:
        fits = spans.size == width
        if not fits.all():
            at = np.flatnonzero(~fits)
            _add_rare(made, data, kind, _pick(spans, at), order[at])
            at = np.flatnonzero(fits)
            spans, order = _pick(spans, at), order[at]
    if not len(spans.rows):
        return
    if kind in _INTEGERS:
        codes, values = _integers(data, kind, spans.start)
        made.add(spans.rows, order, codes, values)
    elif kind == STRING:
        codes, values = _strings(data, spans)
        made.add(spans.rows, order, codes, values)
    elif kind == GUID:
        codes, distinct = _distinct(data, spans.start, spans.size)
        made.add(spans.rows, order, codes, _guids(distinct))
    else:
        _add_rare(made, data, kind, spans, order)


def _integers(data: bytes, kind: int, start: Ints) -> tuple[Ints, pa.StringArray]:
    dtype = np.dtype(_INTEGERS[kind])
    view = np.ndarray((len(data) - dtype.itemsize + 1,), dtype, data, strides=(1,))
    encoded = pa.array(view[start]).dictionary_encode()
    codes = encoded.indices.to_numpy().astype(np.int64)
    if kind in {HEX32, HEX64, SIZE}:
        return codes, strings([f"0x{value:x}" for value in encoded.dictionary.to_pylist()])
    return codes, cast("pa.StringArray", encoded.dictionary.cast(pa.string()))


def _distinct(data: bytes, start: Ints, size: Ints) -> tuple[Ints, pa.BinaryArray]:
    """Encode stretches of *data*.

    Their offsets lie pairwise in one Arrow array over the batch, of which each second stretch
    is taken; what lies between them is never looked at.
    """
    offsets = np.empty(2 * len(start) + 1, np.int32)
    offsets[:-1:2] = start
    offsets[1::2] = start + size
    offsets[-1] = len(data)
    buffers = [None, pa.py_buffer(offsets.data), pa.py_buffer(data)]
    between = pa.Array.from_buffers(pa.binary(), 2 * len(start), buffers)
    evens = pa.array(np.arange(0, 2 * len(start), 2), pa.int64())
    encoded = between.take(evens).dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), cast("pa.BinaryArray", encoded.dictionary)


def _strings(data: bytes, spans: Spans) -> tuple[Ints, pa.StringArray]:
    u16 = np.ndarray((len(data) - 1,), "<u2", data, strides=(1,))
    size = spans.size & ~1
    ended = (size > 0) & (u16[np.maximum(spans.start + size - 2, 0)] == 0)
    if ended.any():
        size = size - 2 * ended
    codes, distinct = _distinct(data, spans.start, size)
    return codes, _utf8(distinct)


def _utf8(texts: pa.BinaryArray) -> pa.StringArray:
    offsets, content = _buffers(texts)
    units = content.view("<u2")
    places = offsets // 2
    if units.size and (int(units.min()) == 0 or bool(((units & 0xF800) == 0xD800).any())):
        return strings([clean(string_of(raw)) for raw in _list(texts)])
    if not units.size or int(units.max()) < 0x80:
        text = units.astype(np.uint8).tobytes()
    else:
        text = units.tobytes().decode("utf-16-le").encode()
        widths = np.zeros(len(units) + 1, np.int64)
        np.cumsum(1 + (units >= 0x80) + (units >= 0x800), out=widths[1:])
        places = widths[places].astype(np.int32)
    return _text_array(places, text)


def _buffers(array: pa.BinaryArray) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Give the offsets, from 0, and the bytes of *array*."""
    _, ends, content = array.buffers()
    offsets = np.frombuffer(memoryview(ends or b""), np.int32)
    offsets = offsets[array.offset : array.offset + len(array) + 1]
    if not len(array):
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    found = np.frombuffer(memoryview(content or b""), np.uint8)
    return offsets - offsets[0], found[offsets[0] : offsets[-1]]


def _list(array: pa.BinaryArray) -> list[bytes]:
    return cast("list[bytes]", array.to_pylist())


def _text_array(offsets: NDArray[np.int32], text: bytes) -> pa.StringArray:
    return pa.StringArray.from_buffers(
        len(offsets) - 1, pa.py_buffer(offsets.tobytes()), pa.py_buffer(text)
    )


def _guids(guids: pa.BinaryArray) -> pa.StringArray:
    count = len(guids)
    raw = _buffers(guids)[1]
    text = np.full((count, 36), ord("-"), np.uint8)
    pairs = np.ascontiguousarray(_PAIRS[raw.reshape(count, 16)[:, _GUID_ORDER]])
    text[:, _GUID_PLACES] = pairs.view(np.uint8).reshape(count, 32)
    return _text_array(np.arange(0, 36 * count + 1, 36, dtype=np.int32), text.tobytes())


def _add_rare(made: Field, data: bytes, kind: int, spans: Spans, order: Ints) -> None:
    codes, distinct = _distinct(data, spans.start, spans.size)
    cells = [_cell(kind, raw) for raw in _list(distinct)]
    there = np.array([cell is not None for cell in cells], bool)[codes]
    texts = strings([cell or "" for cell in cells])
    made.add(spans.rows[there], order[there], codes[there], texts)


def _cell(kind: int, raw: bytes) -> str | None:
    text = text_of(kind, raw)
    if isinstance(text, list):
        return SEPARATOR.join(clean(item) for item in text) if text else None
    return None if text is None else clean(text)


def compact(column: Column) -> Column:
    """Drop values that no row has."""
    present = column.codes >= 0
    if len(column.values) < 4 * len(column.codes):
        return _squeezed(column, present)
    encoded = pa.array(column.codes[present]).dictionary_encode()
    codes = np.full(len(column.codes), -1, np.int32)
    codes[present] = encoded.indices.to_numpy()
    return Column(codes, column.values.take(encoded.dictionary))


def _squeezed(column: Column, present: NDArray[np.bool_]) -> Column:
    """Do the same where the rows are not far fewer than the values."""
    used = np.zeros(len(column.values) + 1, bool)
    used[column.codes] = True  # -1 marks the place behind the last
    used[-1] = False
    kept = np.flatnonzero(used)
    if len(kept) >= _DENSE * len(column.values):
        return column
    number = np.cumsum(used, dtype=np.int32) - 1
    codes = np.where(present, number[column.codes], np.int32(-1))
    return Column(codes, column.values.take(pa.array(kept, pa.int64())))
