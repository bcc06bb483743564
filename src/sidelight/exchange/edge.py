"""Where requests of the network become values, and values become responses.

Nothing is decided here but who is asking: a token is looked up before a body is read.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import uuid4

import orjson
from litestar import HttpMethod, Litestar, Request, Response, route
from litestar.exceptions import HTTPException
from litestar.response import Stream as StreamingResponse

from sidelight.exchange import instants
from sidelight.exchange.instants import Instant
from sidelight.exchange.login import Throttle, read_authorization
from sidelight.exchange.policy import ALWAYS
from sidelight.exchange.recall import Notice, noticed
from sidelight.exchange.shelf import Caller, Held
from sidelight.exchange.store.library import Library
from sidelight.exchange.taxii import message
from sidelight.exchange.taxii.message import MEDIA_TYPE, Refused, Stream
from sidelight.exchange.taxii.reading import View, following
from sidelight.exchange.taxii.server import Server, answer, reads_from

_METHODS: Final = tuple(HttpMethod)
_BODY_S: Final = 60
_BEAT_S: Final = 15.0
_LOOK_S: Final = 0.25
_AT_ONCE: Final = 100
_log = logging.getLogger(__name__)
_Inbound = Request[Any, Any, Any]


@dataclass(slots=True)
class Edge:
    """A server on the network.

    Args:
        title: what the server calls itself.
        now: gives the time it is.
        largest: octets that a body may have.
    """

    library: Library
    now: Callable[[], Instant]
    title: str = "Sidelight exchange"
    contact: str = ""
    largest: int = 10 << 20
    _throttle: Throttle = field(default_factory=Throttle)
    _server: Server = field(init=False)
    _looked: tuple[float, Instant] = (0.0, 0)

    def __post_init__(self) -> None:
        self._server = Server(self.library, uuid4, self.title, self.contact, self.largest)

    async def respond(self, inbound: _Inbound) -> Response[bytes] | StreamingResponse:
        """Answer a request."""
        headers: dict[str, str] = {}
        for name, value in inbound.headers.multi_items():
            before = headers.get(name.lower())
            headers[name.lower()] = f"{before}, {value}" if before is not None else value
        address = inbound.client.host if inbound.client else ""
        try:
            authorization = headers.get("authorization")
            caller = await _aside(self._caller, authorization, address)
            body = await self._body(inbound) if caller else b""
        except Refused as refused:
            return _outbound(message.refusal(refused))
        query = inbound.scope["query_string"].decode("latin-1")
        pairs = tuple(parse_qsl(query, keep_blank_values=True))
        path = inbound.scope["path"]
        request = message.Request(inbound.method, path, pairs, headers, body, address)
        reply = await _aside(answer, request, caller, self._server, self.now())
        if isinstance(reply, Stream):
            assert caller
            events = self._events(reply, authorization or "")
            head = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
            return StreamingResponse(
                events, status_code=200, media_type="text/event-stream", headers=head
            )
        return _outbound(reply)

    def _caller(self, authorization: str | None, address: str) -> Caller | None:
        """Give who is asking.

        A token that holds is listened to in any case: it is too long to be guessed, and an address
        may be that of many allies.

        Raises:
            Refused: 429, there were too many wrong tokens from there.
        """
        credentials = read_authorization(authorization)
        if credentials is None:
            return None
        now = self.now()
        caller = self.library.holder(credentials.token, credentials.person, now)
        if caller is not None:
            return caller
        wait = self._throttle.wait(address, now)
        if wait:
            seconds = str(-(-wait // 1_000_000))
            why = "too many wrong tokens came from this address"
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, why, (("Retry-After", seconds),))
        self._throttle.fail(address, now)
        self.library.note(address, "login refused", {"person": credentials.person[:250]}, now)
        return None

    async def _body(self, inbound: _Inbound) -> bytes:
        """Read a body, but no more of it than one octet too many.

        Raises:
            Refused: 408, it came too slowly.
        """
        body = bytearray()
        try:
            async with asyncio.timeout(_BODY_S):
                async for chunk in inbound.stream():
                    body += chunk
                    if len(body) > self.largest:
                        return bytes(body[: self.largest + 1])
        except TimeoutError:
            raise Refused(HTTPStatus.REQUEST_TIMEOUT, "the body came too slowly") from None
        return bytes(body)

    async def _events(self, stream: Stream, authorization: str) -> AsyncIterator[bytes]:
        """Give events for as long as the caller may read: who they are is asked again each time."""
        after, seen, beat = stream.after, -1, time.monotonic()
        told = ALWAYS
        yield b": open\n\n"
        while True:
            newest = await self._newest()
            due = time.monotonic() - beat >= _BEAT_S
            if newest != seen or due:
                next_ones = await _aside(self._next, stream.collection, authorization, after, told)
                if next_ones is None:
                    return
                found, recalls = next_ones
                for recall in recalls:
                    if recall.recipient.acknowledged is None:
                        yield _recall_event(recall, self.now())
                    told = recall.recall.at
                for each in found:
                    yield _event(each)
                    after = each.added
                seen = newest if max(len(found), len(recalls)) < _AT_ONCE else -1
                if due and not found:
                    yield b": still here\n\n"
                beat = time.monotonic()
            if seen == newest:
                await asyncio.sleep(_LOOK_S)

    async def _newest(self) -> Instant:
        """Give when the newest object was added; all streams look at the database as one."""
        looked, newest = self._looked
        if time.monotonic() - looked >= _LOOK_S:
            self._looked = time.monotonic(), newest
            newest = await _aside(self.library.newest)
            self._looked = time.monotonic(), newest
        return newest

    def _next(
        self, collection: str, authorization: str, after: Instant, told: Instant
    ) -> tuple[list[Held], list[Notice]] | None:
        """Give what is new for a caller, and the recalls after *told*."""
        now = self.now()
        credentials = read_authorization(authorization)
        assert credentials
        caller = self.library.holder(credentials.token, credentials.person, now)
        register = self.library.register()
        place = register.collection(collection)
        if caller is None or place is None or not reads_from(register, caller, place):
            return None
        found = following(View(self.library, register, place, caller, now), after, _AT_ONCE)
        mine = self.library.notices(caller.organisation, after=told, limit=_AT_ONCE, now=now)
        return found, mine


def make_app(edge: Edge) -> Litestar:
    """Make the ASGI application."""

    @route(["/", "/{rest:path}"], http_method=_METHODS, name="taxii")
    async def everything(request: _Inbound) -> Response[bytes] | StreamingResponse:
        return await edge.respond(request)

    return Litestar(
        [everything],
        openapi_config=None,
        request_max_body_size=None,
        exception_handlers={HTTPException: _failed, Exception: _broken},
    )


def _outbound(reply: message.Response) -> Response[bytes]:
    return Response(
        reply.body,
        status_code=reply.status,
        media_type=MEDIA_TYPE,
        headers=dict(reply.headers),
    )


def _failed(request: _Inbound, error: HTTPException) -> Response[bytes]:
    del request
    return _outbound(message.refusal(Refused(HTTPStatus(error.status_code), "cannot be answered")))


def _broken(request: _Inbound, error: Exception) -> Response[bytes]:
    # The path is no secret; headers and bodies are, so they stay out of the log.
    _log.error("%s %s failed", request.method, request.scope["path"], exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _outbound(message.refusal(Refused(status, "the server failed; its log says how")))


def _event(held: Held) -> bytes:
    lines = b"".join(b"data: " + line + b"\n" for line in held.body.splitlines())
    return b"id: " + instants.show(held.added).encode() + b"\nevent: object\n" + lines + b"\n"


def _recall_event(notice: Notice, now: Instant) -> bytes:
    # It has no id: whoever comes again is told again, until it is acknowledged.
    return b"event: recall\ndata: " + orjson.dumps(noticed(notice, now)) + b"\n\n"


async def _aside(work: Callable[..., Any], *arguments: object) -> Any:
    """Run what waits for the database, so that others are answered meanwhile."""
    return await asyncio.get_running_loop().run_in_executor(None, partial(work, *arguments))
