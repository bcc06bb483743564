"""The ledger: which organisation was first given which version, when, to whom and how."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Engine, insert, select

from sidelight.exchange.instants import Instant
from sidelight.exchange.policy import Route, Terms
from sidelight.exchange.shelf import Caller, Held
from sidelight.exchange.store.tables import ledger
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Delivery:
    """A version of an object that was given to an organisation for the first time by a route."""

    at: Instant
    organisation: str
    person: str
    route: str
    collection: str
    id: str
    version: str
    marking: str
    owner: str


def missing(
    connection: Connection, found: Sequence[Held], organisation: str, route: Route
) -> list[Held]:
    """Give those that are not in the ledger yet."""
    if not found:
        return []
    known = select(ledger.c.added).where(
        ledger.c.organisation == organisation,
        ledger.c.route == route,
        ledger.c.added.between(found[0].added, found[-1].added),
    )
    there = set(connection.scalars(known))
    return [each for each in found if each.added not in there]


def write(  # noqa: PLR0913 - what, to whom, how, when
    connection: Connection,
    collection: str,
    found: Sequence[Held],
    terms: dict[int, Terms],
    by: Caller,
    route: Route,
    now: Instant,
) -> None:
    """Write what is about to be given; what is there already stays as it is."""
    new = missing(connection, found, by.organisation, route)
    rows = [
        {
            "organisation": by.organisation,
            "added": each.added,
            "route": route,
            "at": now,
            "person": by.person,
            "collection": collection,
            "id": each.id,
            "version": each.version,
            "marking": terms[each.terms].marking,
            "owner": terms[each.terms].owner,
        }
        for each in new
    ]
    if rows:
        connection.execute(insert(ledger), rows)


def deliveries(
    engine: Engine,
    *,
    ident: str = "",
    organisation: str = "",
    since: Instant | None = None,
    until: Instant | None = None,
) -> Iterator[Delivery]:
    """Give the ledger, oldest first, of one object or one organisation if they are named.

    *since* and *until* bound when it was given; *until* itself is left out.
    """
    names = ("at", "organisation", "person", "route", "collection", "id", "version", "marking")
    wanted = select(*(ledger.c[name] for name in (*names, "owner")))
    if ident:
        wanted = wanted.where(ledger.c.id == ident)
    if organisation:
        wanted = wanted.where(ledger.c.organisation == organisation)
    if since is not None:
        wanted = wanted.where(ledger.c.at >= since)
    if until is not None:
        wanted = wanted.where(ledger.c.at < until)
    with engine.connect() as connection:
        rows = connection.execute(wanted.order_by(ledger.c.at, ledger.c.added, ledger.c.route))
        for row in rows:
            yield Delivery(*row)
