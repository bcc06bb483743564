"""What was pulled: JSON lines of objects, and beside them how far it went.

The cursor file is written after the lines it vouches for, and says how long they are: lines
beyond that are of a run that was cut, and are got again. So each object is there once.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from sidelight.errors import UsageError
from sidelight.exchange.client import Client, Room
from sidelight.exchange.connection import RefusalError
from sidelight.exchange.taxii.paging import Done, Place, Stuck, turn

_FORGOTTEN: Final = frozenset({400, 404, 410})


class Cursor(msgspec.Struct, frozen=True):
    """How far a collection was pulled.

    Args:
        collection: address of the collection.
        after: date added from which the next run, or the start of this one, asks.
        length: octets of the lines that were there then.
        next: where this run goes on, and *next_length* the octets it had by then.
    """

    collection: str
    after: str = ""
    length: int = 0
    next: str = ""
    next_length: int = 0


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull came to: pages and objects, from where the next goes on, why it stopped early."""

    pages: int
    objects: int
    after: str
    stuck: str = ""


def pull(client: Client, room: Room, path: Path, *, limit: int) -> Pulled:
    """Append to *path* what is new in a collection.

    Raises:
        UsageError: the cursor file is of another collection, or cannot be read.
        ExchangeError: the server cannot be reached, or refuses; what came before is kept.
    """
    cursor = _read(path, room)
    if cursor.next:
        try:
            return _run(client, room, path, cursor, Place(cursor.after, cursor.next), limit)
        except RefusalError as error:
            if error.status not in _FORGOTTEN:
                raise
    cursor = Cursor(cursor.collection, cursor.after, cursor.length)
    return _run(client, room, path, cursor, Place(cursor.after), limit)


def _run(  # noqa: PLR0913 - from where to where
    client: Client, room: Room, path: Path, cursor: Cursor, place: Place, limit: int
) -> Pulled:
    pages = objects = 0
    newest = cursor.after
    keep = cursor.next_length if place.next else cursor.length
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(keep)
        file.seek(keep)
        while True:
            found, page = client.page(room, place.parameters(limit))
            _append(file.fileno(), found)
            pages, objects = pages + 1, objects + len(found)
            newest = max(newest, page.last if found else "")
            length = os.fstat(file.fileno()).st_size
            match turn(place, page, newest):
                case Place() as place:
                    if place.next:
                        kept = (cursor.after, cursor.length, place.next, length)
                    else:
                        kept = (place.after, length, "", 0)
                    cursor = Cursor(cursor.collection, *kept)
                    _write(path, cursor)
                case Done(after):
                    _write(path, Cursor(cursor.collection, after, length))
                    return Pulled(pages, objects, after)
                case Stuck(after, why):
                    _write(path, Cursor(cursor.collection, after, length))
                    return Pulled(pages, objects, after, why)


def _append(file: int, objects: Iterable[bytes]) -> None:
    """Write objects, one a line: a line break in JSON text is only space."""
    lines = b"".join(b" ".join(each.splitlines()) + b"\n" for each in objects)
    while lines:
        lines = lines[os.write(file, lines) :]
    os.fsync(file)


def _cursor_file(path: Path) -> Path:
    return path.with_name(path.name + ".cursor")


def _read(path: Path, room: Room) -> Cursor:
    where = _cursor_file(path)
    if not where.exists():
        if path.exists() and path.stat().st_size:
            hint = "pull into a new file"
            raise UsageError("has lines but no cursor beside it", where=str(path), hint=hint)
        return Cursor(room.url)
    try:
        cursor = msgspec.json.decode(where.read_bytes(), type=Cursor)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(where)) from None
    there = path.stat().st_size if path.exists() else 0
    if there < max(cursor.length, cursor.next_length):
        hint = "put its lines back, or pull into a new file"
        raise UsageError("is shorter than its cursor says", where=str(path), hint=hint)
    if cursor.collection != room.url:
        reason = f"is of another collection: {cursor.collection}"
        raise UsageError(reason, where=str(where), hint="pull into another file")
    return cursor


def _write(path: Path, cursor: Cursor) -> None:
    where = _cursor_file(path)
    fresh = where.with_name(where.name + ".new")
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(cursor))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(where)
