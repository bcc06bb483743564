"""JSON of any shape becomes frames: flat events in blocks, everything else one by one."""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Final

from sidelight.evidence.json.batch import AROUND, Batch
from sidelight.evidence.json.columns import frames
from sidelight.evidence.json.envelopes import is_enveloped, members
from sidelight.evidence.json.lines import lines, objects
from sidelight.evidence.json.plan import Plan
from sidelight.evidence.json.record import UNKNOWN, Record, interpret
from sidelight.evidence.json.values import NAMES, NotAnObjectError, fields_of, parse
from sidelight.evidence.losses import Losses
from sidelight.evidence.rows import Sheet
from sidelight.evidence.stream import Stream
from sidelight.evidence.text import decoded_head
from sidelight.schema import Frame, Gap, Wanted
from sidelight.values import dataclass

BATCH_BYTES: Final = 32 << 20
"""So much text is read at once; also how much is kept of events that are read one by one."""

HEAD_BYTES: Final = 1 << 20
HEAD_LINES: Final = 20
_START: Final = re.compile(rb'[\s\x1e]*(?:\[\s*)?\{\s*["}]|\s*\[\s*(?:\]|$)')


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins a text of JSON objects."""
    return _START.match(decoded_head(head)) is not None


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield the events of JSON texts; objects of unknown shape are frames of `UNKNOWN`."""
    plan = Plan(wanted)
    reading = _Reading(plan, Sheet(wanted), Batch(plan))
    for stream in streams:
        yield from reading.read(stream)
    yield from reading.finish()


@dataclass(slots=True)
class Source:
    """What is to be said of a source at its end.

    Args:
        start: offset of the first byte that was read.
        unknown: how many of its records have no known shape.
        results: how many are results, by tool.
    """

    name: str
    start: int
    losses: Losses
    unknown: int = 0
    results: dict[str, int] = field(default_factory=dict)

    def gaps(self) -> Iterator[Gap]:
        """Give the gaps that are left."""
        yield from self.losses.finish()
        for tool, count in self.results.items():
            text = f"these are results of {tool}, not evidence"
            yield Gap(self.name, self.start, "foreign", text, count)
        if self.unknown:
            text = "records of no known shape: no rule looks at them"
            yield Gap(self.name, self.start, "unsupported", text, self.unknown)


@dataclass(slots=True)
class _Reading:
    """Lines and events that wait for enough others to make a frame."""

    plan: Plan
    sheet: Sheet
    batch: Batch
    waiting: list[Source] = field(default_factory=list)
    singly: int = 0
    ended: list[Source] = field(default_factory=list)

    def read(self, stream: Stream) -> Iterator[Frame | Gap]:
        head = stream.read(HEAD_BYTES)
        begun = Stream(stream.source, _Pushed(head, stream), stream.start, stream.first)
        source = Source(stream.source, stream.start, Losses(stream.source))
        enveloped = stream.first <= 1 and is_enveloped(head)
        if not enveloped and (stream.first > 1 or _is_lines(head)):
            for block in lines(begun, source.losses):
                self.waiting.append(source)
                self.batch.add(source.name, block)
                if self.batch.size >= BATCH_BYTES:
                    yield from self.flush()
        else:
            source.losses.noun = "objects"
            parts = members if enveloped else objects
            for number, offset, text in parts(begun, source.losses):
                yield from self.add(source, number, offset, text)
        self.ended.append(source)

    def finish(self) -> Iterator[Frame | Gap]:
        yield from self.flush()
        yield from self.sheet.frames()

    def flush(self) -> Iterator[Frame | Gap]:
        batch, self.batch = self.batch, Batch(self.plan)
        waiting, self.waiting = self.waiting, []
        if waiting:
            found, left = frames(batch)
            yield from found
            records = batch.record()[left].tolist()
            for record, (number, begin, text) in zip(records, batch.texts(left), strict=True):
                if text:
                    offset = batch.blocks[number].offset + begin
                    yield from self.add(waiting[number], record, offset, text)
        ended, self.ended = self.ended, []
        for source in ended:
            yield from source.gaps()

    def add(self, source: Source, number: int, offset: int, text: bytes) -> Iterator[Frame | Gap]:
        try:
            found = interpret(fields_of(text, NAMES))
        except NotAnObjectError as error:
            source.losses.add(number, offset, "damaged", str(error))
            yield from source.losses.ready()
            return
        if not isinstance(found, Record):
            source.results[found.tool] = source.results.get(found.tool, 0) + 1
            return
        source.unknown += found.kind == UNKNOWN
        self.sheet.add(found.kind, source.name, number, found.time, found.host, found.fields)
        self.singly += len(text)
        if self.sheet.full or self.singly >= BATCH_BYTES:
            self.singly = 0
            yield from self.sheet.frames()


@dataclass(slots=True)
class _Pushed:
    """What was read ahead, and then the rest."""

    head: bytes
    rest: Stream

    def read(self, size: int, /) -> bytes:
        part, self.head = self.head[:size], self.head[size:]
        return part or self.rest.read(size)


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
