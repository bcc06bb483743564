"""The formats Sidelight reads: an explicit table, tried in order."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Final, Literal, Protocol, TypeAlias

from sidelight.evidence.stream import Reader, Stream
from sidelight.schema import Frame, Gap, Wanted
from sidelight.values import dataclass

Split: TypeAlias = Literal["chunks", "lines", "whole"]
"""Where a large file may be cut so that its parts can be read apart."""


TREE: Final = "tree"
"""The one format that no bytes have: its streams are empty and name a folder."""


class Module(Protocol):
    """What the module of a format has."""

    def sniff(self, head: bytes, /) -> bool:
        """Tell from the first bytes whether they are of this format."""

    def read(self, streams: Iterable[Stream], wanted: Wanted, /) -> Iterator[Frame | Gap]:
        """Yield what the streams hold."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format and its reader.

    Args:
        title: what a person calls it.
        module: imports the module; not before there are bytes that may be of the format.
        split: tells from the first bytes where a file may be cut.
        placed: where a file lies says as much as what it holds, so that a second file of the
            same content is no repetition.
    """

    title: str
    module: Callable[[], Module]
    split: Callable[[bytes], Split]
    placed: bool = False

    @property
    def read(self) -> Reader:
        """The reader."""
        return self.module().read


def _evtx() -> Module:
    from sidelight.evidence import evtx  # noqa: PLC0415 - see `Format.module`, here and below

    return evtx


def _journal() -> Module:
    from sidelight.evidence import journal  # noqa: PLC0415

    return journal


def _xml() -> Module:
    from sidelight.evidence import event_xml  # noqa: PLC0415

    return event_xml


def _host() -> Module:
    from sidelight.evidence.host import lines  # noqa: PLC0415

    return lines


def _core() -> Module:
    from sidelight.evidence.host import cores  # noqa: PLC0415

    return cores


def _minidump() -> Module:
    from sidelight.evidence.host import dumps  # noqa: PLC0415

    return dumps


def _tree() -> Module:
    from sidelight.evidence.host import trees  # noqa: PLC0415

    return trees


def _snapshot() -> Module:
    from sidelight.evidence.host import snapshots  # noqa: PLC0415

    return snapshots


def _volatility() -> Module:
    from sidelight.evidence.host import volatility  # noqa: PLC0415

    return volatility


def _memory() -> Module:
    from sidelight.evidence.host import memory_images  # noqa: PLC0415

    return memory_images


def _yara() -> Module:
    from sidelight.evidence import yara_lines  # noqa: PLC0415

    return yara_lines


def _json() -> Module:
    from sidelight.evidence import json  # noqa: PLC0415

    return json


def _csv() -> Module:
    from sidelight.evidence import event_csv  # noqa: PLC0415

    return event_csv


def _auditd() -> Module:
    from sidelight.evidence import auditd  # noqa: PLC0415

    return auditd


def _syslog() -> Module:
    from sidelight.evidence import syslog  # noqa: PLC0415

    return syslog


def _images() -> Module:
    from sidelight.evidence.disk import images  # noqa: PLC0415

    return images


def _catalogs() -> Module:
    from sidelight.evidence.disk import catalogs  # noqa: PLC0415

    return catalogs


def _blobs() -> Module:
    from sidelight.evidence.disk import blobs  # noqa: PLC0415

    return blobs


def _prefetches() -> Module:
    from sidelight.evidence.disk import prefetches  # noqa: PLC0415

    return prefetches


def _hives() -> Module:
    from sidelight.evidence.disk import hives  # noqa: PLC0415

    return hives


def _whole(head: bytes) -> Split:
    del head
    return "whole"


def _chunks(head: bytes) -> Split:
    del head
    return "chunks"


def _lines(head: bytes) -> Split:
    """Cut between lines when the first line is one whole event."""
    from sidelight.evidence.json.envelopes import is_enveloped  # noqa: PLC0415

    line, found, _ = head.lstrip(b"\xef\xbb\xbf \r\n\t").partition(b"\n")
    line = line.strip()
    whole = found and line.startswith(b"{") and line.endswith(b"}")
    return "lines" if whole and not is_enveloped(head) else "whole"


def _separable(head: bytes) -> Split:
    from sidelight.evidence import syslog  # noqa: PLC0415

    return "lines" if syslog.is_separable(head) else "whole"


READERS: Final[Mapping[str, Format]] = {
    "evtx": Format("Windows event log (EVTX)", _evtx, _chunks),
    "journal": Format("systemd journal", _journal, _whole),
    "xml": Format("Windows event XML", _xml, _whole),
    "host": Format("Linux host, live", _host, _whole),
    "core": Format("ELF core", _core, _whole),
    "minidump": Format("Windows minidump", _minidump, _whole),
    "snapshot": Format("Linux process, live", _snapshot, _whole),
    "memory": Format("Memory image", _memory, _whole),
    "volatility": Format("Memory image, read by Volatility", _volatility, _whole),
    "yara": Format("YARA scan", _yara, _whole),
    "json": Format("JSON events", _json, _lines),
    "csv": Format("CSV events", _csv, _whole),
    "auditd": Format("Linux audit log", _auditd, _whole),
    "syslog": Format("syslog", _syslog, _separable),
    TREE: Format("Linux file tree", _tree, _whole),
    "pe": Format("Windows program or library (PE)", _images, _whole, placed=True),
    "prefetch": Format("Windows prefetch", _prefetches, _whole, placed=True),
    "hive": Format("Windows registry hive", _hives, _whole, placed=True),
    "catalog": Format("Windows catalog", _catalogs, _whole, placed=True),
    "blob": Format("file that looks encrypted", _blobs, _whole, placed=True),
}
"""Most particular first: the first that recognises the bytes reads them."""


def recognise(head: bytes) -> str:
    """Name the format of *head*; empty where nothing reads it."""
    return next((name for name in READERS if _module(name).sniff(head)), "")


@cache
def _module(name: str) -> Module:
    return READERS[name].module()
