"""Canonical order: rows as few integer keys."""

from typing import Final

import numpy as np

from sidelight.findings.cells import Bools, Ints, Rows

_WORD: Final = 1 << 62


def packed(keys: list[Ints]) -> list[Ints]:
    """Join integer keys, the most significant first, into as few as keep order and identity."""
    joined: list[Ints] = []
    room = 0
    for key in keys:
        low, high = (int(key.min()), int(key.max())) if len(key) else (0, 0)
        span = high - low + 1
        if joined and room * span < _WORD:
            if span > 1:
                joined[-1] = joined[-1] * span + (key - low)
                room *= span
        else:
            joined.append(key - low if span < _WORD else key)
            room = span
    return joined


def sort_rows(keys: list[Ints]) -> tuple[Rows, Bools]:
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


def numbered(keys: list[Ints]) -> tuple[Ints, Rows]:
    """Number distinct rows from 0 in their order; give one row of each number too."""
    order, fresh = sort_rows(keys)
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(fresh) - 1
    return number, order[fresh]
