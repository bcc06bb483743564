"""What ``sidelight collect --live`` wrote on a host: a line a process, judged when it is read.

Files are described once, before the first process that has them mapped; so a collection is read
as a whole. Collections may stand one behind the other. What the collector was denied is a gap:
denied is not clean.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from typing import Final, cast

import orjson

from sidelight.evidence.host.rows import HOST, PROCESSES, event_of, host_event
from sidelight.evidence.losses import Losses
from sidelight.evidence.rows import Sheet, clean
from sidelight.evidence.stream import Stream
from sidelight.evidence.text_lines import text_lines
from sidelight.host import record as records
from sidelight.host import views
from sidelight.host.process import Process
from sidelight.host.record import Files, Json, RecordError
from sidelight.plural import many
from sidelight.schema import NO_TIME, Event, Frame, Gap, Kind, Wanted
from sidelight.values import dataclass

MANY_PARENTS: Final = 1 << 16
_HEADER: Final = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"schema"\s*:\s*"sidelight-host"')


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins a collection."""
    return _HEADER.match(head) is not None


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield what a host showed when ``sidelight collect --live`` looked at it.

    One row a process, at the time it was started, with the fields of a process start and, as
    JSON, what is odd about it; a frame's record is the line.
    """
    sheet = Sheet(wanted)
    for stream in streams:
        yield from _read(stream, sheet)
    yield from sheet.frames()


@dataclass(slots=True)
class _Collection:
    """What lines of one collection have said so far."""

    source: str
    start: int
    host: str | None = None
    time: int = NO_TIME
    open: bool = False
    trouble: str = ""
    seen: bool = False
    cut: int = 0
    files: Files = field(default_factory=Files)
    processes: dict[int, Process] = field(default_factory=dict)
    rows: list[tuple[Kind, int, Event]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def take(self, line: Json, offset: int) -> None:
        """Take a line.

        Raises:
            RecordError: it is none that the collector writes.
        """
        if "schema" in line:
            self.finish(offset)
            self.host = clean(records.check_header(line))
            self.time = records.time_of(records.text(line, "time"))
            self.files, self.processes, self.open, self.cut = Files(), {}, True, 0
            self.trouble, self.seen = "", False
        elif not self.open and line.get("type") != "trouble":
            raise RecordError("this line follows no header")
        elif found := _TYPES.get(str(line.get("type"))):
            found(self, line, offset)
            self.seen |= line["type"] != "trouble"
        else:
            raise RecordError("this is no line that the collector writes")

    def finish(self, offset: int) -> None:
        """Note a collection that has no end."""
        if self.open:
            text = f"the collection has no end: {self.trouble or 'it was cut short'}"
            if self.trouble and not self.seen:
                text = f"the host was not looked at: {self.trouble}"
            self.gaps.append(Gap(self.source, offset, "truncated", text))
        self.open = False


def _read(stream: Stream, sheet: Sheet) -> Iterator[Frame | Gap]:
    losses = Losses(stream.source)
    collection = _Collection(stream.source, stream.start)
    for number, offset, text in text_lines(stream, losses):
        try:
            collection.take(_object(text), offset)
        except RecordError as error:
            losses.add(number, offset, "damaged", str(error))
            yield from losses.ready()
        for kind, time, event in collection.rows:
            sheet.add(kind, stream.source, number, time, collection.host, event)
        collection.rows.clear()
        sheet.weigh(len(text))
        if sheet.full:
            yield from sheet.frames()
    collection.finish(stream.start + stream.offset)
    yield from losses.finish()
    yield from collection.gaps


def _object(text: str) -> Json:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise RecordError("this is no JSON object") from None
    if not isinstance(value, dict):
        raise RecordError("this is no JSON object")
    return cast("Json", value)


def _process(collection: _Collection, line: Json, offset: int) -> None:
    del offset
    process = records.process_of(line, collection.files)
    if process.kernel:
        return
    collection.cut += line.get("cut") is True
    if len(collection.processes) < MANY_PARENTS:
        collection.processes[process.pid] = process
    parent = collection.processes.get(process.ppid)
    collection.rows.append((PROCESSES, process.started, event_of(process, parent)))


def _file(collection: _Collection, line: Json, offset: int) -> None:
    del offset
    collection.files.add(line)


def _hidden(collection: _Collection, line: Json, offset: int) -> None:
    del offset
    pid = records.integer(line, "pid")
    mark = views.hidden_mark(pid, records.text(line, "view"))
    collection.rows.append((HOST, collection.time, host_event(f"process {pid}", mark, pid)))


def _preload(collection: _Collection, line: Json, offset: int) -> None:
    del offset
    file = records.file_of(line)
    mark = views.preload_mark(file)
    collection.rows.append((HOST, collection.time, host_event(file.path, mark)))


def _packet(collection: _Collection, line: Json, offset: int) -> None:
    del offset
    mark = views.packet_mark(records.text(line, "net"))
    collection.rows.append((HOST, collection.time, host_event("packet socket", mark)))


def _trouble(collection: _Collection, line: Json, offset: int) -> None:
    """Take why a host was not looked at, or not to the end, as whoever fetched this knows it."""
    del offset
    collection.trouble = clean(records.text(line, "text"))


def _end(collection: _Collection, line: Json, offset: int) -> None:
    collection.open = False
    denied = line.get("denied")
    for name, count in denied.items() if isinstance(denied, Mapping) else ():
        if isinstance(count, int) and 0 < count < 1 << 63:
            of = many(count, "process", "processes")
            text = f"the collector was denied {clean(str(name))} of {of}"
            collection.gaps.append(Gap(collection.source, offset, "denied", text))
    for pid in records.members(line, "absent"):
        if isinstance(pid, int):
            text = f"process {pid} was asked for and is not there"
            collection.gaps.append(Gap(collection.source, offset, "truncated", text))
    if collection.cut:
        text = f"of {collection.cut} process{'es' * (collection.cut > 1)} not all of the "
        text += "executable memory was looked at: it is too much, or takes too long"
        collection.gaps.append(Gap(collection.source, offset, "unjudged", text))
    if gone := records.integer(line, "gone", 0):
        text = f"{gone} process{'es' * (gone > 1)} ended while they were looked at"
        collection.gaps.append(Gap(collection.source, offset, "changed", text))


_TYPES: Final[Mapping[str, Callable[[_Collection, Json, int], None]]] = {
    "process": _process,
    "file": _file,
    "hidden": _hidden,
    "preload": _preload,
    "packet": _packet,
    "trouble": _trouble,
    "end": _end,
}
