"""Syslog files: lines of Linux programs, of Sysmon for Linux, and of network elements."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from sidelight.evidence import programs
from sidelight.evidence.archive import Chained
from sidelight.evidence.audit_record import AuditRecord, parse_record
from sidelight.evidence.auditd import AuditEvent, Joiner
from sidelight.evidence.event_xml import parse_event
from sidelight.evidence.losses import Losses
from sidelight.evidence.network import fortigate_time, recognise_network
from sidelight.evidence.rows import Sheet
from sidelight.evidence.stream import Stream
from sidelight.evidence.syslog_line import MONTHS, Calendar, SyslogLine, first_year, parse_line
from sidelight.evidence.text_lines import mostly, text_lines
from sidelight.schema import NO_TIME, Event, Frame, Gap, Kind, Wanted

interpret = programs.interpret

HEAD_BYTES: Final = 4 << 20
"""So far a turn of the year is looked for, before the first line gets its year."""

_DATED: Final = re.compile(r"(?:<\d{1,3}>(?:1 )?)?\d{4}-\d\d-\d\dT\d\d:|(?:<\d{1,3}>)?date=\d{4}-")
_BARE: Final = ("date=", "%", "logver=", "devname=", "<")
_BEGINNINGS: Final = (*_BARE, *MONTHS, "*", ".")
"""Without its priority, sequence number or digits, a line begins so or is none."""

_AUDIT: Final = frozenset({"audit", "kernel", "audispd", "audisp-syslog", "auditd"})


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins a file of syslog: most of its lines have the header."""
    calendar = Calendar()

    def matches(text: str) -> bool:
        if not (text.startswith(_BEGINNINGS) or text[0].isdecimal()):
            return False
        line = parse_line(text, calendar)
        if line is None:
            return _bare(text) is not None
        return bool(line.program or line.host) or recognise_network("", line.body) is not None

    return mostly(head, matches)


def is_separable(head: bytes) -> bool:
    """Tell whether each line can be read without those before it.

    It cannot where stamps have no year, or where several lines are one audit event.
    """
    return b"audit(" not in head and mostly(head, _DATED.match, share=1.0)


def _bare(text: str) -> tuple[Kind, Event] | None:
    """Recognise what network elements write into files of their own, without a header."""
    if text.startswith(_BARE):
        return recognise_network("", text)
    return None


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield the events of syslog files; a frame's record is the number of the line.

    Stamps are taken as UTC where they name no zone. Where they have no year, the newest line is
    taken to be of `Stream.year`, and has no time if that is not known.
    """
    sheet = Sheet(wanted)
    for stream in streams:
        yield from _read(stream, sheet)
    yield from sheet.frames()


def _read(stream: Stream, sheet: Sheet) -> Iterator[Frame | Gap]:
    losses, joiner, source = Losses(stream.source), Joiner(), stream.source
    calendar = _calendar(stream)
    for number, offset, text in text_lines(stream, losses):
        sheet.weigh(len(text))
        line = parse_line(text, calendar)
        if line is None:
            if bare := _bare(text):
                kind, event = bare
                sheet.add(kind, source, number, fortigate_time(event), _device(event), event)
            else:
                losses.add(number, offset, "damaged", "this is no line of syslog")
                yield from losses.ready()
        elif "audit(" in text and (record := _audit_record(line)):
            _keep(sheet, source, joiner.add(record, number))
        else:
            kind, time, host, event = classify(line)
            sheet.add(kind, source, number, time, host, event)
        if sheet.full:
            yield from sheet.frames()
    _keep(sheet, source, joiner.finish())
    yield from losses.finish()


def _calendar(stream: Stream) -> Calendar:
    if stream.year is None:
        return Calendar()
    head = stream.read(HEAD_BYTES)
    stream.offset -= len(head)
    stream.raw = Chained(head, stream.raw)
    return Calendar(first_year(head, stream.year), stream.year)


def _audit_record(line: SyslogLine) -> AuditRecord | None:
    if line.program not in _AUDIT or not line.message:
        return None
    message = line.message.partition("] ")[2] if line.message[0] == "[" else line.message
    record = parse_record(message) or parse_record(line.body)
    if record is None or record.node or line.host is None:
        return record
    return replace(record, node=line.host)


def _keep(sheet: Sheet, source: str, events: Iterator[AuditEvent]) -> None:
    for event in events:
        sheet.add(event.kind, source, event.line, event.time, event.host, event.fields)


def classify(line: SyslogLine) -> tuple[Kind, int, str | None, Event]:
    """Give kind, time, host and fields of a line that is no audit record."""
    if line.program == "sysmon" and "<Event" in line.message:
        parsed = parse_event(line.message)
        if parsed is not None:
            time = line.time if parsed.time == NO_TIME else parsed.time
            return parsed.kind, time, parsed.host or line.host, parsed.fields
    network = recognise_network(line.program, line.body)
    if network is not None:
        kind, event = network
        time = fortigate_time(event) if kind.product == "fortigate" else NO_TIME
        host = _device(event) or line.host
        return kind, line.time if time == NO_TIME else time, host, event
    kind, event = programs.interpret(line.program, line.message, line.facility)
    if line.pid:
        event["pid"] = line.pid
    return kind, line.time, line.host, event


def _device(event: Event) -> str | None:
    name = event.get("devname")
    return name if isinstance(name, str) else None
