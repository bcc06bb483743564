"""Processes as rows, in the fields that Sigma has for the start of a process."""

import json
from collections.abc import Iterable
from typing import Final

from sidelight.evidence.rows import clean
from sidelight.host.judge import judge, points_of
from sidelight.host.process import Mark, Process
from sidelight.schema import Event, Kind

CHANNEL: Final = "sidelight-host"

PROCESSES: Final = Kind("linux", CHANNEL, "", "process_creation")
"""Processes that ran when somebody looked: each was started, at the time that its row has."""

_FILES: Final = 20
"""A mark may be about every library of a process; so many tell it apart."""

HOST: Final = Kind("linux", CHANNEL)
"""What is odd about a host and belongs to no process that can be seen."""


def event_of(process: Process, parent: Process | None = None) -> Event:
    """Make the row of a process, with what `judge` says of it.

    ``Marks`` is absent where nothing is to be said; see `marks_cell`.
    """
    event: Event = {
        "ProcessId": str(process.pid),
        "Image": clean(process.program),
        "Name": clean(process.comm),
        "Origin": process.origin,
    }
    if process.argv is not None:
        event["CommandLine"] = _joined(process.argv)
        if tuple(" ".join(process.argv).split(" ")) != process.argv:
            event["Arguments"] = [clean(word) for word in process.argv]
    if process.ppid >= 0:
        event["ParentProcessId"] = str(process.ppid)
    if process.start >= 0:
        event["StartTicks"] = str(process.start)
    if process.user:
        event["User"] = clean(process.user)
    if process.deleted:
        event["Deleted"] = "true"
    if process.loader:
        event["LoaderVariables"] = [clean(f"{n}={v}") for n, v in process.loader.items()]
    if process.denied:
        event["Denied"] = list(process.denied)
    libraries = {r.place: None for r in process.regions if r.sort == "file" and r.path}
    event["ImagesLoaded"] = [clean(path) for path in libraries if path != process.program]
    for name, space in process.spaces.items():
        event[f"Namespace.{clean(name)}"] = clean(space)
    if parent is not None:
        event["ParentImage"] = clean(parent.program)
        event["ParentCommandLine"] = _joined(parent.argv or ())
    add_marks(event, judge(process))
    return event


def _joined(words: Iterable[str]) -> str:
    """Join arguments as Sysmon for Linux and the audit log have them, and so rules are written."""
    return clean(" ".join(words))


def host_event(text: str, mark: Mark, pid: int | None = None) -> Event:
    """Make a row of something that belongs to the host; *text* is its subject."""
    event: Event = {"Subject": clean(text)}
    if pid is not None:
        event["ProcessId"] = str(pid)
    add_marks(event, (mark,))
    return event


def file_event(path: str, marks: tuple[Mark, ...]) -> Event:
    """Make the row of something odd in a file tree."""
    event: Event = {"Image": clean(path), "Subject": clean(path), "Origin": "tree"}
    add_marks(event, marks)
    return event


def marks_cell(marks: Iterable[Mark]) -> str:
    """Write marks as a JSON list of objects.

    Each has ``id``, ``points``, ``for`` and ``against``, and ``files`` where it is about any.
    """
    rows = [
        {"id": m.id, "points": m.points, "for": clean(m.reason), "against": clean(m.doubt)}
        | ({"files": [clean(path) for path in m.files[:_FILES]]} if m.files else {})
        for m in marks
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def add_marks(event: Event, marks: tuple[Mark, ...]) -> None:
    """Put marks into the row of what they are about."""
    if marks:
        event["Marks"] = marks_cell(marks)
        event["Points"] = str(points_of(marks))
        event["MarkIds"] = [mark.id for mark in marks]
