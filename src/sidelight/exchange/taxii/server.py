"""Answers requests (TAXII 2.1, chapters 4 and 5).

Rules of this file:

- Every request gets exactly one response; a refusal is one, too.
- What a caller may not see does not exist: no id, count or difference in an error tells of it.
- Order of refusals: who are you (401), is there such a place for you (404), does it do that (405),
  can you read the answer (406), may you (403), then the request itself (400, 413, 415, 422).
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from uuid import UUID

from sidelight.exchange.instants import Instant
from sidelight.exchange.register import Collection, Register
from sidelight.exchange.shelf import Caller, Shelf
from sidelight.exchange.taxii import adding, deleting, reading, recalling, seen, sighting
from sidelight.exchange.taxii.media import check_accept
from sidelight.exchange.taxii.message import (
    MEDIA_TYPE,
    Json,
    Refused,
    Request,
    Response,
    Stream,
    answered,
    refusal,
)
from sidelight.values import dataclass

API_ROOT: Final = "exchange"
CHALLENGE: Final = ("WWW-Authenticate", 'Bearer realm="sidelight", Basic realm="sidelight"')


@dataclass(frozen=True, slots=True)
class Server:
    """What all requests have in common.

    Args:
        title: what the server calls itself.
        largest: octets that a body may have.
        mint: makes a new UUID, version 4.
    """

    shelf: Shelf
    mint: Callable[[], UUID]
    title: str = "Sidelight exchange"
    contact: str = ""
    largest: int = 10 << 20


@dataclass(frozen=True, slots=True)
class _Place:
    """An endpoint: the methods it has, and its parts."""

    methods: tuple[str, ...]
    collection: Collection | None = None
    object: str = ""
    kind: str = ""


def answer(
    request: Request, caller: Caller | None, server: Server, now: Instant
) -> Response | Stream:
    """Answer a request of whoever was authenticated; None where nobody was."""
    try:
        reply = _answer(request, caller, server, now)
    except Refused as refused:
        reply = refusal(refused)
    if request.method == "HEAD" and isinstance(reply, Response):
        return Response(reply.status, b"", reply.headers)
    return reply


def _answer(
    request: Request, caller: Caller | None, server: Server, now: Instant
) -> Response | Stream:
    if caller is None:
        why = "say who you are: a token is needed"
        if request.headers.get("authorization"):
            why = "the token is not known, or no longer valid"
        raise Refused(HTTPStatus.UNAUTHORIZED, why, (CHALLENGE,))
    register = server.shelf.register()
    place = _place(request.path, register, caller)
    method = "GET" if request.method == "HEAD" else request.method
    if method not in place.methods:
        allow = ("Allow", ", ".join(place.methods))
        raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"{method} is not for here", (allow,))
    if place.kind != "stream":
        check_accept(request.headers.get("accept"))
    match place.kind:
        case "discovery":
            return answered(_discovery(server))
        case "root":
            return answered(_root(server))
        case "collections":
            return answered(_collections(register, caller))
        case "status":
            body = server.shelf.status(place.object, caller.organisation)
            if body is None:
                raise Refused(HTTPStatus.NOT_FOUND, "there is no such status")
            return Response(200, body)
        case "recalls" | "recalls made" | "recall":
            return _of_recalls(request, method, place, caller, server, now)
        case "seen":
            what = place.object
            return seen.seen(what, request, caller, register, server.shelf, now)
        case _:
            return _in_collection(request, method, place, caller, register, server, now)


def _of_recalls(  # noqa: PLR0913 - all that one request needs
    request: Request, method: str, place: _Place, caller: Caller, server: Server, now: Instant
) -> Response:
    shelf, largest = server.shelf, server.largest
    if ("write" if (place.kind, method) == ("recalls", "POST") else "read") not in caller.scopes:
        raise Refused(HTTPStatus.FORBIDDEN, "this token does not allow you that")
    match place.kind, method:
        case "recalls", "POST":
            return recalling.recall(request, caller, shelf, largest, now)
        case "recalls", _:
            return recalling.notices(request, caller, shelf, now)
        case "recall", _:
            return recalling.acknowledge(request, caller, place.object, shelf, largest, now)
        case _:
            return recalling.made(caller, shelf, now)


def _in_collection(  # noqa: PLR0913 - all that one request needs
    request: Request,
    method: str,
    place: _Place,
    caller: Caller,
    register: Register,
    server: Server,
    now: Instant,
) -> Response | Stream:
    collection, shelf = place.collection, server.shelf
    assert collection is not None
    reads = reads_from(register, caller, collection)
    writes = writes_to(register, caller, collection)
    if place.kind == "collection":
        return answered(_resource(register, caller, collection))
    allowed = {"GET": reads, "POST": writes, "DELETE": reads and writes}[method]
    if place.kind == "sightings":  # whoever sees something may say that they have seen it
        allowed = reads and (method == "GET" or "write" in caller.scopes)
    if not allowed:
        raise Refused(HTTPStatus.FORBIDDEN, "this collection does not allow you that")
    match place.kind, method:
        case "preview", _:
            return adding.preview(request, collection, caller, register, server.largest, shelf, now)
        case "objects", "POST":
            ident = str(server.mint())
            return adding.add(request, collection, caller, ident, server.largest, shelf, now)
        case "object", "DELETE":
            view = reading.View(shelf, register, collection, caller, now)
            return deleting.delete(view, request, place.object)
        case "sightings", "POST":
            view, ident = reading.View(shelf, register, collection, caller, now), str(server.mint())
            return sighting.sight(view, request, ident, server.largest)
        case "sightings", _:
            return sighting.read(reading.View(shelf, register, collection, caller, now), request)
        case "stream", _:
            view = reading.View(shelf, register, collection, caller, now)
            return Stream(collection.id, reading.resumed(view, request))
        case _:
            view = reading.View(shelf, register, collection, caller, now)
            return reading.read(view, request, place.kind, place.object)


def reads_from(register: Register, caller: Caller, collection: Collection) -> bool:
    """Tell whether a caller, with this token, may read from a collection."""
    return "read" in caller.scopes and register.can_read(caller.organisation, collection)


def writes_to(register: Register, caller: Caller, collection: Collection) -> bool:
    """Tell whether a caller, with this token, may write to a collection."""
    return "write" in caller.scopes and register.can_write(caller.organisation, collection)


def _nowhere() -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, "there is no such place, or it is not for you")


def _place(path: str, register: Register, caller: Caller) -> _Place:
    """Find the endpoint; a path does not have to end in the slash that section 3.1 asks for."""
    if "\0" in path:  # which no database takes
        raise _nowhere()
    match path.removesuffix("/").split("/")[1:]:
        case ["taxii2"]:
            return _Place(("GET",), kind="discovery")
        case [root] if root == API_ROOT:
            return _Place(("GET",), kind="root")
        case [root, "status", ident] if root == API_ROOT:
            return _Place(("GET",), object=ident, kind="status")
        case [root, "recalls"] if root == API_ROOT:
            return _Place(("GET", "POST"), kind="recalls")
        case [root, "recalls", "made"] if root == API_ROOT:
            return _Place(("GET",), kind="recalls made")
        case [root, "recalls", ident, "acknowledgement"] if root == API_ROOT:
            return _Place(("POST",), object=ident, kind="recall")
        case [root, "seen", what] if root == API_ROOT and what in seen.METHODS:
            return _Place((seen.METHODS[what],), object=what, kind="seen")
        case [root, "collections"] if root == API_ROOT:
            return _Place(("GET",), kind="collections")
        case [root, "collections", name, *rest] if root == API_ROOT:
            collection = register.collection(name)
            if collection is None or not _is_there(register, caller, collection):
                raise _nowhere()
            return _within(collection, rest)
    raise _nowhere()


def _within(collection: Collection, rest: list[str]) -> _Place:
    match rest:
        case []:
            return _Place(("GET",), collection, kind="collection")
        case ["manifest"]:
            return _Place(("GET",), collection, kind="manifest")
        case ["stream"]:
            return _Place(("GET",), collection, kind="stream")
        case ["preview"]:
            return _Place(("POST",), collection, kind="preview")
        case ["sightings", "objects"]:
            return _Place(("GET", "POST"), collection, kind="sightings")
        case ["objects"]:
            return _Place(("GET", "POST"), collection, kind="objects")
        case ["objects", ident] if ident:
            return _Place(("GET", "DELETE"), collection, ident, "object")
        case ["objects", ident, "versions"] if ident:
            return _Place(("GET",), collection, ident, "versions")
    raise _nowhere()


def _is_there(register: Register, caller: Caller, collection: Collection) -> bool:
    """A collection that one can neither read nor write is not there (section 5.7)."""
    return reads_from(register, caller, collection) or writes_to(register, caller, collection)


def _discovery(server: Server) -> Json:
    root = f"/{API_ROOT}/"
    contact = {"contact": server.contact} if server.contact else {}
    return {"title": server.title, **contact, "default": root, "api_roots": [root]}


def _root(server: Server) -> Json:
    return {
        "title": server.title,
        "versions": [MEDIA_TYPE],
        "max_content_length": server.largest,
    }


def _collections(register: Register, caller: Caller) -> Json:
    found = [
        _resource(register, caller, each)
        for each in register.collections
        if _is_there(register, caller, each)
    ]
    return {"collections": found} if found else {}


def _resource(register: Register, caller: Caller, collection: Collection) -> Json:
    said = {"description": collection.description, "alias": collection.alias}
    return {
        "id": collection.id,
        "title": collection.title,
        **{name: text for name, text in said.items() if text},
        "can_read": reads_from(register, caller, collection),
        "can_write": writes_to(register, caller, collection),
        "media_types": [f"{reading.STIX};version={each}" for each in ("2.1", "2.0")],
    }
