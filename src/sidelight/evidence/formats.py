"""The formats Sidelight reads: an explicit table, tried in order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from sidelight.evidence import auditd, event_xml, evtx, journal, json, syslog
from sidelight.evidence.host import cores, lines, snapshots
from sidelight.evidence.stream import Reader

Split: TypeAlias = Literal["chunks", "lines", "whole"]
"""Where a large file may be cut so that its parts can be read apart."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format and its reader.

    Args:
        title: what a person calls it.
        sniff: tells from the first bytes whether they are of this format.
        read: the reader.
        split: tells from the first bytes where a file may be cut.
    """

    title: str
    sniff: Callable[[bytes], bool]
    read: Reader
    split: Callable[[bytes], Split]


def _whole(head: bytes) -> Split:
    del head
    return "whole"


def _chunks(head: bytes) -> Split:
    del head
    return "chunks"


def _lines(head: bytes) -> Split:
    """Cut between lines when the first line is one whole object."""
    line, found, _ = head.lstrip(b"\xef\xbb\xbf \r\n\t").partition(b"\n")
    line = line.strip()
    return "lines" if found and line.startswith(b"{") and line.endswith(b"}") else "whole"


def _syslog(head: bytes) -> Split:
    return "lines" if syslog.is_separable(head) else "whole"


READERS: Final[Mapping[str, Format]] = {
    "evtx": Format("Windows event log (EVTX)", evtx.sniff, evtx.read, _chunks),
    "journal": Format("systemd journal", journal.sniff, journal.read, _whole),
    "xml": Format("Windows event XML", event_xml.sniff, event_xml.read, _whole),
    "host": Format("Linux host, live", lines.sniff, lines.read, _whole),
    "core": Format("ELF core", cores.sniff, cores.read, _whole),
    "snapshot": Format("Linux process, live", snapshots.sniff, snapshots.read, _whole),
    "json": Format("JSON events", json.sniff, json.read, _lines),
    "auditd": Format("Linux audit log", auditd.sniff, auditd.read, _whole),
    "syslog": Format("syslog", syslog.sniff, syslog.read, _syslog),
}
"""Most particular first: the first that recognises the bytes reads them."""


def recognise(head: bytes) -> str:
    """Name the format of *head*; empty where nothing reads it."""
    return next((name for name, format_ in READERS.items() if format_.sniff(head)), "")
