"""Event logs on disk as Windows writes them: a header, then chunks of 64 KB.

Source: the libevtx documentation "Windows XML Event Log (EVTX)", chapters File header, Chunk and
Event record.
"""

import struct
import zlib
from collections.abc import Sequence
from types import TracebackType
from typing import BinaryIO, Final, Self

from sidelight.training.range.binxml import Layout, Template, Value, name_hash, template

CHUNK: Final = 65536
_RECORDS: Final = 512
_HEADER: Final = 4096
_INSTANCE: Final = b"\x0f\x01\x01\x00\x0c\x01"
_FRAME: Final = 24 + len(_INSTANCE) + 8 + 28 + 1 + 7 + 4
"""Most bytes that a record needs beside its template definition and its values."""


class LogWriter:
    """Writes one ``.evtx`` file, record by record, in the order given.

    Args:
        raw: an empty, seekable file opened for writing; it stays open.
        computer: the name that every record carries.
    """

    def __init__(self, raw: BinaryIO, computer: str) -> None:
        self._raw = raw
        self._computer = computer.encode("utf-16-le")
        self._next = 1
        self._chunks = 0
        self._start_chunk()
        raw.write(bytes(_HEADER))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, layout: Layout, time: int, values: Sequence[Value]) -> int:
        """Append a record and give its number, counted from 1.

        *time* is a FILETIME (units of 100 ns since 1601); there is one value for each field
        of *layout*.

        Raises:
            ValueError: a value does not fit its type, or the record does not fit a chunk.
        """
        made = template(layout)
        record = self._next
        thread = 1200 + 4 * (record * 7 % 19)
        try:
            data = made.substitutions(time, record, thread, self._computer, values)
        except struct.error as error:
            raise ValueError(f"a value of event {layout.event_id}: {error}") from error
        room = _FRAME + len(data) + (0 if made in self._templates else made.largest)
        if len(self._buffer) + room > CHUNK:
            self._finish_chunk()
            if _RECORDS + _FRAME + len(data) + made.largest > CHUNK:
                raise ValueError(f"event {layout.event_id} is larger than a chunk")
        self._append(made, record, time, data)
        self._next += 1
        return record

    def close(self) -> None:
        """Complete the file; writing afterwards is an error."""
        if self._chunks == 0 or len(self._buffer) > _RECORDS:
            self._finish_chunk()
        header = bytearray(128)
        struct.pack_into(
            "<8sQQQIHHHH", header, 0, b"ElfFile\0", 0, self._chunks - 1, self._next, 128, 1, 3,
            _HEADER, self._chunks & 0xFFFF,
        )  # fmt: skip
        struct.pack_into("<I", header, 124, zlib.crc32(header[:120]))
        self._raw.seek(0)
        self._raw.write(header)
        self._raw.seek(0, 2)

    def _append(self, made: Template, record: int, time: int, data: bytes) -> None:
        buffer = self._buffer
        start = self._last = len(buffer)
        buffer += struct.pack("<IIQQ", 0x2A2A, 0, record, time)
        buffer += _INSTANCE
        buffer += made.guid[:4]
        known = self._templates.get(made)
        if known is None:
            self._define(made)
        else:
            buffer += known.to_bytes(4, "little")
        buffer += data
        filled = len(buffer) - start
        size = filled + 1 + 4 + -(filled + 1 + 4) % 8
        buffer += bytes(size - 4 - filled)
        encoded = size.to_bytes(4, "little")
        buffer += encoded
        buffer[start + 4 : start + 8] = encoded

    def _define(self, made: Template) -> None:
        buffer = self._buffer
        at = len(buffer) + 4
        self._templates[made] = at
        bucket = int.from_bytes(made.guid[:4], "little") % 32
        previous = self._template_heads[bucket]
        self._template_heads[bucket] = at
        buffer += struct.pack("<II16sI", at, previous, made.guid, 0)
        body = len(buffer)
        open_sizes: list[int] = []
        for part in made.parts:
            if isinstance(part, bytes):
                buffer += part
            elif isinstance(part, str):
                self._name(part)
            elif part:
                open_sizes.append(len(buffer))
                buffer += b"\0\0\0\0"
            else:
                begun = open_sizes.pop()
                buffer[begun : begun + 4] = (len(buffer) - begun - 4).to_bytes(4, "little")
        buffer[body - 4 : body] = (len(buffer) - body).to_bytes(4, "little")

    def _name(self, name: str) -> None:
        buffer = self._buffer
        known = self._names.get(name)
        if known is not None:
            buffer += known.to_bytes(4, "little")
            return
        at = self._names[name] = len(buffer) + 4
        hashed = name_hash(name)
        previous = self._name_heads[hashed % 64]
        self._name_heads[hashed % 64] = at
        buffer += struct.pack("<IIHH", at, previous, hashed, len(name))
        buffer += name.encode("utf-16-le") + b"\0\0"

    def _start_chunk(self) -> None:
        self._buffer = bytearray(_RECORDS)
        self._first = self._next
        self._last = 0
        self._templates: dict[Template, int] = {}
        self._names: dict[str, int] = {}
        self._name_heads = [0] * 64
        self._template_heads = [0] * 32

    def _finish_chunk(self) -> None:
        buffer, last = self._buffer, self._next - 1
        free = len(buffer)
        struct.pack_into(
            "<8sQQQQIIII", buffer, 0, b"ElfChnk\0", self._first, last, self._first, last, 128,
            self._last, free, zlib.crc32(memoryview(buffer)[_RECORDS:]),
        )  # fmt: skip
        struct.pack_into("<64I32I", buffer, 128, *self._name_heads, *self._template_heads)
        checked = zlib.crc32(memoryview(buffer)[128:_RECORDS], zlib.crc32(buffer[:120]))
        struct.pack_into("<I", buffer, 124, checked)
        self._raw.write(buffer)
        self._raw.write(bytes(CHUNK - free))
        self._chunks += 1
        self._start_chunk()
