"""Full events of some hits."""

from contextlib import closing

import orjson
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sidelight.findings.hits import EVENTS
from sidelight.findings.shelf import Shelf


def test_an_event_is_found_by_source_and_record_and_else_is_none():
    rows = [
        {"source": source, "record": record, "fields": orjson.dumps({"n": f"{source}{record}"})}
        for source, record in (("a", 1), ("a", 2), ("b", 1))
    ]
    shelf = Shelf.of([pa.Table.from_pylist(rows, schema=EVENTS)])
    assert shelf.event("a", 2) == {"n": "a2"}
    assert shelf.event("b", 1) == {"n": "b1"}
    assert shelf.event("b", 2) is None
    assert shelf.event("", 1) is None


def test_an_empty_shelf_has_nothing():
    assert Shelf.of([EVENTS.empty_table()]).event("a", 1) is None


def events(*rows):
    made = [{"source": s, "record": r, "fields": orjson.dumps({"n": n})} for s, r, n in rows]
    return pa.Table.from_pylist(made, schema=EVENTS)


def test_what_lies_on_disk_is_as_what_lies_in_memory(tmp_path):
    tables = [events(*((f"s{n % 3}", n, n) for n in range(k, 90, 3))).slice(2) for k in range(3)]
    with closing(Shelf.of(tables)) as kept, closing(Shelf.of(tables, tmp_path, 900)) as laid:
        assert kept._file is None
        assert laid._file is not None
        for n in range(90):
            assert laid.event(f"s{n % 3}", n) == kept.event(f"s{n % 3}", n)
        assert laid.event("s0", 9) == {"n": 9}
        rows = [
            [row for table in shelf.tables() for row in table.to_pylist()] for shelf in (kept, laid)
        ]
        assert rows[0] == rows[1] == [row for table in tables for row in table.to_pylist()]


def test_of_several_at_one_place_the_greatest_counts_in_any_order():
    for order in ((1, 2, 3), (3, 1, 2), (2, 3, 1)):
        with closing(Shelf.of([events(("s", 1, n)) for n in order], room=0)) as shelf:
            assert shelf.event("s", 1) == {"n": 3}


def test_a_disk_that_takes_no_more_leaves_events_in_memory(tmp_path):
    shelf = Shelf.of([events(("s", 1, 1))], tmp_path / "absent", room=0)
    assert shelf.event("s", 1) == {"n": 1}
    assert [table.num_rows for table in shelf.tables()] == [1]


@given(st.lists(st.lists(st.tuples(st.sampled_from("st"), st.integers(0, 3), st.integers(0, 9)))))
def test_each_place_has_the_greatest_of_its_events_however_they_are_cut(tables):
    greatest = {}
    for source, record, number in (row for table in tables for row in table):
        greatest[source, record] = max(greatest.get((source, record), 0), number)
    with closing(Shelf.of((events(*rows) for rows in tables), room=60)) as shelf:
        for source in "stu":
            for record in range(4):
                known = greatest.get((source, record))
                event = None if known is None else {"n": known}
                assert shelf.event(source, record) == event
