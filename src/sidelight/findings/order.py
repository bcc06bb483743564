"""Canonical order: text as ranks, rows as few integer keys."""

from typing import Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sidelight.schema import Column, strings

_WORD: Final = 1 << 62

Ints = NDArray[np.int64]


def ranked(column: pa.ChunkedArray) -> tuple[Ints, pa.Array]:
    """Number the cells of a text or binary column by the byte order of their values.

    Returns:
        n ranks, -1 for null, and the distinct values that occur, in rank order. Equal columns
        give equal results, however they were encoded or cut.
    """
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if column.num_chunks > 1:
        column = column.unify_dictionaries()
    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):  # no chunk at all, in some versions of Arrow
        whole = pa.array([], column.type)
    indices = whole.indices
    if indices.null_count:
        indices = indices.fill_null(-1)
    codes = cast("NDArray[np.int32]", indices.to_numpy(zero_copy_only=False))
    ranks, texts = _rank_values(codes, whole.dictionary)
    return ranks[codes], texts


def _rank_values(codes: NDArray[np.int32], values: pa.Array) -> tuple[Ints, pa.Array]:
    used = np.zeros(len(values) + 1, bool)
    used[codes] = True  # -1 marks the last, which stands for null
    kept = np.flatnonzero(used[:-1])
    texts = values.take(pa.array(kept))
    order = pc.sort_indices(texts)
    texts = texts.take(order)
    fresh = np.ones(len(texts), bool)
    if len(texts) > 1:
        fresh[1:] = pc.not_equal(texts[1:], texts[:-1]).to_numpy(zero_copy_only=False)
    ranks = np.full(len(values) + 1, -1, np.int64)
    ranks[kept[order.to_numpy()]] = np.cumsum(fresh) - 1
    return ranks, texts.filter(pa.array(fresh))


def packed(keys: list[Ints]) -> list[Ints]:
    """Join integer keys, the most significant first, into as few as keep order and identity."""
    joined: list[Ints] = []
    room = 0
    for key in keys:
        low, high = (int(key.min()), int(key.max())) if len(key) else (0, 0)
        span = high - low + 1
        if joined and room * span < _WORD:
            joined[-1] = joined[-1] * span + (key - low)
            room *= span
        else:
            joined.append(key - low if span < _WORD else key)
            room = span
    return joined


def sort_rows(keys: list[Ints]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Order rows by keys, the most significant first.

    Returns:
        n row numbers in order, stable, and n marks: the row differs from the one before it.
    """
    few = packed(keys)
    order = np.argsort(few[0], kind="stable") if len(few) == 1 else np.lexsort(few[::-1])
    fresh = np.zeros(len(order), bool)
    fresh[:1] = True
    for key in few:
        in_order = key[order]
        fresh[1:] |= in_order[1:] != in_order[:-1]
    return order, fresh


def positions(fresh: NDArray[np.bool_]) -> Ints:
    """Number each row of sorted runs within its run, from 0; *fresh* marks the first rows."""
    index = np.arange(len(fresh), dtype=np.int64)
    return index - np.maximum.accumulate(np.where(fresh, index, 0))


def cells(column: Column | None, rows: NDArray[np.intp]) -> pa.DictionaryArray:
    """Take cells of a frame's column as Arrow text; an absent one becomes empty, never null."""
    if column is None:
        return pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(len(rows), np.int32)), strings([""])
        )
    codes, values = column.codes[rows], column.values
    if len(rows) < len(values):  # the rest of the dictionary would only be carried along
        kept, inverse = np.unique(codes, return_inverse=True)
        present = kept[kept >= 0]
        values = values.take(pa.array(present))
        codes = (inverse - (len(kept) - len(present))).astype(np.int32)
    absent = codes < 0
    if absent.any():
        codes = np.where(absent, np.int32(len(values)), codes)
        values = pa.concat_arrays([values, strings([""])])
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), values)


def repeat(value: str, length: int) -> pa.DictionaryArray:
    """Build *length* cells of one text."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(length, np.int32)), strings([value]))


def fold(values: pa.Array) -> pa.Array:
    """Lower text by Unicode's simple mapping, as rules do."""
    return pc.utf8_lower(values)


def coded(column: pa.ChunkedArray) -> tuple[Ints, pa.Array]:
    """Give the cells of a text column without nulls as numbers, and the texts they stand for."""
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries() if column.num_chunks > 1 else column
        column = column.combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return column.indices.to_numpy().astype(np.int64), column.dictionary
