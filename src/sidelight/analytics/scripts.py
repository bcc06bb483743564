"""Scripts and command lines that run code in memory.

Log source: PowerShell 4104, 4103, 800 and 400, starts of processes, services, registry values.
Technique: T1620, T1055, T1027. What it catches: loaders and runners, packed up to four times.
Defeated by: texts that are decoded by what they download, and logs that were switched off.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

import numpy as np
import orjson
import pyarrow as pa

from sidelight.analytics.mark import Mark
from sidelight.analytics.remembered import Remembered
from sidelight.analytics.script import Mark as Sign
from sidelight.analytics.script import candidates, judge
from sidelight.analytics.signals import said_rows, spell
from sidelight.findings.actor import named
from sidelight.findings.cells import Rows, listed
from sidelight.findings.facts import SIGNALS
from sidelight.schema import Frame

if TYPE_CHECKING:
    from sidelight.analytics.unpack import Layer

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
_HOST: Final = (b"HostApplication=", b"Host Application =")
"""What stands before the command line of PowerShell itself, which each of these events repeats; it
is judged where the process starts and where the engine does."""

_NUMBER: Final = (b"SequenceNumber=", b"Sequence Number =")
"""What stands before the number that alone tells many of these events apart."""

_OTHERS: Final = ("ScriptBlockText", "CommandLine")
_MOST: Final = 95
_SHOWN: Final = 1_500


def script_fields(event_id: str) -> tuple[str, ...]:
    """Name the fields that may hold a text to judge."""
    return SCRIPT_FIELDS.get(event_id, _OTHERS)


def script_rows(frame: Frame) -> pa.Table:
    """Give the texts of *frame* that run code in memory as `SIGNALS`."""
    names = script_fields(frame.kind.event_id)
    field, column = next(
        ((name, column) for name in names for column in named(frame, (name,))), ("", None)
    )
    if column is None:
        return SIGNALS.empty_table()
    which, values = np.arange(len(column.values)), column.values
    if frame.kind.event_id in _REPEATING:
        which, values = _bare(values)
    some = candidates(values)
    marks = dict(zip(some.tolist(), map(_remembered_marks, listed(values.take(some))), strict=True))
    odd = np.array([bool(marks.get(each)) for each in range(len(values))], bool)[which]
    rows = np.flatnonzero(np.append(odd, False)[column.codes])  # -1, absent, takes the last
    at, places = np.unique(column.codes[rows], return_inverse=True)
    said = [
        (marks[each], spell((field,), (text,)))
        for each, text in zip(which[at].tolist(), listed(column.values.take(at)), strict=True)
    ]
    return said_rows(frame, rows, [said[place] for place in places.tolist()])


def _bare(values: pa.StringArray) -> tuple[Rows, pa.StringArray]:
    """Leave out the lines that say nothing of what an event ran.

    Returns:
        For each of *values* the number of what is left of it, and what is left, each text once.
    """
    texts = cast("list[bytes]", values.cast(pa.binary()).to_pylist())
    known: dict[bytes, int] = {}
    which = np.array([known.setdefault(_without(text), len(known)) for text in texts], np.intp)
    return which, cast("pa.StringArray", pa.array(list(known), pa.binary()).cast(pa.string()))


def _without(text: bytes) -> bytes:
    for key in (*_HOST, *_NUMBER):
        if key in text:
            text = b"".join(_others(text, key))
    return text


def _others(text: bytes, key: bytes) -> Iterator[bytes]:
    """Give what is left without the lines that begin with *key* and say nothing; linear."""
    kept = behind = 0
    while (at := text.find(key, behind)) >= 0:
        line = text.rfind(b"\n", behind, at) + 1
        begins = (line or not behind) and not text[line:at].strip(b"\t ")
        behind = at + len(key)
        if begins:
            end = text.find(b"\n", behind)
            end = len(text) if end < 0 else end
            if key in _HOST or text[behind:end].strip().isdigit():
                yield text[kept:line]
                kept = behind = end
    yield text[kept:]


def script_marks(text: str) -> tuple[Mark, ...]:
    """Judge a text: the signs in all its layers, added up."""
    from sidelight.analytics.unpack import unpack  # noqa: PLC0415 - few hunts meet such a text

    layers = unpack(text.replace("\0", "\n"))
    signs = judge(layers)
    points = min(_MOST, sum(sign.points for sign in signs))
    if points < LEAST:
        return ()
    said = "; ".join(sign.said for sign in _heaviest(signs))
    return (Mark("memory.script", points, f"{said[:1].upper()}{said[1:]}.{_unpacked(layers)}"),)


def _heaviest(signs: Sequence[Sign]) -> list[Sign]:
    return sorted(signs, key=lambda sign: (-sign.points, sign.id))[:6]


def _unpacked(layers: "Sequence[Layer]") -> str:
    """Show what a packed text holds."""
    inner = [layer for layer in layers if layer.how]
    if not inner:
        return ""
    layer = max(inner, key=lambda each: len(each.how))
    return f" Unpacked ({', '.join(layer.how)}): {orjson.dumps(layer.text[:_SHOWN]).decode()}"


_remembered_marks: Final = Remembered[str, tuple[Mark, ...]](
    script_marks, lambda text, marks: len(text) + sum(512 + len(mark.said) for mark in marks)
)
