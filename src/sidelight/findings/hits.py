"""What a scan keeps of a frame: tables that merge as sets.

Rule 1. Every table here is a set of rows. `union` puts the rows of several into one canonical
order without repetitions, so it is associative, commutative and idempotent: parts may come in
any order, in any grouping, and more than once.
Rule 2. Rows are narrow. The full event is kept for a few rows of each group only (`EVENTS`).
"""

from collections.abc import Iterable
from typing import Final, cast

import numpy as np
import pyarrow as pa

from sidelight.findings.cells import Ints, Stretch, Texts, dictionary, plain, ranked
from sidelight.findings.facts import FACTS
from sidelight.findings.order import firsts, sort_rows
from sidelight.values import dataclass

_TEXT: Final = pa.dictionary(pa.int32(), pa.string())

HITS: Final = pa.schema(
    [
        ("rule", _TEXT),  # id of the rule or analytic
        ("host", _TEXT),  # as the event spells it
        ("process", _TEXT),  # key of the acting process on that host, "" where not known
        ("time", pa.int64()),  # UTC nanoseconds, NO_TIME where unknown
        ("source", _TEXT),
        ("record", pa.int64()),
        ("channel", _TEXT),
        ("event_id", _TEXT),
        ("image", _TEXT),  # of the acting process as the event names it, "" where it does not
        ("window", _TEXT),  # which firing of a correlation, "" for a rule over single events
    ]
)
"""One row for each event that a rule matched."""

EVENTS: Final = pa.schema(
    [
        ("source", _TEXT),
        ("record", pa.int64()),
        ("fields", pa.binary()),  # the full event as a JSON object
    ]
)
"""The full events of some hits."""

PROCESSES: Final = pa.schema(
    [
        ("host", _TEXT),
        ("key", _TEXT),  # ProcessGuid where the source has one, else ""
        ("pid", pa.int64()),  # -1 where unknown
        ("time", pa.int64()),
        ("ended", pa.bool_()),  # the event is the end of the process, not its start
        ("image", _TEXT),
        ("command_line", pa.string()),
        ("user", _TEXT),
        ("parent_key", _TEXT),
        ("parent_pid", pa.int64()),
        ("parent_image", _TEXT),
        ("parent_command_line", _TEXT),
        ("source", _TEXT),
        ("record", pa.int64()),
    ]
)
"""Starts and ends of processes, of all that the evidence tells, hit or not."""

MEMBERS: Final = pa.schema(
    [
        ("correlation", _TEXT),  # id of the correlation rule
        ("rule", _TEXT),  # id of the base rule that matched
        ("group", _TEXT),  # JSON array of the folded values of its group-by fields
        ("value", _TEXT),  # of the field that value_* types look at; null where absent
        ("time", pa.int64()),
        ("source", _TEXT),
        ("record", pa.int64()),
        ("host", _TEXT),
        ("process", _TEXT),
        ("channel", _TEXT),
        ("event_id", _TEXT),
        ("image", _TEXT),
    ]
)
"""Hits of base rules, as correlations need them."""

COUNTS: Final = pa.schema(
    [
        ("source", _TEXT),
        ("host", _TEXT),
        ("product", _TEXT),
        ("channel", _TEXT),
        ("event_id", _TEXT),
        ("category", _TEXT),  # as `Kind.category`
        ("hour", pa.int64()),  # hours since 1970 UTC, NO_TIME where unknown
        ("part", pa.int64()),  # which stretch of the source, so that counting twice is seen
        ("events", pa.int64()),
    ]
)
"""How many events were read: the ground of coverage."""

TABLES: Final = {
    "hits": HITS,
    "events": EVENTS,
    "processes": PROCESSES,
    "members": MEMBERS,
    "counts": COUNTS,
    **FACTS,
}


@dataclass(frozen=True, slots=True)
class Part:
    """What one scan kept: a table of each schema in `TABLES`."""

    hits: pa.Table
    events: pa.Table
    processes: pa.Table
    members: pa.Table
    counts: pa.Table
    loads: pa.Table
    writes: pa.Table
    signals: pa.Table
    connects: pa.Table
    files: pa.Table


def empty() -> Part:
    """Give the part of a scan that saw nothing."""
    return Part(**{name: schema.empty_table() for name, schema in TABLES.items()})


NOTHING: Final = empty()


def joined(nothing: pa.Table, tables: Iterable[pa.Table]) -> pa.Table:
    """Put the rows of *tables* one after another; *nothing* is what there is without them."""
    some = [table for table in tables if table.num_rows]
    return pa.concat_tables(some) if len(some) > 1 else some[0] if some else nothing


def merge(*parts: Part) -> Part:
    """Unite parts, table by table."""
    every = (empty(), *parts)
    return Part(**{name: union(*(getattr(part, name) for part in every)) for name in TABLES})


def union(*tables: pa.Table) -> pa.Table:
    """Merge tables of one schema as sets of rows, in one canonical order.

    Rows are sorted by their columns from left to right, text by bytes, null first, and none is
    there twice. Dictionaries hold what occurs, sorted, so equal sets are equal tables.
    Associative, commutative and idempotent. O(n log n).
    """
    schema = tables[0].schema
    whole = pa.concat_tables(tables)
    keys, values = [], []
    for name in schema.names:
        key, texts = _key(whole.column(name))
        keys.append(key)
        values.append(texts)
    order, fresh = sort_rows(keys)
    kept = firsts(order, fresh)
    columns = [
        _column(key[kept], texts, field.type)
        for key, texts, field in zip(keys, values, schema, strict=True)
    ]
    return pa.table(columns, schema=schema)


def _key(column: Stretch) -> tuple[Ints, Texts | None]:
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        return column.to_numpy().astype(np.int64, copy=False), None
    return ranked(column)


def _column(
    key: Ints, texts: Texts | None, kind: pa.DataType
) -> "pa.Array[pa.Scalar[pa.DataType]]":
    if texts is None:
        return cast("pa.Array[pa.Scalar[pa.DataType]]", pa.array(key).cast(kind))
    cells = dictionary(key, texts)
    return cells if pa.types.is_dictionary(kind) else plain(cells)
