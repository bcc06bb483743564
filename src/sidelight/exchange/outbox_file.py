"""The file of the outbox: durable before a transaction is back, and blamed for what goes wrong."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sidelight.errors import UsageError

_VERSION: Final = 2
_WAIT_S: Final = 30
_SCHEMA: Final = """
CREATE TABLE place (
    key INTEGER PRIMARY KEY, url TEXT NOT NULL, collection TEXT NOT NULL, token TEXT NOT NULL,
    authority TEXT NOT NULL, failures INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0,
    why TEXT NOT NULL DEFAULT '', sent INTEGER NOT NULL DEFAULT 0,
    certificate TEXT NOT NULL DEFAULT '', client_key TEXT NOT NULL DEFAULT '',
    UNIQUE (url, collection, token, authority)
);
CREATE TABLE item (
    number INTEGER PRIMARY KEY AUTOINCREMENT, place INTEGER NOT NULL REFERENCES place,
    digest TEXT NOT NULL, at INTEGER NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL,
    body BLOB NOT NULL, UNIQUE (place, digest)
);
CREATE INDEX item_order ON item (place, state, number);
"""


class OutboxFile:
    """The file at *path*, made with its tables where it is not there.

    Raises:
        UsageError: it is no outbox, or cannot be opened or made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self.blaming():
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():  # what is shared under TLP is not for everybody here
                path.touch(mode=0o600)
            self.base = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
            self.base.execute("PRAGMA journal_mode = WAL")
            self.base.execute("PRAGMA synchronous = FULL")
            self._prepare()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside a transaction that holds whole or not at all.

        Raises:
            UsageError: as `blaming`.
        """
        with self.blaming():
            self.base.execute("BEGIN IMMEDIATE")
            try:
                yield self.base
                self.base.execute("COMMIT")
            except BaseException:
                if self.base.in_transaction:
                    self.base.execute("ROLLBACK")
                raise

    @contextmanager
    def blaming(self) -> Iterator[None]:
        """Say of errors that they are about this file.

        Raises:
            UsageError: it is no outbox, is in use, or the disk refuses.
        """
        try:
            yield
        except sqlite3.OperationalError as error:
            hint = "nothing was queued" if "full" in str(error) else ""
            raise UsageError(f"cannot be used: {error}", where=str(self._path), hint=hint) from None
        except sqlite3.DatabaseError as error:
            reason = f"is damaged, or no outbox: {error}"
            raise UsageError(reason, where=str(self._path), hint="keep it elsewhere") from None
        except OSError as error:
            reason = f"cannot be used: {error.strerror or error}"
            raise UsageError(reason, where=str(self._path)) from None

    def _prepare(self) -> None:
        with self.writing() as base:
            (version,) = base.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    base.execute(statement)
                base.execute(f"PRAGMA user_version = {_VERSION}")
            elif version == 1:
                for name in ("certificate", "client_key"):
                    base.execute(f"ALTER TABLE place ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")
                base.execute(f"PRAGMA user_version = {_VERSION}")
            elif version != _VERSION:
                raise UsageError("is an outbox of another release", where=str(self._path))
