"""What Volatility made of a memory image, as lines: a line a plugin, with its rows."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Final, cast, get_args

import orjson

from sidelight.evidence.host.rows import CHANNEL, HOST, PROCESSES, add_marks, event_of, host_event
from sidelight.evidence.losses import Losses
from sidelight.evidence.rows import Sheet, clean
from sidelight.evidence.stream import Stream
from sidelight.evidence.text_lines import text_lines
from sidelight.evidence.times import time_of
from sidelight.host.volatility import (
    Row,
    Task,
    integer,
    linux_processes,
    redirected_calls,
    text,
    windows_tasks,
)
from sidelight.schema import NO_TIME, Event, Frame, Gap, GapReason, Kind, Wanted
from sidelight.values import dataclass

TASKS: Final = Kind("windows", CHANNEL, "", "process_creation")
LOADS: Final = Kind("windows", CHANNEL, "", "image_load")

_HEADER: Final = re.compile(rb'\{"schema":"sidelight-volatility"')
_NONE: Final = (
    "Volatility listed no process: that is a failure and no clean host; the symbols may be of "
    "another build, or the machine one that Volatility cannot walk (5-level paging)"
)

_NAMELESS: Final = (
    "Volatility listed processes without a PID: its columns are not those of the releases that are "
    "known (2.7 to 2.28)"
)


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins such lines."""
    return _HEADER.match(head) is not None


@dataclass(slots=True)
class _Image:
    """What lines have said of one image so far."""

    source: str
    system: str
    record: int = 0
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, sheet: Sheet, kind: Kind, time: int, event: Event) -> None:
        """Add a row; rows are numbered in their order."""
        self.record += 1
        sheet.add(kind, self.source, self.record, time, None, event)


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield the processes of memory images as rows of those of a collection, or of a minidump.

    Their source is the image; their record is an ordinal. A list without a process is
    evidence that was lost.
    """
    sheet = Sheet(wanted)
    for stream in streams:
        losses = Losses(stream.source)
        image: _Image | None = None
        for number, offset, line in text_lines(stream, losses):
            value = _object(line)
            match value.get("type"):
                case "image":
                    image = _Image(text(value, "image") or stream.source, text(value, "system"))
                case "plugin" if image is not None:
                    image.rows[text(value, "plugin")] = _rows(value.get("rows"))
                case "gap" if image is not None:
                    yield _gap(value, image)
                case "end" if image is not None:
                    yield from _finish(image, sheet)
                    image = None
                case None if "schema" in value:
                    pass
                case _:
                    losses.add(number, offset, "damaged", "this is no line of a memory image")
            sheet.weigh(len(line))
        yield from losses.finish()
        if image is not None:
            yield from _finish(image, sheet)
            text_ = "the image was not looked at to its end"
            yield Gap(image.source, 0, "truncated", text_)
    yield from sheet.frames()


def _object(line: str) -> Mapping[str, object]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _rows(value: object) -> list[Row]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _gap(value: Mapping[str, object], image: _Image) -> Gap:
    reason = text(value, "reason")
    known = cast("GapReason", reason if reason in get_args(GapReason) else "damaged")
    return Gap(image.source, 0, known, clean(text(value, "text")))


def _finish(image: _Image, sheet: Sheet) -> Iterator[Gap]:
    if "pslist" not in image.rows:
        return  # a gap has said why
    if not image.rows["pslist"]:
        yield Gap(image.source, 0, "damaged", _NONE)
    elif all(integer(row, "PID") < 0 for row in image.rows["pslist"]):
        yield Gap(image.source, 0, "unsupported", _NAMELESS)
    elif image.system == "linux":
        processes = [each for each in linux_processes(image.rows) if not each.kernel]
        parents = {each.pid: each for each in processes}
        for each in processes:
            event = event_of(each, parents.get(each.ppid))
            image.add(sheet, PROCESSES, NO_TIME, event)
        for mark in redirected_calls(image.rows):
            image.add(sheet, HOST, NO_TIME, host_event("system calls", mark))
    else:
        for task in windows_tasks(image.rows):
            _add_task(task, image, sheet)


def _add_task(task: Task, image: _Image, sheet: Sheet) -> None:
    event: Event = {
        "ProcessId": str(task.pid),
        "ParentProcessId": str(task.ppid),
        "Image": clean(task.image),
        "Name": clean(task.name),
        "Origin": "windows-image",
    }
    if task.command_line:
        event["CommandLine"] = clean(task.command_line)
    add_marks(event, task.marks)
    started = time_of(task.started) if task.started else NO_TIME
    image.add(sheet, TASKS, started, event)
    for path in task.modules:
        load: Event = {"ProcessId": str(task.pid), "Image": clean(task.image)}
        load["ImageLoaded"] = clean(path)
        image.add(sheet, LOADS, started, load)
