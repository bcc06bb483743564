"""Scripts and command lines that run code in memory.

Log source: PowerShell 4104, 4103, 800 and 400, starts of processes, services, registry values.
Technique: T1620, T1055, T1027. What it catches: loaders and runners, packed up to four times.
Defeated by: texts that are decoded by what they download, and logs that were switched off.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from sidelight.analytics.mark import Mark
from sidelight.analytics.remembered import Remembered
from sidelight.analytics.script import Mark as Sign
from sidelight.analytics.script import candidates, judge
from sidelight.analytics.signals import signal_rows
from sidelight.analytics.unpack import Layer, unpack
from sidelight.findings.actor import named, texts
from sidelight.findings.cells import listed
from sidelight.schema import Frame

LEAST: Final = 15
SCRIPT_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "4104": ("ScriptBlockText",),
    "4103": ("Payload", "Message"),
    "800": ("Data", "Message"),
    "400": ("Data", "Message"),
    "7045": ("ImagePath",),
    "4697": ("ServiceFileName",),
    "13": ("Details",),
}
"""Where the text lies, by event id; the first field that an event's kind has counts."""

_REPEATING: Final = frozenset({"800", "4103"})
_HOST: Final = r"(?im)^[\t ]*Host ?Application ?=.*$"
"""The command line of PowerShell itself, which each of these events repeats; it is judged where
the process starts and where the engine does."""

_OTHERS: Final = ("ScriptBlockText", "CommandLine")
_MOST: Final = 95
_SHOWN: Final = 1_500


def script_fields(event_id: str) -> tuple[str, ...]:
    """Name the fields that may hold a text to judge."""
    return SCRIPT_FIELDS.get(event_id, _OTHERS)


def script_rows(frame: Frame) -> pa.Table:
    """Give the texts of *frame* that run code in memory as `SIGNALS`."""
    field = next((name for name in script_fields(frame.kind.event_id) if named(frame, (name,))), "")
    if not field:
        return signal_rows(frame, np.empty(0, np.intp), (), lambda _: ())
    column = texts(frame, (field,), None, len(frame))
    repeats = frame.kind.event_id in _REPEATING
    values = pc.replace_substring_regex(column.values, _HOST, "") if repeats else column.values
    some = candidates(values)
    odd = np.zeros(len(values), bool)
    odd[some] = True
    rows = np.flatnonzero(odd[column.codes])
    bare = dict(zip(*(listed(each.take(some)) for each in (column.values, values)), strict=True))
    return signal_rows(frame, rows, (field,), lambda fields: _remembered_marks(bare[fields[field]]))


def script_marks(text: str) -> tuple[Mark, ...]:
    """Judge a text: the signs in all its layers, added up."""
    layers = unpack(text.replace("\0", "\n"))
    signs = judge(layers)
    points = min(_MOST, sum(sign.points for sign in signs))
    if points < LEAST:
        return ()
    said = "; ".join(sign.said for sign in _heaviest(signs))
    return (Mark("memory.script", points, f"{said[:1].upper()}{said[1:]}.{_unpacked(layers)}"),)


def _heaviest(signs: Sequence[Sign]) -> list[Sign]:
    return sorted(signs, key=lambda sign: (-sign.points, sign.id))[:6]


def _unpacked(layers: Sequence[Layer]) -> str:
    """Show what a packed text holds."""
    inner = [layer for layer in layers if layer.how]
    if not inner:
        return ""
    layer = max(inner, key=lambda each: len(each.how))
    return f" Unpacked ({', '.join(layer.how)}): {orjson.dumps(layer.text[:_SHOWN]).decode()}"


_remembered_marks: Final = Remembered[str, tuple[Mark, ...]](
    script_marks, lambda text, marks: len(text) + sum(512 + len(mark.said) for mark in marks)
)
