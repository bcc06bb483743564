"""Matches of the user's own YARA rules, as signals.

Log source: what `sidelight hunt --yara` scanned. What a match is worth the rule itself says.
Defeated by: bytes that are packed, encrypted or changed.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.analytics.mark import Mark
from sidelight.analytics.signals import signal_rows
from sidelight.analytics.suspicion import State
from sidelight.schema import LEVELS, SEPARATOR, Frame

YARA_FIELDS: Final = (
    "Rule", "RuleFile", "Level", "Target", "Region", "Places", "Count", "Tags", "Meta", "Image",
    "Origin",
    "ProcessId",
)  # fmt: skip
POINTS: Final = {"informational": 5, "low": 25, "medium": 45, "high": 65, "critical": 90}
"""What a match weighs, by the level of its rule."""

_SHOWN: Final = 4


def yara_rows(frame: Frame) -> pa.Table:
    """Give the matches in *frame*, as `SIGNALS`."""
    if frame.kind.event_id != "match":
        return signal_rows(frame, np.empty(0, np.intp), YARA_FIELDS, yara_marks)
    return signal_rows(frame, np.arange(len(frame)), YARA_FIELDS, yara_marks)


def yara_marks(fields: Mapping[str, str]) -> tuple[Mark, ...]:
    """Judge a match by `YARA_FIELDS`."""
    rule, level = fields["Rule"], fields["Level"]
    if not rule or level not in LEVELS:
        return ()
    memory = bool(fields["Region"])
    where = f"memory {fields['Region']} of {fields['Target']}" if memory else fields["Target"]
    places = fields["Places"].split(SEPARATOR)[:_SHOWN]
    text = f"The YARA rule {rule} ({fields['RuleFile']}) matches {where}"
    text += f": {'; '.join(places)}." if places[0] else "."
    for title, name in (("Meta", "Meta"), ("Tags", "Tags")):
        if fields[name]:
            text += f" {title}: {', '.join(fields[name].split(SEPARATOR))}."
    signal = "yara.memory" if memory else "yara.file"
    files: tuple[tuple[str, State], ...] = () if memory else ((fields["Target"], ""),)
    return (Mark(signal, POINTS[level], text, "", f"{rule} {fields['Target']}", files),)
