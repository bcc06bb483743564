"""The outbox: what is to be sent stands on the disk before anybody is told that it is accepted.

Rules of this file:

- An object leaves the outbox when the server has it, or a person drops it; nothing else removes it.
- What goes to one place goes in the order it came, and stops where the place is down.
- A refusal stays with the words of the server, and holds up nothing.
- Sending twice does no harm, so two senders at once do none, and neither does a kill in between.

Tokens are not kept here, only where they are to be read from.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from sidelight.errors import UsageError
from sidelight.exchange.client import named
from sidelight.exchange.instants import Instant

State: TypeAlias = Literal["waiting", "refused"]

_VERSION: Final = 1
_WAIT_S: Final = 30
_SCHEMA: Final = """
CREATE TABLE place (
    key INTEGER PRIMARY KEY, url TEXT NOT NULL, collection TEXT NOT NULL, token TEXT NOT NULL,
    authority TEXT NOT NULL, failures INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0,
    why TEXT NOT NULL DEFAULT '', sent INTEGER NOT NULL DEFAULT 0,
    UNIQUE (url, collection, token, authority)
);
CREATE TABLE item (
    number INTEGER PRIMARY KEY AUTOINCREMENT, place INTEGER NOT NULL REFERENCES place,
    digest TEXT NOT NULL, at INTEGER NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL,
    body BLOB NOT NULL, UNIQUE (place, digest)
);
CREATE INDEX item_order ON item (place, state, number);
"""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where something is to go.

    Args:
        token: file that the token is read from.
        authority: file with certificates to trust; empty for those of the system.
    """

    url: str
    collection: str
    token: str
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """An object in the outbox, by the number that gives its order."""

    number: int
    body: bytes
    at: Instant
    state: State
    why: str = ""

    @property
    def name(self) -> str:
        """Give its id and version, as far as it has them."""
        return " ".join(each for each in named(self.body) if each) or f"number {self.number}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a destination.

    Args:
        due: when it is tried again; 0 for at once.
        why: how it failed the last time; empty where it did not.
    """

    key: int
    destination: Destination
    waiting: int
    refused: int
    sent: int
    failures: int
    due: Instant
    why: str


class Outbox:
    """The outbox at *path*, made where it is not there; processes may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._blaming():
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():  # what is shared under TLP is not for everybody here
                path.touch(mode=0o600)
            self.base = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
            self.base.execute("PRAGMA journal_mode = WAL")
            self.base.execute("PRAGMA synchronous = FULL")
            self._prepare()

    def close(self) -> None:
        """Close the file."""
        self.base.close()

    def put(self, to: Destination, objects: Iterable[bytes], now: Instant) -> list[int]:
        """Queue objects; once this is back they are on the disk. Give the numbers of new ones.

        What waits already is not queued twice; what was refused waits again, behind the others.

        Raises:
            UsageError: it cannot be written, as where the disk is full; then nothing is queued.
        """
        new = []
        with self._writing() as base:
            place = self._place(to)
            for body in objects:
                key = (place, sha256(body).hexdigest())
                base.execute(
                    "DELETE FROM item WHERE place = ? AND digest = ? AND state = 'refused'", key
                )
                done = base.execute(
                    "INSERT INTO item (place, digest, at, state, why, body)"
                    " VALUES (?, ?, ?, 'waiting', '', ?) ON CONFLICT DO NOTHING",
                    (*key, now, body),
                )
                if done.rowcount and done.lastrowid:
                    new.append(done.lastrowid)
        return new

    def standings(self) -> list[Standing]:
        """Say how it stands with each destination."""
        rows = self._read(
            "SELECT key, url, collection, token, authority, sent, failures, due, why,"
            " (SELECT count(*) FROM item WHERE place = key AND state = 'waiting'),"
            " (SELECT count(*) FROM item WHERE place = key AND state = 'refused')"
            " FROM place ORDER BY key"
        )
        return [
            Standing(key, Destination(*to), waiting, refused, sent, failures, due, why)
            for key, *to, sent, failures, due, why, waiting, refused in rows
        ]

    def items(self, place: int, state: State, limit: int = -1) -> list[Item]:
        """Give what waits for, or was refused by, a destination, in order."""
        rows = self._read(
            "SELECT number, body, at, state, why FROM item WHERE place = ? AND state = ?"
            " ORDER BY number LIMIT ?",
            (place, state, limit),
        )
        return [Item(*row) for row in rows]

    def settle(self, place: int, taken: Sequence[Item], refused: Sequence[Item]) -> None:
        """Take out what the server has, and keep what it refused with the words of `Item.why`."""
        with self._writing() as base:
            gone = [(each.number,) for each in taken]
            count = base.executemany("DELETE FROM item WHERE number = ?", gone).rowcount
            base.executemany(
                "UPDATE item SET state = 'refused', why = ? WHERE number = ?",
                [(each.why, each.number) for each in refused],
            )
            base.execute(
                "UPDATE place SET failures = 0, due = 0, why = '', sent = sent + ? WHERE key = ?",
                (max(count, 0), place),
            )

    def fail(self, place: int, why: str, due: Instant) -> None:
        """Note that a destination could not be sent to, and when it is tried again."""
        with self._writing() as base:
            base.execute(
                "UPDATE place SET failures = failures + 1, why = ?, due = ? WHERE key = ?",
                (why, due, place),
            )

    def retry(self, numbers: Sequence[int] = ()) -> int:
        """Let what was refused wait again, at its old place in the order; none named is all."""
        with self._writing() as base:
            base.execute("UPDATE place SET due = 0")
            return self._change(
                "UPDATE item SET state = 'waiting', why = '' WHERE state = 'refused'", numbers
            )

    def drop(self, numbers: Sequence[int], *, refused: bool = False) -> int:
        """Forget objects that are named, or all that were refused; tell how many there were."""
        if not numbers and not refused:
            return 0
        with self._writing():
            if refused:
                return self._change("DELETE FROM item WHERE state = 'refused'", numbers)
            return self._change("DELETE FROM item WHERE 1", numbers)

    def _change(self, statement: str, numbers: Sequence[int]) -> int:
        if not numbers:
            return self.base.execute(statement).rowcount
        statement += " AND number = ?"
        return sum(self.base.execute(statement, (each,)).rowcount for each in numbers)

    def _place(self, to: Destination) -> int:
        values = (to.url, to.collection, to.token, to.authority)
        self.base.execute(
            "INSERT INTO place (url, collection, token, authority) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            values,
        )
        (key,) = self.base.execute(
            "SELECT key FROM place WHERE (url, collection, token, authority) = (?, ?, ?, ?)", values
        ).fetchone()
        return int(key)

    def _read(self, statement: str, values: tuple[object, ...] = ()) -> list[Any]:
        with self._blaming():
            return self.base.execute(statement, values).fetchall()

    def _prepare(self) -> None:
        with self._writing() as base:
            (version,) = base.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    base.execute(statement)
                base.execute(f"PRAGMA user_version = {_VERSION}")
            elif version != _VERSION:
                raise UsageError("is an outbox of another release", where=str(self.path))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._blaming():
            self.base.execute("BEGIN IMMEDIATE")
            try:
                yield self.base
                self.base.execute("COMMIT")
            except BaseException:
                if self.base.in_transaction:
                    self.base.execute("ROLLBACK")
                raise

    @contextmanager
    def _blaming(self) -> Iterator[None]:
        """Say of errors that they are about this file.

        Raises:
            UsageError: it is no outbox, is in use, or the disk refuses.
        """
        try:
            yield
        except sqlite3.OperationalError as error:
            hint = "nothing was queued" if "full" in str(error) else ""
            raise UsageError(f"cannot be used: {error}", where=str(self.path), hint=hint) from None
        except sqlite3.DatabaseError as error:
            reason = f"is damaged, or no outbox: {error}"
            raise UsageError(reason, where=str(self.path), hint="keep it elsewhere") from None
        except OSError as error:
            reason = f"cannot be used: {error.strerror or error}"
            raise UsageError(reason, where=str(self.path)) from None
