"""The outbox: what is to be sent stands on the disk before anybody is told that it is accepted.

Rules of this file:

- An object leaves the outbox when the server has it, or a person drops it; nothing else removes it.
- What goes to one place goes in the order it came, and stops where the place is down.
- A refusal stays with the words of the server, and holds up nothing.
- Sending twice does no harm, so two senders at once do none, and neither does a kill in between.

Tokens are not kept here, only where they are to be read from.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypeAlias

from sidelight.exchange.client import named
from sidelight.exchange.instants import Instant
from sidelight.exchange.outbox_file import OutboxFile
from sidelight.values import dataclass

State: TypeAlias = Literal["waiting", "refused"]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where something is to go.

    Args:
        token: file that the token is read from.
        authority: file with certificates to trust; empty for those of the system.
        certificate: file with the certificate that is shown; *key* its key, if elsewhere.
    """

    url: str
    collection: str
    token: str
    authority: str = ""
    certificate: str = ""
    key: str = ""


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
        self._file = OutboxFile(path)
        self.base = self._file.base

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
        with self._file.writing() as base:
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
            "SELECT key, url, collection, token, authority, certificate, client_key,"
            " sent, failures, due, why,"
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
        with self._file.writing() as base:
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
        with self._file.writing() as base:
            base.execute(
                "UPDATE place SET failures = failures + 1, why = ?, due = ? WHERE key = ?",
                (why, due, place),
            )

    def retry(self, numbers: Sequence[int] = ()) -> int:
        """Let what was refused wait again, at its old place in the order; none named is all."""
        with self._file.writing() as base:
            base.execute("UPDATE place SET due = 0")
            return self._change(
                "UPDATE item SET state = 'waiting', why = '' WHERE state = 'refused'", numbers
            )

    def drop(self, numbers: Sequence[int], *, refused: bool = False) -> int:
        """Forget objects that are named, or all that were refused; tell how many there were."""
        if not numbers and not refused:
            return 0
        with self._file.writing():
            if refused:
                return self._change("DELETE FROM item WHERE state = 'refused'", numbers)
            return self._change("DELETE FROM item WHERE 1", numbers)

    def drop_to(self, url: str) -> int:
        """Forget all objects for a server, waiting or refused; tell how many there were."""
        with self._file.writing() as base:
            return base.execute(
                "DELETE FROM item WHERE place IN"
                " (SELECT key FROM place WHERE rtrim(url, '/') = rtrim(?, '/'))",
                (url,),
            ).rowcount

    def _change(self, statement: str, numbers: Sequence[int]) -> int:
        if not numbers:
            return self.base.execute(statement).rowcount
        statement += " AND number = ?"
        return sum(self.base.execute(statement, (each,)).rowcount for each in numbers)

    def _place(self, to: Destination) -> int:
        values = (to.url, to.collection, to.token, to.authority)
        # Who shows another certificate means the same place; what waits goes with the last one.
        self.base.execute(
            "INSERT INTO place (url, collection, token, authority, certificate, client_key)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET certificate = excluded.certificate, client_key = excluded.client_key",
            (*values, to.certificate, to.key),
        )
        (key,) = self.base.execute(
            "SELECT key FROM place WHERE (url, collection, token, authority) = (?, ?, ?, ?)", values
        ).fetchone()
        return int(key)

    def _read(self, statement: str, values: tuple[object, ...] = ()) -> list[Any]:
        with self._file.blaming():
            return self.base.execute(statement, values).fetchall()
