"""One SQLite file of ours: opened, written in transactions, and blamed for what goes wrong."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sidelight.errors import IntelError

_APPLICATION: Final = 0x5349_4445  # "SIDE"
_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE import (
    number INTEGER PRIMARY KEY, place TEXT NOT NULL, at TEXT NOT NULL, finished INTEGER NOT NULL
);
CREATE TABLE document (
    key INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, importer TEXT NOT NULL,
    version TEXT NOT NULL, first INTEGER NOT NULL, finished INTEGER NOT NULL,
    refused INTEGER NOT NULL, UNIQUE (sha256, importer)
);
CREATE TABLE part (
    import INTEGER NOT NULL, document INTEGER NOT NULL, PRIMARY KEY (import, document)
) WITHOUT ROWID;
CREATE TABLE object (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL, creator TEXT NOT NULL, modified TEXT NOT NULL,
    digest BLOB NOT NULL, first INTEGER NOT NULL, data BLOB NOT NULL,
    UNIQUE (id, creator, modified, digest)
);
CREATE TABLE seen (
    document INTEGER NOT NULL, object INTEGER NOT NULL, PRIMARY KEY (document, object)
) WITHOUT ROWID;
CREATE TABLE remembered (key TEXT PRIMARY KEY, data BLOB NOT NULL);
"""


class SqliteFile:
    """The file at *path*, made with its tables where it is not there.

    Args:
        path: with the folders above it, if need be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self.blaming():
            path.parent.mkdir(parents=True, exist_ok=True)
            # What partners share under TLP is not for everybody on this machine.
            if not path.exists():
                path.touch(mode=0o600)
            self.base = _connected(path)
            self._prepare()

    @contextmanager
    def blaming(self) -> Iterator[None]:
        """Say of errors that they are about this file.

        Raises:
            IntelError: it is no store, is in use, or the disk refuses.
        """
        try:
            yield
        except sqlite3.OperationalError as error:
            raise IntelError(f"cannot be used: {error}", where=str(self._path)) from None
        except sqlite3.DatabaseError as error:
            hint = "keep it, name another file with --store"
            raise IntelError(f"is damaged: {error}", where=str(self._path), hint=hint) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise IntelError(f"cannot be used: {reason}", where=str(self._path)) from None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside a transaction that holds whole or not at all.

        Raises:
            IntelError: as `blaming`.
        """
        with self.blaming():
            self.base.execute("BEGIN IMMEDIATE")
            try:
                yield self.base
            except BaseException:
                if self.base.in_transaction:
                    self.base.execute("ROLLBACK")
                raise
            self.base.execute("COMMIT")

    def _prepare(self) -> None:
        if not self._is_ours():
            # Stays so in the file: whoever reads does not wait for who writes. It waits for
            # nobody itself, and where somebody else is at it, they see to it.
            with suppress(sqlite3.OperationalError):
                self.base.execute("PRAGMA journal_mode = WAL")
            with self.writing() as base:
                # Another process may have made the tables while this one waited.
                for statement in () if self._is_ours() else _SCHEMA.split(";"):
                    base.execute(statement)
                base.execute(f"PRAGMA application_id = {_APPLICATION}")
                base.execute(f"PRAGMA user_version = {_VERSION}")
        # A crash of the machine may lose the last import, which can be repeated, but no more.
        self.base.execute("PRAGMA synchronous = NORMAL")

    def _is_ours(self) -> bool:
        """Tell a store from a file without tables.

        Raises:
            IntelError: it has tables, and they are not ours.
        """
        # First, since they come together with the marks: seen without tables, marks may be late.
        tables = self.base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        mark = self.base.execute("PRAGMA application_id").fetchone()[0]
        version = self.base.execute("PRAGMA user_version").fetchone()[0]
        if tables and (mark != _APPLICATION or version != _VERSION):
            raise IntelError("is no intelligence store of this version", where=str(self._path))
        return bool(tables)


def _connected(path: Path) -> sqlite3.Connection:
    """Open *path*; on a medium or in a folder that nobody can write to, for reading alone."""
    wait = 30.0  # another import adds 2,000 objects at a time
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return sqlite3.connect(path, isolation_level=None, timeout=wait)
    log = path.with_name(f"{path.name}-wal")
    # Without a log beside it the file holds everything, and needs no lock that cannot be written.
    whole = "" if log.exists() and log.stat().st_size else "&immutable=1"
    place = f"file:{quote(str(path.absolute()))}?mode=ro{whole}"
    return sqlite3.connect(place, isolation_level=None, timeout=wait, uri=True)
