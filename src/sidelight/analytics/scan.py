"""Frames become facts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import pyarrow as pa

from sidelight.analytics.accesses import ACCESS_FIELDS, access_rows
from sidelight.analytics.columns import CONNECTED, LOADED, SHARED, WRITTEN, role_of
from sidelight.analytics.connects import connect_rows
from sidelight.analytics.files import FILE_FIELDS, file_rows
from sidelight.analytics.hosts import HOST_FIELDS, host_rows
from sidelight.analytics.loads import load_rows, start_rows
from sidelight.analytics.scripts import script_fields, script_rows
from sidelight.analytics.threads import THREAD_FIELDS, thread_rows
from sidelight.analytics.writes import share_rows, write_rows
from sidelight.analytics.yara import YARA_FIELDS, yara_rows
from sidelight.findings.actor import actor_columns
from sidelight.findings.facts import FACTS
from sidelight.findings.hits import joined
from sidelight.schema import Frame, Kind

Facts = Mapping[str, pa.Table]


_SCANS: Final[Mapping[str, tuple[tuple[str, Callable[[Frame], pa.Table]], ...]]] = {
    "load": (("loads", load_rows),),
    "start": (("loads", start_rows), ("signals", script_rows)),
    "script": (("signals", script_rows),),
    "service": (("signals", script_rows),),
    "registry": (("signals", script_rows),),
    "access": (("signals", access_rows),),
    "host": (("signals", host_rows),),
    "match": (("signals", yara_rows),),
    "write": (("writes", write_rows),),
    "share": (("writes", share_rows),),
    "connect": (("connects", connect_rows),),
    "thread": (("signals", thread_rows),),
    "file": (("files", file_rows),),
}
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "load": LOADED,
    "start": ("Image", *LOADED[1:]),
    "write": WRITTEN,
    "share": SHARED,
    "connect": CONNECTED,
    "thread": (*THREAD_FIELDS, "TargetProcessGuid"),
    "access": (*ACCESS_FIELDS, "TargetProcessGUID"),
    "host": HOST_FIELDS,
    "match": YARA_FIELDS,
    "file": FILE_FIELDS,
}
_SPEAKING: Final = frozenset({"start", "script", "service", "registry"})


def fact_columns(kind: Kind) -> frozenset[str]:
    """Name the columns that `facts_of` reads; case does not matter."""
    role = role_of(kind)
    columns = _COLUMNS.get(role, ())
    if role in _SPEAKING:
        columns += script_fields(kind.event_id)
    return frozenset(columns) | actor_columns(kind) if columns else frozenset()


_EMPTY: Final[Facts] = {name: schema.empty_table() for name, schema in FACTS.items()}


def no_facts() -> Facts:
    """Give an empty table of each schema in `FACTS`."""
    return _EMPTY


def facts_of(frames: Sequence[Frame]) -> Facts:
    """Give the facts in *frames*: a table of each schema in `FACTS`."""
    found: dict[str, list[pa.Table]] = {name: [] for name in FACTS}
    for frame in frames:
        for name, scan in _SCANS.get(role_of(frame.kind), ()) if len(frame) else ():
            found[name].append(scan(frame))
    return {name: joined(_EMPTY[name], tables) for name, tables in found.items()}
