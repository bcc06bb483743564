"""Recalls in the database: whom they reach is read out of the ledger whenever somebody asks.

So a delivery that was under way when an object was recalled counts as well.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import uuid4

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from sidelight.exchange.instants import Instant
from sidelight.exchange.recall import HOURS, NAMING, Account, Notice, Recall, Recipient
from sidelight.exchange.shelf import Caller
from sidelight.exchange.store import audit, tables
from sidelight.exchange.store.database import writing

_RECALL = tables.recall.c
_LEDGER = tables.ledger.c
_SAID = tables.acknowledgement.c
_FIELDS = tuple(
    _RECALL[name]
    for name in ("id", "at", "object", "owner", "person", "reason", "due", "erased", "version")
)
_HOUR: Instant = 3_600_000_000


def begin(  # noqa: PLR0913 - what, whose, why, until when
    connection: Connection,
    ident: str,
    by: Caller,
    identities: Mapping[str, str],
    now: Instant,
    *,
    reason: str = "revoked by its creator",
    hours: int = HOURS,
    erased: bool = False,
    version: str = "",
) -> Recall:
    """Start the clock of a recall; where *by* recalled the object already, that one goes on."""
    mine = (_RECALL.object == ident, _RECALL.owner == by.organisation)
    old = connection.execute(select(*_FIELDS).where(*mine)).first()
    if old:
        said = {"erased": old.erased or erased, "version": version or old.version}
        connection.execute(update(tables.recall).where(*mine).values(said))
        return Recall(*connection.execute(select(*_FIELDS).where(*mine)).one())
    at = instant(connection, now)
    made = Recall(
        str(uuid4()),
        at,
        ident,
        by.organisation,
        by.person,
        reason,
        at + hours * _HOUR,
        erased,
        version,
    )
    row = {column.name: getattr(made, column.name) for column in _FIELDS}
    through = " ".join(sorted(_sharers(connection, ident, by.organisation, identities)))
    connection.execute(insert(tables.recall).values(**row, through=through))
    # Whoever follows looks again when the clock moves.
    newest = connection.scalars(select(tables.clock.c.last)).one()
    connection.execute(update(tables.clock).values(last=max(newest + 1, now)))
    detail = {"id": made.id, "object": ident, "reason": reason, "due": made.due, "erased": erased}
    audit.append(connection, now, f"{by.person} of {by.organisation}", "recall", detail)
    return made


def instant(connection: Connection, now: Instant) -> Instant:
    """Give when a notice is made: after all that were, also by writers who asked later.

    Else whoever asks for what came after those misses it.
    """
    left = tables.departure.c
    deleted = select(func.max(left.at)).where(left.at >= now, left.deleted)
    said: Instant = connection.scalar(select(func.max(_RECALL.at))) or 0
    gone: Instant = connection.scalar(deleted) or 0
    return max(now, said + 1, gone + 1)


def notices(engine: Engine, organisation: str, *, after: Instant, limit: int) -> list[Notice]:
    """Give the recalls that are for an organisation, oldest first."""
    reached = exists().where(_given(), _LEDGER.organisation == organisation)
    wanted = select(*_FIELDS).where(_RECALL.at > after, reached).order_by(_RECALL.at).limit(limit)
    with engine.connect() as connection:
        found = [Recall(*row) for row in connection.execute(wanted)]
        mine = _recipients(connection, found, organisation)
    return [Notice(each, one) for each in found for one in mine[each.id]]


def tell(engine: Engine, found: Sequence[Notice], organisation: str, now: Instant) -> None:
    """Note that an organisation is told of these now, unless it was before."""
    new = [each for each in found if each.recipient.told is None]
    if new:
        with writing(engine) as connection:
            for each in new:
                note(connection, each.recall.id, organisation, {"told": now})


def acknowledge(engine: Engine, ident: str, by: Caller, done: str, now: Instant) -> list[Notice]:
    """Note that an organisation acknowledges a recall, by its id or that of the object.

    Gives what it acknowledged, also earlier; nothing where no such recall is for it.
    """
    reached = exists().where(_given(), _LEDGER.organisation == by.organisation)
    named = or_(_RECALL.id == ident, _RECALL.object == ident)
    with writing(engine) as connection:
        found = [Recall(*row) for row in connection.execute(select(*_FIELDS).where(named, reached))]
        before = _recipients(connection, found, by.organisation)
        for each in found:
            for one in before[each.id]:
                answer(connection, Notice(each, one), by, done, now)
        after = _recipients(connection, found, by.organisation)
    return [Notice(each, one) for each in found for one in after[each.id]]


def answer(connection: Connection, notice: Notice, by: Caller, done: str, now: Instant) -> None:
    """Note that a recipient acknowledges; the first time stays."""
    recall, recipient = notice.recall, notice.recipient
    if recipient.acknowledged is not None:
        return
    first = {"told": now} if recipient.told is None else {}
    said = {"at": now, "person": by.person, "done": done, **first}
    note(connection, recall.id, by.organisation, said)
    detail = {"id": recall.id, "object": recall.object, "done": done}
    actor = f"{by.person} of {by.organisation}"
    audit.append(connection, now, actor, "acknowledge recall", detail)


def made(engine: Engine, owner: str = "", ident: str = "") -> list[Account]:
    """Give the recalls of one owner, or all, oldest first, with everybody whom they reach.

    Where *ident* is not "", only the one of that id, or those of the object that has it.
    """
    wanted = select(*_FIELDS).where(_RECALL.owner == owner if owner else true())
    if ident:
        wanted = wanted.where(or_(_RECALL.id == ident, _RECALL.object == ident))
    with engine.connect() as connection:
        found = [Recall(*row) for row in connection.execute(wanted.order_by(_RECALL.at))]
        recipients = _recipients(connection, found)
    return [(each, recipients[each.id]) for each in found]


def known_to(connection: Connection, ids: Sequence[str], organisation: str) -> set[str]:
    """Tell which of these objects an organisation recalled and erased, or had and was to drop."""
    own = and_(_RECALL.owner == organisation, _RECALL.erased)
    told = exists().where(_given(), _LEDGER.organisation == organisation)
    wanted = select(_RECALL.object).where(_RECALL.object.in_(ids), or_(own, told))
    return set(connection.scalars(wanted))


def _given() -> ColumnElement[bool]:
    """Give the condition that an entry of the ledger is of something that a recall takes back.

    Who was only ever given a version that says so itself has nothing to take back.
    """
    said = exists().where(tables.object_.c.added == _LEDGER.added, tables.object_.c.revoked)
    return and_(
        ~said,
        _LEDGER.id == _RECALL.object,
        _LEDGER.organisation != _RECALL.owner,
        _LEDGER.route.not_in(NAMING),
        _LEDGER.version != _RECALL.version,
        _LEDGER.owner != _LEDGER.organisation,
        or_(_LEDGER.owner == _RECALL.owner, _RECALL.through.contains(_LEDGER.owner)),
    )


def _recipients(
    connection: Connection, recalls: Sequence[Recall], organisation: str = ""
) -> dict[str, list[Recipient]]:
    """Give whom each recall reaches, or only what it is to one organisation."""
    found: dict[str, list[Recipient]] = defaultdict(list)
    for recall in recalls:
        wanted = [_given(), _RECALL.id == recall.id]
        if organisation:
            wanted.append(_LEDGER.organisation == organisation)
        versions: dict[str, list[str]] = defaultdict(list)
        ways: dict[str, list[tuple[Instant, str, str]]] = defaultdict(list)
        names = ("organisation", "version", "at", "marking", "collection", "owner")
        rows = select(*(_LEDGER[name] for name in names)).where(*wanted)
        for row in connection.execute(rows.order_by(_LEDGER.at, _LEDGER.added)):
            if row.version not in versions[row.organisation]:
                versions[row.organisation].append(row.version)
            if row.owner == recall.owner:
                ways[row.organisation].append((row.at, row.marking, row.collection))
        said = {
            row.organisation: row
            for row in connection.execute(
                select(tables.acknowledgement).where(_SAID.recall == recall.id)
            )
        }
        for each, some in versions.items():
            answer = said.get(each)
            rest = (answer.told, answer.at, answer.person, answer.done) if answer else ()
            found[recall.id].append(Recipient(each, tuple(some), tuple(ways[each]), *rest))
    return found


def note(
    connection: Connection, recall: str, organisation: str, said: Mapping[str, object]
) -> None:
    """Note something of a recall at a recipient, beside what was noted before."""
    mine = (_SAID.recall == recall, _SAID.organisation == organisation)
    there = connection.scalar(select(_SAID.recall).where(*mine))
    if there:
        connection.execute(update(tables.acknowledgement).where(*mine).values(**said))
        return
    row = {"recall": recall, "organisation": organisation, "person": "", "done": "", **said}
    connection.execute(insert(tables.acknowledgement).values(row))


def _sharers(
    connection: Connection, ident: str, organisation: str, identities: Mapping[str, str]
) -> set[str]:
    """Give who else shares just what an organisation made, so that it takes it back from all.

    Whoever makes objects as the identity it names made it; what names nobody who is known here,
    whoever shared it first. An observable has no maker. That the id is the same is not enough:
    anybody can send something under an id.
    """
    known = tables.object_.c
    rows = connection.execute(
        select(known.owner, known.body, known.digest).where(known.id == ident).order_by(known.added)
    ).all()
    own = [row for row in rows if row.owner == organisation]
    item = orjson.loads(own[-1].body) if own else {}
    maker = identities.get(str(item.get("created_by_ref")), rows[0].owner if rows else "")
    if maker != organisation or "modified" not in item:
        return set()
    digests = {row.digest for row in own}
    return {row.owner for row in rows if row.digest in digests} - {organisation}
