"""What is added to a collection, as events to whoever follows it (an extension of this server)."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeAlias

import orjson

from sidelight.exchange import instants
from sidelight.exchange.gate import Gate, Shown
from sidelight.exchange.instants import Instant
from sidelight.exchange.policy import ALWAYS
from sidelight.exchange.query import PAGE_OCTETS
from sidelight.exchange.recall import Notice, noticed
from sidelight.exchange.shelf import Held
from sidelight.exchange.store.database import UNAVAILABLE
from sidelight.exchange.store.library import Library
from sidelight.exchange.taxii.message import Stream
from sidelight.exchange.taxii.reading import View, following
from sidelight.exchange.taxii.server import reads_from
from sidelight.values import dataclass

_BEAT_S: Final = 15.0
_LOOK_S: Final = 0.25
_AT_ONCE: Final = 100
_AGAIN_S: Final = 2.0
_News: TypeAlias = tuple[list[Held], list[Notice]]
_NO_NEWS: Final[_News] = ([], [])


@dataclass(slots=True)
class Feed:
    """Follows collections for many at once.

    Args:
        aside: runs what waits for the database.
    """

    library: Library
    gate: Gate
    now: Callable[[], Instant]
    aside: Callable[..., Awaitable[Any]]
    _looked: tuple[float, Instant] = (0.0, 0)

    async def events(self, stream: Stream, shown: Shown) -> AsyncIterator[bytes]:
        """Give events for as long as the caller may read: who they are is asked again each time.

        While the database does not answer, nothing is given but that the server is there.
        """
        after, told, seen, beat = stream.after, ALWAYS, -1, time.monotonic()
        # An id without data is no event, and the place to go on from if nothing else comes.
        yield b": open\n" + (_id(after) if after > ALWAYS else b"") + b"\n"
        while True:
            due = time.monotonic() - beat >= _BEAT_S
            try:
                newest = await self._newest()
                look = newest != seen or due
                news = (
                    await self.aside(self._next, stream, shown, after, told) if look else _NO_NEWS
                )
            except UNAVAILABLE:
                yield b": the database does not answer now\n\n"
                await asyncio.sleep(_AGAIN_S)
                continue
            if news is None:
                return
            found, recalls = news
            for recall in recalls:
                if recall.recipient.acknowledged is None:
                    yield _recall_event(recall, self.now())
                told = recall.recall.at
            for each in found:
                yield _event(each)
                after = each.added
            if look:
                octets = sum(len(each.body) for each in found)
                whole = max(len(found), len(recalls)) < _AT_ONCE and octets <= PAGE_OCTETS
                seen = newest if whole else -1
                beat = time.monotonic()
            if due and not found:
                yield b": still here\n\n"
            if seen == newest:
                await asyncio.sleep(_LOOK_S)

    async def _newest(self) -> Instant:
        """Give when the newest object was added; all streams look at the database as one."""
        looked, newest = self._looked
        if time.monotonic() - looked >= _LOOK_S:
            self._looked = time.monotonic(), newest
            newest = await self.aside(self.library.newest)
            self._looked = time.monotonic(), newest
        return newest

    def _next(self, stream: Stream, shown: Shown, after: Instant, told: Instant) -> _News | None:
        """Give what is new for a caller, and the recalls after *told*."""
        now = self.now()
        caller = self.gate.known(shown, now)
        register = self.library.register()
        place = register.collection(stream.collection)
        if caller is None or place is None or not reads_from(register, caller, place):
            return None
        found = following(View(self.library, register, place, caller, now), after, _AT_ONCE)
        mine = self.library.notices(caller.organisation, after=told, limit=_AT_ONCE, now=now)
        return found, mine


def _event(held: Held) -> bytes:
    lines = b"".join(b"data: " + line + b"\n" for line in held.body.splitlines())
    return _id(held.added) + b"event: object\n" + lines + b"\n"


def _id(at: Instant) -> bytes:
    return b"id: " + instants.show(at).encode() + b"\n"


def _recall_event(notice: Notice, now: Instant) -> bytes:
    # It has no id: whoever comes again is told again, until it is acknowledged.
    return b"event: recall\ndata: " + orjson.dumps(noticed(notice, now)) + b"\n\n"
