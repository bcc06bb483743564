"""Images of whole memories, which are hunted only where somebody asks for it."""

from collections.abc import Iterable, Iterator
from typing import Final

from sidelight.evidence.stream import Stream
from sidelight.schema import Frame, Gap, Wanted

_MAGIC: Final = {
    b"EMiL": "LiME",
    b"PAGEDU64": "Windows crash dump",
    b"PAGEDUMP": "Windows crash dump",
}


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins an image by LiME, or what Windows writes when it stops."""
    return head.startswith(tuple(_MAGIC))


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield a gap that says how an image of a whole memory is hunted: with ``--memory-image``."""
    del wanted
    for stream in streams:
        head = stream.read(8)
        title = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")
        text = f"is an image of a whole memory ({title}): name it with --memory-image"
        yield Gap(stream.source, stream.start, "unsupported", text)
