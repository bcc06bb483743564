"""Catalogs of Windows as evidence: one row each, with the digests that it lists."""

from collections.abc import Iterable, Iterator
from typing import Final

from sidelight.evidence.disk.rows import FILES
from sidelight.evidence.rows import Sheet
from sidelight.evidence.stream import Stream
from sidelight.pe.catalog import begins, members
from sidelight.schema import NO_TIME, Frame, Gap, Wanted

MOST: Final = 64 << 20


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins a catalog."""
    return begins(head)


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    r"""Yield a row for each catalog (.cat, PKCS #7 with a list of trusted files).

    Windows signs most of its own files by catalogs; they lie below System32\CatRoot.
    """
    sheet = Sheet(wanted)
    for stream in streams:
        data = stream.read(MOST)
        found = sorted(members(data))
        if not found:
            yield Gap(stream.source, 0, "damaged", "catalog: it lists no file")
            continue
        event: dict[str, str | list[str]] = {"FileType": "catalog", "Members": found}
        sheet.add(FILES, stream.source, 1, NO_TIME, None, event)
        sheet.weigh(sum(map(len, found)))
        if sheet.full:
            yield from sheet.frames()
    yield from sheet.frames()
