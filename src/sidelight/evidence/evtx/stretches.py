"""Stretches of a buffer, compared by what they hold."""

from functools import cache
from typing import Final, TypeAlias, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int32]
Offsets: TypeAlias = Ints | Codes
Data: TypeAlias = bytes | memoryview

_EVENS: Final = 1 << 16
"""So many even numbers are kept."""


def view(data: Data, code: str) -> "NDArray[np.integer]":
    """Give *data* as numbers: the n-th begins at the n-th byte."""
    dtype = np.dtype(code)
    # An array made of a memoryview itself does not keep what lies below it from being reused.
    held = np.frombuffer(data, np.uint8)
    return np.ndarray((len(data) - dtype.itemsize + 1,), dtype, held, strides=(1,))


def rows_at(data: Data, start: Ints, size: int) -> NDArray[np.uint8]:
    """Copy stretches of one size: one row each."""
    if not size:
        return np.zeros((len(start), 0), np.uint8)
    return view(data, f"V{size}")[start].view(np.uint8).reshape(len(start), size)


def encode_stretches(data: Data, start: Offsets, size: Offsets) -> tuple[Codes, pa.BinaryArray]:
    """Give the distinct stretches of *data*, and for each stretch its number among them.

    Their offsets lie pairwise in one Arrow array over the batch, of which each second stretch
    is taken; what lies between them is never looked at.
    """
    offsets = np.empty(2 * len(start) + 1, np.int32)
    offsets[:-1:2] = start
    np.add(start, size, out=offsets[1::2], casting="unsafe")
    offsets[-1] = len(data)
    buffers = [None, pa.py_buffer(offsets.data), pa.py_buffer(data)]
    between = pa.Array.from_buffers(pa.binary(), 2 * len(start), buffers)
    encoded = between.take(_evens(len(start))).dictionary_encode()
    return encoded.indices.to_numpy(), cast("pa.BinaryArray", encoded.dictionary)


def _evens(count: int) -> pa.Int32Array:
    """Give the first even numbers."""
    if count > _EVENS:
        return pa.array(np.arange(0, 2 * count, 2), pa.int32())
    return _every_even().slice(0, count)


@cache
def _every_even() -> pa.Int32Array:
    return pa.array(np.arange(0, 2 * _EVENS, 2), pa.int32())


def distinct(data: Data, start: Ints, size: Ints) -> tuple[Codes, list[bytes]]:
    """Do the same, and list the distinct stretches."""
    codes, found = encode_stretches(data, start, size)
    return codes, cast("list[bytes]", found.to_pylist())
