"""Memory for batches, used again and again.

Each batch looks up millions of places all over its bytes. In pages of 4 KB most look-ups miss the
processor's table of pages, and each page costs a fault when it is first touched; in pages of 2 MB
the look-ups take a third of the time.
"""

import mmap
from contextlib import suppress
from dataclasses import field
from typing import Final, TypeAlias

from sidelight.values import dataclass

Buffer: TypeAlias = mmap.mmap

_KEPT: Final = 2
"""So many are kept: one is filled while the frames of another are still held."""


@dataclass(slots=True)
class Buffers:
    """Buffers of *size* bytes.

    Nobody says that a buffer is done with: one that something still looks at, a view or an array,
    cannot be resized (`mmap`), which tells it from a free one.
    """

    size: int
    _kept: list[Buffer] = field(default_factory=list)

    def take(self) -> Buffer:
        """Give a buffer that nothing looks at; what it holds is left over."""
        for number, buffer in enumerate(self._kept):
            with suppress(BufferError, SystemError, ValueError, OSError):
                buffer.resize(self.size)
                return self._kept.pop(number)
        return _buffer(self.size)

    def keep(self, buffer: Buffer) -> None:
        """Take a buffer, to be given again when nothing looks at it."""
        self._kept = [*self._kept[1 - _KEPT :], buffer]

    def release(self) -> None:
        """Keep none: each is gone when nothing looks at it."""
        self._kept = []


def _buffer(size: int) -> Buffer:
    if not hasattr(mmap, "MADV_HUGEPAGE"):
        return mmap.mmap(-1, size)
    made = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):  # a kernel without large pages
        made.madvise(mmap.MADV_HUGEPAGE)
    return made
