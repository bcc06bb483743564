"""The bytes of one source, as a reader sees them: it can end early, but it cannot fail."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from sidelight.schema import Frame, Gap, GapReason, Wanted

_FAILURES: Final = (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error)


class Raw(Protocol):
    """What a stream draws its bytes from: an open file, an archive member, a buffer."""

    def read(self, size: int, /) -> bytes:
        """Give at most *size* bytes, none at the end."""
        ...


@dataclass(slots=True)
class Stream:
    """A stretch of one source, read from front to back.

    Args:
        source: the name that goes into frames and gaps.
        raw: where the bytes come from.
        start: offset of the first byte in the (unpacked) source.
        first: number of the first line in it, for formats that count lines.
        gaps: what went wrong below the format: a failing disk, a broken archive.
    """

    source: str
    raw: Raw
    start: int = 0
    first: int = 1
    gaps: list[Gap] = field(default_factory=list)
    offset: int = 0

    def read(self, size: int) -> bytes:
        """Give *size* bytes, fewer only at the end; a failure of the source ends it."""
        parts: list[bytes] = []
        while size > 0:
            try:
                part = self.raw.read(size)
            except _FAILURES as error:
                self._stop(error)
                break
            if not part:
                break
            parts.append(part)
            size -= len(part)
            self.offset += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _stop(self, error: Exception) -> None:
        reason: GapReason = "denied" if isinstance(error, OSError) and error.errno else "damaged"
        text = f"reading stopped: {error or type(error).__name__}"
        self.gaps.append(Gap(self.source, self.start + self.offset, reason, text))
        self.raw = _Nothing()


class _Nothing:
    def read(self, size: int, /) -> bytes:
        del size
        return b""


Reader: TypeAlias = Callable[[Iterable[Stream], Wanted], Iterator[Frame | Gap]]
"""Yield the events of the streams as frames of many rows, and gaps for all that is no event.

A reader takes many streams so that small files share a frame. It finishes one stream before it
takes the next, never seeks, and raises nothing, whatever the bytes are.
"""
