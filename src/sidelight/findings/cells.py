"""Text in Arrow arrays, as numbers and back; the one place that knows Arrow's types."""

from typing import Final, TypeAlias, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sidelight.schema import Column, strings

Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Rows: TypeAlias = NDArray[np.intp]
Texts: TypeAlias = pa.StringArray
Coded: TypeAlias = "pa.DictionaryArray[pa.lib.Int32Type, pa.lib.StringType]"
Stretch: TypeAlias = "pa.ChunkedArray[pa.Scalar[pa.DataType]]"
"""One column of a table."""

EMPTY: Final = pa.scalar("", pa.string())
"""No text. Of a bare one Arrow asks each time whether it is a date, with an import that fails."""


def coded(column: "Stretch | Coded | Texts") -> tuple[Ints, Texts]:
    """Give text cells as numbers, -1 for null, and the texts they stand for, maybe repeated."""
    whole = column
    if isinstance(whole, pa.ChunkedArray):
        if pa.types.is_dictionary(whole.type) and whole.num_chunks > 1:
            whole = whole.unify_dictionaries()
        whole = cast("Coded | Texts", whole.combine_chunks())
    dictionary = whole if isinstance(whole, pa.DictionaryArray) else whole.dictionary_encode()
    indices = cast("pa.Int32Array", dictionary.indices)
    if indices.null_count:
        indices = cast("pa.Int32Array", indices.fill_null(-1))
    codes = indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, cast("Texts", dictionary.dictionary)


def ranked(column: "Stretch | Coded | Texts") -> tuple[Ints, Texts]:
    """Number the cells of a text (or binary) column by the byte order of their values.

    Returns:
        n ranks, -1 for null, and the distinct values that occur, in rank order. Equal columns
        give equal results, however they were encoded or cut.
    """
    codes, texts = coded(column)
    ranks = np.full(len(texts) + 1, -1, np.int64)
    used = np.zeros(len(texts) + 1, bool)
    used[codes] = True  # -1 marks the last, which stands for null
    kept = np.flatnonzero(used[:-1])
    # Full events are one column, so it counts how often texts are copied.
    if len(kept) < len(texts):
        texts = texts.take(kept)
    order = pc.sort_indices(texts).to_numpy().astype(np.int64)
    texts = texts.take(order)
    fresh = np.ones(len(texts), bool)
    fresh[1:] = mask(pc.not_equal(texts[1:], texts[:-1]))
    ranks[kept[order]] = np.cumsum(fresh) - 1
    return ranks[codes], texts if fresh.all() else texts.filter(pa.array(fresh))


def mask(marks: object) -> Bools:
    """Give an Arrow array of booleans, none of them null, as NumPy's."""
    return cast("pa.BooleanArray", marks).to_numpy(zero_copy_only=False)


def listed(texts: Texts) -> list[str]:
    """List texts of which none is null."""
    return cast("list[str]", texts.to_pylist())


def coded_texts(column: "Stretch | Coded | Texts") -> tuple[Ints, list[str]]:
    """Do what `coded` does, with the texts as a list."""
    codes, texts = coded(column)
    return codes, listed(texts)


def spoken(texts: Texts) -> Bools:
    """Mark the texts that are not empty."""
    return mask(pc.not_equal(texts, EMPTY))


def fold(texts: Texts) -> Texts:
    """Lower text by Unicode's simple mapping, as rules do."""
    return pc.utf8_lower(texts)


def plain(column: "Stretch | Coded | Texts") -> Texts:
    """Give text cells without a dictionary."""
    if not pa.types.is_dictionary(column.type):
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        return cast("Texts", whole)
    codes, texts = coded(column)
    return texts.take(codes)


def dictionary(codes: NDArray[np.int64] | NDArray[np.int32], texts: Texts) -> Coded:
    """Put codes, -1 for null, and texts together."""
    small = codes.astype(np.int32, copy=False)
    absent = small < 0
    return pa.DictionaryArray.from_arrays(small, texts, mask=absent if absent.any() else None)


def repeat(value: str, length: int) -> Coded:
    """Build *length* cells of one text."""
    return dictionary(np.zeros(length, np.int32), strings([value]))


def numbers(array: Ints) -> pa.Int64Array:
    """Give integers to Arrow."""
    return pa.array(array, pa.int64())


def chosen(column: Column, rows: Rows) -> Column:
    """Take cells of a column; its texts shrink with it where that is worth the while."""
    codes, values = column.codes[rows], column.values
    if len(rows) >= len(values):
        return Column(codes, values)
    kept, inverse = np.unique(codes, return_inverse=True)
    present = kept[kept >= 0]
    moved = inverse - (len(kept) - len(present))
    return Column(moved.astype(np.int32), values.take(present))


def cells(column: Column | None, rows: Rows | None = None) -> Coded:
    """Give cells of a frame's column to Arrow; an absent one becomes empty, never null."""
    if column is None:
        return repeat("", 0 if rows is None else len(rows))
    some = column if rows is None else chosen(column, rows)
    codes, values = some.codes, some.values
    absent = codes < 0
    if absent.any():
        codes = np.where(absent, np.int32(len(values)), codes)
        values = pa.concat_arrays([values, strings([""])])
    return dictionary(codes, values)
