from dataclasses import replace

import numpy as np
import pyarrow as pa

from sidelight.findings.hits import EVENTS, HITS, empty, merge, union
from sidelight.findings.matches import event_rows, hit_rows
from sidelight.schema import Frame, Kind, constant, encode


def events(*records):
    rows = [{"source": "s", "record": record, "fields": b"x"} for record in records]
    return pa.Table.from_pylist(rows, schema=EVENTS)


def test_union_sorts_and_drops_repetitions():
    assert union(events(3, 1), events(2, 3)).column("record").to_pylist() == [1, 2, 3]


def test_union_of_nothing_is_nothing():
    assert union(HITS.empty_table()).equals(HITS.empty_table())


def test_dictionaries_hold_only_what_occurs():
    some = union(events(1, 2)).slice(0, 1)
    other = pa.table([pa.array(["z"]).dictionary_encode(), [1], [b"x"]], schema=EVENTS)
    both = pa.concat_tables([some, other]).slice(0, 1)
    assert union(both).column("source").chunk(0).dictionary.to_pylist() == ["s"]


def test_parts_merge_table_by_table():
    one, other = replace(empty(), events=events(1)), replace(empty(), events=events(1, 2))
    assert merge(one, other).events.equals(union(events(1, 2)))


def test_hits_and_events_of_a_frame_name_their_place():
    frame = Frame(
        Kind("windows", "Security", "4663"),
        ("a", "b"),
        np.array([0, 1], np.int32),
        np.array([5, 6]),
        np.array([50, 60]),
        constant("h", 2),
        {"ProcessId": encode(["0x10", None]), "ProcessName": encode(["p.exe", None])},
        lambda rows: [{"row": str(row)} for row in rows.tolist()],
    )
    rows = hit_rows(frame, {"r": np.array([1, 0]), "q": np.array([], np.intp), "p": np.array([0])})
    assert [
        (r["rule"], r["source"], r["record"], r["process"], r["image"]) for r in rows.to_pylist()
    ] == [
        ("r", "b", 6, "", ""),
        ("r", "a", 5, "pid:16", "p.exe"),
        ("p", "a", 5, "pid:16", "p.exe"),
    ]
    full = event_rows(frame, np.array([1])).to_pylist()
    assert full == [{"source": "b", "record": 6, "fields": b'{"row":"1"}'}]
    assert hit_rows(frame, {}).num_rows == event_rows(frame, np.array([], np.intp)).num_rows == 0
