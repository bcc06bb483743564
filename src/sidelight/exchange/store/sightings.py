"""Sightings: letters to one recipient each, which nobody else is ever given."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, insert, select, update

from sidelight.exchange.instants import Instant
from sidelight.exchange.intake import Unfit
from sidelight.exchange.policy import Terms
from sidelight.exchange.shelf import Added, Caller, Held, Receipt
from sidelight.exchange.sighting import Letter
from sidelight.exchange.store import audit, ledger, tables
from sidelight.exchange.store.database import writing

_TABLE = tables.sighting


@dataclass(frozen=True, slots=True)
class Letters:
    """A `sidelight.exchange.shelf.Letterbox` in a database."""

    engine: Engine

    def send(
        self, collection: str, letters: Sequence[Letter], actor: str, now: Instant
    ) -> list[Receipt]:
        """Hold sightings for their recipients."""
        with writing(self.engine) as connection:
            return _keep(connection, collection, letters, actor, now)

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
    connection: Connection, collection: str, letters: Sequence[Letter], actor: str, now: Instant
) -> list[Receipt]:
    """Hold letters; give a receipt for each, in order. *actor* is nobody's name if it must be."""
    clock = tables.clock.c
    last = connection.scalars(select(clock.last)).one()
    receipts: list[Receipt] = []
    for each in letters:
        refused = _refused(connection, each)
        if refused:
            receipts.append(refused)
            continue
        last = max(last + 1, now)
        connection.execute(insert(_TABLE).values(_row(collection, each, last)))
        receipts.append(Added(each.id, each.version))
    connection.execute(update(tables.clock).values(last=last))
    detail = {
        "collection": collection,
        "added": [[each.id, each.version] for each in receipts if _is_new(each)],
        "refused": [[e.id, e.version, e.rule] for e in receipts if isinstance(e, Unfit)],
    }
    audit.append(connection, now, actor, "sight", detail)
    return receipts


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


def _refused(connection: Connection, each: Letter) -> Receipt | None:
    """Give the receipt of what is not to be held; None for what is new."""
    mine = (_TABLE.c.id == each.id, _TABLE.c.recipient == each.recipient)
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
    return None


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


def _is_new(receipt: Receipt) -> bool:
    return isinstance(receipt, Added) and not receipt.again
