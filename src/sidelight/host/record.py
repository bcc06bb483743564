"""The lines that the collector writes, read back: any JSON becomes values or a reason why not."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import Final, TypeAlias, cast

from sidelight.host.collect import SCHEMA, VERSION
from sidelight.host.process import (
    DELETED,
    Bent,
    Change,
    File,
    Now,
    PacketSocket,
    Process,
    Region,
    Sign,
)
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

Json: TypeAlias = Mapping[str, object]

_STAMP: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d\d)Z", re.ASCII)
_NOWS: Final[tuple[Now, ...]] = ("same", "other", "none")
_LARGEST: Final = 1 << 64


class RecordError(ValueError):
    """A line is not what the collector writes; the text says why."""


@dataclass(slots=True)
class Files:
    """The files that lines have told of so far, by number."""

    known: dict[int, File] = field(default_factory=dict)

    def add(self, record: Json) -> None:
        """Take a line of type ``file``."""
        self.known[integer(record, "id")] = file_of(record)

    def compared(self, rows: Iterable[object]) -> "Files":
        """Give the same files with what is known of their hashes."""
        known = dict(self.known)
        for row in rows:
            number, unchanged = _row(row, 2)[:2]
            if isinstance(number, int) and number in known and isinstance(unchanged, bool):
                known[number] = replace(known[number], unchanged=unchanged)
        return Files(known)

    def of(self, number: object) -> File | None:
        """Give the file of this number; None where there is none."""
        return self.known.get(number) if isinstance(number, int) else None


def check_header(record: Json) -> str:
    """Give the host that the first line names.

    Raises:
        RecordError: it is no header, or one of a later version.
    """
    if record.get("schema") != SCHEMA:
        raise RecordError("this is no header of a host collection")
    if (version := integer(record, "version")) > VERSION:
        raise RecordError(f"version {version} of the collector is newer than this program")
    return text(record, "host")


def process_of(record: Json, files: Files) -> Process:
    """Build a process from a line of type ``process``.

    Raises:
        RecordError: a member is missing or of another type.
    """
    kernel = record.get("kernel") is True
    if digests := members(record, "digests"):
        files = files.compared(digests)
    threads = record.get("threads")
    threads = threads if isinstance(threads, Mapping) else {}
    denied = tuple(str(name) for name in members(record, "denied"))
    packets = [_packet(row) for row in members(record, "packets")]
    hidden = {"packet", "fd", "ns"} & set(denied)
    return Process(
        pid=integer(record, "pid"),
        ppid=integer(record, "ppid", -1),
        start=integer(record, "start", -1),
        started=time_of(text(record, "started")),
        user=text(record, "user"),
        uid=integer(record, "uid", -1),
        comm=text(record, "comm"),
        exe=text(record, "exe") or None,
        exe_file=files.of(record.get("exe_file")),
        argv=_words(record.get("argv")),
        loader=_loader(record.get("env")),
        regions=tuple(_region(row, files) for row in members(record, "regions")),
        halted=tuple(_thread(row) for row in members(threads, "odd")),
        returning=tuple(_thread(row) for row in members(threads, "returns")),
        bent=tuple(_bent(row, files) for row in members(record, "bent")),
        signs=tuple(_sign(row) for row in members(record, "elf")),
        changes=tuple(_change(row, files) for row in members(record, "text")),
        searched=text(record, "searched"),
        early=tuple(_early(row, files) for row in members(record, "early")),
        packets=None if hidden and not packets else tuple(packets),
        spaces=_loader(record.get("ns")) or {},
        tracer=integer(record, "tracer", 0),
        denied=denied,
        looks=integer(record, "seen", 1),
        kernel=kernel,
    )


def file_of(record: Json) -> File:
    """Build what is known of a file from a line of type ``file`` or ``preload``."""
    owner = record.get("owner")
    now = record.get("now")
    return File(
        path=text(record, "path"),
        now=next((known for known in _NOWS if known == now), "unknown"),
        owner=owner if isinstance(owner, str) else None,
        mode=octal(record, "mode"),
        folder_mode=octal(record, "folder_mode"),
        folder_uid=integer(record, "folder_uid") if "folder_uid" in record else None,
        uid=integer(record, "uid") if "uid" in record else None,
        folders=_folders(members(record, "folders")) if "folders" in record else None,
    )


def time_of(stamp: str) -> int:
    """Read a time as the collector writes it, in UTC nanoseconds; `NO_TIME` if it is none."""
    found = _STAMP.fullmatch(stamp)
    if found is None:
        return NO_TIME
    try:
        moment = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    except ValueError:
        return NO_TIME
    nanoseconds = int(moment.timestamp()) * 10**9 + int(found[2]) * 10**7
    return nanoseconds if abs(nanoseconds) < 1 << 63 else NO_TIME


def integer(record: Json, name: str, otherwise: int | None = None) -> int:
    """Give a whole number that fits 64 bits; *otherwise* where there is none."""
    value = record.get(name)
    value = otherwise if value is None else value
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 63:
        raise RecordError(f"{name} is no number")
    return value


def text(record: Json, name: str) -> str:
    """Give a text; empty where there is none."""
    value = record.get(name)
    if value is not None and not isinstance(value, str):
        raise RecordError(f"{name} is no text")
    return value or ""


def octal(record: Json, name: str) -> int | None:
    """Give a number that is written in octal digits."""
    value = text(record, name)
    return int(value, 8) if re.fullmatch("[0-7]{1,7}", value) else None


def members(record: object, name: str) -> list[object]:
    """Give the elements of a list; none where there is no list."""
    value = cast("Json", record).get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise RecordError(f"{name} is no list")
    return value


def address(value: object) -> int:
    """Read an address in hexadecimal digits."""
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{1,16}", value):
        raise RecordError("an address is no hexadecimal number")
    return int(value, 16)


def _row(value: object, least: int) -> list[object]:
    if not isinstance(value, list) or len(value) < least:
        raise RecordError("a row is too short")
    return value


def _folders(rows: list[object]) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for mode, uid in (_row(row, 2)[:2] for row in rows):
        known = octal({"mode": mode}, "mode")
        if known is None:
            raise RecordError("a folder has no mode")
        found.append((known, integer({"uid": uid}, "uid")))
    return tuple(found)


def _region(value: object, files: Files) -> Region:
    start, end, perms, _, path, number = _row(value, 6)[:6]
    if not isinstance(perms, str) or not isinstance(path, str):
        raise RecordError("a region has no path")
    file = files.of(number)
    if file is None and number is not None:
        file = File(path.removesuffix(DELETED))
    return Region(address(start), address(end), perms, path, file)


def _thread(value: object) -> tuple[int, int]:
    thread, place = _row(value, 2)[:2]
    return (thread if isinstance(thread, int) else -1, address(place))


def _sign(value: object) -> Sign:
    place, sort = _row(value, 2)[:2]
    return Sign(address(place), str(sort))


def _change(value: object, files: Files) -> Change:
    place, count, traps, number = _row(value, 4)[:4]
    file = files.of(number)
    if not isinstance(count, int) or not 0 <= count < 1 << 63:
        raise RecordError("a count is no number")
    return Change(address(place), count, traps is True, file.path if file else "")


def _bent(value: object, files: Files) -> Bent:
    slot, name, target, number = _row(value, 4)[:4]
    file = files.of(number)
    return Bent(address(slot), str(name), address(target), file.path if file else "")


def _early(value: object, files: Files) -> tuple[str, File | None]:
    path, number = _row(value, 2)[:2]
    file = files.of(number)
    return str(path).removesuffix(DELETED), file


def _packet(value: object) -> PacketSocket:
    if not isinstance(value, dict):
        raise RecordError("a packet socket is no object")
    constants = value.get("filter")
    if not isinstance(constants, list):
        return PacketSocket(text(value, "protocol"))
    numbers = tuple(k for k in constants if isinstance(k, int) and 0 <= k < _LARGEST)
    return PacketSocket(text(value, "protocol"), numbers)


def _words(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(word for word in cast("Iterable[object]", value) if isinstance(word, str))


def _loader(value: object) -> Mapping[str, str] | None:
    if not isinstance(value, dict):
        return None
    return {str(name): word for name, word in value.items() if isinstance(word, str)}
