"""Accesses to processes, judged by the calls that led to them.

Log source: Sysmon 10, or another product's process_access with a call trace. Technique: T1055.
What it catches and what defeats it: `sidelight.analytics.calltrace`.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.analytics.calltrace import candidates, classify, imageless
from sidelight.analytics.mark import Mark
from sidelight.analytics.paths import WRITABLE, Zone, place_of
from sidelight.analytics.rights import parse_mask, words
from sidelight.analytics.signals import signal_rows
from sidelight.findings.actor import texts
from sidelight.findings.cells import Bools, listed
from sidelight.schema import Frame

_INJECT: Final = 0x2A  # create threads, work on memory, write to it
_STANDARD: Final = 0x10000
ACCESS_FIELDS: Final = ("SourceImage", "TargetImage", "GrantedAccess", "CallTrace")


def access_rows(frame: Frame) -> pa.Table:
    """Give the odd accesses of *frame* as `SIGNALS`."""
    traces = texts(frame, ("CallTrace",), None, len(frame))
    odd = np.zeros(len(traces.values), bool)
    odd[candidates(traces.values)] = True
    marks = odd[traces.codes] | _imageless(frame, "TargetImage") | _imageless(frame, "SourceImage")
    rows = np.flatnonzero(marks | _injecting(frame))
    return signal_rows(frame, rows, ACCESS_FIELDS, access_marks, "TargetProcessGUID")


def _injecting(frame: Frame) -> Bools:
    """Mark accesses with the rights to write and start code, by programs where users write."""
    granted = texts(frame, ("GrantedAccess",), None, len(frame))
    source = texts(frame, ("SourceImage",), None, len(frame))
    exact = np.array([_is_exact(parse_mask(text)) for text in listed(granted.values)], bool)
    loose = np.array([place_of(text).zone in WRITABLE for text in listed(source.values)], bool)
    marks: Bools = exact[granted.codes] & loose[source.codes]
    return marks


def _is_exact(mask: int | None) -> bool:
    """Tell whether rights are those that injection needs, and not simply all there are."""
    return mask is not None and mask & _INJECT == _INJECT and mask < _STANDARD


def _imageless(frame: Frame, name: str) -> Bools:
    column = texts(frame, (name,), None, len(frame))
    odd = np.array([imageless(text) is not None for text in listed(column.values)], bool)
    marks: Bools = odd[column.codes]
    return marks


def access_marks(fields: Mapping[str, str]) -> tuple[Mark, ...]:
    """Judge an event by `ACCESS_FIELDS`."""
    granted = parse_mask(fields["GrantedAccess"])
    source, target = fields["SourceImage"], fields["TargetImage"]
    verdict = classify(fields["CallTrace"], source=source, target=target, granted=granted)
    found = []
    if verdict is not None:
        text = f"{verdict.said[:1].upper()}{verdict.said[1:]} ({verdict.shown})."
        found.append(Mark(f"memory.access-{verdict.id}", verdict.points, text))
    here, there = place_of(source), place_of(target)
    apart = here.folder != there.folder and there.zone not in {Zone.NOWHERE, Zone.TRANSIT}
    if apart and here.zone in WRITABLE and _is_exact(granted):
        rights = f"with the rights that writing and starting code there need ({words(granted)})"
        text = f"{here.file}, which lies where users write, opened {there.file} {rights}."
        found.append(Mark("memory.access-rights", 42, text, "Debuggers ask for the same rights."))
    return tuple(found)
