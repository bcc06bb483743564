import random

import numpy as np
import pyarrow as pa

from sidelight.analytics.earliest import keep_earliest, numbered


def oracle(rows, marked):
    """Say it row by row."""
    best = {}
    for row, mark in zip(rows, marked, strict=True):
        key = row["a"], row["b"]
        if mark and (key not in best or _when(row) < _when(best[key])):
            best[key] = row
    return [
        row
        for row, mark in zip(rows, marked, strict=True)
        if not mark or row is best[row["a"], row["b"]]
    ]


def _when(row):
    return row["time"], row["record"]


def test_it_keeps_the_earliest_of_equal_marked_rows_and_all_others():
    chance = random.Random(5)
    for size in (0, 1, 2, 7, 40):
        rows = [
            {
                "a": chance.choice("xy"),
                "b": chance.choice("pq"),
                "time": chance.choice((3, 5, -(2**63))),
                "record": number,
            }
            for number in chance.sample(range(100), size)
        ]
        marked = np.array([chance.random() < 0.7 for _ in rows], bool)
        columns = {name: [row[name] for row in rows] for name in ("a", "b", "time", "record")}
        table = pa.table(
            {
                "a": pa.array(columns["a"], pa.string()).dictionary_encode(),
                "b": pa.array(columns["b"], pa.string()).dictionary_encode(),
                "time": pa.array(columns["time"], pa.int64()),
                "record": pa.array(columns["record"], pa.int64()),
            }
        )
        kept = keep_earliest(table, marked, numbered(table, ("a", "b")))
        assert kept.to_pylist() == oracle(rows, marked)
