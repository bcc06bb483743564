"""Full events of some hits."""

import orjson
import pyarrow as pa

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
