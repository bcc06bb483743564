"""Whose turn it is: charges what is asked for to whoever asks, and lets the rest wait.

An organisation is worked for by a few requests at a time, so that none keeps the others out, and
what its bodies and replies need of memory has a bound.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import field
from http import HTTPStatus
from typing import Final

from sidelight.exchange.limits import Allowance, Limits, Meter
from sidelight.exchange.taxii.message import Refused
from sidelight.values import dataclass

_TURN_S: Final = 30
_HEAVY: Final = 1 << 20


@dataclass(slots=True)
class Turnstile:
    """Counts for one process; one event loop uses it.

    Args:
        clock: gives seconds that never go back.
    """

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    _requests: Meter = field(default_factory=Meter)
    _strangers: Meter = field(default_factory=Meter)
    _octets: Meter = field(default_factory=Meter)
    _turns: dict[str, asyncio.Semaphore] = field(default_factory=dict)
    _heavy: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    _streams: Counter[str] = field(default_factory=Counter)

    def renew(self, limits: Limits) -> None:
        """Go by other limits from now on; whoever has a turn already keeps it."""
        self.limits = limits
        self._turns = {}

    def stranger_wait(self, address: str) -> float:
        """Give how many seconds an address is to wait; 0 for not at all."""
        rates = (self.limits.address_requests, self.limits.address_burst)
        return self._strangers.wait(address, *rates, self.clock())

    def charge_stranger(self, address: str) -> None:
        """Charge a request of somebody who showed nothing that holds."""
        rates = (self.limits.address_requests, self.limits.address_burst)
        self._strangers.take(address, *rates, self.clock())

    def charge(self, organisation: str, allowance: Allowance) -> None:
        """Charge a request to an organisation.

        Raises:
            Refused: 429, there were too many.
        """
        rates = (allowance.requests, allowance.requests_burst)
        if wait := self._requests.wait(organisation, *rates, self.clock()):
            raise too_many("too many requests came from this organisation", wait)
        self._requests.take(organisation, *rates, self.clock())

    @contextmanager
    def weigh(self, organisation: str, allowance: Allowance, body: bytearray) -> Iterator[None]:
        """Charge what a body has come to when it was read.

        Raises:
            Refused: 429, too much came lately.
        """
        rates = (allowance.octets, allowance.octets_burst)
        if wait := self._octets.wait(organisation, *rates, self.clock()):
            raise too_many("too many octets came from this organisation", wait)
        try:
            yield
        finally:
            self._octets.take(organisation, *rates, self.clock(), len(body))

    @asynccontextmanager
    async def turn(self, organisation: str, allowance: Allowance) -> AsyncIterator[None]:
        """Wait until few enough requests of an organisation are worked at.

        Raises:
            Refused: 429, that took too long.
        """
        turns = self._turns.setdefault(organisation, asyncio.Semaphore(allowance.at_once))
        try:
            async with asyncio.timeout(_TURN_S):
                await turns.acquire()
        except TimeoutError:
            raise too_many("too many requests of this organisation wait already", 1) from None
        try:
            yield
        finally:
            turns.release()

    @asynccontextmanager
    async def heavy(self, octets: int) -> AsyncIterator[None]:
        """Let few large bodies be taken apart at a time: that needs many times their memory."""
        if octets < _HEAVY:
            yield
            return
        async with self._heavy:
            yield

    @contextmanager
    def stream(self, organisation: str, allowance: Allowance) -> Iterator[None]:
        """Count a stream for as long as it is open.

        Raises:
            Refused: 429, there are too many.
        """
        if self._streams[organisation] >= allowance.streams:
            raise too_many("too many streams of this organisation are open", 60)
        self._streams[organisation] += 1
        try:
            yield
        finally:
            self._streams[organisation] -= 1


def too_many(why: str, wait_s: float) -> Refused:
    """Make the refusal of somebody who is to come back later."""
    after = ("Retry-After", str(max(1, -int(-wait_s // 1))))
    return Refused(HTTPStatus.TOO_MANY_REQUESTS, why, (after,))
