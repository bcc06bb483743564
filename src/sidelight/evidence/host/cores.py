"""ELF cores as evidence: one process each."""

from collections.abc import Iterable, Iterator

from sidelight.evidence.host.rows import PROCESSES, event_of
from sidelight.evidence.rows import Sheet
from sidelight.evidence.stream import Stream
from sidelight.host.core import CoreError, is_core, read_core
from sidelight.schema import NO_TIME, Frame, Gap, Wanted


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins a core."""
    return is_core(head)


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield the process of each core as a row of those of a collection, without a time.

    Looked at are its notes, executable memory without a file, the threads, and the arguments and
    loader variables on its stack. A core does not tell sockets, packages, or what stands on disk.
    """
    sheet = Sheet(wanted)
    for stream in streams:
        try:
            core = read_core(stream.read)
        except CoreError as error:
            yield Gap(stream.source, stream.start, "damaged", f"ELF core: {error}")
            continue
        if core.cut is not None:
            text = "the core is cut short: memory behind this place is missing"
            yield Gap(stream.source, stream.start + core.cut, "truncated", text)
        if core.unlisted:
            text = "the core lists no files: what of its memory belongs to none is not known"
            yield Gap(stream.source, stream.start, "unsupported", text)
        if core.unread:
            text = f"{core.unread} stretches of the core overlap or are too long to look at"
            yield Gap(stream.source, stream.start, "damaged", text)
        sheet.add(PROCESSES, stream.source, 1, NO_TIME, None, event_of(core.process))
        if sheet.full:
            yield from sheet.frames()
    yield from sheet.frames()
