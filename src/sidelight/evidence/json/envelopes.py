"""Answers of services: one object, in which an array holds the events.

Elasticsearch's search, Splunk's export of results, advanced hunting of Microsoft Defender, Graph,
OData, and Azure's event hubs give events so. Such a document may be as large as an export is; so
it is opened where its array begins, and the events are read one after another.
"""

import re
from collections.abc import Iterator
from typing import Final

from sidelight.evidence.json.lines import LINE_BYTES, closed, end_of, note_foreign, refuse_long
from sidelight.evidence.json.record import UNKNOWN, Record, interpret
from sidelight.evidence.json.values import NAMES, NotAnObjectError, fields_of
from sidelight.evidence.losses import Losses
from sidelight.evidence.stream import Stream
from sidelight.evidence.text import blocks, decoded_head
from sidelight.values import dataclass

ARRAYS: Final = frozenset(
    {
        (b"hits", b"hits"),  # Elasticsearch and OpenSearch, response of _search
        (b"records",),  # Azure Monitor, messages of an event hub
        (b"Results",),  # Defender for Endpoint, POST /api/advancedhunting/run
        (b"results",),  # Graph, security/runHuntingQuery; Splunk, output_mode=json
        (b"value",),  # OData 4.01 JSON, 13: collections
    }
)
"""Names on the way to the array, by the service's own reference."""

HEAD_BYTES: Final = 1 << 16
"""So far into an object its array is looked for."""

_TOKEN: Final = re.compile(
    rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)(?:"(\s*+:)?|(\\?\Z))|[{}\[\]]', re.DOTALL
)
_CLOSING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[{}\[\]]', re.DOTALL)
_BLANK: Final = b" \t\r\n,\x00\x1e"
_AROUND: Final = re.compile(rb"[%s]*+" % _BLANK)
_ARRAY: Final = re.compile(rb"\s*+[{\]]")


@dataclass(frozen=True, slots=True)
class _Step:
    """What stands next in a text.

    Args:
        start: where it begins.
        end: where it ends; that of a text which is not all there is -1.
        depth: how many objects and arrays are open around what follows.
        is_member: whether it is an event.
    """

    start: int
    end: int
    depth: int
    is_member: bool = False


def is_enveloped(head: bytes) -> bool:
    """Tell whether a text begins with an object in which an array holds the events.

    An object that is an event itself is none, whatever it holds. Empty pages before are passed
    over: services send them, and more behind.
    """
    text = decoded_head(head)
    start = first = _after_blank(text, 0)
    while text[start : start + 1] == b"{" and (opened := _opened(text, start)):
        if text[_after_blank(text, opened.end)] == ord("{"):
            return not (_is_event(text, first) or _is_event(text, start))
        end = closed(_CLOSING, text, opened.end, opened.depth)
        start = _after_blank(text, end) if end >= 0 else len(text)
    return False


def _is_event(text: bytes, start: int) -> bool:
    """Tell whether the object that begins at *start* is whole, and of a known shape."""
    end = end_of(text, start)
    if end < 0:
        return False
    try:
        found = interpret(fields_of(text[start:end], NAMES))
    except NotAnObjectError:
        return False
    return not isinstance(found, Record) or found.kind != UNKNOWN


def members(stream: Stream, losses: Losses) -> Iterator[tuple[int, int, bytes]]:
    """Yield the events in the arrays of enveloped documents, one after another.

    Returns:
        Each with its ordinal, from 1, over all of them, and its offset. What is besides the
        arrays is passed over; what no document should have between its parts is a loss.
    """
    text, base, place, ordinal, depth = b"", stream.start, 0, 0, 0
    for offset, block in blocks(stream):
        text = text[place:] + block
        base, place = offset - (len(text) - len(block)), 0
        while (step := _step(text, place, depth)) and (step.end >= 0 or _is_long(text, step)):
            note_foreign(text[place : step.start], base + place, ordinal, losses, _BLANK)
            depth, place = step.depth, step.end if step.end >= 0 else len(text)
            if step.end < 0:
                ordinal += 1
                refuse_long(ordinal, base + step.start, losses)
            elif step.is_member:
                ordinal += 1
                yield ordinal, base + step.start, text[step.start : step.end]
        if step is None:
            note_foreign(text[place:], base + place, ordinal, losses, _BLANK)
            place = len(text)
    if depth or _after_blank(text, place) < len(text):
        losses.add(ordinal + 1, base + place, "truncated", "the document is cut off")


def _step(text: bytes, place: int, depth: int) -> _Step | None:
    """Find what stands next; None where there is nothing."""
    begin = text.find(b"{", place)
    end = text.find(b"]", place, begin if begin >= 0 else len(text)) if depth else -1
    if end >= 0:
        return _Step(end, closed(_CLOSING, text, end + 1, depth - 1), 0)
    if begin < 0:
        return None
    opened = None if depth else _opened(text, begin)
    if opened is None or _is_event(text[begin : begin + HEAD_BYTES], 0):
        return _Step(begin, end_of(text, begin), depth, is_member=True)
    return opened


def _opened(text: bytes, start: int) -> _Step | None:
    """Open the object that begins at *start*, if an array in it holds events."""
    names: list[bytes] = []
    name = b""
    for token in _TOKEN.finditer(text, start, start + HEAD_BYTES):
        match token[0][:1]:
            case _ if token[3] is not None:
                break  # a text that goes on behind what is looked at, whatever it holds
            case b'"':
                name = token[1] if token[2] else b""
            case b"[" if (*names[1:], name) in ARRAYS and _ARRAY.match(text, token.end()):
                return _Step(start, token.end(), len(names) + 1)
            case b"{" | b"[":
                names.append(name)
                name = b""
            case _:
                del names[-1:]
                if not names:
                    break
    return None


def _is_long(text: bytes, step: _Step) -> bool:
    return len(text) - step.start > LINE_BYTES


def _after_blank(text: bytes, place: int) -> int:
    found = _AROUND.match(text, place)
    return found.end() if found else place
