"""Sightings: letters to one recipient each, which nobody else is ever given."""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, insert, select, update

from sidelight.exchange.instants import Instant
from sidelight.exchange.intake import Unfit
from sidelight.exchange.policy import Terms
from sidelight.exchange.shelf import Added, Caller, Held, Receipt
from sidelight.exchange.sighting import Letter
from sidelight.exchange.store import audit, ledger, tables
from sidelight.exchange.store.database import writing
from sidelight.values import dataclass

_TABLE = tables.sighting


@dataclass(frozen=True, slots=True)
class Letters:
    """A `sidelight.exchange.shelf.Letterbox` in a database."""

    engine: Engine

    def send(
        self,
        collection: str,
        sightings: Sequence[Sequence[Letter]],
        actor: str,
        now: Instant,
        alarms: Sequence[tuple[str, str, str]] = (),
    ) -> list[Receipt]:
        """Hold sightings for their recipients; the first letter of each is its sender's copy."""
        with writing(self.engine) as connection:
            receipts, refused = _keep(connection, collection, sightings, actor, now)
            for ident, version, why in (*alarms, *refused):
                alarm = {"id": ident, "version": version, "why": f"sighting: {why}"}
                audit.append(connection, now, actor, "alarm", alarm)
        return receipts

    def receive(  # noqa: PLR0913 - what, to whom, from where
        self,
        collection: str,
        by: Caller,
        now: Instant,
        *,
        after: Instant,
        limit: int,
        given: bool,
    ) -> tuple[list[Held], bool]:
        """Give the first sightings to whoever asks, and whether there are more."""
        mine = by.organisation
        with self.engine.connect() as connection:
            found = _page(connection, collection, mine, after=after, limit=limit + 1)
            held = [each for each, _ in found[:limit]]
            new = given and ledger.missing(connection, held, mine, "sighting")
        if new:
            terms = {each.terms: under for each, under in found}
            with writing(self.engine) as connection:
                ledger.write(connection, collection, held, terms, by, "sighting", now)
        return held, len(found) > limit


def _keep(
    connection: Connection,
    collection: str,
    sightings: Sequence[Sequence[Letter]],
    actor: str,
    now: Instant,
) -> tuple[list[Receipt], list[tuple[str, str, str]]]:
    """Hold letters; give the receipts of the senders' copies. *actor* may be nobody's name.

    What cannot be held for a recipient is an alarm: a receipt would tell of what others sent.
    """
    clock = tables.clock.c
    last = connection.scalars(select(clock.last)).one()
    receipts: list[Receipt] = []
    added: list[list[str]] = []
    refused: list[tuple[str, str, str]] = []
    for own, *letters in sightings:
        receipts.append(_settled(connection, own))
        for each in () if isinstance(receipts[-1], Unfit) else (own, *letters):
            receipt = _settled(connection, each)
            if isinstance(receipt, Unfit):
                refused.append((each.id, each.version, receipt.rule))
            elif not receipt.again:
                last = max(last + 1, now)
                connection.execute(insert(_TABLE).values(_row(collection, each, last)))
                added += [[each.id, each.version]] if each.recipient else []
    connection.execute(update(tables.clock).values(last=last))
    audit.append(connection, now, actor, "sight", {"collection": collection, "added": added})
    return receipts, refused


def _page(
    connection: Connection, collection: str, recipient: str, *, after: Instant, limit: int
) -> list[tuple[Held, Terms]]:
    """Give the first letters to *recipient* after *after*, in the order they were added."""
    names = ("added", "id", "version", "body", "marking", "sender")
    wanted = (
        select(*(_TABLE.c[name] for name in names))
        .where(
            _TABLE.c.collection == collection,
            _TABLE.c.recipient == recipient,
            _TABLE.c.added > after,
        )
        .order_by(_TABLE.c.added)
        .limit(limit)
    )
    return [
        (
            Held(row.added, row.id, row.version, "2.1", number, row.body),
            Terms(row.marking, row.sender, frozenset()),
        )
        for number, row in enumerate(connection.execute(wanted))
    ]


def _settled(connection: Connection, each: Letter) -> Added | Unfit:
    """Say what becomes of a letter, given what its recipient has under its id."""
    mine = [_TABLE.c.id == each.id, _TABLE.c.recipient == each.recipient]
    if not each.recipient:
        mine.append(_TABLE.c.sender == each.sender)
    names = ("sender", "key", "digest", "version")
    for row in connection.execute(select(*(_TABLE.c[name] for name in names)).where(*mine)):
        if row.sender != each.sender:
            why = "only its creator changes a sighting"
            return Unfit(each.id, each.version, "not-creator", why)
        if row.key == each.key:
            if row.digest == each.digest:
                return Added(each.id, each.version, again=True)
            why = "another content is held under this id and version"
            return Unfit(each.id, each.version, "tampered", why)
    return Added(each.id, each.version)


def _row(collection: str, each: Letter, added: Instant) -> dict[str, object]:
    return {
        "added": added,
        "collection": collection,
        "recipient": each.recipient,
        "sender": each.sender,
        "id": each.id,
        "version": each.version,
        "key": each.key,
        "target": each.target,
        "marking": each.marking,
        "digest": each.digest,
        "body": each.body,
    }
