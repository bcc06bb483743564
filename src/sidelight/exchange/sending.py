"""Sends what is in the outbox, place by place, in order."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final, TypeAlias

from sidelight.errors import SidelightError
from sidelight.exchange import address, backoff, instants
from sidelight.exchange.client import Client, Failure, Room, Sent, named
from sidelight.exchange.connection import RefusalError
from sidelight.exchange.instants import Instant
from sidelight.exchange.outbox import Destination, Item, Outbox, Standing
from sidelight.exchange.parcel import MOST, envelopes
from sidelight.values import dataclass

Opener: TypeAlias = Callable[[Destination], AbstractContextManager[Client]]

_FIRST_S: Final = 30.0
_OF_THE_PLACE: Final = frozenset({401, 403, 404, 406, 407})
"""What a server answers where it is not the objects that it refuses."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What sending to a destination came to.

    Args:
        refused: those of now, each with what the server said.
        error: what stopped it; None where all was sent.
    """

    taken: int
    refused: tuple[Item, ...]
    title: str
    error: SidelightError | None = None


def send(
    outbox: Outbox, standing: Standing, opener: Opener, now: Callable[[], Instant], chance: float
) -> Outcome:
    """Send all that waits for a destination; what stops it is noted, and nothing is lost.

    *chance*, from 0 to 1, spreads when a destination that is down is tried again.
    """
    taken, refused, title = 0, list[Item](), standing.destination.collection
    try:
        address.check(standing.destination.url)
    except address.NoAddressError as error:  # it never becomes one: nothing waits for that
        refused = _given_up(outbox, standing, str(error))
        return Outcome(0, tuple(refused), title)
    stopped: SidelightError | None = None
    try:
        with opener(standing.destination) as client:
            room = client.find(standing.destination.collection)
            title = room.title
            while items := outbox.items(standing.key, "waiting", MOST):
                good, bad = _some(client, room, items)
                outbox.settle(standing.key, good, bad)
                taken, refused = taken + len(good), [*refused, *bad]
    except SidelightError as error:
        stopped = error
        wait = backoff.pause(standing.failures + 1, chance, first=_FIRST_S)
        outbox.fail(standing.key, str(error), now() + int(wait * 1_000_000))
    return Outcome(taken, tuple(refused), title, stopped)


def _given_up(outbox: Outbox, standing: Standing, why: str) -> list[Item]:
    """Keep all that waits for a destination as refused."""
    items = [replace(each, why=why) for each in outbox.items(standing.key, "waiting")]
    outbox.settle(standing.key, [], items)
    return items


def _some(client: Client, room: Room, items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Send the first of *items* that fit into one request; give what was taken, and refused."""
    first = next(envelopes([each.body for each in items], room.largest))
    return deliver(client, room, items[: len(first)])


def deliver(client: Client, room: Room, items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Send items; give those that the server has now, and those it refused with its words.

    Where it refuses all together, or does not say which it refused, halves of them are sent, down
    to one: again does no harm.

    Raises:
        ExchangeError: it cannot be reached, or refuses whatever is sent.
    """
    try:
        sent = client.add(room, [each.body for each in items])
    except RefusalError as error:
        if error.status in _OF_THE_PLACE:
            raise
        sent = Sent(0, (Failure("", "", error.reason),), len(items))
    blamed = _blamed(items, sent)
    if blamed is None and len(items) > 1:
        half = len(items) // 2
        good, bad = deliver(client, room, items[:half])
        more, worse = deliver(client, room, items[half:])
        return good + more, bad + worse
    if blamed is None:
        why = sent.refused[0].why if sent.refused else ""
        blamed = {0: why or "refused, and the server does not say why"}
    bad = [replace(items[index], why=why) for index, why in blamed.items()]
    # Some servers call it a failure to be sent what they have.
    had = client.holds(room, [each.body for each in bad]) if bad else []
    left = [each for each, there in zip(bad, had, strict=True) if not there]
    wrong = {each.number for each in left}
    return [each for each in items if each.number not in wrong], left


def _blamed(items: Sequence[Item], sent: Sent) -> dict[int, str] | None:
    """Say which of *items* the server means, and why; None where that is not clear."""
    if not sent.failed:
        return {}
    if sent.failed != len(sent.refused):
        return None
    found: dict[int, str] = {}
    for failure in sent.refused:
        index = _meant(items, failure)
        if index is None or index in found:
            return None
        found[index] = failure.why or "refused, and the server does not say why"
    return found


def _meant(items: Sequence[Item], failure: Failure) -> int | None:
    names = [named(each.body) for each in items]
    if failure.id.startswith("objects[") and failure.id[8:-1].isdecimal():  # as this program says
        index = int(failure.id[8:-1])
        return index if index < len(items) else None
    same = [index for index, (ident, _) in enumerate(names) if ident == failure.id]
    if len(same) > 1:
        same = [index for index in same if instants.same(names[index][1], failure.version)]
    return same[0] if len(same) == 1 else None
