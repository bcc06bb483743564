from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa

from sidelight.findings.hits import EVENTS, HITS, empty, merge, union
from sidelight.findings.matches import event_rows, hit_rows
from sidelight.schema import Frame, Kind, Share, constant, encode


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
    full = event_rows([frame], [np.array([1])]).to_pylist()
    assert full == [{"source": "b", "record": 6, "fields": b'{"row":"1"}'}]
    assert hit_rows(frame, {}).num_rows == event_rows([frame], [np.array([], int)]).num_rows == 0


def test_full_events_are_those_of_their_rows_however_many_frames_share_a_decoder(monkeypatch):
    asked = []

    def whole(parts):
        asked.append(len(parts))
        return [[{"row": str(row)} for row in part.tolist()] for part in parts]

    monkeypatch.setattr("sidelight.findings.matches._AT_ONCE", 3)
    frames, kept, wanted = [], [], []
    for number in range(6):
        first = 10 * number
        rows = np.arange(first, first + 5)
        detail = Share(whole, rows) if number != 3 else partial(_plain, rows)
        names = ("b", f"s{number % 2}")
        frames.append(
            Frame(
                Kind("windows", "X", str(number)),
                names,
                np.array([0, 1, 0, 1, 1], np.int32),
                rows,
                rows,
                constant("h", 5),
                {},
                detail,
            )
        )
        kept.append(np.arange(5)[: number % 6])
        wanted += [
            {"source": names[(0, 1, 0, 1, 1)[at]], "record": at + first,
             "fields": b'{"row":"%d"}' % (at + first)}
            for at in range(number % 6)
        ]  # fmt: skip
    assert event_rows(frames, kept).to_pylist() == wanted
    assert asked == [2, 1, 1, 1, 1]


def _plain(rows, picked):
    return [{"row": str(row)} for row in rows[picked].tolist()]
