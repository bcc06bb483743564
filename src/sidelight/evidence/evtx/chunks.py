"""Chunks of event logs side by side in one buffer, and where the records in them lie.

Source: the libevtx documentation "Windows XML Event Log (EVTX)", chapters Chunk and Event record.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sidelight.evidence.evtx.buffers import Buffer, Buffers
from sidelight.evidence.evtx.stretches import Data, view
from sidelight.evidence.stream import Stream
from sidelight.schema import Gap
from sidelight.values import dataclass

SIZE: Final = 65536
HEADER: Final = 4096
RECORDS: Final = 512
MAGIC: Final = b"ElfChnk\0"
_BATCH: Final = 2048
"""So many chunks together: what a batch costs beside its records is shared by twice as many."""
_PORTION: Final = 1 << 19
"""So much is read at once: it is still in the processor's cache when it is hashed and put away."""

_HEAD: Final = struct.Struct("<8sQQQQIIII").unpack_from
_ZERO: Final = bytes(SIZE)

_BUFFERS: Final = Buffers((_BATCH + 1) * SIZE)


@dataclass(frozen=True, slots=True)
class Batch:
    """Whole chunks of one or more sources.

    Args:
        data: chunk after chunk, 64 KB each, the cut ones filled up with zeros; 64 KB of zeros
            behind the last.
        sources: names of the sources.
        source: for each chunk the index of its source.
        offset: for each chunk its offset in its source.
        size: for each chunk how many bytes of it there are.
    """

    data: Data
    sources: tuple[str, ...]
    source: list[int]
    offset: list[int]
    size: list[int]


@dataclass(slots=True)
class _Filling:
    buffer: Buffer = field(default_factory=_BUFFERS.take)
    filled: int = 0
    sources: list[str] = field(default_factory=list)
    source: list[int] = field(default_factory=list)
    offset: list[int] = field(default_factory=list)
    size: list[int] = field(default_factory=list)

    @property
    def room(self) -> int:
        """How many bytes there is room for."""
        return (_BATCH - len(self.size)) * SIZE

    def add(self, name: str, offset: int, stream: Stream, ahead: bytes) -> int:
        """Append *ahead* and what follows it, from the border of a chunk on; tell how much."""
        start, limit = self.filled, self.filled + self.room
        part = ahead or stream.read(min(_PORTION, limit - start))
        while part:
            self._put(part)
            part = stream.read(min(_PORTION, limit - self.filled))
        size = self.filled - start
        if not size:
            return 0
        if not self.sources or self.sources[-1] != name:
            self.sources.append(name)
        for at in range(0, size, SIZE):
            self.source.append(len(self.sources) - 1)
            self.offset.append(offset + at)
            self.size.append(min(SIZE, size - at))
        self._put(_ZERO[: -size % SIZE])
        return size

    def _put(self, part: bytes) -> None:
        stop = self.filled + len(part)
        self.buffer[self.filled : stop] = part
        self.filled = stop

    def batch(self) -> Batch:
        """Give what was added; nothing more can be."""
        self._put(_ZERO)
        data = memoryview(self.buffer)[: self.filled].toreadonly()
        _BUFFERS.keep(self.buffer)
        return Batch(data, tuple(self.sources), self.source, self.offset, self.size)


def release() -> None:
    """Let go of the memory that was kept for more batches."""
    _BUFFERS.release()


def batches(streams: Iterable[Stream]) -> Iterator[Batch]:
    """Yield the chunks of *streams*, many together."""
    filling = _Filling()
    for stream in streams:
        offset, ahead = stream.start, b""
        if stream.start == 0:
            ahead = stream.read(HEADER)
            if not ahead.startswith(MAGIC):
                offset, ahead = HEADER, b""
        while size := filling.add(stream.source, offset, stream, ahead):
            offset, ahead = offset + size, b""
            if not filling.room:
                yield filling.batch()
                filling = _Filling()
    if filling.size:
        yield filling.batch()
    else:
        _BUFFERS.keep(filling.buffer)


@dataclass(frozen=True, slots=True)
class Records:
    """Where the records of a batch lie, in order.

    Args:
        start: offset of each in the batch's data.
        stop: offset behind its last byte of Binary XML.
    """

    start: NDArray[np.int64]
    stop: NDArray[np.int64]


@dataclass(slots=True)
class _Walk:
    limits: list[int]
    last: list[int]
    expected: list[int]
    gaps: list[Gap]


def walk(batch: Batch) -> tuple[Records, list[Gap]]:
    """Find the records of all chunks, and say which chunks are damaged."""
    walked = _inspect(batch)
    limits = np.array(walked.limits, np.int64)
    last = np.array(walked.last, np.uint64)
    u32, u64 = view(batch.data, "<u4"), view(batch.data, "<u8")
    at = np.arange(len(limits), dtype=np.int64) * SIZE + RECORDS
    alive = np.flatnonzero(limits > 0)
    count = np.zeros(len(limits), np.int64)
    final = np.zeros(len(limits), bool)
    starts: list[NDArray[np.int64]] = []
    sizes: list[NDArray[np.int64]] = []
    while alive.size:
        here = at[alive]
        here_ok = here + 28 <= limits[alive]
        alive, here = alive[here_ok], here[here_ok]
        size = u32[here + 4].astype(np.int64)
        good = (u32[here] == 0x2A2A) & (size >= 28) & (here + size <= limits[alive])
        alive, here, size = alive[good], here[good], size[good]
        starts.append(here)
        sizes.append(size)
        at[alive] += size
        count[alive] += 1
        ended = u64[here + 8] == last[alive]
        final[alive[ended]] = True
        alive = alive[~ended]
    start = np.concatenate(starts) if starts else np.zeros(0, np.int64)
    order = np.argsort(start, kind="stable")
    stop = start + (np.concatenate(sizes) if sizes else start) - 4
    for chunk in np.flatnonzero(~final & (limits > 0)).tolist():
        _missing(batch, walked, chunk, int(count[chunk]), int(at[chunk]) - chunk * SIZE)
    return Records(start[order], stop[order]), walked.gaps


def _inspect(batch: Batch) -> _Walk:
    walked = _Walk([], [], [], [])
    whole = memoryview(batch.data)
    for chunk, size in enumerate(batch.size):
        data = whole[chunk * SIZE : chunk * SIZE + size]
        limit, last, expected = 0, 0, 0
        if size < RECORDS or bytes(data[:8]) != MAGIC:
            _strange(batch, walked, chunk, data)
        else:
            _, _, _, first, last, _, _, free, checksum = _HEAD(data)
            expected = min(max(last - first + 1, 0), 2400) if last != 2**64 - 1 else 0
            free = free if RECORDS <= free <= SIZE else SIZE
            limit = chunk * SIZE + min(free, size)
            if size == SIZE:
                _check(batch, walked, chunk, data, free, checksum)
        walked.limits.append(limit)
        walked.last.append(last)
        walked.expected.append(expected)
    return walked


def _check(  # noqa: PLR0913
    batch: Batch, walked: _Walk, chunk: int, data: memoryview, free: int, checksum: int
) -> None:
    header = zlib.crc32(data[128:RECORDS], zlib.crc32(data[:120]))
    if header != int.from_bytes(data[124:128], "little"):
        _gap(batch, walked, chunk, 0, "the checksum of a chunk's header is wrong")
    elif zlib.crc32(data[RECORDS:free]) != checksum:
        _gap(batch, walked, chunk, 0, "the checksum of a chunk's records is wrong")


def _strange(batch: Batch, walked: _Walk, chunk: int, data: memoryview) -> None:
    if any(data[:RECORDS]) or data != _ZERO[: len(data)]:
        if len(data) < RECORDS:
            source, offset = batch.sources[batch.source[chunk]], batch.offset[chunk]
            walked.gaps.append(Gap(source, offset, "truncated", "a chunk is cut off"))
        else:
            _gap(batch, walked, chunk, 0, "this is no chunk of an event log")
    elif chunk + 1 < len(batch.size) and batch.source[chunk + 1] == batch.source[chunk]:
        following = (chunk + 1) * SIZE
        if batch.data[following : following + 8] == MAGIC:
            _gap(batch, walked, chunk, 0, "a chunk holds only zeros")


def _gap(batch: Batch, walked: _Walk, chunk: int, at: int, text: str) -> None:
    source, offset = batch.sources[batch.source[chunk]], batch.offset[chunk] + at
    walked.gaps.append(Gap(source, offset, "damaged", text))


def _missing(batch: Batch, walked: _Walk, chunk: int, count: int, at: int) -> None:
    source, offset = batch.sources[batch.source[chunk]], batch.offset[chunk] + at
    lost = walked.expected[chunk] - count
    if lost <= 0:
        return
    cut = batch.size[chunk] < SIZE
    text = "the last chunk is cut off" if cut else "a chunk holds fewer records than it says"
    walked.gaps.append(Gap(source, offset, "truncated" if cut else "damaged", text, lost))
