"""The Linux audit log: the records of one serial are one event.

Sources: "Audit event fields" and "audit record format" of the Linux audit project, audit.rules(7),
and the enriched log format of auditd.conf(5). Records of several events may alternate, and
EOE or PROCTITLE ends those of the kernel; records of user space are events on their own.
A record without ``node=`` names no host; ``--host`` of ``sidelight hunt`` does.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Final

from sidelight.evidence.audit_names import SYSCALLS
from sidelight.evidence.audit_record import AuditRecord, parse_record
from sidelight.evidence.losses import Losses
from sidelight.evidence.rows import Sheet
from sidelight.evidence.stream import Stream
from sidelight.evidence.text_lines import mostly, text_lines
from sidelight.schema import Event, Frame, Gap, Kind, Wanted
from sidelight.values import dataclass

OPEN_EVENTS: Final = 256
"""So many events may be incomplete at a time; then the oldest is taken as it is."""

RECORDS_PER_EVENT: Final = 10_000
"""More records of one serial are another event: execve splits 128 KiB arguments by 8 KB."""

AUDITD: Final = Kind("linux", "auditd")
_STARTS: Final = Kind("linux", "auditd", "", "process_creation")
_FILES: Final = Kind("linux", "auditd", "", "file_event")
_CONNECTIONS: Final = Kind("linux", "auditd", "", "network_connection")

_ALONE: Final = re.compile(
    r"USER_|CRED_|SERVICE_|ADD_|DEL_|DAEMON_|SYSTEM_|CRYPTO_|VIRT_|GRP_|ROLE_|ACCT_|CHGRP_"
)
_PART: Final = re.compile(r"a(\d+)(?:\[(\d+)\])?")
_CALL: Final = {f"a{index}": f"SYSCALL.a{index}" for index in range(6)}
_NOISE: Final = re.compile(r"----$|time->|<no matches>")


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event, of one or more records.

    Args:
        line: number of the line with its first record.
    """

    kind: Kind
    time: int
    host: str | None
    line: int
    fields: Event


@dataclass(slots=True)
class _Open:
    line: int
    records: list[AuditRecord] = field(default_factory=list)


@dataclass(slots=True)
class Joiner:
    """Puts the records of an event together, as they come."""

    _open: dict[str, _Open] = field(default_factory=dict)

    def add(self, record: AuditRecord, line: int) -> Iterator[AuditEvent]:
        """Take a record; give the events that are complete now."""
        if _ALONE.match(record.type) and record.serial not in self._open:
            yield join([record], line)
            return
        if record.type == "EOE":
            if found := self._open.pop(record.serial, None):
                yield join(found.records, found.line)
            return
        found = self._open.get(record.serial)
        if found is None:
            if len(self._open) >= OPEN_EVENTS:
                oldest = self._open.pop(next(iter(self._open)))
                yield join(oldest.records, oldest.line)
            found = self._open[record.serial] = _Open(line)
        found.records.append(record)
        if len(found.records) >= RECORDS_PER_EVENT:
            del self._open[record.serial]
            yield join(found.records, found.line)

    def finish(self) -> Iterator[AuditEvent]:
        """Give the events that no record ended."""
        left, self._open = self._open, {}
        for found in left.values():
            yield join(found.records, found.line)


def join(records: list[AuditRecord], line: int) -> AuditEvent:
    """Make one event of the *records* of one serial, which is not empty."""
    types = list(dict.fromkeys([record.type for record in records]))
    execve = "EXECVE" in types
    event: Event = {}
    arguments: dict[str, str] = {}
    for record in records:
        fields = record.fields
        if execve:
            fields = _apart(record, arguments)
        if not event:
            event.update(fields)
            continue
        for name, value in fields.items():
            known = event.setdefault(name, value)
            if known is not value:
                _put(event, name, value)
    event["type"] = types if len(types) > 1 else types[0]
    if execve:
        _add_arguments(event, arguments)
    _name_syscall(event)
    kind = _kind(event, types, _created(records))
    first = records[0]
    return AuditEvent(kind, first.time, first.node or None, line, event)


def _apart(record: AuditRecord, arguments: dict[str, str]) -> dict[str, str]:
    """Move the arguments of execve to *arguments*, those of the system call out of their way."""
    if record.type == "EXECVE":
        arguments.update(record.fields)
        return {name: arguments.pop(name) for name in record.fields if not _PART.fullmatch(name)}
    if "a0" not in record.fields:
        return record.fields
    return {_CALL.get(name, name): value for name, value in record.fields.items()}


def _put(event: Event, name: str, value: str) -> None:
    known = event.get(name)
    if known is None:
        event[name] = value
    elif isinstance(known, list):
        if value not in known:
            known.append(value)
    elif known != value:
        event[name] = [known, value]


def _add_arguments(event: Event, parts: dict[str, str]) -> None:
    whole: dict[int, list[tuple[int, str]]] = {}
    for name, value in parts.items():
        if found := _PART.fullmatch(name):
            whole.setdefault(int(found[1]), []).append((int(found[2] or 0), value))
    words = ["".join(text for _, text in sorted(whole[index])) for index in sorted(whole)]
    event.update((f"a{index}", word) for index, word in zip(sorted(whole), words, strict=True))
    # As Sysmon for Linux and the kernel's process title have it, and so as rules are written.
    event["CommandLine"] = " ".join(words)


def _first(event: Event, *names: str) -> str:
    for name in names:
        if value := event.get(name):
            return value if isinstance(value, str) else value[0]
    return ""


def _name_syscall(event: Event) -> None:
    number = _first(event, "syscall")
    if number and "SYSCALL" not in event:
        known = SYSCALLS.get(_first(event, "arch").lower(), {})
        name = number if not number.isdecimal() else known.get(number)
        if name:
            event["SYSCALL"] = name
    key = event.get("key")
    if isinstance(key, str) and "\x01" in key:
        event["key"] = key.split("\x01")


def _created(records: list[AuditRecord]) -> list[str]:
    """List the paths that an event created, below the working directory where relative."""
    paths = [
        record.fields["name"]
        for record in records
        if record.fields.get("nametype") == "CREATE" and "name" in record.fields
    ]
    if not paths:
        return []
    directory = next((r.fields["cwd"] for r in records if "cwd" in r.fields), "")
    return [posixpath.join(directory, path) for path in paths]


def _kind(event: Event, types: list[str], created: list[str]) -> Kind:
    """Add Sigma's field names where the event is what a Sigma category means; tell which."""
    failed = _first(event, "success") == "no"
    if "EXECVE" in types:
        if failed:
            return AUDITD
        _add(event, "CurrentDirectory", _first(event, "cwd"))
        _add_process(event)
        return _STARTS
    if "SYSCALL" not in types:
        return AUDITD
    if "SOCKADDR" in types and _first(event, "SYSCALL") == "connect" and _add_address(event):
        _add_process(event)
        event["Initiated"] = "true"
        return _CONNECTIONS
    if created and not failed:
        event["TargetFilename"] = created if len(created) > 1 else created[0]
        _add_process(event)
        return _FILES
    return AUDITD


def _add(event: Event, name: str, value: str) -> None:
    if value:
        event[name] = value


def _add_process(event: Event) -> None:
    _add(event, "Image", _first(event, "exe"))
    _add(event, "ProcessId", _first(event, "pid"))
    _add(event, "ParentProcessId", _first(event, "ppid"))
    _add(event, "User", _first(event, "UID", "uid"))
    _add(event, "LogonId", _first(event, "ses"))


def _add_address(event: Event) -> bool:
    raw = _first(event, "saddr")
    try:
        data = bytes.fromhex(raw)
    except ValueError:
        return False
    # struct sockaddr of ip(7) and ipv6(7): family in the host's order, port in the network's.
    family = data[:2]
    if family == b"\x02\0" and len(data) >= 8:
        address = ".".join(map(str, data[4:8]))
    elif family == b"\x0a\0" and len(data) >= 24:
        address = ":".join(f"{data[i]:02x}{data[i + 1]:02x}" for i in range(8, 24, 2))
    else:
        return False
    event["DestinationIp"] = address
    event["DestinationPort"] = str(int.from_bytes(data[2:4], "big"))
    return True


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins an audit log."""
    if b"audit(" not in head:
        return False
    return mostly(head, lambda text: parse_record(text) or _NOISE.match(text))


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield the events of audit logs; a frame's record is the line of an event's first record."""
    sheet = Sheet(wanted)
    for stream in streams:
        losses, joiner = Losses(stream.source), Joiner()
        for number, offset, text in text_lines(stream, losses):
            sheet.weigh(len(text))
            record = parse_record(text)
            if record is None:
                if not _NOISE.match(text):
                    losses.add(number, offset, "damaged", "this is no audit record")
                    yield from losses.ready()
                continue
            for event in joiner.add(record, number):
                _keep(sheet, stream.source, event)
            if sheet.full:
                yield from sheet.frames()
        for event in joiner.finish():
            _keep(sheet, stream.source, event)
        yield from losses.finish()
    yield from sheet.frames()


def _keep(sheet: Sheet, source: str, event: AuditEvent) -> None:
    sheet.add(event.kind, source, event.line, event.time, event.host, event.fields)
