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
from sidelight.analytics.rights import parse_mask
from sidelight.analytics.signals import signal_rows
from sidelight.findings.actor import texts
from sidelight.findings.cells import Bools, listed
from sidelight.schema import Frame

ACCESS_FIELDS: Final = ("SourceImage", "TargetImage", "GrantedAccess", "CallTrace")


def access_rows(frame: Frame) -> pa.Table:
    """Give the odd accesses of *frame* as `SIGNALS`."""
    traces = texts(frame, ("CallTrace",), None, len(frame))
    odd = np.zeros(len(traces.values), bool)
    odd[candidates(traces.values)] = True
    marks = odd[traces.codes] | _imageless(frame, "TargetImage") | _imageless(frame, "SourceImage")
    rows = np.flatnonzero(marks)
    return signal_rows(frame, rows, ACCESS_FIELDS, access_marks, "TargetProcessGUID")


def _imageless(frame: Frame, name: str) -> Bools:
    column = texts(frame, (name,), None, len(frame))
    odd = np.array([imageless(text) is not None for text in listed(column.values)], bool)
    marks: Bools = odd[column.codes]
    return marks


def access_marks(fields: Mapping[str, str]) -> tuple[Mark, ...]:
    """Judge an event by `ACCESS_FIELDS`."""
    verdict = classify(
        fields["CallTrace"],
        source=fields["SourceImage"],
        target=fields["TargetImage"],
        granted=parse_mask(fields["GrantedAccess"]),
    )
    if verdict is None:
        return ()
    text = f"{verdict.said[:1].upper()}{verdict.said[1:]} ({verdict.shown})."
    return (Mark(f"memory.access-{verdict.id}", verdict.points, text),)
