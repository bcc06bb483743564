"""Frames become facts."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.analytics.columns import LOADED, SHARED, WRITTEN, role_of
from sidelight.analytics.loads import load_rows, start_rows
from sidelight.analytics.signals import signal_rows
from sidelight.analytics.threads import THREAD_FIELDS, moduleless_marks, thread_marks
from sidelight.analytics.writes import share_rows, write_rows
from sidelight.findings.actor import actor_columns, named
from sidelight.findings.facts import FACTS
from sidelight.schema import Frame, Kind

Facts = Mapping[str, pa.Table]


def _threads(frame: Frame) -> pa.Table:
    """Judge threads; an empty module is none, a module that is not told is unknown."""
    told = np.zeros(len(frame), bool)
    for column in named(frame, ("StartModule",)):
        told |= column.codes >= 0
    found = [
        signal_rows(frame, np.flatnonzero(rows), THREAD_FIELDS, judge, "TargetProcessGuid")
        for rows, judge in ((told, thread_marks), (~told, moduleless_marks))
    ]
    return pa.concat_tables(found)


_SCANS: Final[Mapping[str, tuple[tuple[str, Callable[[Frame], pa.Table]], ...]]] = {
    "load": (("loads", load_rows),),
    "start": (("loads", start_rows),),
    "write": (("writes", write_rows),),
    "share": (("writes", share_rows),),
    "thread": (("signals", _threads),),
}
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "load": LOADED,
    "start": ("Image", *LOADED[1:]),
    "write": WRITTEN,
    "share": SHARED,
    "thread": (*THREAD_FIELDS, "TargetProcessGuid"),
}


def fact_columns(kind: Kind) -> frozenset[str]:
    """Name the columns that `facts_of` reads; case does not matter."""
    columns = _COLUMNS.get(role_of(kind), ())
    return frozenset(columns) | actor_columns(kind) if columns else frozenset()


def no_facts() -> Facts:
    """Give an empty table of each schema in `FACTS`."""
    return {name: schema.empty_table() for name, schema in FACTS.items()}


def facts_of(frame: Frame) -> Facts:
    """Give the facts in *frame*: a table of each schema in `FACTS`."""
    found = {name: [schema.empty_table()] for name, schema in FACTS.items()}
    if len(frame):
        for name, scan in _SCANS.get(role_of(frame.kind), ()):
            found[name].append(scan(frame))
    return {
        name: tables[-1] if len(tables) <= 2 else pa.concat_tables(tables)
        for name, tables in found.items()
    }
