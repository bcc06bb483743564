"""The bytes of one source, as a reader sees them: it can end early, but it cannot fail."""

import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from lzma import LZMAError
from typing import Final, Protocol, TypeAlias

from sidelight.schema import STOPPED, Frame, Gap, GapReason, Wanted
from sidelight.values import dataclass


class RefusedBytesError(Exception):
    """The source holds more, or other, bytes than it is safe to unpack."""


FAILURES: Final = (
    OSError,
    EOFError,
    ValueError,
    ArithmeticError,
    RuntimeError,
    NotImplementedError,
    zlib.error,
    zipfile.BadZipFile,
    tarfile.TarError,
    LZMAError,
    RefusedBytesError,
)
"""What reading files, archives and compressed bytes can raise because of what they hold."""


class Raw(Protocol):
    """What a stream draws its bytes from: an open file, an archive member, a buffer."""

    def read(self, size: int, /) -> bytes:
        """Give at most *size* bytes, none at the end."""
        ...


def spelled(name: str) -> str:
    """Give the name of a file as text that can be written: names may hold any bytes."""
    return name if name.isascii() else name.encode("utf-8", "backslashreplace").decode()


@dataclass(slots=True)
class Stream:
    """A stretch of one source, read from front to back.

    Args:
        source: the name that goes into frames and gaps, as `spelled`.
        raw: where the bytes come from.
        start: offset of the first byte in the (unpacked) source.
        first: number of the first line in it, for formats that count lines.
        year: the year in which the source was last written, for formats whose times have
            none; None where not known.
        beside: folders in which files that the evidence speaks of may be found.
        gaps: what went wrong below the format: a failing disk, a broken archive.
        offset: how many bytes have been read.
    """

    source: str
    raw: Raw
    start: int = 0
    first: int = 1
    year: int | None = None
    beside: tuple[str, ...] = ()
    gaps: list[Gap] = field(default_factory=list)
    offset: int = 0

    def __post_init__(self) -> None:
        self.source = spelled(self.source)

    def read(self, size: int) -> bytes:
        """Give *size* bytes, fewer only at the end; a failure of the source ends it."""
        parts: list[bytes] = []
        while size > 0:
            try:
                part = self.raw.read(size)
            except FAILURES as error:
                self._stop(error)
                break
            if not part:
                break
            parts.append(part)
            size -= len(part)
            self.offset += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _stop(self, error: Exception) -> None:
        text = f"{STOPPED}: {error or type(error).__name__}"
        self.gaps.append(Gap(self.source, self.start + self.offset, _reason(error), text))
        self.raw = _Nothing()


def _reason(error: Exception) -> GapReason:
    if isinstance(error, RefusedBytesError):
        return "refused"
    if isinstance(error, EOFError):
        return "truncated"
    return "denied" if isinstance(error, OSError) and error.errno else "damaged"


class _Nothing:
    def read(self, size: int, /) -> bytes:
        del size
        return b""


Reader: TypeAlias = Callable[[Iterable[Stream], Wanted], Iterator[Frame | Gap]]
"""Yield the events of the streams as frames of many rows, and gaps for all that is no event.

A reader takes many streams so that small files share a frame. It finishes one stream before it
takes the next, never seeks, and raises nothing, whatever the bytes are.
"""
