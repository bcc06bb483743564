"""Recalls as a client sees them: asks for them, marks what it holds, acknowledges.

A server of another make has no recalls. What it says is revoked comes as a version like others.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import quote, urljoin

import msgspec
import orjson

from sidelight.errors import ExchangeError, UsageError
from sidelight.exchange.client import Client
from sidelight.exchange.connection import RefusalError, as_object
from sidelight.exchange.inbox import take_out
from sidelight.replacement import replace_file

_WITHOUT: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE}
    | {HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED}
)
_PAGE: Final = "100"


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """A recall as its recipient was told of it.

    Args:
        held: lines of the file beside which it is kept that hold the object.
        again: whether it was acknowledged before; what was said then stays.
    """

    id: str
    object_id: str
    recalled_at: str
    acknowledge_by: str
    reason: str
    state: str
    versions: tuple[str, ...] = ()
    erased: bool = False
    acknowledged_at: str = ""
    done: str = ""
    held: int = 0
    again: bool = False


class _Page(msgspec.Struct):
    recalls: list[Told] = []
    more: bool = False


def told(client: Client) -> list[Told] | None:
    """Give all recalls that are for us, oldest first; None where the server has no recalls.

    Raises:
        ExchangeError: the server cannot be reached, or what it sent are no recalls.
    """
    where = urljoin(client.root(), "recalls/")
    found: list[Told] = []
    after = ""
    while True:
        asked = {"limit": _PAGE, **({"added_after": after} if after else {})}
        try:
            page = _read(client.connection.ask("GET", where, asked).content, where)
        except RefusalError as error:
            if error.status in _WITHOUT and not found:
                return None
            raise
        found += page.recalls
        last = page.recalls[-1].recalled_at if page.recalls else after
        if not page.more or last <= after:
            return found
        after = last


def told_by(event: bytes, where: str) -> Told:
    """Read a recall out of a stream.

    Raises:
        ExchangeError: it is none.
    """
    try:
        return msgspec.json.decode(event, type=Told)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ExchangeError(f"sent no recall: {error}", where=where) from None


def take_back(
    client: Client, ident: str, reason: str, hours: int, *, erase: bool
) -> Mapping[str, object]:
    """Recall an object that we shared; give the recall with whom it reaches.

    ``again`` in it says that we recalled it before: its reason and clock stay.

    Raises:
        ExchangeError: we never shared it, or the server knows no recalls.
    """
    said = {"object_id": ident, "reason": reason, "hours": hours, "erase": erase}
    where = urljoin(client.root(), "recalls/")
    return as_object(client.connection.ask("POST", where, {}, orjson.dumps(said)).content, where)


def made(client: Client) -> list[Mapping[str, object]]:
    """Give the recalls that we made, with what became of them.

    Raises:
        ExchangeError: the server refused, or knows no recalls.
    """
    found = client.connection.get(urljoin(client.root(), "recalls/made/")).get("recalls", [])
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def acknowledge(client: Client, ident: str, done: str) -> list[Told]:
    """Acknowledge a recall by its id or that of the object, and say what was done.

    Raises:
        ExchangeError: there is no such recall for us.
    """
    where = urljoin(client.root(), f"recalls/{quote(ident, safe='')}/acknowledgement/")
    body = orjson.dumps({"done": done})
    return _read(client.connection.ask("POST", where, {}, body).content, where).recalls


def mark(path: Path, recalls: Sequence[Told]) -> list[Told]:
    """Write beside a file of JSON lines which of its objects are recalled; give what it holds.

    They stand in ``FILE.recalls``, a recall a line. The lines themselves stay as they came.
    """
    counts = dict.fromkeys((each.object_id for each in recalls), 0)
    for ident in _held(path, counts):
        counts[ident] += 1
    marked = [msgspec.structs.replace(each, held=counts[each.object_id]) for each in recalls]
    where = path.with_name(path.name + ".recalls")
    if marked or where.exists():
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        replace_file(where, (msgspec.json.encode(each) + b"\n" for each in marked), mode)
    return [each for each in marked if each.held]


def marked(path: Path) -> list[Told]:
    """Give what stands in ``FILE.recalls`` and is in the file, as `mark` wrote it.

    Raises:
        UsageError: it cannot be read, or is of another make.
    """
    return [each for each in _marks(path) if each.held]


def _marks(path: Path) -> list[Told]:
    where = path.with_name(path.name + ".recalls")
    try:
        lines = where.read_bytes().splitlines()
        return [msgspec.json.decode(each, type=Told) for each in lines]
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"names no recalls: {error}", where=str(where)) from None


def drop(path: Path, idents: Iterable[str]) -> int:
    """Take the lines of objects out of a file of JSON lines; give how many they were.

    A pull goes on where it was. What `mark` wrote beside it says how many it holds now.

    Raises:
        UsageError: it cannot be read or written.
    """
    wanted = frozenset(idents)
    count = take_out(path, lambda line: _ident(line) in wanted)
    with suppress(UsageError):  # what is no file of marks is left as it is
        mark(path, _marks(path))
    return count


def _held(path: Path, wanted: Container[str]) -> Iterator[str]:
    """Give the ids of the lines that are objects with one of these ids."""
    if not path.exists():
        return
    with path.open("rb") as file:
        yield from (ident for line in file if (ident := _ident(line)) in wanted)


class _Named(msgspec.Struct):
    id: str = ""


def _ident(line: bytes) -> str:
    try:
        return msgspec.json.decode(line, type=_Named).id
    except (msgspec.DecodeError, RecursionError):
        return ""


def _read(data: bytes, where: str) -> _Page:
    try:
        return msgspec.json.decode(data, type=_Page)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ExchangeError(f"sent no recalls: {error}", where=where) from None
