"""The shelf in a database."""

from collections.abc import Collection as Group
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import delete, insert, select

from sidelight.exchange.certificate import Certificate
from sidelight.exchange.instants import Instant
from sidelight.exchange.intake import Item
from sidelight.exchange.policy import Route, Terms
from sidelight.exchange.query import Query
from sidelight.exchange.recall import Account, Notice, Recall
from sidelight.exchange.seen.epoch import Epoch, Overdrawn, Release
from sidelight.exchange.seen.prevalence import day_of
from sidelight.exchange.seen.reports import Report
from sidelight.exchange.shelf import Caller, Grants, Held, Receipt
from sidelight.exchange.store import (
    audit,
    certificates,
    departures,
    ledger,
    objects,
    retraction,
    seen,
    tables,
    tokens,
)
from sidelight.exchange.store.database import read_key, writing
from sidelight.exchange.store.registers import Registers
from sidelight.exchange.store.sending import all_terms, sending
from sidelight.exchange.store.sightings import Letters
from sidelight.values import dataclass

KEPT: Final[Instant] = 7 * 86_400 * 1_000_000
"""How long a status can be asked for; a day is the least (TAXII 2.1, section 4.3)."""


@dataclass(slots=True)
class Library(Registers):
    """A `sidelight.exchange.shelf.Shelf` in a database; threads and processes may share it."""

    _key: bytes = b""

    @property
    def key(self) -> bytes:
        """Give the secret that signs cursors."""
        self._key = self._key or read_key(self.engine)
        return self._key

    def holder(self, token: str, person: str, now: Instant) -> Caller | None:
        """Give who holds a token, if it is in force."""
        with self.engine.connect() as connection:
            return tokens.holder(connection, token, person, now)

    def bearer(self, shown: Certificate, now: Instant) -> certificates.Holder:
        """Give whom a certificate stands for."""
        with self.engine.connect() as connection:
            return certificates.holder(connection, shown, now)

    def note(self, actor: str, action: str, detail: Mapping[str, object], now: Instant) -> None:
        """Write something into the audit log."""
        with writing(self.engine) as connection:
            audit.append(connection, now, actor, action, detail)

    def newest(self) -> Instant:
        """Give when the newest object was added."""
        with self.engine.connect() as connection:
            return int(connection.scalars(select(tables.clock.c.last)).one())

    def terms(self) -> Mapping[int, Terms]:
        """Give all terms that objects are held under."""
        with self.engine.connect() as connection:
            return all_terms(connection)

    def statements(self, collection: str, grants: Grants, ids: Group[str]) -> set[str]:
        """Tell which of these marking definitions are seen in a collection."""
        with self.engine.connect() as connection:
            return objects.statements(connection, collection, grants, sorted(ids))

    def page(
        self, collection: str, grants: Grants, query: Query, *, after: Instant, limit: int
    ) -> list[Held]:
        """Give the first objects after *after* that grants and filters allow."""
        with self.engine.connect() as connection:
            return objects.page(connection, collection, grants, query, after=after, limit=limit)

    def newest_shown(self, collection: str, grants: Grants) -> Instant:
        """Give when the newest version was added that grants allow; 0 where there is none."""
        with self.engine.connect() as connection:
            return objects.newest(connection, collection, grants)

    def has(self, collection: str, grants: Grants, ident: str) -> bool:
        """Tell whether any version of an object is seen."""
        with self.engine.connect() as connection:
            return objects.has(connection, collection, grants, ident)

    def add(
        self,
        collection: str,
        audience: Sequence[str],
        items: Sequence[Item],
        by: Caller,
        now: Instant,
    ) -> list[Receipt]:
        """Hold what may be held, all or nothing; what is revoked is so in all collections."""
        with writing(self.engine) as connection:
            who = sending(connection, self.register(), by, now)
            adding = objects.Adding(connection, collection, audience, who, now)
            receipts = adding.add(items)
            for ident in adding.ended:
                retraction.spread(connection, ident, who, now)
            return receipts

    def delete(self, collection: str, found: Sequence[Held], by: Caller, now: Instant) -> None:
        """Forget versions of an object; whoever was given them is told."""
        with writing(self.engine) as connection:
            objects.forget(connection, collection, found, by, now)
            departures.remove(connection, found, by.organisation, now)

    def keep_status(self, ident: str, organisation: str, body: bytes, now: Instant) -> None:
        """Keep a status resource for whoever sent the request."""
        row = {"id": ident, "organisation": organisation, "at": now, "body": body}
        with writing(self.engine) as connection:
            connection.execute(delete(tables.status).where(tables.status.c.at < now - KEPT))
            connection.execute(insert(tables.status).values(row))

    def status(self, ident: str, organisation: str) -> bytes | None:
        """Give a status resource back to the organisation that sent the request."""
        mine = (tables.status.c.id == ident, tables.status.c.organisation == organisation)
        with self.engine.connect() as connection:
            return connection.scalar(select(tables.status.c.body).where(*mine))

    def deliver(
        self, collection: str, found: Sequence[Held], by: Caller, route: Route, now: Instant
    ) -> None:
        """Write into the ledger who is about to get what; nothing is written for a repetition."""
        with self.engine.connect() as connection:
            if not ledger.missing(connection, found, by.organisation, route):
                return
            known = all_terms(connection)
        with writing(self.engine) as connection:
            ledger.write(connection, collection, found, known, by, route, now)

    def recall(  # noqa: PLR0913 - what, whose, why, until when
        self, ident: str, by: Caller, now: Instant, *, reason: str, hours: int, erase: bool
    ) -> Recall | None:
        """Take back an object that an organisation shared; None where it never did."""
        with writing(self.engine) as connection:
            who = sending(connection, self.register(), by, now)
            return retraction.take_back(
                connection, ident, who, now, reason=reason, hours=hours, erase=erase
            )

    def notices(
        self, organisation: str, *, after: Instant, limit: int, now: Instant
    ) -> list[Notice]:
        """Give what is recalled, or left, of what an organisation was given; note that it knows."""
        return departures.told(self.engine, organisation, after=after, limit=limit, now=now)

    def acknowledge(self, ident: str, by: Caller, done: str, now: Instant) -> list[Notice]:
        """Note that an organisation acknowledges a recall, or that something left."""
        return departures.acknowledge(self.engine, ident, by, done, now)

    def recalled(self, now: Instant, owner: str = "", ident: str = "") -> list[Account]:
        """Give what one, or anybody, recalled or had leave; *ident* is its id or the object's."""
        return departures.made(self.engine, now, owner, ident)

    def epoch(self, now: Instant) -> Epoch | None:
        """Give the epoch that it is; None where nobody prepared for questions."""
        return seen.current(self.engine, now)

    def charge(self, epoch: Epoch, by: Caller, items: int, now: Instant) -> Overdrawn | None:
        """Count a question against what its organisation may ask; None where it may."""
        return seen.charge(self.engine, epoch, by.organisation, by.person, items, now)

    def report(self, by: Caller, came: Report, now: Instant) -> tuple[int, int]:
        """Make a report all that an organisation reports; give how many came and went."""
        return seen.take(self.engine, by.organisation, came, by.person, now)

    def counts(self, least: int, now: Instant) -> Release:
        """Give the table of counts of the day, the same all day."""
        known = self.register().alliances.organisations
        return seen.release(self.engine, day_of(now), known, least, now)

    @property
    def letters(self) -> Letters:
        """Give the sightings that were sent to somebody."""
        return Letters(self.engine)
