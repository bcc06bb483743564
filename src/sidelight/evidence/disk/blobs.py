"""Files that look encrypted, beside programs: one row each."""

from collections.abc import Iterable, Iterator

from sidelight.evidence.disk.rows import FILES
from sidelight.evidence.rows import Sheet
from sidelight.evidence.stream import Stream
from sidelight.pe.blob import MOST, SAMPLE, is_dense, middle
from sidelight.schema import NO_TIME, Frame, Gap, Wanted


def sniff(head: bytes) -> bool:
    """Recognise nothing: only what lies beside a program is read like this."""
    del head
    return False


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield a row for each file that looks encrypted, at its begin and in its middle.

    Only files in folders that hold a Windows program or library are looked at, of 1 KiB to
    256 MiB, that begin with no mark of a format whose bytes are dense by right.
    """
    sheet = Sheet(wanted)
    for stream in streams:
        data = stream.read(MOST + 1)
        at = middle(len(data))
        if len(data) > MOST or not is_dense(data[at : at + SAMPLE]):
            yield Gap(stream.source, 0, "foreign", "is in no format that Sidelight reads")
            continue
        sheet.add(FILES, stream.source, 1, NO_TIME, None, {"FileType": "blob"})
        if sheet.full:
            yield from sheet.frames()
    yield from sheet.frames()
