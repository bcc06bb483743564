"""Texts of cells out of the JSON strings of a block, each distinct one once."""

import json
from typing import Final, cast

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sidelight.evidence.json.record import shown
from sidelight.evidence.json.tokens import scalar_of, taken
from sidelight.evidence.json.values import decimal_text, mended
from sidelight.evidence.rows import clean
from sidelight.schema import Column, strings

_QUOTE: Final = ord('"')
_AMPERSAND: Final = ord("&")
_BACKSLASH: Final = ord("\\")
_SAMPLE: Final = 64


def column_of(pieces: pa.BinaryArray, cells: NDArray[np.int32]) -> Column:
    """Build the column whose cells are these pieces, -1 being an absent field."""
    present = cells >= 0
    whole = bool(present.all())
    values = taken(pieces, cells if whole else cells[present])
    if _mostly_distinct(values):
        found, codes = values, np.arange(len(values), dtype=np.int32)
    else:
        encoded = values.dictionary_encode()
        found = cast("pa.BinaryArray", encoded.dictionary)
        codes = np.asarray(encoded.indices)
    if not whole:
        sparse = np.full(len(cells), -1, np.int32)
        sparse[present] = codes
        codes = sparse
    return Column(codes, texts_of(found))


def part_of(column: Column, begin: int, end: int) -> Column | None:
    """Cut a stretch of rows out of *column*, with the values it uses; None if it has none."""
    codes = column.codes[begin:end]
    low, high = int(codes.min()), int(codes.max())
    if high < 0:
        return None
    if low < 0:
        low = int(np.where(codes < 0, np.int32(high), codes).min())
    span = high - low + 1
    codes = np.where(codes < 0, np.int32(-1), codes - np.int32(low))
    values = column.values.slice(low, span)
    if span > len(codes):
        used = np.zeros(span + 1, np.bool_)
        used[codes] = True
        used[-1] = False
        moved = np.append(np.cumsum(used[:-1], dtype=np.int32) - np.int32(1), np.int32(-1))
        codes, values = moved[codes], taken(values, np.flatnonzero(used))
    return Column(codes, values)


def texts(column: Column) -> list[str]:
    """List the values of *column*."""
    return cast("list[str]", column.values.to_pylist())


def _mostly_distinct(values: pa.BinaryArray) -> bool:
    """Guess from the first values whether a dictionary would be as long as the column."""
    if len(values) < 4 * _SAMPLE:
        return False
    step = len(values) // _SAMPLE
    sample = taken(values, np.arange(_SAMPLE) * step)
    return len(sample.unique()) > _SAMPLE - 2


def texts_of(values: pa.BinaryArray) -> pa.StringArray:
    """Read pieces of JSON text: strings without their quotation marks, and bare scalars."""
    data, offsets = _bytes_of(values)
    scalars = _firsts(data, offsets) == _QUOTE
    if scalars.any():
        return _scalars(values) if scalars.all() else strings(_mixed(values))
    if (data == _BACKSLASH).any():
        found = _unescaped(_bytes_in(values))
        return strings([shown(text) if text[:1] == "&" else text for text in found])
    try:
        found_ = values.cast(pa.string())
    except pa.ArrowInvalid:
        return strings([shown(value.decode("utf-8", "replace")) for value in _bytes_in(values)])
    if (_firsts(data, offsets) == _AMPERSAND).any():
        return strings([shown(text) for text in cast("list[str]", found_.to_pylist())])
    return cast("pa.StringArray", found_)


def _firsts(data: NDArray[np.uint8], offsets: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Give the first byte of each value, 0 where it is empty."""
    firsts = np.zeros(len(offsets) - 1, np.uint8)
    filled = offsets[1:] > offsets[:-1]
    firsts[filled] = data[offsets[:-1][filled]]
    return firsts


def _scalars(values: pa.BinaryArray) -> pa.StringArray:
    trimmed = pc.utf8_trim(values.cast(pa.string()), '":,{}[] \t\r\n')
    found = cast("pa.StringArray", trimmed)
    if pc.any(pc.match_substring_regex(found, r"[.E]|\de|^-0$")).as_py():
        return strings([decimal_text(text) for text in cast("list[str]", found.to_pylist())])
    return found


def _mixed(values: pa.BinaryArray) -> list[str]:
    return [
        decimal_text(scalar_of(value).decode())
        if value.startswith(b'"')
        else shown(_text_of(value))
        for value in _bytes_in(values)
    ]


def text_offsets(values: pa.BinaryArray | pa.StringArray) -> NDArray[np.int32]:
    """Give the places in the data of *values* where each begins, and where the last ends."""
    places = values.buffers()[1]
    if not len(values) or places is None:
        return np.zeros(len(values) + 1, np.int32)
    offsets: NDArray[np.int32] = np.frombuffer(memoryview(places), np.int32)
    return offsets[values.offset : values.offset + len(values) + 1]


def _bytes_of(values: pa.BinaryArray) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    offsets = text_offsets(values)
    data = values.buffers()[2]
    held = np.empty(0, np.uint8) if data is None else np.frombuffer(memoryview(data), np.uint8)
    return held[: offsets[-1]], offsets


def _unescaped(values: list[bytes]) -> list[str]:
    """Read what stands between the quotation marks of strings."""
    document = b'["' + b'","'.join(values) + b'"]'
    try:
        found = cast("list[str]", orjson.loads(document))
    except orjson.JSONDecodeError:
        return [_text_of(value) for value in values]
    return [clean(text) for text in found] if b"\\u0000" in document else found


def _text_of(value: bytes) -> str:
    """Read a string as `sidelight.evidence.json.values.parse` does."""
    text = value.decode("utf-8", "replace")
    if "\\" in text:
        text = json.loads(f'"{mended(text)}"', strict=False)
    return clean(text)


def _bytes_in(values: pa.BinaryArray) -> list[bytes]:
    return cast("list[bytes]", values.to_pylist())
