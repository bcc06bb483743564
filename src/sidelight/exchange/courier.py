"""Brings what is added to whoever has a webhook for it, under the policy of any read.

Rules of this file:

- At least once: what a receiver took is noted after it took it. The id of a delivery follows from
  the hook and the object, so a receiver knows what it had.
- In the order added, for each hook; what it never takes becomes a dead letter, and is said.
- The ledger has it before it is sent.
"""

import logging
import math
import random
import ssl
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import field
from http import HTTPStatus
from threading import Event, Thread
from typing import Final, TypeAlias

import httpx
import orjson
from sqlalchemy.exc import SQLAlchemyError

from sidelight import __version__
from sidelight.errors import ExchangeError, SidelightError, UsageError
from sidelight.exchange import backoff, instants
from sidelight.exchange.address import NoAddressError
from sidelight.exchange.hook_signature import derived, sign
from sidelight.exchange.instants import Instant
from sidelight.exchange.query import Query
from sidelight.exchange.reachable import Reachable, Target
from sidelight.exchange.register import Register
from sidelight.exchange.shelf import Caller, Held
from sidelight.exchange.store import hooks
from sidelight.exchange.store.hooks import DeadLetter, Hook
from sidelight.exchange.store.library import Library
from sidelight.exchange.taxii.reading import granted
from sidelight.values import dataclass

Post: TypeAlias = Callable[[Target, str, Mapping[str, str], bytes], int]
"""Sends a body to a target at an address, and gives the status of the answer."""

AT_ONCE: Final = 100
_TIMEOUT_S: Final = 10.0
_LOOK_S: Final = 0.5
_FIRST_S: Final = 1.0
_TRIES: Final = 60
_TRIES_REFUSED: Final = 5
_PASSING: Final = frozenset({408, 425, 429})
_log = logging.getLogger(__name__)


class RefusedError(ExchangeError):
    """A receiver answered that it does not take this."""


@dataclass(slots=True)
class Courier:
    """Delivers webhooks.

    Args:
        key: gives what secrets of hooks are derived from.
        chance: gives numbers from 0 to 1.
        tries: how often an object is tried before it is a dead letter; where the receiver says
            that it does not take it, *refused* times.
    """

    library: Library
    key: Callable[[], bytes]
    reachable: Reachable
    now: Callable[[], Instant]
    post: Post
    chance: Callable[[], float] = random.random
    tries: int = _TRIES
    refused: int = _TRIES_REFUSED
    stop: Event = field(default_factory=Event)
    _busy: dict[str, Future[None]] = field(default_factory=dict)
    _done: dict[str, tuple[Instant, Register]] = field(default_factory=dict)

    def run(self) -> None:
        """Deliver what is added until `stop` is set."""
        with ThreadPoolExecutor(16, "webhook") as pool:
            while not self.stop.wait(_LOOK_S):
                try:
                    for each in self._late():
                        self._busy[each.id] = pool.submit(self._all, each)
                except SQLAlchemyError:  # a database that is away comes back
                    _log.exception("webhooks wait")

    def deliver(self, hook: Hook) -> bool:
        """Deliver what is next; tell whether there may be more to do at once."""
        page = self._page(hook, AT_ONCE)
        for held in page:
            if self.stop.is_set():
                return False
            try:
                self._send(hook, held)
            except SidelightError as error:
                self._failed(hook, held, error)
                return False
            hooks.settle(self.library.engine, hook, held.added)
        return len(page) == AT_ONCE

    def test(self, hook: Hook) -> int:
        """Send a delivery with nothing in it; give the status of the answer.

        Raises:
            SidelightError: it may not go there, or nobody is there.
        """
        at = instants.show(self.now())
        body = orjson.dumps({"type": "ping", "timestamp": at, "data": {}})
        return self._post(hook, f"{hook.id}-ping-{self.now()}", body)

    def retry(self, hook: Hook, letter: DeadLetter) -> bool:
        """Try a dead letter again; tell whether it was taken, or may not go any more.

        Raises:
            SidelightError: it was not taken.
        """
        page = self._page(hook, 1, letter.added - 1)
        found = bool(page) and page[0].added == letter.added
        if found:
            self._send(hook, page[0])
        hooks.unbury(self.library.engine, letter)
        return found

    def _page(self, hook: Hook, limit: int, after: Instant | None = None) -> list[Held]:
        """Give what is next, and may be read there now by whoever the hook is of."""
        register = self.library.register()
        place = register.collection(hook.collection)
        if place is None or not register.can_read(hook.organisation, place):
            return []
        grants = granted(self.library, register, hook.organisation, "hook", self.now())
        start = hook.after if after is None else after
        query = Query(versions=("all",))
        return self.library.page(place.id, grants, query, after=start, limit=limit)

    def _send(self, hook: Hook, held: Held) -> None:
        person = f"webhook of {hook.person}"[:250]
        caller = Caller(hook.organisation, person, frozenset())
        self.library.deliver(hook.collection, [held], caller, "hook", self.now())
        head = {"type": "object.added", "timestamp": instants.show(held.added)}
        data = orjson.dumps({"collection": hook.collection})[:-1] + b',"object":' + held.body + b"}"
        body = orjson.dumps(head)[:-1] + b',"data":' + data + b"}"
        status = self._post(hook, f"{hook.id}-{held.added}", body)
        if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ExchangeError(f"answered {status}", where=hook.url)
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise RefusedError(f"answered {status}", where=hook.url)

    def _post(self, hook: Hook, ident: str, body: bytes) -> int:
        target = self.reachable.target(hook.url)
        address = self.reachable.address(target)
        secret = derived(self.key(), hook.id)
        return self.post(target, address, sign(secret, ident, self.now() // 1_000_000, body), body)

    def _failed(self, hook: Hook, held: Held, error: SidelightError) -> None:
        engine, now = self.library.engine, self.now()
        fresh = self._fresh(hook)
        if fresh is None:
            return
        if fresh.failures + 1 >= self._most(error):
            hooks.bury(engine, fresh, held, str(error), now)
            return
        wait = backoff.pause(fresh.failures + 1, self.chance(), first=_FIRST_S)
        hooks.fail(engine, fresh, str(error), now + int(wait * 1_000_000))

    def _most(self, error: SidelightError) -> float:
        """Give how often something is tried that fails like this."""
        match error:
            case NoAddressError():
                return 1
            case UsageError():  # what is not listed is no fault of the receiver: it waits
                return math.inf
            case RefusedError():
                return self.refused
            case _:
                return self.tries

    def _late(self) -> list[Hook]:
        """Give the hooks that something may be new for, and that nobody is busy with."""
        newest, register, now = self.library.newest(), self.library.register(), self.now()
        found = []
        for each in hooks.hooks(self.library.engine):
            at, under = self._done.get(each.id, (-1, register))
            new = each.failures > 0 or at != newest or under is not register
            busy = each.id in self._busy and not self._busy[each.id].done()
            if new and each.after < newest and each.due <= now and not busy:
                found.append(each)
        return found

    def _all(self, hook: Hook) -> None:
        """Deliver until nothing is left, or something fails."""
        try:
            mark = (self.library.newest(), self.library.register())
            found: Hook | None = hook
            while found and self.deliver(found):
                found = self._fresh(hook)
            self._done[hook.id] = mark
        except Exception:  # noqa: BLE001 - it would be lost in a future that nobody asks
            _log.exception("webhook %s waits", hook.id)

    def _fresh(self, hook: Hook) -> Hook | None:
        there = hooks.hooks(self.library.engine)
        return next((each for each in there if each.id == hook.id), None)


@contextmanager
def working(courier: Courier) -> Iterator[None]:
    """Let a courier deliver for as long as the context is held."""
    thread = Thread(target=courier.run, name="courier", daemon=True)
    thread.start()
    try:
        yield
    finally:
        courier.stop.set()
        thread.join(timeout=_TIMEOUT_S)


def posting(trusted: ssl.SSLContext | bool = True) -> Post:
    """Give what sends over the network: no redirects, no proxies, no more than a status is read.

    The certificate has to be that of the host, whatever address it leads to; *trusted* says whose
    certificates hold, True for those of the system.
    """
    client = httpx.Client(
        timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False, verify=trusted
    )

    def post(target: Target, address: str, headers: Mapping[str, str], body: bytes) -> int:
        host = f"[{address}]" if ":" in address else address
        named = f"[{target.host}]" if ":" in target.host else target.host
        given = {
            "Host": f"{named}:{target.port}",
            "Content-Type": "application/json",
            "User-Agent": f"sidelight/{__version__}",
            **headers,
        }
        try:
            with client.stream(
                "POST",
                f"{target.scheme}://{host}:{target.port}{target.path}",
                content=body,
                headers=given,
                extensions={"sni_hostname": target.host},
            ) as reply:
                return reply.status_code
        except (httpx.InvalidURL, UnicodeError) as error:
            raise NoAddressError(f"is no address: {error}", where=target.host) from None
        except (httpx.HTTPError, OSError) as error:
            why = f"cannot be reached: {error or type(error).__name__}"
            raise ExchangeError(why, where=f"{target.host}:{target.port}") from None

    return post
