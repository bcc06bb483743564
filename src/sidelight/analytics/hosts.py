"""What a look at a host marked, as signals.

Log source: processes of a Linux host as `sidelight collect` sees them, ELF cores. What is marked
and what defeats it: `sidelight.host.traits`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import orjson
import pyarrow as pa

from sidelight.analytics.mark import Mark
from sidelight.analytics.signals import signal_rows
from sidelight.host.traits import TRAITS
from sidelight.schema import Frame

HOST_FIELDS: Final = ("Marks", "Image", "CommandLine", "Name", "Subject", "ProcessId", "Origin")
_CLASSES: Final = ("memory", "sideload", "stealth")
_WEIGHTY: Final = 25


def host_rows(frame: Frame) -> pa.Table:
    """Give the marked processes of *frame*, and what is marked of the host, as `SIGNALS`."""
    column = frame.columns.get("Marks")
    rows = np.flatnonzero(column.codes >= 0) if column is not None else np.empty(0, np.intp)
    return signal_rows(frame, rows, HOST_FIELDS, host_marks)


def host_marks(fields: Mapping[str, str]) -> tuple[Mark, ...]:
    """Judge a row by `HOST_FIELDS`: the marks of one process are one signal."""
    try:
        marks = orjson.loads(fields["Marks"])
    except orjson.JSONDecodeError:
        return ()
    points = sum(int(mark["points"]) for mark in marks)
    cls = _class(marks)
    if points <= 0 or not cls:
        return ()
    ordered = sorted(marks, key=lambda mark: -abs(int(mark["points"])))
    said = "; ".join(str(mark["for"]) for mark in ordered if int(mark["points"]) > 0)
    doubts = [str(mark["against"]) for mark in ordered if mark["against"]]
    doubts += [str(mark["for"]) for mark in ordered if int(mark["points"]) <= 0]
    return (Mark(f"host.{cls}", min(points, 100), _sentence(said), _sentence("; ".join(doubts))),)


def _class(marks: Sequence[Mapping[str, object]]) -> str:
    """Name what marks show: the first class of which one weighs, else that of the heaviest."""
    known = [(int(str(mark["points"])), TRAITS.get(str(mark["id"]))) for mark in marks]
    by_class = [(points, trait.cls) for points, trait in known if trait and points > 0]
    for cls in _CLASSES:
        if any(points >= _WEIGHTY for points, each in by_class if each == cls):
            return cls
    found = max(by_class, default=(0, ""))[1]
    return found if found in _CLASSES else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
