"""Parts of a scan, kept in memory while small and on disk when not."""

import errno
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from types import TracebackType
from typing import Final, Self, overload

import pyarrow as pa

from sidelight.errors import SidelightError
from sidelight.findings.hits import TABLES, Part
from sidelight.values import dataclass

LIMIT_BYTES: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Tables(Sequence[pa.Table]):
    """Tables in memory and on disk; those on disk are mapped each time they are asked for.

    Whoever takes one after another has one of them in memory at a time.
    """

    kept: tuple[pa.Table, ...]
    files: tuple[Path, ...]

    def together(self) -> "Tables":
        """Give the same rows with those in memory in one table, which is gone through faster."""
        some = [table for table in self.kept if table.num_rows] or self.kept[:1]
        if len(some) < 2:
            return Tables(tuple(some), self.files)
        whole = pa.concat_tables(some).unify_dictionaries().combine_chunks()
        return Tables((whole,), self.files)

    def __len__(self) -> int:
        return len(self.kept) + len(self.files)

    @overload
    def __getitem__(self, index: int) -> pa.Table: ...

    @overload
    def __getitem__(self, index: slice) -> "Tables": ...

    def __getitem__(self, index: int | slice) -> "pa.Table | Tables":
        if isinstance(index, slice):
            several = range(len(self))[index]
            return Tables(tuple(self[each] for each in several), ())
        number = range(len(self))[index]
        if number < len(self.kept):
            return self.kept[number]
        return _map(self.files[number - len(self.kept)])


@dataclass(slots=True)
class Spool:
    """Collects the tables of parts; what it gives back is the same bag of rows.

    One process fills one spool. A worker writes into a folder of its own (`flush`), and its
    parent takes over the files by `adopt`. Leaving the ``with`` block removes the files that
    this spool wrote or adopted.

    Args:
        folder: where files go; None for a temporary folder, made when it is first needed.
        limit: how many bytes of tables stay in memory.
        prefix: begins the name of each file, so that workers can share a folder.
    """

    folder: Path | None = None
    limit: int = LIMIT_BYTES
    prefix: str = ""
    _pending: dict[str, list[pa.Table]] = field(default_factory=dict)
    _size: int = 0
    _files: dict[str, list[Path]] = field(default_factory=dict)
    _written: int = 0
    _own: Path | None = None

    def add(self, part: Part) -> None:
        """Keep a part.

        Raises:
            SidelightError: the disk took no more; every part so far, this one included, is
                still there to be read.
        """
        for name in TABLES:
            table = getattr(part, name)
            if table.num_rows:
                self._pending.setdefault(name, []).append(table)
                self._size += table.nbytes
        if self._size > self.limit:
            self.flush()

    def flush(self) -> tuple[str, ...]:
        """Write to disk what is in memory, and name every file there is.

        Raises:
            SidelightError: as `add` does.
        """
        for name in sorted(self._pending):
            path = self._place() / f"{self.prefix}{self._written:06d}-{name}.arrow"
            table = pa.concat_tables(self._pending[name]).unify_dictionaries().combine_chunks()
            _write(table, path)
            self._written += 1
            self._files.setdefault(name, []).append(path)
            del self._pending[name]
        self._size = 0
        return tuple(str(path) for name in TABLES for path in self._files.get(name, ()))

    def adopt(self, paths: Sequence[str]) -> None:
        """Take over files that another spool wrote; their names say which table they hold."""
        for text in paths:
            path = Path(text)
            self._files.setdefault(path.stem.rpartition("-")[2], []).append(path)

    def tables(self, name: str) -> "Tables":
        """Give the tables of one schema (a key of `TABLES`), at least an empty one."""
        kept = (TABLES[name].empty_table(), *self._pending.get(name, ()))
        return Tables(kept, tuple(self._files.get(name, ())))

    def close(self) -> None:
        """Forget everything and remove the files."""
        self._pending, self._size = {}, 0
        for paths in self._files.values():
            for path in paths:
                path.unlink(missing_ok=True)
        self._files = {}
        if self._own is not None:
            shutil.rmtree(self._own, ignore_errors=True)
            self._own = None

    def _place(self) -> Path:
        if self.folder is not None:
            return self.folder
        if self._own is None:
            try:
                self._own = Path(tempfile.mkdtemp(prefix="sidelight-"))
            except OSError as error:
                raise _refusal(Path(tempfile.gettempdir()), error) from error
        return self._own

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _write(table: pa.Table, path: Path) -> None:
    try:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _refusal(path.parent, error) from error


def _map(path: Path) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _refusal(folder: Path, error: OSError) -> SidelightError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    hint = "free some space, or choose another folder with TMPDIR" if full else ""
    return SidelightError(
        f"cannot keep intermediate results: {reason}", where=str(folder), hint=hint
    )
