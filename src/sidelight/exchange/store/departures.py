"""What left the pages and is not recalled: its policy (IEP) ended, or whoever shared it deleted it.

Whoever was given it is told like of a recall, out of the ledger and nothing else: what the owner
still shows to others makes no difference to what a recipient is told.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    true,
)

from sidelight.exchange.instants import Instant
from sidelight.exchange.recall import HOURS, NAMING, Account, Notice, Recall, Recipient
from sidelight.exchange.shelf import Caller, Held
from sidelight.exchange.store import recalls, tables
from sidelight.exchange.store.database import writing

_DEPARTURE: Final = tables.departure.c
_LEDGER: Final = tables.ledger.c
_SAID: Final = tables.acknowledgement.c
_SECOND: Final[Instant] = 1_000_000
_DUE: Final[Instant] = HOURS * 3600 * _SECOND
_AT_ONCE: Final = 500
ENDED: Final = "the policy (IEP) that it was shared under has ended"
DELETED: Final = "whoever shared it deleted it"


def foresee(connection: Connection, rows: Iterable[tuple[Instant, str, str, Instant]]) -> None:
    """Note when what was added leaves by itself: of each when it was added, id, owner, and when."""
    _leave(connection, list(rows), deleted=False)


def remove(connection: Connection, found: Iterable[Held], owner: str, now: Instant) -> None:
    """Note that something was deleted; what had left before stays as it was told."""
    at = recalls.instant(connection, now)
    left = [(each.added, each.id, owner, at) for each in found]
    for start in range(0, len(left), _AT_ONCE):
        some = left[start : start + _AT_ONCE]
        added = [each[0] for each in some]
        ahead = (_DEPARTURE.added.in_(added), _DEPARTURE.at > now, ~_DEPARTURE.deleted)
        connection.execute(delete(tables.departure).where(*ahead))
        gone = set(connection.scalars(select(_DEPARTURE.added).where(_DEPARTURE.added.in_(added))))
        _leave(connection, [each for each in some if each[0] not in gone], deleted=True)


def _leave(
    connection: Connection, rows: Sequence[tuple[Instant, str, str, Instant]], *, deleted: bool
) -> None:
    """Write departures; no two have one instant, so that pages of them lose none."""
    together: dict[Instant, list[tuple[Instant, str, str]]] = defaultdict(list)
    for added, ident, owner, wanted in rows:
        together[wanted].append((added, ident, owner))
    for wanted, some in together.items():
        near = (_DEPARTURE.at >= wanted, _DEPARTURE.at < wanted + _SECOND)
        before = connection.scalar(select(func.max(_DEPARTURE.at)).where(*near))
        first = wanted if before is None else before + 1
        made = [
            {"added": added, "object": ident, "owner": owner, "at": at, "deleted": deleted,
             "notice": str(uuid4())}
            for at, (added, ident, owner) in enumerate(some, first)
        ]  # fmt: skip
        connection.execute(insert(tables.departure), made)


def told(
    engine: Engine, organisation: str, *, after: Instant, limit: int, now: Instant
) -> list[Notice]:
    """Give what is recalled, or left, of what an organisation was given; note that it knows."""
    found = recalls.notices(engine, organisation, after=after, limit=limit)
    found += notices(engine, organisation, after=after, limit=limit, now=now)
    first = sorted(found, key=lambda each: each.recall.at)[:limit]
    recalls.tell(engine, first, organisation, now)
    return first


def notices(
    engine: Engine, organisation: str, *, after: Instant, limit: int, now: Instant
) -> list[Notice]:
    """Give what left of what an organisation was given, oldest first."""
    with engine.connect() as connection:
        found = _departed(connection, now, organisation, _DEPARTURE.at > after)
        return list(islice(found, limit))


def made(engine: Engine, now: Instant, owner: str = "", ident: str = "") -> list[Account]:
    """Give what one owner, or anybody, recalled or had leave, with everybody who was given it.

    Where *ident* is not "", only what has that id, or is of the object that has it.
    """
    whose = _DEPARTURE.owner == owner if owner else true()
    named = _named(ident) if ident else true()
    with engine.connect() as connection:
        found = list(_departed(connection, now, "", and_(whose, named)))
    recipients: dict[str, list[Recipient]] = defaultdict(list)
    for each in found:
        recipients[each.recall.id].append(each.recipient)
    once = {each.recall.id: each.recall for each in found}
    left = [(each, recipients[each.id]) for each in once.values()]
    return sorted([*recalls.made(engine, owner, ident), *left], key=lambda each: each[0].at)


def acknowledge(engine: Engine, ident: str, by: Caller, done: str, now: Instant) -> list[Notice]:
    """Note that an organisation acknowledges a recall or a departure, by its id or the object's.

    Gives what it acknowledged, also earlier; nothing where no such notice is for it.
    """
    found = recalls.acknowledge(engine, ident, by, done, now)
    with writing(engine) as connection:
        for each in list(_departed(connection, now, by.organisation, _named(ident))):
            recalls.answer(connection, each, by, done, now)
        return [*found, *_departed(connection, now, by.organisation, _named(ident))]


def _named(ident: str) -> ColumnElement[bool]:
    return or_(_DEPARTURE.notice == ident, _DEPARTURE.object == ident)


def _departed(
    connection: Connection, now: Instant, organisation: str, wanted: ColumnElement[bool]
) -> Iterator[Notice]:
    """Give the departures that are wanted, for each that was given what left; "" is anybody.

    Of an object that left more than once the last counts, and none while a version is left that
    the recipient was given, or where its owner recalled it, of which it is told anyway.
    """
    after: Instant = -1
    if organisation:
        # Each departure is looked up in the ledger: that is far less than to read what all had.
        theirs = (_LEDGER.organisation == organisation, _LEDGER.route.not_in(NAMING))
        wanted = and_(wanted, exists().where(_LEDGER.added == _DEPARTURE.added, *theirs))
    while True:
        query = select(tables.departure).where(wanted, _DEPARTURE.at <= now, _DEPARTURE.at > after)
        page = connection.execute(query.order_by(_DEPARTURE.at).limit(_AT_ONCE)).all()
        if not page:
            return
        yield from _of_page(connection, page, organisation, now)
        after = page[-1].at


def _of_page(
    connection: Connection, page: Sequence[Row[Any]], organisation: str, now: Instant
) -> Iterator[Notice]:
    """Give the notices of some departures, in the order they left.

    The ledger holds far more of an organisation than of an object, so it is asked by objects.
    """
    ids = sorted({row.object for row in page})
    theirs = [_LEDGER.id.in_(ids), _LEDGER.owner != _LEDGER.organisation]
    if organisation:
        theirs.append(_LEDGER.organisation.concat("") == organisation)
    had: dict[tuple[str, str, str], list[Row[Any]]] = defaultdict(list)
    query = select(tables.ledger).where(*theirs, _LEDGER.route.not_in(NAMING))
    for row in connection.execute(query.order_by(_LEDGER.at, _LEDGER.added)):
        had[row.organisation, row.id, row.owner].append(row)
    gone = {
        row.added: row.at
        for row in connection.execute(
            select(_DEPARTURE.added, _DEPARTURE.at).where(
                _DEPARTURE.object.in_(ids), _DEPARTURE.at <= now
            )
        )
    }
    recalled = {
        (row.object, row.owner)
        for row in connection.execute(
            select(tables.recall.c.object, tables.recall.c.owner).where(
                tables.recall.c.object.in_(ids)
            )
        )
    }
    answers = {
        (row.recall, row.organisation): row
        for row in connection.execute(
            select(tables.acknowledgement).where(_SAID.recall.in_([row.notice for row in page]))
        )
    }
    last: dict[Instant, list[tuple[str, list[Row[Any]]]]] = defaultdict(list)
    for (to, ident, owner), rows in sorted(had.items()):
        whole = all(row.added in gone for row in rows)
        if whole and (ident, owner) not in recalled:
            last[max((row.added for row in rows), key=gone.__getitem__)].append((to, rows))
    for row in page:
        for to, rows in last[row.added]:
            yield Notice(_recall(row), _recipient(to, rows, answers.get((row.notice, to))))


def _recall(row: Row[Any]) -> Recall:
    why = DELETED if row.deleted else ENDED
    due = row.at + _DUE
    return Recall(row.notice, row.at, row.object, row.owner, "", why, due, row.deleted)


def _recipient(organisation: str, had: Sequence[Row[Any]], said: Row[Any] | None) -> Recipient:
    """Say what somebody was given of what left, and what became of the notice."""
    rest = (said.told, said.at, said.person, said.done) if said else ()
    versions = tuple(dict.fromkeys(each.version for each in had))
    ways = tuple((each.at, each.marking, each.collection) for each in had)
    return Recipient(organisation, versions, ways, *rest)
