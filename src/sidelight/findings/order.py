"""Canonical order: rows as one integer key each."""

from typing import Final

import numpy as np

from sidelight.findings.cells import Bools, Ints, Rows

_WORD: Final = 1 << 62


def packed(keys: list[Ints]) -> Ints:
    """Join integer keys, the most significant first, into one that keeps order and identity.

    Keys that are too wide together become dense ranks first. At most 2^31 rows.
    """
    joined, room = _lowered(keys[0])
    for each in keys[1:]:
        key, span = _lowered(each)
        if room * span >= _WORD:
            joined, room = _dense(joined)
        if room * span >= _WORD:
            key, span = _dense(key)
        if span > 1:
            joined = joined * span + key
            room *= span
    return joined


def _lowered(key: Ints) -> tuple[Ints, int]:
    """Move a key so that it begins at 0, and tell its span."""
    low, high = (int(key.min()), int(key.max())) if len(key) else (0, 0)
    span = high - low + 1
    return _dense(key) if span >= _WORD else (key - low, span)


def _dense(key: Ints) -> tuple[Ints, int]:
    order = np.argsort(key)
    ranks = np.empty(len(key), np.int64)
    ranks[order] = np.cumsum(_changes(key[order])) - 1
    return ranks, len(key) + 1


def _changes(in_order: Ints) -> Bools:
    fresh = np.ones(len(in_order), bool)
    np.not_equal(in_order[1:], in_order[:-1], out=fresh[1:])
    return fresh


def sort_rows(keys: list[Ints]) -> tuple[Rows, Bools]:
    """Order rows by keys, the most significant first.

    Returns:
        n row numbers in order, and n marks: the row differs from the one before it. Rows that
        are equal in every key stand in no particular order; `firsts` picks one of them.
    """
    key = packed(keys)
    order = np.argsort(key)
    return order, _changes(key[order])


def firsts(order: Rows, fresh: Bools) -> Rows:
    """Give the first row, by number, of each run of equal rows."""
    begins = np.flatnonzero(fresh)
    return np.minimum.reduceat(order, begins) if len(begins) else order


def numbered(keys: list[Ints]) -> tuple[Ints, Rows]:
    """Number distinct rows from 0 in their order; give the first row of each number too."""
    order, fresh = sort_rows(keys)
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(fresh) - 1
    return number, firsts(order, fresh)
