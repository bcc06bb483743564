"""What was pulled: JSON lines of objects, and beside them how far it went.

The cursor file is written after the lines it vouches for, and says how long they are: lines
beyond that are of a run that was cut, and are got again. So each object is there once.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from sys import maxsize

import msgspec

from sidelight.errors import UsageError, reason_of
from sidelight.exchange.client import Client, Room
from sidelight.exchange.pulling import Reach, batches
from sidelight.replacement import replace_file
from sidelight.values import dataclass


class Cursor(msgspec.Struct, frozen=True):
    """How far a collection was pulled.

    Args:
        collection: address of the collection.
        after: date added from which the next run asks.
        length: octets of the lines that were there then.
        seen: digests of what came at that date.
        left: octets once lines that are being taken out are gone; -1 where none are.
    """

    collection: str
    after: str = ""
    length: int = 0
    seen: tuple[str, ...] = ()
    left: int = -1


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
    reach = Reach(cursor.after, frozenset(cursor.seen))
    pages = objects = 0
    stuck = ""
    with open(path, "r+b", opener=_private) as file:
        file.truncate(cursor.length)
        file.seek(cursor.length)
        for batch in batches(client, room, reach, limit):
            _append(file.fileno(), batch.objects)
            pages, objects = pages + 1, objects + len(batch.objects)
            reach, stuck = batch.reach, batch.stuck
            length = os.fstat(file.fileno()).st_size
            _write(path, Cursor(room.url, reach.after, length, tuple(sorted(reach.seen))))
    return Pulled(pages, objects, reach.after, stuck)


def take_out(path: Path, goes: Callable[[bytes], bool]) -> int:
    """Rewrite a file of JSON lines without those that go, and without blank ones; count the former.

    The next pull goes on where it was, also where this is cut: the cursor says beforehand how long
    the file becomes, which is shorter than it was.

    Raises:
        UsageError: it cannot be read or written.
    """
    where = _cursor_file(path)
    cursor = _kept(path) if where.exists() else None
    end = cursor.length if cursor else maxsize
    try:
        with path.open("rb") as file:
            gone = left = size = 0
            for line in file:
                gone += goes(line)
                left += len(line) if _stays(line, size, end, goes) else 0
                size += len(line)
    except OSError as error:
        raise UsageError(f"cannot be changed: {error.strerror}", where=str(path)) from None
    less = min(size, end) - left
    if less or gone:
        if cursor:
            _write(path, msgspec.structs.replace(cursor, left=left))
        replace_file(path.resolve(), _staying(path, end, goes))
        if cursor:
            _write(path, msgspec.structs.replace(cursor, length=end - less))
    return gone


def _staying(path: Path, end: int, goes: Callable[[bytes], bool]) -> Iterator[bytes]:
    start = 0
    with path.open("rb") as file:
        for line in file:
            if _stays(line, start, end, goes):
                yield line
            start += len(line)


def _stays(line: bytes, start: int, end: int, goes: Callable[[bytes], bool]) -> bool:
    """Tell whether a line stays; what is beyond the *end* is of a pull that was cut."""
    return start < end and bool(line.strip()) and not goes(line)


def _private(path: str, flags: int) -> int:
    # What allies sent is marked: a new file is its owner's alone, whatever the umask is.
    return os.open(path, flags | os.O_CREAT, 0o600)


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
    cursor = _kept(path)
    there = path.stat().st_size if path.exists() else 0
    if there < cursor.length:
        hint = "put its lines back, or pull into a new file"
        raise UsageError("is shorter than its cursor says", where=str(path), hint=hint)
    if cursor.collection != room.url:
        reason = f"is of another collection: {cursor.collection}"
        raise UsageError(reason, where=str(where), hint="pull into another file")
    return cursor


def _kept(path: Path) -> Cursor:
    """Read the cursor of a file; of a rewriting that was cut, as it is before or after it.

    Raises:
        UsageError: it cannot be read.
    """
    where = _cursor_file(path)
    try:
        cursor = msgspec.json.decode(where.read_bytes(), type=Cursor)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"cannot be read: {reason_of(error)}", where=str(where)) from None
    there = path.stat().st_size if path.exists() else 0
    length = cursor.left if cursor.left == there < cursor.length else cursor.length
    return msgspec.structs.replace(cursor, length=length, left=-1)


def _write(path: Path, cursor: Cursor) -> None:
    replace_file(_cursor_file(path), [msgspec.json.encode(cursor)], 0o600)
