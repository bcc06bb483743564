"""Windows programs and libraries as evidence: one row each."""

from collections.abc import Iterable, Iterator
from typing import Final

from sidelight.evidence.disk.rows import FILES, image_event
from sidelight.evidence.rows import Sheet
from sidelight.evidence.stream import Stream
from sidelight.pe.image import read_image
from sidelight.pe.layout import PeError, begins
from sidelight.schema import NO_TIME, Frame, Gap, Wanted

MOST: Final = 256 << 20
"""So many bytes of a file are looked at; what an installer carries behind its code may be long."""


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins a PE file."""
    return begins(head)


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield a row for each Windows program and library (PE).

    A row has what headers and version resource say: the libraries that the loader gets for the
    file, those that it gets later, names of libraries in the bytes of programs, whether there is
    a certificate table. Whether a signature holds is looked at only where a program and a
    library may belong together.
    """
    sheet = Sheet(wanted)
    for stream in streams:
        data = stream.read(MOST)
        try:
            event = image_event(read_image(data))
        except PeError as error:
            if _is_pe(data):
                yield Gap(stream.source, stream.start, "damaged", f"PE file: it {error}")
            else:
                yield Gap(stream.source, 0, "foreign", "is in no format that Sidelight reads")
            continue
        sheet.add(FILES, stream.source, 1, NO_TIME, None, event)
        sheet.weigh(sum(map(len, event.values())))
        if sheet.full:
            yield from sheet.frames()
    yield from sheet.frames()


def _is_pe(data: bytes) -> bool:
    at = int.from_bytes(data[0x3C:0x40], "little")
    return data[at : at + 4] == b"PE\0\0"
