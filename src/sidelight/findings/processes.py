"""Starts and ends of processes, out of the events that tell of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sidelight.findings.actor import first_of, guid_texts, named, pid_of, texts
from sidelight.findings.hits import PROCESSES
from sidelight.findings.order import cells
from sidelight.schema import Column, Frame, Kind


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
        return PROCESSES.empty_table()
    key, pid = _guids(frame, names.key), _pids(frame, names.pid)
    known = spoken(key) | (pid >= 0)
    rows = np.flatnonzero(known)
    if not len(rows):
        return PROCESSES.empty_table()

    def text(wanted: tuple[str, ...]) -> pa.DictionaryArray:
        return cells(texts(frame, wanted, None, len(frame)), rows)

    command_line = text(names.command_line)
    return pa.table(
        [
            cells(frame.host, rows),
            cells(key, rows),
            pa.array(pid[rows]),
            pa.array(frame.time[rows]),
            pa.array(np.full(len(rows), names.ended)),
            text(names.image),
            command_line.dictionary.take(command_line.indices),
            text(names.user),
            cells(_guids(frame, names.parent_key), rows),
            pa.array(_pids(frame, names.parent_pid)[rows]),
            text(names.parent_image),
            text(names.parent_command_line),
            sources(frame, rows),
            pa.array(frame.record[rows]),
        ],
        schema=PROCESSES,
    )


def sources(frame: Frame, rows: NDArray[np.intp]) -> pa.DictionaryArray:
    """Give the source names of events."""
    column = Column(frame.source, pa.array(list(frame.sources), pa.string()))
    return cells(column, rows)


def spoken(column: Column) -> NDArray[np.bool_]:
    """Mark the rows whose text is not empty."""
    says = pc.not_equal(column.values, "").to_numpy(zero_copy_only=False)
    return np.append(says, False)[column.codes]


def _guids(frame: Frame, names: tuple[str, ...]) -> Column:
    return first_of(len(frame), [(column, guid_texts) for column in named(frame, names)])


def _pids(frame: Frame, names: tuple[str, ...]) -> NDArray[np.int64]:
    pids = np.full(len(frame), -1, np.int64)
    for column in reversed(named(frame, names)):
        numbers = np.array([pid_of(text) for text in column.values.to_pylist()] + [-1], np.int64)
        found = numbers[column.codes]
        pids = np.where(found >= 0, found, pids)
    return pids
