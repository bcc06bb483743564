"""How a client goes from page to page (TAXII 2.1, section 3.5), without a socket.

Servers are broken in known ways: they say there is more and never give a ``next``, give the same
page for ever, give another page for the same ``next``, forget a ``next`` they gave, or say that
a thousand objects were added in one microsecond. A client stops where nothing moves any more, and
says so.

Going on by date asks from just before the last date that came: what was added at that date may be
only half had. So a client gets some objects twice, and has to know them again.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from sidelight.exchange import instants
from sidelight.values import dataclass

MOST_EMPTY: Final = 3
"""So many empty pages in a row that promise more are believed."""


_FIRST: Final = instants.read("0001-01-01T00:00:00Z") or 0
"""The first instant that can be spelled; a server may give any as a date."""
MOST_WIDE: Final = 64
"""A page is asked for at most so many times larger, where one date fills it."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page said.

    Args:
        count: objects in it.
        first: its X-TAXII-Date-Added-First, or what the manifest says instead; empty for none.
        last: the same of its last object.
        mark: tells it from other pages.
    """

    count: int
    more: bool = False
    next: str = ""
    last: str = ""
    first: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client is.

    Args:
        after: what it asks from by date; empty for the start.
        next: what it asks from within the same answer.
        empty: pages in a row that were empty.
        mark: of the page before.
        wide: how many times larger a page it asks for.
    """

    after: str = ""
    next: str = ""
    empty: int = 0
    mark: str = ""
    wide: int = 1

    def parameters(self, limit: int) -> Mapping[str, str]:
        """Give the query of the next request."""
        after = {"added_after": self.after} if self.after else {}
        going_on = {"next": self.next} if self.next else {}
        return {**after, **going_on, "limit": str(limit * self.wide)}


@dataclass(frozen=True, slots=True)
class Done:
    """All pages were had.

    Args:
        after: what to ask from the next time.
    """

    after: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """The server promises more and does not give it."""

    after: str
    why: str


Step: TypeAlias = Place | Done | Stuck


def turn(place: Place, page: Page, newest: str) -> Step:
    """Say what to do after a page; *newest* is the latest date added of this answer so far.

    With ``next``, ``added_after`` stays what it was: a cursor belongs to its filters.
    """
    if not page.more:
        return Done(newest or place.after)
    empty = 0 if page.count else place.empty + 1
    if empty > MOST_EMPTY:
        return Stuck(place.after, "it gives empty pages and says that there is more")
    again = bool(page.count and page.mark and page.mark == place.mark)
    if page.next and not again and (page.mark or page.next != place.next):
        return Place(place.after, page.next, empty, page.mark, place.wide)
    return by_date(place, newest, page.mark, empty)


def by_date(place: Place, newest: str, mark: str = "", empty: int = 0) -> Place | Stuck:
    """Say how to go on where no ``next`` leads on: by date, or else with larger pages."""
    if not newest:
        return Stuck(place.after, "it says that there is more, and gives neither next nor dates")
    if before(newest) > place.after:
        return Place(before(newest), "", empty, mark)
    if place.wide < MOST_WIDE:
        return Place(place.after, "", empty, mark, place.wide * 2)
    return Stuck(place.after, "it gives the same page again and says that there is more")


def before(date: str) -> str:
    """Give the microsecond before a date, as ``added_after`` leaves out its own."""
    instant = instants.read(date)
    return date if instant is None or instant <= _FIRST else instants.show(instant - 1)
