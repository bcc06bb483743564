"""How many members have seen something, told so that no member is singled out.

Members send keyed hashes, once, and the counter publishes a table once a day.

Rule 1. A count is told from *least* members on, rounded down to a multiple of *least*, and is
never more than all members but *least* - 1: "all of you" would name each.
Rule 2. The table of a day is made of what was sent before the day before began, is written down,
and is the same for everybody all day: asking twice says nothing new.
Rule 3. There is one table, of all members who report: none of some of them, which could be taken
from one another. How many report is not published.

What this promises, and a test proves over all small worlds: of *least* - 2 members who put
together what they know, all tables included, none can tell of any other member whether it has
seen a value, or whether it is the one that was added or taken away between two tables.

What it does not: *least* - 1 or more who join hands can tell that one more has seen it; a member
who knows from elsewhere that nobody else could have seen it learns what that implies; whoever
runs the counter knows which hash was sent by whom, and with the key, too, could try values.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from sidelight.exchange.instants import Instant

LEAST: Final = 3
"""No threshold is smaller than this."""
USUAL: Final = 5
DAY: Final[Instant] = 86_400 * 1_000_000


def told(count: int, members: int, least: int) -> int | None:
    """Give the count that may be told, "at least so many"; None where nothing may."""
    assert least >= LEAST
    most = members - (least - 1)
    shown = min(count, most) // least * least
    return shown if shown >= least else None


def too_few(members: int, least: int) -> str:
    """Say why nothing is ever told among so many members; "" where something may be."""
    needed = 2 * least - 1
    if members >= needed:
        return ""
    return f"{members} members report: counts from {least} on need {needed}"


def day_of(now: Instant) -> int:
    """Number a day, since 1970, UTC."""
    return now // DAY


def closed(day: int) -> Instant:
    """Give when the reports that the table of *day* counts had to be there: a day earlier."""
    return (day - 1) * DAY


def table(reports: Iterable[tuple[str, str]], least: int) -> Mapping[str, int]:
    """Give what may be told of each hash, out of pairs of hash and organisation.

    Members are those who reported anything: of the others everybody knows that they count nowhere.
    """
    seen: dict[str, set[str]] = {}
    members = set[str]()
    for token, organisation in reports:
        seen.setdefault(token, set()).add(organisation)
        members.add(organisation)
    found = ((token, told(len(by), len(members), least)) for token, by in sorted(seen.items()))
    return {token: shown for token, shown in found if shown is not None}
