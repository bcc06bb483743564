"""Full events of some hits, looked up by their place; where they are many they lie on disk."""

import os
import sys
import tempfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import field
from io import SEEK_END, FileIO
from pathlib import Path
from typing import Final, Self, cast

import numpy as np
import orjson
import pyarrow as pa

from sidelight.findings.cells import Ints, coded, dictionary, listed
from sidelight.findings.hits import EVENTS
from sidelight.schema import Event, strings, unique
from sidelight.values import dataclass

ROOM: Final = 4 << 20
"""So many bytes of events stay in memory; what comes after them goes to disk."""


_NONE: Final = pa.array([], pa.binary())
_NOWHERE: Final = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class _Board:
    """Some events, one after another.

    Args:
        places: their sources and records.
        fields: the events, empty where they are in the file.
        ends: where each begins in the file, and one number more for the end of the last.
    """

    places: pa.Table
    fields: pa.BinaryArray
    ends: Ints


@dataclass(slots=True)
class Shelf:
    """Where full events lie: by source and record.

    What lies on disk is read with plain reads, for mapped pages would count as memory. Leaving
    the ``with`` block removes the file; without one there is none to be removed as long as no
    more than *room* is put there. A disk that takes no more leaves events in memory.

    Args:
        room: how many bytes stay in memory.
        folder: where the file goes that takes the others; None for that of temporary files.
    """

    room: int = ROOM
    folder: Path | None = None
    _boards: list[_Board] = field(default_factory=list)
    _begins: list[int] = field(default_factory=list)
    _rows: dict[str, dict[int, int]] = field(default_factory=dict)
    _size: int = 0
    _file: FileIO | None = None

    @classmethod
    def of(cls, tables: Iterable[pa.Table], folder: Path | None = None, room: int = ROOM) -> Self:
        """Put tables of `EVENTS` on a shelf, one after another."""
        shelf = cls(room, folder)
        for table in tables:
            shelf._add(table)
        return shelf

    def close(self) -> None:
        """Forget what lies on disk."""
        if self._file is not None:
            self._file.close()

    def event(self, source: str, record: int) -> Event | None:
        """Give the full event of a place, None where only its place was kept.

        Of several at one place it is the greatest by its bytes, whatever order they came in.
        """
        row = self._rows.get(source, {}).get(record)
        if row is None:
            return None
        event: Event = orjson.loads(self._text(row))
        return event

    def tables(self) -> Iterator[pa.Table]:
        """Give everything back as tables of `EVENTS`, of which one is in memory at a time."""
        for board in self._boards:
            fields = board.fields if len(board.fields) else self._read(board)
            yield board.places.append_column("fields", fields).cast(EVENTS)

    def _add(self, table: pa.Table) -> None:
        if not table.num_rows:
            return
        begin = self._begins[-1] + self._boards[-1].places.num_rows if self._boards else 0
        fields = cast("pa.BinaryArray", table.column("fields").combine_chunks())
        self._boards.append(self._board(_places(table), fields))
        self._begins.append(begin)
        codes, texts = coded(table.column("source"))
        records = table.column("record").to_numpy()
        for code in unique(codes).tolist():
            known = self._rows.setdefault(texts[code].as_py(), {})
            mine = np.flatnonzero(codes == code)
            rows = dict(zip(records[mine].tolist(), (begin + mine).tolist(), strict=True))
            if len(rows) == len(mine) and known.keys().isdisjoint(rows):
                known.update(rows)
            else:
                self._choose(known, records[mine].tolist(), (begin + mine).tolist())

    def _choose(self, known: dict[int, int], records: list[int], rows: list[int]) -> None:
        for row, record in zip(rows, records, strict=True):
            other = known.setdefault(record, row)
            if other != row and self._text(row) > self._text(other):
                known[record] = row

    def _board(self, places: pa.Table, fields: pa.BinaryArray) -> _Board:
        if self._size + fields.nbytes > self.room:
            with suppress(OSError):
                return _Board(places, _NONE, self._write(fields))
        self._size += fields.nbytes
        return _Board(places, fields, _NOWHERE)

    def _write(self, fields: pa.BinaryArray) -> Ints:
        """Append *fields* to the file and tell where they lie."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0, dir=self.folder)  # noqa: SIM115
        _, offsets, data = fields.buffers()
        ends = np.frombuffer(memoryview(cast("pa.Buffer", offsets)), np.int32)
        ends = ends[fields.offset : fields.offset + len(fields) + 1].astype(np.int64)
        place = self._file.seek(0, SEEK_END)
        rest = memoryview(cast("pa.Buffer", data))[ends[0] : ends[-1]]
        while rest:
            rest = rest[self._file.write(rest) :]
        moved: Ints = ends - ends[0] + place
        return moved

    def _read(self, board: _Board) -> pa.BinaryArray:
        ends = board.ends
        data = pa.py_buffer(self._stretch(int(ends[0]), int(ends[-1])))
        offsets = pa.py_buffer((ends - ends[0]).astype(np.int32).tobytes())
        whole = pa.Array.from_buffers(pa.binary(), len(ends) - 1, [None, offsets, data])
        return cast("pa.BinaryArray", whole)

    def _text(self, row: int) -> bytes:
        number = bisect_right(self._begins, row) - 1
        board, at = self._boards[number], row - self._begins[number]
        if len(board.fields):
            return board.fields[at].as_py()
        return self._stretch(int(board.ends[at]), int(board.ends[at + 1]))

    def _stretch(self, begin: int, end: int) -> bytes:
        file = cast("FileIO", self._file)
        if sys.platform != "win32":
            return os.pread(file.fileno(), end - begin, begin)
        file.seek(begin)
        return file.read(end - begin)


def _places(table: pa.Table) -> pa.Table:
    """Give sources and records; nothing of what *table* lies in, a mapped file say, is held."""
    codes, texts = coded(table.column("source"))
    some, inverse = np.unique(codes, return_inverse=True)
    names = strings(listed(texts.take(some)))
    record = pa.array(table.column("record").to_numpy())
    return pa.table({"source": dictionary(inverse, names), "record": record})
