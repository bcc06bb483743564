"""A TAXII 2.1 client: finds a collection, gets pages of it, adds to it."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final
from urllib.parse import urljoin, urlsplit

import msgspec

from sidelight.errors import ExchangeError
from sidelight.exchange import instants
from sidelight.exchange.connection import LARGEST, Connection, RefusalError, as_object
from sidelight.exchange.taxii.paging import Page
from sidelight.values import dataclass

_IDS_AT_ONCE: Final = 20
_POLLS: Final = 60
_POLL_S: Final = 0.5


class _Envelope(msgspec.Struct):
    objects: list[msgspec.Raw] = []
    more: bool = False
    next: str | None = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """What a server says of an object that it refused; each may be empty."""

    id: str
    version: str
    why: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What a server made of objects: how many it took, and which it refused.

    Args:
        failed: how many it says it refused, which may be more than it names.
    """

    accepted: int
    refused: tuple[Failure, ...]
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Room:
    """A collection of a server, and how much may be sent to it at once."""

    url: str
    id: str
    title: str
    largest: int


@dataclass(frozen=True, slots=True)
class Event:
    """An object out of a stream, a recall, or only where it is (``place``): after *id*."""

    id: str
    body: bytes
    kind: str = "object"


@dataclass(frozen=True, slots=True)
class Client:
    """Talks to one server, of which *url* is the address, or that of one of its API roots."""

    url: str
    connection: Connection

    def find(self, name: str) -> Room:
        """Find a collection by its id, alias or title.

        Raises:
            ExchangeError: the server cannot be reached, or has no such collection for us.
        """
        root = self.root()
        about = self.connection.get(root)
        listed = self.connection.get(urljoin(root, "collections/")).get("collections", [])
        found = [each for each in _tables(listed) if name in _names(each)]
        if len(found) != 1:
            there = ", ".join(str(each.get("title")) for each in _tables(listed)) or "none"
            why = "names more than one collection" if found else "is no collection there for us"
            raise RefusalError(404, why, name, f"there are: {there}")
        ident, largest = str(found[0]["id"]), about.get("max_content_length")
        return Room(
            urljoin(root, f"collections/{ident}/"),
            ident,
            str(found[0].get("title")),
            largest if isinstance(largest, int) else 1 << 20,
        )

    def page(self, room: Room, parameters: Mapping[str, str]) -> tuple[list[bytes], Page]:
        """Get one page: its objects as bytes, and what it says of others.

        Raises:
            ExchangeError: the server refused, or what it sent is no envelope.
        """
        # A server may give a page of next only once: asked twice, it would give the one after.
        once = "next" in parameters
        reply = self.connection.ask("GET", room.url + "objects/", parameters, once=once)
        try:
            found = msgspec.json.decode(reply.content, type=_Envelope)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ExchangeError(f"sent no envelope: {error}", where=room.url) from None
        objects = [bytes(each) for each in found.objects]
        first = reply.headers.get("X-TAXII-Date-Added-First", "")
        last = reply.headers.get("X-TAXII-Date-Added-Last", "")
        if len(objects) == 1:
            first = last = last or first
        if objects and not (first and last):
            first, last = (_added(self.connection, room, objects[at]) for at in (0, -1))
        mark = sha256(reply.content).hexdigest()
        return objects, Page(len(objects), found.more, found.next or "", last, first, mark)

    def holds(self, room: Room, items: Sequence[bytes]) -> list[bool]:
        """Tell of each object whether a server has just this one, as far as it shows.

        What is revoked there counts as not held: an older version that still lies there is not
        shared by being sent.

        Raises:
            ExchangeError: the server cannot be reached.
        """
        ids = sorted({ident for ident, _ in map(named, items) if ident})
        there = list[Mapping[str, object]]()
        for first in range(0, len(ids), _IDS_AT_ONCE):
            there += _versions(self.connection, room, ids[first : first + _IDS_AT_ONCE])
        gone = {each.get("id") for each in there if each.get("revoked") is True}
        read = map(_read, items)
        return [each in there and (each or {}).get("id") not in gone for each in read]

    def add(self, room: Room, objects: Sequence[bytes]) -> Sent:
        """Add objects, and wait until the server settled what becomes of each.

        Raises:
            ExchangeError: the server refused them as a whole, or does not come to an end.
        """
        body = b'{"objects":[' + b",".join(objects) + b"]}"
        content = self.connection.ask("POST", room.url + "objects/", {}, body).content
        status = as_object(content, room.url)
        where = urljoin(room.url, f"../../status/{status.get('id')}/")
        for _ in range(_POLLS):
            if status.get("status") != "pending":
                break
            time.sleep(_POLL_S)
            status = self.connection.get(where)
        else:
            raise ExchangeError("the server does not come to an end with it", where=where)
        refused = tuple(
            Failure(*(str(each.get(name, "")) for name in ("id", "version", "message")))
            for each in _tables(status.get("failures", []))
        )
        accepted, failed = status.get("success_count"), status.get("failure_count")
        return Sent(
            accepted if isinstance(accepted, int) else 0,
            refused,
            max(failed if isinstance(failed, int) else 0, len(refused)),
        )

    def preview(self, room: Room, objects: Sequence[bytes]) -> list[Mapping[str, object]]:
        """Ask who would see objects; only a server of this program can say.

        Raises:
            ExchangeError: the server does not know that, or refused.
        """
        body = b'{"objects":[' + b",".join(objects) + b"]}"
        content = self.connection.ask("POST", room.url + "preview/", {}, body).content
        reply = as_object(content, room.url)
        return list(_tables(reply.get("verdicts", [])))

    def follow(self, room: Room, after: str, *, new: bool = False) -> Iterator[Event]:
        """Give objects as they are added, for as long as the server sends them.

        It ends where the connection does: go on after the id of the last event. Where *after* is
        "", it begins with the oldest, or with *new* after what is there. Only a server of this
        program can be followed.

        Raises:
            ExchangeError: the server refused, or cannot be reached.
        """
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": after} if after else {})}
        asked = "?from=now" if new and not after else ""
        yield from events(self.connection.lines(f"{room.url}stream/{asked}", headers))

    def seen(self, what: str, body: bytes | None = None) -> bytes:
        """Ask at one of the places of `sidelight.exchange.taxii.seen`.

        Raises:
            ExchangeError: the server refused, has no such place, or cannot be reached.
        """
        where = urljoin(self.root(), f"seen/{what}/")
        return self.connection.ask("GET" if body is None else "POST", where, {}, body).content

    def root(self) -> str:
        """Ask for the API root; the token goes to no other host than the one that was named."""
        parts = urlsplit(self.url)
        if parts.path.strip("/") not in {"", "taxii2"}:
            return self.url.rstrip("/") + "/"
        start = urljoin(self.url, "/taxii2/")
        found = self.connection.get(start)
        roots = found.get("api_roots")
        root = found.get("default") or (roots[0] if isinstance(roots, list) and roots else None)
        if not isinstance(root, str):
            raise ExchangeError("the server names no API root", where=start)
        return _beside(start, root)


def _beside(start: str, root: str) -> str:
    """Give the address of an API root that is on the host of *start*."""
    try:
        root = urljoin(start, root)
        here, there = urlsplit(start), urlsplit(root)
    except ValueError:
        why = f"the API root is no address: {root}"
        raise ExchangeError(why, where=start) from None
    if (there.scheme, there.netloc) != (here.scheme, here.netloc):
        hint = "name it instead, if you trust it with the token"
        raise ExchangeError(f"the API root is elsewhere: {root}", where=start, hint=hint)
    return root.rstrip("/") + "/"


def _added(connection: Connection, room: Room, item: bytes) -> str:
    """Ask the manifest when an object was added; empty where it does not say."""
    ident, version = named(item)
    asked = {"match[id]": ident, "match[version]": "all"}
    try:
        found = connection.get(room.url + "manifest/", asked).get("objects")
    except RefusalError:
        return ""
    records = [each for each in _tables(found) if each.get("id") == ident]
    same = [each for each in records if instants.same(str(each.get("version")), version)]
    return max((str(each.get("date_added", "")) for each in same or records), default="")


def _versions(connection: Connection, room: Room, ids: Sequence[str]) -> list[Mapping[str, object]]:
    """Give all versions of objects; nothing of what the server does not show."""
    asked = {"match[id]": ",".join(ids), "match[version]": "all"}
    try:
        reply = connection.ask("GET", room.url + "objects/", asked)
        found = msgspec.json.decode(reply.content, type=_Envelope)
    except (RefusalError, msgspec.DecodeError, RecursionError):
        return []
    if found.more and len(ids) > 1:
        return [one for each in ids for one in _versions(connection, room, [each])]
    return [each for each in map(_read, map(bytes, found.objects)) if each is not None]


def events(lines: Iterable[str]) -> Iterator[Event]:
    """Read server-sent events (HTML Standard, section 9.2); comments keep a line open.

    Raises:
        ExchangeError: one is larger than any answer may be.
    """
    ident, kind, data, size, told = "", "object", list[str](), 0, ""
    for line in lines:
        name, _, value = line.partition(":")
        match name:
            case "event":
                kind = value.removeprefix(" ")
            case "id":
                ident = value.removeprefix(" ")
            case "data":
                data.append(value.removeprefix(" "))
                size += len(value)
                if size > LARGEST:
                    raise ExchangeError(
                        f"an event has more than {LARGEST:,} characters", where=ident
                    )
            case "" if not line and data:
                yield Event(ident, " ".join(data).encode(), kind)
                kind, data, size, told = "object", [], 0, ident
            case "" if not line and ident != told:
                told = ident
                yield Event(ident, b"", "place")


def named(item: bytes) -> tuple[str, str]:
    """Give the id and the version of an object; empty where it has none."""
    found = _read(item)
    if found is None:
        return "", ""
    version = found.get("modified", found.get("created", ""))
    ident = found.get("id")
    return (
        ident if isinstance(ident, str) else "",
        version if isinstance(version, str) else "",
    )


def _read(item: bytes) -> Mapping[str, object] | None:
    try:
        return msgspec.json.decode(item, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        return None


def _tables(value: object) -> Iterator[Mapping[str, object]]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, dict):
            yield each


def _names(table: Mapping[str, object]) -> set[object]:
    return {table.get("id"), table.get("alias"), table.get("title")}
