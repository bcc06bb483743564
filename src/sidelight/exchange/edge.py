"""Where requests of the network become values, and values become responses.

Nothing is decided here but who is asking, and whether it is their turn: both before a body is read.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, unquote
from uuid import uuid4

from litestar import Litestar, asgi
from litestar.types import Receive, Scope, Send

from sidelight.exchange.feed import Feed
from sidelight.exchange.gate import Gate, Shown
from sidelight.exchange.instants import Instant
from sidelight.exchange.keyring import Keyring, renewed
from sidelight.exchange.limits import Allowance, Limits
from sidelight.exchange.line import Door
from sidelight.exchange.login import origin
from sidelight.exchange.shelf import Caller
from sidelight.exchange.store.database import UNAVAILABLE
from sidelight.exchange.store.library import Library
from sidelight.exchange.taxii import message
from sidelight.exchange.taxii.message import MEDIA_TYPE, Refused, Stream
from sidelight.exchange.taxii.server import Server, answer
from sidelight.exchange.turnstile import Turnstile, too_many
from sidelight.values import dataclass

_T = TypeVar("_T")
_BODY_S: Final = 60
_THREADS: Final = 12
_CHUNK: Final = 64 << 10
_AGAIN: Final = ("Retry-After", "5")
_NO_BODY: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"})
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Edge:
    """A server on the network.

    Args:
        now: gives the time it is.
        title: what the server calls itself.
        largest: octets that a body may have.
        limits: how much everybody may ask for.
        keyrings: those of issuers whose tokens are believed, by their names.
    """

    library: Library
    now: Callable[[], Instant]
    title: str = "Sidelight exchange"
    contact: str = ""
    largest: int = 10 << 20
    limits: Limits = field(default_factory=Limits)
    keyrings: Mapping[str, Keyring] = field(default_factory=dict)
    gate: Gate = field(init=False)
    door: Door = field(init=False)
    _server: Server = field(init=False)
    _feed: Feed = field(init=False)
    _threads: ThreadPoolExecutor = field(init=False)
    _turnstile: Turnstile = field(init=False)

    def __post_init__(self) -> None:
        self.gate = Gate(self.library, self.keyrings)
        self._server = Server(self.library, uuid4, self.title, self.contact, self.largest)
        self.door = Door(self.limits)
        self._turnstile = Turnstile(self.limits)
        self._threads = ThreadPoolExecutor(_THREADS, "exchange")
        self._feed = Feed(self.library, self.gate, self.now, self._aside)

    def limit(self, limits: Limits) -> None:
        """Go by other limits from now on."""
        self.limits = self.door.limits = limits
        self._turnstile.renew(limits)

    def believe(self, keyrings: Mapping[str, Keyring]) -> None:
        """Believe other issuers from now on; keys that were fetched for one of them stay."""
        self.keyrings = self.gate.keyrings = renewed(self.keyrings, keyrings)

    async def respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        try:
            await self._respond(scope, receive, send)
        except Refused as refused:
            await _send(send, message.refusal(refused))
        except UNAVAILABLE as error:
            _log.warning("the database does not answer: %s", getattr(error, "orig", error))
            status = HTTPStatus.SERVICE_UNAVAILABLE
            busy = Refused(status, "the database does not answer now", (_AGAIN,))
            await _send(send, message.refusal(busy))
        except Exception as error:  # noqa: BLE001 - a server answers, whatever is broken
            # The path is no secret; headers and bodies are, so they stay out of the log.
            _log.error("%s %r failed", scope["method"], scope["path"], exc_info=error)  # type: ignore[typeddict-item]
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            await _send(send, message.refusal(Refused(status, "the server failed; see its log")))

    async def _respond(self, scope: Any, receive: Receive, send: Send) -> None:
        headers = _headers(scope["headers"])
        shown = _shown(scope, headers)
        pairs = tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        # As it came: what routes requests drops the slashes at the end.
        path = unquote(scope["raw_path"].decode("ascii"))
        request = message.Request(scope["method"], path, pairs, headers, b"", shown.address)
        caller, allowance = await self._let_in(shown)
        if caller is None:
            await _send(send, _settled(answer(request, None, self._server, self.now())))
            return
        async with self._turnstile.turn(caller.organisation, allowance):
            if request.method not in _NO_BODY:
                body = await self._body(receive, caller.organisation, allowance)
                request = replace(request, body=body)
            async with self._turnstile.heavy(len(request.body)):
                reply = await self._aside(answer, request, caller, self._server, self.now())
            if not isinstance(reply, Stream):
                await _send(send, reply, head=request.method == "HEAD")
                return
        with self._turnstile.stream(caller.organisation, allowance):
            await self._follow(reply, shown, receive, send)

    async def _let_in(self, shown: Shown) -> tuple[Caller | None, Allowance]:
        """Give who is asking and what they may have; it is charged to them, or to their address.

        Raises:
            Refused: 429, it was too much.
        """
        address = origin(shown.address)
        wait = self._turnstile.stranger_wait(address)
        look = self._known if wait else self._caller
        caller, allowance = await self._aside(look, shown)
        if caller is not None:
            self._turnstile.charge(caller.organisation, allowance)
        elif wait:
            raise too_many("too many requests came from this address", wait)
        else:
            self._turnstile.charge_stranger(address)
        return caller, allowance

    def _caller(self, shown: Shown) -> tuple[Caller | None, Allowance]:
        return self._with_allowance(self.gate.caller(shown, self.now()))

    def _known(self, shown: Shown) -> tuple[Caller | None, Allowance]:
        return self._with_allowance(self.gate.known(shown, self.now()))

    def _with_allowance(self, caller: Caller | None) -> tuple[Caller | None, Allowance]:
        if caller is None or not self.limits.organisations:
            return caller, self.limits.each
        known = self.library.register().alliances.organisations.get(caller.organisation)
        return caller, self.limits.of(caller.organisation, known.name if known else "")

    async def _body(self, receive: Receive, organisation: str, allowance: Allowance) -> bytes:
        """Read a body, but no more of it than one octet too many.

        Raises:
            Refused: 408, it came too slowly; 429, too much came lately.
        """
        body, more = bytearray(), True
        with self._turnstile.weigh(organisation, allowance, body):
            try:
                async with asyncio.timeout(_BODY_S):
                    while more and len(body) <= self.largest:
                        event: Mapping[str, Any] = await receive()
                        body += event.get("body", b"")
                        more = event.get("more_body", False)
            except TimeoutError:
                raise Refused(HTTPStatus.REQUEST_TIMEOUT, "the body came too slowly") from None
        return bytes(body[: self.largest + 1])

    async def _follow(self, stream: Stream, shown: Shown, receive: Receive, send: Send) -> None:
        """Send events until either side ends it."""
        sending = asyncio.ensure_future(_send_events(send, self._feed.events(stream, shown)))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, gone):
                task.cancel()
            done = await asyncio.gather(sending, gone, return_exceptions=True)
        for error in done:
            if isinstance(error, Exception):
                _log.error("a stream failed", exc_info=error)

    async def _aside(self, work: Callable[..., _T], *arguments: object) -> _T:
        """Run what waits for the database, so that others are answered meanwhile."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(work, *arguments))


def make_app(edge: Edge) -> Litestar:
    """Make the ASGI application."""

    @asgi("/", is_mount=True, copy_scope=False)
    async def everything(scope: Scope, receive: Receive, send: Send) -> None:
        await edge.respond(scope, receive, send)

    # Litestar would have the whole process log at INFO, and httpx tell where webhooks go.
    return Litestar([everything], openapi_config=None, logging_config=None)


def _headers(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Give headers by their names; one that came twice is joined by a comma."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        before = headers.get(name)
        headers[name] = f"{before}, {value}" if before is not None else value
    return headers


def _shown(scope: Any, headers: Mapping[str, str]) -> Shown:
    tls = scope.get("extensions", {}).get("tls", {})
    client, chain = scope.get("client"), tuple(tls.get("client_cert_chain", ()))
    return Shown(headers.get("authorization"), client[0] if client else "", chain)


def _settled(reply: message.Response | Stream) -> message.Response:
    assert isinstance(reply, message.Response)
    return reply


async def _send(send: Send, reply: message.Response, *, head: bool = False) -> None:
    """Send a response, part by part: what a slow reader has not taken yet waits here."""
    said = [("Content-Type", MEDIA_TYPE), *reply.headers]
    if not head:
        said.append(("Content-Length", str(len(reply.body))))
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in said]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    for start in range(0, len(reply.body) or 1, _CHUNK):
        part = reply.body[start : start + _CHUNK]
        more = start + _CHUNK < len(reply.body)
        await send({"type": "http.response.body", "body": part, "more_body": more})


async def _send_events(send: Send, events: AsyncIterator[bytes]) -> None:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    async for event in events:
        await send({"type": "http.response.body", "body": event, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    """Return when the caller has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
