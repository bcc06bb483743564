"""The binary files of systemd's journal: their objects and entries.

Source: "Journal File Format" of the systemd project. Objects lie one behind the other, each on a
multiple of eight bytes, so they are walked from the front; the chain of entry arrays, which the
header points to, leads on where an object is damaged. Hashes are of no use to one who reads all.
"""

import lzma
from collections.abc import Iterator
from dataclasses import field
from struct import Struct
from typing import Final

import pyarrow as pa

from sidelight.evidence.rows import clean
from sidelight.values import dataclass

MAGIC: Final = b"LPKSHHRH"
FIELD_BYTES: Final = 16 << 20
"""A longer value is refused; journald's own limit for a compressed one is lower."""

ITEMS: Final = 1024
"""No entry has more fields (ENTRY_FIELD_COUNT_MAX of systemd)."""

UNPACKED_FACTOR: Final = 64
"""A file may unpack to so many times its size, and 1 GiB at least."""

_KNOWN: Final = 0b11111  # XZ, LZ4, keyed hash, ZSTD, compact
_COMPACT: Final = 1 << 4
_HEADER_BYTES: Final = 208
_ARRAYS_AT: Final = 176
_OBJECT: Final = Struct("<BB6xQ")
_U64: Final = Struct("<Q")
_DATA, _ENTRY_TYPE, _ARRAY, _LAST_TYPE = 1, 3, 6, 7
_CACHED: Final = 200_000
_CACHED_BYTES: Final = 4096


class JournalError(ValueError):
    """A part of a journal cannot be read."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """An entry of a journal.

    Args:
        offset: of its object.
        realtime: microseconds since 1970.
        fields: name and value pairs in order; a name may come several times.
        size: characters in the values.
        error: what could not be read of it; empty where all was.
    """

    offset: int
    realtime: int
    fields: list[tuple[str, str]]
    size: int
    error: str


@dataclass(frozen=True, slots=True)
class JournalDamage:
    """Bytes that are no object."""

    offset: int
    truncated: bool
    text: str


@dataclass(slots=True)
class JournalFile:
    """A journal in memory.

    Raises:
        JournalError: the header is of no journal that is known.
    """

    data: bytes
    _compact: bool = False
    _start: int = 0
    _chain: int = 0
    _budget: int = 0
    _values: dict[int, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        data = self.data
        if len(data) < _HEADER_BYTES or data[:8] != MAGIC:
            raise JournalError("the header of the journal is cut off or damaged")
        incompatible = int.from_bytes(data[12:16], "little")
        if incompatible & ~_KNOWN:
            raise JournalError(f"the journal has unknown features (flags {incompatible:#x})")
        self._compact = bool(incompatible & _COMPACT)
        self._start = _U64.unpack_from(data, 88)[0]
        self._chain = _U64.unpack_from(data, _ARRAYS_AT)[0]
        self._budget = max(UNPACKED_FACTOR * len(data), 1 << 30)
        if not _HEADER_BYTES <= self._start <= len(data) or self._start % 8:
            raise JournalError("the header of the journal is damaged")

    def entries(self) -> Iterator[JournalEntry | JournalDamage]:
        """Yield the entries in the order they were written, and what is damaged between."""
        offset, end = self._start, len(self.data)
        while offset + _OBJECT.size <= end:
            kind, _, size = _OBJECT.unpack_from(self.data, offset)
            if kind == 0 and size == 0:
                return  # the rest was set aside and never used
            if not 0 < kind <= _LAST_TYPE or not _OBJECT.size <= size <= end - offset:
                break
            if kind == _ENTRY_TYPE:
                yield self._entry(offset, size)
            offset += (size + 7) & ~7
        else:
            return
        cut = 0 < kind <= _LAST_TYPE and size > end - offset
        text = "the journal is cut off" if cut else "an object of the journal is damaged"
        yield JournalDamage(offset, cut, text)
        yield from self._chained(offset)

    def _chained(self, behind: int) -> Iterator[JournalEntry]:
        """Yield the entries that the entry arrays name and that lie *behind* an offset."""
        array, width = self._chain, 4 if self._compact else 8
        while 0 < array <= len(self.data) - 24:
            kind, _, size = _OBJECT.unpack_from(self.data, array)
            if kind != _ARRAY or not 24 <= size <= len(self.data) - array:
                return
            for at in range(array + 24, array + size - width + 1, width):
                offset = int.from_bytes(self.data[at : at + width], "little")
                if offset <= behind or offset % 8 or offset + 64 > len(self.data):
                    continue
                behind = offset  # entries ascend; so nothing comes twice, nor for ever
                kind, _, size = _OBJECT.unpack_from(self.data, offset)
                if kind == _ENTRY_TYPE and 64 <= size <= len(self.data) - offset:
                    yield self._entry(offset, size)
            following = _U64.unpack_from(self.data, array + 16)[0]
            if following <= array:
                return
            array = following

    def _entry(self, offset: int, size: int) -> JournalEntry:
        if size < 64:
            return JournalEntry(offset, 0, [], 0, "an entry of the journal is damaged")
        realtime = _U64.unpack_from(self.data, offset + 24)[0]
        width, stride = (4, 4) if self._compact else (8, 16)
        fields: list[tuple[str, str]] = []
        total, error = 0, ""
        items = range(offset + 64, offset + size - stride + 1, stride)
        for at in items[:ITEMS]:
            where = int.from_bytes(self.data[at : at + width], "little")
            try:
                pair = self._values.get(where) or self._value(where)
            except JournalError as failure:
                error = str(failure)
                continue
            total += len(pair[1])
            if total > FIELD_BYTES:
                error = f"an entry is longer than {FIELD_BYTES} characters"
                break
            fields.append(pair)
        return JournalEntry(offset, realtime, fields, total, error)

    def _value(self, offset: int) -> tuple[str, str]:
        start = 72 if self._compact else 64
        if offset % 8 or not 0 < offset <= len(self.data) - start:
            raise JournalError("an entry of the journal points nowhere")
        kind, flags, size = _OBJECT.unpack_from(self.data, offset)
        if kind != _DATA or not start <= size <= len(self.data) - offset:
            raise JournalError("an entry of the journal points to no data")
        payload = self.data[offset + start : offset + min(size, start + FIELD_BYTES + 1)]
        if flags & 7:
            payload = unpack(payload, flags)
        self._budget -= len(payload)
        if self._budget < 0:
            raise JournalError("the journal unpacks to far more than its size")
        name, found, value = payload.partition(b"=")
        if not found or len(payload) > FIELD_BYTES:
            raise JournalError("a field of the journal has no name or is too long")
        pair = name.decode("ascii", "replace"), clean(value.decode("utf-8", "replace"))
        if len(payload) <= _CACHED_BYTES:
            if len(self._values) >= _CACHED:
                self._values.clear()
            self._values[offset] = pair
        return pair


def unpack(payload: bytes, flags: int) -> bytes:
    """Decompress the payload of a data object, by the object's *flags*: 1 XZ, 2 LZ4, 4 ZSTD.

    Raises:
        JournalError: it is damaged, or longer than `FIELD_BYTES`.
    """
    try:
        match flags & 7:
            case 1:
                whole = lzma.LZMADecompressor(memlimit=256 << 20).decompress(
                    payload, FIELD_BYTES + 1
                )
            case 2:
                whole = _lz4(payload)
            case 4:
                with pa.CompressedInputStream(pa.BufferReader(payload), "zstd") as stream:
                    whole = stream.read(FIELD_BYTES + 1)
            case _:
                raise JournalError("a field of the journal is compressed in no known way")
    except (lzma.LZMAError, pa.ArrowException, OSError, EOFError) as error:
        raise JournalError("a compressed field of the journal is damaged") from error
    if len(whole) > FIELD_BYTES:
        raise JournalError(f"a field of the journal is longer than {FIELD_BYTES} bytes")
    return whole


def _lz4(payload: bytes) -> bytes:
    size = int.from_bytes(payload[:8], "little")
    if len(payload) < 9 or size > FIELD_BYTES:
        raise JournalError(f"a field of the journal is longer than {FIELD_BYTES} bytes")
    packed = payload[8:]
    return bytes(pa.Codec("lz4_raw").decompress(packed, decompressed_size=size, asbytes=True))
