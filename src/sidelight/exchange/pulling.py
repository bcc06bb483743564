"""What is new in a collection, whatever the server is like: each object once, in order.

A ``next`` is never kept: a server may forget it, or give its page only once. What is kept is a
date, and what came with it, so that going on after any cut asks for a little twice and gives it
once.
"""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

import orjson

from sidelight.errors import ExchangeError
from sidelight.exchange.client import Client, Room
from sidelight.exchange.connection import RefusalError
from sidelight.exchange.taxii.paging import Done, Page, Place, Stuck, before, by_date, turn
from sidelight.values import dataclass

_SAYS_SO: Final = re.compile(rb'"spec_version"\s*:\s*"2\.[01]"')
_FORGOTTEN: Final = frozenset({400, 404, 410})


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a collection was had.

    Args:
        after: date added of the last object; empty for the start.
        seen: digests of what was had at that date, and maybe a little before.
    """

    after: str = ""
    seen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Batch:
    """What a page brought that was not had before.

    Args:
        reach: from where to go on once it is kept.
        stuck: why no more come though the server promises more; empty while all is well.
    """

    objects: list[bytes]
    reach: Reach
    stuck: str = ""


def batches(
    client: Client, room: Room, reach: Reach, limit: int, *, versions: str = ""
) -> Iterator[Batch]:
    """Give page by page what is new after *reach*; *versions* is what ``match[version]`` says.

    Raises:
        ExchangeError: the server cannot be reached, or refuses; what came before holds.
    """
    place: Place | Done | Stuck = Place(before(reach.after))
    asked = {"match[version]": versions} if versions else {}
    newest, ordered = reach.after, True
    while isinstance(place, Place):
        try:
            objects, page = client.page(room, {**place.parameters(limit), **asked})
        except ExchangeError as error:
            place = _around(place, newest, error)
            continue
        objects = [mended(each) for each in objects]
        ordered = ordered and newest <= (page.first or newest)
        fresh, met = _fresh(objects, reach.seen)
        newest = max(newest, page.last if objects else "")
        place = turn(place, page, newest)
        # Out of order, only the end of the answer says that all before a date was had.
        keeps = ordered or isinstance(place, Done)
        reach = _reached(reach, page, met, newest if keeps else reach.after)
        yield Batch(fresh, reach, place.why if isinstance(place, Stuck) else "")


def mended(item: bytes) -> bytes:
    """Give an object with its ``spec_version`` where a server put the type there instead.

    OpenTAXII 0.9.3 does so with all that it serves, and takes objects of 2.1 alone.
    """
    if _SAYS_SO.search(item):
        return item
    try:
        found = orjson.loads(item)
    except ValueError:
        return item
    if not isinstance(found, dict) or found.get("spec_version", "") != found.get("type"):
        return item
    return orjson.dumps({**found, "spec_version": "2.1"})


def _around(place: Place, newest: str, error: ExchangeError) -> Place:
    """Go on by date where a ``next`` led to nothing.

    Raises:
        ExchangeError: there was no ``next``, or another kind of refusal.
    """
    refused = isinstance(error, RefusalError) and error.status not in _FORGOTTEN
    if not place.next or refused:
        raise error
    found = by_date(place, newest)
    if isinstance(found, Stuck):
        raise error
    return found


def _reached(reach: Reach, page: Page, met: frozenset[str], after: str) -> Reach:
    """Keep the digests that may come again: all since the date before the last changed."""
    alone = page.first > reach.after or page.first < page.last
    if met and page.first and page.last == after and alone:
        return Reach(after, met)
    return Reach(after, reach.seen | met)


def _fresh(objects: Iterable[bytes], seen: frozenset[str]) -> tuple[list[bytes], frozenset[str]]:
    fresh, met = [], set[str]()
    for each in objects:
        digest = sha256(each).hexdigest()
        if digest not in seen and digest not in met:
            fresh.append(each)
        met.add(digest)
    return fresh, frozenset(met)
