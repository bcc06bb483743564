"""Prefetch files of Windows as evidence: one row each, with the files that a program read."""

from collections.abc import Iterable, Iterator

from sidelight.evidence.disk.rows import FILES
from sidelight.evidence.rows import Sheet, clean
from sidelight.evidence.stream import Stream
from sidelight.host.prefetch import MOST, PrefetchError, begins, on_volume, read_prefetch
from sidelight.schema import NO_TIME, Event, Frame, Gap, Wanted


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins a prefetch file."""
    return begins(head)


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    r"""Yield a row for each prefetch file (.pf), which Windows writes when a program is run.

    A row has the time of the last run, how many there were, and the files that were read in the
    first seconds, libraries among them. They lie below Windows\Prefetch; servers write none.
    """
    sheet = Sheet(wanted)
    for stream in streams:
        try:
            found = read_prefetch(stream.read(MOST))
        except PrefetchError as error:
            yield Gap(stream.source, stream.start, "damaged", f"prefetch: {error}")
            continue
        files = [clean(on_volume(path)) for path in found.files]
        event: Event = {
            "FileType": "prefetch",
            "Name": clean(found.name),
            "TracePath": clean(on_volume(found.program)),
            "Runs": str(found.count),
            "Members": files,
        }
        time = found.times[0] if found.times else NO_TIME
        sheet.add(FILES, stream.source, 1, time, None, event)
        sheet.weigh(sum(map(len, files)))
        if sheet.full:
            yield from sheet.frames()
    yield from sheet.frames()
