"""What a look at a host marked, as signals.

Log source: processes of a Linux host as `sidelight collect` sees them, ELF cores, minidumps, file
trees. What is marked and what defeats it: `sidelight.host.traits`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import orjson
import pyarrow as pa

from sidelight.analytics.mark import Mark
from sidelight.analytics.signals import signal_rows
from sidelight.analytics.suspicion import State
from sidelight.host.traits import TRAITS
from sidelight.schema import Frame

HOST_FIELDS: Final = ("Marks", "Image", "CommandLine", "Name", "Subject", "ProcessId", "Origin")
_CLASSES: Final = ("memory", "sideload", "stealth")
_WEIGHTY: Final = 25
_STATES: Final[Mapping[str, State]] = {
    "changed-code": "changed",
    "module-rewritten": "changed",
    "module-patched": "changed",
    "module-not-of-file": "changed",
    "deleted-library": "deleted",
    "deleted-program": "deleted",
}


def host_rows(frame: Frame) -> pa.Table:
    """Give the marked processes of *frame*, and what is marked of the host, as `SIGNALS`."""
    column = frame.columns.get("Marks")
    rows = np.flatnonzero(column.codes >= 0) if column is not None else np.empty(0, np.intp)
    return signal_rows(frame, rows, HOST_FIELDS, host_marks)


def host_marks(fields: Mapping[str, str]) -> tuple[Mark, ...]:
    """Judge a row by `HOST_FIELDS`: the marks of one process are one signal."""
    marks = _read(fields["Marks"])
    points = sum(mark.points for mark in marks)
    cls = _class(marks)
    if points <= 0 or not cls:
        return ()
    ordered = sorted(marks, key=lambda mark: -abs(mark.points))
    said = "; ".join(mark.said for mark in ordered if mark.points > 0)
    doubts = [mark.against for mark in ordered if mark.against]
    doubts += [mark.said for mark in ordered if mark.points <= 0]
    files = {file: None for mark in ordered if mark.points > 0 for file in mark.files}
    against = _sentence("; ".join(doubts))
    signal = _signal(fields["Origin"], cls)
    return (Mark(signal, min(points, 100), _sentence(said), against, files=tuple(files)),)


def _signal(origin: str, cls: str) -> str:
    windows = origin in {"minidump", "windows-image"} and cls == "memory"
    if windows:
        return "dump.memory"
    return f"host.tree-{cls}" if origin == "tree" else f"host.{cls}"


def _read(text: str) -> list[Mark]:
    """Read the marks of a row; what is not one of ours says nothing."""
    try:
        return [
            Mark(
                str(mark["id"]),
                int(mark["points"]),
                str(mark["for"]),
                str(mark["against"]),
                files=tuple((str(path), _STATES.get(mark["id"], "")) for path in _paths(mark)),
            )
            for mark in orjson.loads(text)
        ]
    except (orjson.JSONDecodeError, TypeError, KeyError, ValueError, IndexError):
        return []


def _paths(mark: Mapping[str, object]) -> list[object]:
    found = mark.get("files")
    return found if isinstance(found, list) else []


def _class(marks: Sequence[Mark]) -> str:
    """Name what marks show: the first class of which one weighs, else that of the heaviest."""
    known = [(mark.points, TRAITS.get(mark.signal)) for mark in marks]
    by_class = [(points, trait.cls) for points, trait in known if trait and points > 0]
    for cls in _CLASSES:
        if any(points >= _WEIGHTY for points, each in by_class if each == cls):
            return cls
    found = max(by_class, default=(0, ""))[1]
    return found if found in _CLASSES else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
