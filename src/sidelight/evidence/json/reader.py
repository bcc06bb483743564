"""JSON of any shape becomes frames."""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sidelight.evidence.json.lines import lines, objects
from sidelight.evidence.json.record import UNKNOWN, Record, interpret
from sidelight.evidence.json.values import NotAnObjectError, fields_of, parse
from sidelight.evidence.losses import Losses
from sidelight.evidence.rows import Sheet
from sidelight.evidence.stream import Stream
from sidelight.evidence.text import decoded_head
from sidelight.schema import Frame, Gap, Wanted

HEAD_BYTES: Final = 1 << 20
HEAD_LINES: Final = 20
AROUND: Final = b" \t\r\n,[]\x1e"
"""What may stand around an object on its line: the rest of an array, or RFC 7464's mark."""

_START: Final = re.compile(rb'[\s\x1e]*(?:\[[\s]*)?\{[\s]*["}]|[\s]*\[[\s]*(?:\]|$)')


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins a text of JSON objects."""
    return _START.match(decoded_head(head)) is not None


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield the events of JSON texts; objects of unknown shape are frames of `UNKNOWN`."""
    sheet = Sheet(wanted)
    for stream in streams:
        yield from _read_one(stream, sheet)
    yield from sheet.frames()


def _read_one(stream: Stream, sheet: Sheet) -> Iterator[Frame | Gap]:
    head = stream.read(HEAD_BYTES)
    begun = Stream(stream.source, _Pushed(head, stream), stream.start, stream.first, stream.year)
    losses = Losses(stream.source, "lines")
    unknown = 0
    results: dict[str, int] = {}
    for number, offset, text in _texts(begun, head, losses):
        try:
            reading = interpret(fields_of(text))
        except NotAnObjectError as error:
            losses.add(number, offset, "damaged", str(error))
            yield from losses.ready()
            continue
        if isinstance(reading, Record):
            unknown += reading.kind == UNKNOWN
            sheet.add(
                reading.kind, stream.source, number, reading.time, reading.host, reading.fields
            )
        else:
            results[reading.tool] = results.get(reading.tool, 0) + 1
        if sheet.full:
            yield from sheet.frames()
    yield from losses.finish()
    for tool, count in results.items():
        text_ = f"holds results of {tool}, which are no evidence"
        yield Gap(stream.source, stream.start, "unsupported", text_, count)
    if unknown:
        yield Gap(
            stream.source,
            stream.start,
            "unsupported",
            "records have no known shape; no rule looks at them",
            unknown,
        )


@dataclass(slots=True)
class _Pushed:
    """What was read ahead, and then the rest."""

    head: bytes
    rest: Stream

    def read(self, size: int, /) -> bytes:
        part, self.head = self.head[:size], self.head[size:]
        return part or self.rest.read(size)


def _texts(stream: Stream, head: bytes, losses: Losses) -> Iterator[tuple[int, int, bytes]]:
    """Yield the number, offset and text of every object."""
    if stream.first > 1 or _is_lines(head):
        for block in lines(stream, losses):
            offset = block.offset
            for number, line in enumerate(block.text.split(b"\n"), block.first):
                if text := line.strip(AROUND):
                    yield number, offset, text
                offset += len(line) + 1
    else:
        losses.noun = "objects"
        yield from objects(stream, losses)


def _is_lines(head: bytes) -> bool:
    """Tell whether one of the first lines holds an object that begins and ends on it."""
    for line in itertools.islice(decoded_head(head).splitlines(), HEAD_LINES):
        text = line.strip(AROUND)
        if text.startswith(b"{"):
            try:
                parse(text)
            except NotAnObjectError:
                continue
            return True
    return False
