"""How a client goes from page to page (TAXII 2.1, section 3.5), without a socket.

Servers are broken in known ways: they say there is more and never give a ``next``, give the same
page for ever, or forget a ``next`` they gave. A client stops where nothing moves any more, and
says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

MOST_EMPTY: Final = 3
"""So many empty pages in a row that promise more are believed."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page said.

    Args:
        count: objects in it.
        last: its X-TAXII-Date-Added-Last; empty where it has none.
    """

    count: int
    more: bool = False
    next: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client is.

    Args:
        after: what it asks from by date; empty for the start.
        next: what it asks from within the same answer.
        empty: pages in a row that were empty.
    """

    after: str = ""
    next: str = ""
    empty: int = 0

    def parameters(self, limit: int) -> Mapping[str, str]:
        """Give the query of the next request."""
        after = {"added_after": self.after} if self.after else {}
        going_on = {"next": self.next} if self.next else {}
        return {**after, **going_on, "limit": str(limit)}


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
        return Stuck(newest or place.after, "it gives empty pages and says that there is more")
    if page.next and page.next != place.next:
        return Place(place.after, page.next, empty)
    if page.last and page.last > place.after:
        return Place(page.last, "", empty)
    return Stuck(newest or place.after, "it gives the same page again and says that there is more")
