"""Stretches of a buffer, compared by what they hold."""

from typing import TypeAlias, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Data: TypeAlias = bytes | memoryview


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


def encode_stretches(data: Data, start: Ints, size: Ints) -> tuple[Ints, pa.BinaryArray]:
    """Give the distinct stretches of *data*, and for each stretch its number among them.

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


def distinct(data: Data, start: Ints, size: Ints) -> tuple[Ints, list[bytes]]:
    """Do the same, and list the distinct stretches."""
    codes, found = encode_stretches(data, start, size)
    return codes, cast("list[bytes]", found.to_pylist())
