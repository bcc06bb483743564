"""The binary journal of systemd, as what its programs log."""

from collections.abc import Iterable, Iterator
from typing import Final

from sidelight.evidence.audit_record import AuditRecord, parse_record
from sidelight.evidence.auditd import AuditEvent, Joiner
from sidelight.evidence.journal_file import MAGIC, JournalDamage, JournalError, JournalFile
from sidelight.evidence.json.record import Record, interpret
from sidelight.evidence.losses import Losses
from sidelight.evidence.rows import Sheet
from sidelight.evidence.stream import Stream
from sidelight.schema import Event, Frame, Gap, GapReason, Wanted

JOURNAL_BYTES: Final = 512 << 20
"""Larger files are refused: journald starts a new one at 128 MiB unless told otherwise."""


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins a journal file."""
    return head.startswith(MAGIC)


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield the entries of journal files; a frame's record is the ordinal of the entry.

    An entry has the fields that ``journalctl -o json`` shows, but for ``__CURSOR`` and
    ``__MONOTONIC_TIMESTAMP``; the audit records among them are joined.
    """
    sheet = Sheet(wanted)
    for stream in streams:
        data = stream.read(JOURNAL_BYTES + 1)
        if len(data) > JOURNAL_BYTES:
            text = f"the journal is larger than {JOURNAL_BYTES >> 20} MiB"
            text += "; export it with: journalctl -o json --file FILE"
            yield Gap(stream.source, stream.start, "refused", text)
            continue
        try:
            journal = JournalFile(data)
        except JournalError as error:
            unknown = "unknown" in str(error)
            reason: GapReason = "unsupported" if unknown else "damaged"
            yield Gap(stream.source, stream.start, reason, str(error))
            continue
        yield from _read(journal, stream, sheet)
    yield from sheet.frames()


def _read(journal: JournalFile, stream: Stream, sheet: Sheet) -> Iterator[Frame | Gap]:
    losses, joiner, ordinal = Losses(stream.source, "entries"), Joiner(), 0
    for entry in journal.entries():
        if isinstance(entry, JournalDamage):
            damage: GapReason = "truncated" if entry.truncated else "damaged"
            yield Gap(stream.source, stream.start + entry.offset, damage, entry.text)
            continue
        ordinal += 1
        if entry.error:
            losses.add(ordinal, stream.start + entry.offset, "damaged", entry.error)
            yield from losses.ready()
        if not entry.fields:
            continue
        fields = event_of(entry.fields, entry.realtime)
        if record := _audit_record(fields):
            _keep(sheet, stream.source, joiner.add(record, ordinal))
        elif isinstance(found := interpret(fields), Record):
            sheet.add(found.kind, stream.source, ordinal, found.time, found.host, found.fields)
        else:
            losses.add(ordinal, stream.start + entry.offset, "foreign", "this is no log entry")
        sheet.weigh(entry.size)
        if sheet.full:
            yield from sheet.frames()
    _keep(sheet, stream.source, joiner.finish())
    yield from losses.finish()


def event_of(fields: Iterable[tuple[str, str]], realtime: int) -> Event:
    """Make one event of the fields of an entry, and of its microseconds since 1970."""
    event: Event = {}
    for name, value in fields:
        known = event.get(name)
        if known is None:
            event[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            event[name] = [known, value]
    event["__REALTIME_TIMESTAMP"] = str(realtime)
    return event


def _audit_record(fields: Event) -> AuditRecord | None:
    """Find the record that journald took from the kernel's audit socket."""
    if fields.get("_TRANSPORT") != "audit":
        return None
    time = _text(fields, "_SOURCE_REALTIME_TIMESTAMP") or _text(fields, "__REALTIME_TIMESTAMP")
    name, serial = _text(fields, "_AUDIT_TYPE_NAME"), _text(fields, "_AUDIT_ID")
    rest = _text(fields, "MESSAGE").partition(" ")[2]
    stamp = f"{time[:-6] or '0'}.{time[-6:-3]}"
    host = _text(fields, "_HOSTNAME") or "-"
    return parse_record(f"node={host} type={name} msg=audit({stamp}:{serial}): {rest}")


def _text(fields: Event, name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def _keep(sheet: Sheet, source: str, events: Iterator[AuditEvent]) -> None:
    for event in events:
        sheet.add(event.kind, source, event.line, event.time, event.host, event.fields)
