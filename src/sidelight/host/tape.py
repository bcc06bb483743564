"""Bytes that are read forward only, whose beginning is kept."""

from collections.abc import Callable
from dataclasses import field
from typing import Final

from sidelight.values import dataclass

BLOCK_BYTES: Final = 1 << 20


@dataclass(slots=True)
class Tape:
    """Bytes of a source that cannot be gone back in.

    Args:
        read: gives the next bytes, as many as it is asked for, fewer only at the end.
        keep: how many bytes of the beginning can be had again.
        place: offset of the next byte.
        cut: offset of the end, once something behind it was asked for.
        missed: how often something was asked for that had been passed over.
    """

    read: Callable[[int], bytes]
    keep: int = 0
    place: int = 0
    cut: int | None = None
    missed: int = 0
    _kept: bytearray = field(default_factory=bytearray)

    def forward(self, offset: int) -> bool:
        """Pass over what stands before *offset*; tell whether that was possible."""
        while self.place < offset and self.cut is None:
            self.take(min(BLOCK_BYTES, offset - self.place))
        return self.place == offset

    def take(self, size: int) -> bytes:
        """Read *size* bytes, fewer only at the end."""
        data = self.read(size)
        if self.place < self.keep:
            self._kept += data[: self.keep - self.place]
        self.place += len(data)
        if len(data) < size and self.cut is None:
            self.cut = self.place
        return data

    def fetch(self, offset: int, size: int) -> bytes | None:
        """Give the bytes at *offset*, fewer where the end is near.

        None where they were passed over and not kept.
        """
        kept = bytes(self._kept[offset : offset + size]) if offset < len(self._kept) else b""
        if len(kept) == size or (offset + len(kept) == self.place and self.cut is not None):
            return kept
        if offset + len(kept) < self.place:
            self.missed += 1
            return None
        return kept + self.take(size - len(kept)) if self.forward(offset + len(kept)) else kept
