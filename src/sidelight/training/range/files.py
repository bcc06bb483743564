"""The files that a host's logs go to."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Protocol, Self

import orjson

from sidelight.training.range import clock
from sidelight.training.range.binxml import Type, Value
from sidelight.training.range.evtx_writer import LogWriter
from sidelight.training.range.journal import Happening
from sidelight.training.range.linux import AUTH, Entry
from sidelight.training.range.options import Trace

JSON_NAME: Final = "winlogbeat.ndjson"


class Shelf(Protocol):
    """Takes one host's events in the order of their times."""

    def put(self, happening: Happening) -> Trace:
        """Write an event and say where it is."""
        ...


class _Files:
    def __init__(self, root: Path, folder: str) -> None:
        self._root = root
        self._folder = folder
        self._open = ExitStack()
        (root / folder).mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def create(self, name: str) -> tuple[BinaryIO, str]:
        """Open a file of the host; give it with its path below the root."""
        source = f"{self._folder}/{name}"
        return self._open.enter_context(open(self._root / source, "wb")), source


class EventLogs(_Files):
    """One ``.evtx`` file a channel, named as Windows names them."""

    def __init__(self, root: Path, folder: str, computer: str) -> None:
        super().__init__(root, folder)
        self._computer = computer
        self._logs: dict[str, tuple[LogWriter, str]] = {}

    def put(self, happening: Happening) -> Trace:
        """Write an event and say where it is."""
        layout = happening.layout
        found = self._logs.get(layout.channel)
        if found is None:
            raw, source = self.create(layout.channel.replace("/", "%4") + ".evtx")
            log = self._open.enter_context(LogWriter(raw, self._computer))
            found = self._logs[layout.channel] = (log, source)
        record = found[0].write(layout, happening.at, happening.values)
        return Trace(found[1], record, layout.channel, str(layout.event_id))


class JsonLines(_Files):
    """All channels in one file, in the shape of Winlogbeat 8 (Elastic Common Schema)."""

    def __init__(self, root: Path, folder: str, computer: str) -> None:
        super().__init__(root, folder)
        self._computer = computer
        self._raw, self._source = self.create(JSON_NAME)
        self._line = 0
        self._records: dict[str, int] = {}

    def put(self, happening: Happening) -> Trace:
        """Write an event and say where it is."""
        layout = happening.layout
        self._line += 1
        number = self._records[layout.channel] = self._records.get(layout.channel, 0) + 1
        data = {
            name: _shown(code, value)
            for (name, code), value in zip(layout.fields, happening.values, strict=True)
            if value is not None
        }
        winlog = {
            "channel": layout.channel,
            "event_id": str(layout.event_id),
            "provider_name": layout.provider,
            "provider_guid": layout.guid,
            "record_id": number,
            "computer_name": self._computer,
            "process": {"pid": layout.process, "thread": {"id": 1200}},
            "version": layout.version,
            "task": "",
            "opcode": "Info",
            "user_data" if layout.wrapper else "event_data": data,
        }
        event = {
            "@timestamp": clock.iso(happening.at),
            "agent": {"type": "winlogbeat", "version": "8.13.4"},
            "event": {
                "code": str(layout.event_id), "kind": "event", "provider": layout.provider,
            },
            "host": {"name": self._computer},
            "winlog": winlog,
        }  # fmt: skip
        self._raw.write(orjson.dumps(event) + b"\n")
        return Trace(self._source, self._line, layout.channel, str(layout.event_id))


def _shown(code: Type, value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() if code in {Type.HEX32, Type.HEX64}:
            return hex(value)
        case _:
            return str(value)


class TextLogs(_Files):
    """The text files of a Linux host."""

    def __init__(self, root: Path, folder: str) -> None:
        super().__init__(root, folder)
        self._logs: dict[str, tuple[BinaryIO, str]] = {}
        self._lines: dict[str, int] = {}

    def put(self, entry: Entry) -> Trace:
        """Write the lines of an event and say where the first is."""
        found = self._logs.get(entry.file) or self._logs.setdefault(
            entry.file, self.create(entry.file)
        )
        line = self._lines.get(entry.file, 0) + 1
        self._lines[entry.file] = line + len(entry.lines) - 1
        found[0].write("".join(f"{text}\n" for text in entry.lines).encode())
        channel = entry.channel.partition("[")[0] if entry.file == AUTH else entry.channel
        return Trace(found[1], line, channel, entry.event_id)
