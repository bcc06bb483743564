"""What a scan keeps of a frame: tables that merge as sets.

Rule 1. Every table here is a set of rows. `union` puts the rows of several into one canonical
order without repetitions, so it is associative, commutative and idempotent: parts may come in
any order, in any grouping, and more than once.
Rule 2. Rows are narrow. The full event is kept for a few rows of each group only (`EVENTS`).
"""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

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
}


@dataclass(frozen=True, slots=True)
class Part:
    """What one scan kept: a table of each schema in `TABLES`."""

    hits: pa.Table
    events: pa.Table
    processes: pa.Table
    members: pa.Table
    counts: pa.Table
