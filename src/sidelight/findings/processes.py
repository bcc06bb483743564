"""Starts and ends of processes, out of the events that tell of them."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.findings.actor import first_of, guid_texts, named, pid_of, texts
from sidelight.findings.cells import Coded, Ints, Rows, cells, listed, numbers, plain, spoken
from sidelight.findings.hits import NOTHING, PROCESSES
from sidelight.schema import Column, Frame, Kind, strings
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """Which columns tell what of a process; of each, the first that an event has counts."""

    key: tuple[str, ...] = ()
    pid: tuple[str, ...] = ()
    image: tuple[str, ...] = ()
    command_line: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    parent_key: tuple[str, ...] = ()
    parent_pid: tuple[str, ...] = ()
    parent_image: tuple[str, ...] = ()
    parent_command_line: tuple[str, ...] = ()
    ended: bool = False

    @property
    def columns(self) -> frozenset[str]:
        """Every column that is looked at."""
        return frozenset(
            self.key
            + self.pid
            + self.image
            + self.command_line
            + self.user
            + self.parent_key
            + self.parent_pid
            + self.parent_image
            + self.parent_command_line
        )


_START: Final = Names(
    key=("ProcessGuid",),
    pid=("ProcessId", "pid"),
    image=("Image", "exe"),
    command_line=("CommandLine", "proctitle"),
    user=("User", "uid"),
    parent_key=("ParentProcessGuid",),
    parent_pid=("ParentProcessId", "ppid"),
    parent_image=("ParentImage",),
    parent_command_line=("ParentCommandLine",),
)
_END: Final = Names(key=("ProcessGuid",), pid=("ProcessId",), image=("Image",), ended=True)
_4688: Final = Names(
    pid=("NewProcessId",),
    image=("NewProcessName",),
    command_line=("CommandLine",),
    user=("TargetUserName", "SubjectUserName"),
    parent_pid=("ProcessId",),
    parent_image=("ParentProcessName",),
)
_4689: Final = Names(pid=("ProcessId",), image=("ProcessName",), ended=True)

_BY_EVENT: Final[Mapping[tuple[str, str], Names]] = {
    ("microsoft-windows-sysmon/operational", "1"): _START,
    ("microsoft-windows-sysmon/operational", "5"): _END,
    ("linux-sysmon/operational", "1"): _START,
    ("linux-sysmon/operational", "5"): _END,
    ("sysmon", "1"): _START,
    ("sysmon", "5"): _END,
    ("security", "4688"): _4688,
    ("security", "4689"): _4689,
    ("auditd", "execve"): _START,
}
_BY_CATEGORY: Final[Mapping[str, Names]] = {
    "process_creation": _START,
    "process_termination": _END,
}


def names_of(kind: Kind) -> Names | None:
    """Tell which columns describe a process's start or end; None for every other kind."""
    event = (kind.channel.lower(), kind.event_id.lower())
    return _BY_EVENT.get(event) or _BY_CATEGORY.get(kind.category)


def process_columns(kind: Kind) -> frozenset[str]:
    """Name the columns that `process_rows` reads; case does not matter."""
    names = names_of(kind)
    return names.columns if names else frozenset()


def process_rows(frame: Frame) -> pa.Table:
    """Give the starts and ends of processes that *frame* tells of, as `PROCESSES`.

    Sources: Sysmon 1 and 5 (Windows and Linux), Security 4688 and 4689, Linux audit EXECVE,
    and whatever a reader maps into Sigma's process_creation.
    """
    names = names_of(frame.kind)
    if names is None or not len(frame):
        return NOTHING.processes
    key, pid = _guids(frame, names.key), _pids(frame, names.pid)
    rows = np.flatnonzero(spoken(key.values)[key.codes] | (pid >= 0))
    if not len(rows):
        return NOTHING.processes

    def text(wanted: tuple[str, ...]) -> Coded:
        return cells(texts(frame, wanted, None, len(frame)), rows)

    return pa.table(
        [
            cells(frame.host, rows),
            cells(key, rows),
            numbers(pid[rows]),
            numbers(frame.time[rows]),
            pa.array(np.full(len(rows), names.ended)),
            text(names.image),
            plain(text(names.command_line)),
            text(names.user),
            cells(_guids(frame, names.parent_key), rows),
            numbers(_pids(frame, names.parent_pid)[rows]),
            text(names.parent_image),
            text(names.parent_command_line),
            sources(frame, rows),
            numbers(frame.record[rows]),
        ],
        schema=PROCESSES,
    )


def sources(frame: Frame, rows: Rows) -> Coded:
    """Give the source names of events."""
    column = Column(frame.source, strings(list(frame.sources)))
    return cells(column, rows)


def _guids(frame: Frame, names: tuple[str, ...]) -> Column:
    return first_of(len(frame), [(column, guid_texts) for column in named(frame, names)])


def _pids(frame: Frame, names: tuple[str, ...]) -> Ints:
    pids = np.full(len(frame), -1, np.int64)
    for column in reversed(named(frame, names)):
        read = np.array([pid_of(text) for text in listed(column.values)] + [-1], np.int64)
        found = read[column.codes]
        pids = np.where(found >= 0, found, pids)
    return pids
