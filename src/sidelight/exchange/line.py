"""One connection of a caller: how long it may take over what, and the certificate it shows.

Rules of this file:

- A head, a rest of a body that nobody reads, and the end of a reply each have a time by which they
  are through; whoever is slower is cut off.
- What is refused here is refused as everywhere: in an error message of TAXII (section 3.6.1).
- A certificate was checked by TLS before anything here runs; it is handed on as the extension of
  ASGI for TLS has it.
"""

import asyncio
import ssl
import time
from collections import Counter
from dataclasses import field
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from sidelight.exchange.certificate import Revocations
from sidelight.exchange.limits import Limits
from sidelight.exchange.login import origin
from sidelight.exchange.taxii import message
from sidelight.exchange.taxii.message import MEDIA_TYPE, Refused
from sidelight.values import dataclass

_AGAIN: Final = ("Retry-After", "5")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a caller may take.

    Args:
        head: seconds over the head of a request, counted from the reply before.
        read: seconds without taking of a reply what `rate` asks for.
        rate: octets a second that are taken of a reply at least.
        look: seconds between two looks at the clock.
        linger: seconds to read why one was refused, before the connection ends.
    """

    head: float = 15
    read: float = 30
    rate: int = 8 << 10
    look: float = 5
    linger: float = 1


@dataclass(slots=True)
class Door:
    """Counts who is connected; one for all connections of a process."""

    limits: Limits = field(default_factory=Limits)
    patience: Patience = field(default_factory=Patience)
    revocations: Revocations | None = None
    _renewed: float = 0.0
    _inside: Counter[str] = field(default_factory=Counter)
    _shown: dict["Line", str] = field(default_factory=dict)

    def enter(self, address: str) -> str:
        """Count a connection; give why it is one too many, or nothing."""
        self._inside[address] += 1
        if self._inside[address] > self.limits.address_connections:
            return "too many connections from this address"
        if self._inside.total() > self.limits.connections:
            return "too many connections"
        return ""

    def show(self, line: "Line", certificate: str) -> bool:
        """Remember what a connection shows; tell whether it holds."""
        self._shown[line] = certificate
        return self.holds(certificate)

    def holds(self, certificate: str) -> bool:
        """Tell whether a certificate is not taken back."""
        return self.revocations is None or self.revocations.holds(certificate, datetime.now(UTC))

    def revoke(self, revocations: Revocations) -> None:
        """Go by other revocation lists from now on, also where connections are open already."""
        self.revocations = revocations
        for line, certificate in list(self._shown.items()):
            if not self.holds(certificate):
                line.loop.call_soon_threadsafe(line.transport.abort)

    def renew(self) -> None:
        """Go by other authorities from now on: whoever showed a certificate is to show it again."""
        self._renewed = time.time()
        for line in list(self._shown):
            line.loop.call_soon_threadsafe(line.transport.abort)

    def trusts(self, began: int) -> bool:
        """Tell whether a session that began then, in seconds since 1970, still counts.

        TLS looks at no certificate again where a session is resumed.
        """
        return began > self._renewed

    def forget(self, line: "Line") -> None:
        """Forget a connection that is over."""
        self._shown.pop(line, None)

    def leave(self, address: str) -> None:
        """Count a connection no more."""
        self._inside[address] -= 1
        if self._inside[address] <= 0:
            del self._inside[address]


class Line(H11Protocol):
    """A connection that ends when a caller takes too long."""

    def __init__(self, door: Door, **rest: Any) -> None:
        super().__init__(**rest)
        self._door = door
        self._address = ""
        self._timer: asyncio.TimerHandle | None = None
        self._idle = 0.0
        self._quiet = 0.0
        self._size = 0
        self._took = False
        self._over = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look at the clock; turn away who is one too many."""
        super().connection_made(transport)
        certificates = _certificates(transport)
        self.app = partial(_shown, self.app, certificates)
        self._address = origin(self.client[0]) if self.client else ""
        self._timer = self.loop.call_later(self._door.patience.look, self._look)
        why = self._door.enter(self._address)
        if certificates and not (
            self._door.show(self, certificates[0]) and self._door.trusts(_began(transport))
        ):
            transport.abort()
        elif why:
            self._refuse(Refused(HTTPStatus.SERVICE_UNAVAILABLE, why, (_AGAIN,)))

    def connection_lost(self, exc: Exception | None) -> None:
        """Look at the clock no more."""
        if self._timer:
            self._timer.cancel()
        self._door.forget(self)
        self._door.leave(self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, but not from who was turned away."""
        if not self._over and not self.transport.is_closing():
            super().data_received(data)

    def on_response_complete(self) -> None:
        """Wait for the next request from now on."""
        self._idle = 0
        super().on_response_complete()

    def resume_writing(self) -> None:
        """Note that the caller took something."""
        super().resume_writing()
        self._took = True

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        del msg
        self._refuse(Refused(HTTPStatus.BAD_REQUEST, "this is no request of HTTP/1.1"))

    def _look(self) -> None:
        """See whether the caller does its part; what comes of a body that is not read is none."""
        patience, size = self._door.patience, self.transport.get_write_buffer_size()
        took = self._took or size <= self._size - patience.rate * patience.look
        self._quiet = 0 if took or not size else self._quiet + patience.look
        self._size, self._took = size, False
        answering = self.cycle is not None and not self.cycle.response_complete
        self._idle = 0 if answering or size else self._idle + patience.look
        if self._quiet >= patience.read:
            self.transport.abort()
            return
        if self._idle >= patience.head and not self.transport.is_closing():
            self._cut()
        self._timer = self.loop.call_later(patience.look, self._look)

    def _cut(self) -> None:
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._refuse(Refused(HTTPStatus.REQUEST_TIMEOUT, "the request came too slowly"))
        else:
            self.transport.close()

    def _refuse(self, refused: Refused) -> None:
        """Give an error message and end the connection."""
        reply = message.refusal(refused)
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            headers = [
                ("Content-Type", MEDIA_TYPE),
                ("Content-Length", str(len(reply.body))),
                ("Connection", "close"),
                *reply.headers,
            ]
            phrase = refused.status.phrase.encode()
            head = h11.Response(status_code=reply.status, headers=headers, reason=phrase)
            for event in (head, h11.Data(data=reply.body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        # To close at once while more comes in would take the message away from who reads late.
        self._over = True
        self.loop.call_later(self._door.patience.linger, self.transport.close)


async def _shown(app: Any, certificates: list[str], scope: Any, receive: Any, send: Any) -> None:
    """Run an application with what the caller showed (ASGI, TLS extension 0.2)."""
    if certificates:
        tls = {"client_cert_chain": certificates}
        scope["extensions"] = {**scope.get("extensions", {}), "tls": tls}
    await app(scope, receive, send)


def _certificates(transport: asyncio.Transport) -> list[str]:
    encrypted = transport.get_extra_info("ssl_object")
    data = encrypted.getpeercert(binary_form=True) if encrypted else None
    return [ssl.DER_cert_to_PEM_cert(data)] if data else []


def _began(transport: asyncio.Transport) -> int:
    """Give when the session of TLS began, in seconds since 1970; it may be resumed."""
    session = transport.get_extra_info("ssl_object").session
    return int(session.time) if session else 0
