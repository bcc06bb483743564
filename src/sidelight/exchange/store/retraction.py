"""Taking an object back: its last version becomes ``revoked``, or nothing of it is held any more.

Revoked is what the creator says by a new version (STIX 2.1, section 3.6); the server writes that
version because the creator asks it to.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, exists, select

from sidelight.exchange import instants
from sidelight.exchange.handling import Handling
from sidelight.exchange.instants import Instant
from sidelight.exchange.intake import Arrival, Item, admit, references
from sidelight.exchange.recall import Recall
from sidelight.exchange.shelf import Added, Caller, Held
from sidelight.exchange.store import objects, recalls, tables
from sidelight.exchange.store.sending import Sending, all_terms

_OBJECT: Final = tables.object_.c
_MILLISECOND: Final[Instant] = 1000


def take_back(  # noqa: PLR0913 - what, whose, why, until when
    connection: Connection,
    ident: str,
    sending: Sending,
    now: Instant,
    *,
    reason: str,
    hours: int,
    erase: bool,
) -> Recall | None:
    """Recall an object that an organisation shared, in all collections; None where it never did.

    What has no versions cannot be revoked, so it is erased.
    """
    by = sending.by
    rows = _own(connection, ident, by)
    given = tables.ledger.c
    shared = exists().where(given.id == ident, given.owner == by.organisation)
    if not rows and not connection.scalar(select(shared)):
        return None
    said = (connection, ident, by, sending.identities, now)
    erase = erase or not rows or not all("modified" in orjson.loads(row.body) for row in rows)
    if not erase:
        recalls.begin(*said, reason=reason, hours=hours)
        erase = bool(_revoke(connection, rows, sending, now))
    if erase:
        recalls.begin(*said, reason=reason, hours=hours, erased=True)
        _erase(connection, rows, by, now)
    return recalls.begin(*said)


def spread(connection: Connection, ident: str, sending: Sending, now: Instant) -> None:
    """Revoke in all collections what its creator revoked in one of them.

    Revoked is final, and said of the object (STIX 2.1, section 3.2): who has it from another
    collection is not to find it there as if it held.
    """
    rows = _own(connection, ident, sending.by)
    if not all("modified" in orjson.loads(row.body) for row in rows):
        return  # what has no versions says nothing of the others
    left = _revoke(connection, rows, sending, now)
    _erase(connection, [row for row in rows if row.collection in left], sending.by, now)


def _own(connection: Connection, ident: str, by: Caller) -> Sequence[Row[Any]]:
    """Give the versions of an object that an organisation shared, in the order it did."""
    mine = (_OBJECT.id == ident, _OBJECT.owner == by.organisation)
    return connection.execute(select(tables.object_).where(*mine).order_by(_OBJECT.added)).all()


def _revoke(
    connection: Connection,
    rows: Sequence[Row[Any]],
    sending: Sending,
    now: Instant,
) -> set[str]:
    """Add a revoked version in each collection that has none; give those where that cannot be.

    Each is made of the last version in that collection, and marked as that: what was said in one
    collection is for those of that one. The newest is the latest, since nothing may follow what is
    revoked.
    """
    terms = all_terms(connection)
    done = {row.collection for row in rows if row.revoked}
    left = _by_content([row for row in rows if row.collection not in done])
    before = max((_modified(each[0].body) for each in left), default=0)
    at = max(now, before + len(left) * _MILLISECOND)
    if done:
        at = min(_modified(row.body) for row in rows if row.revoked) - _MILLISECOND
    failed: set[str] = set()
    for number, some in enumerate(left):
        item = _revoked(some[0].body, at - number * _MILLISECOND, now)
        for row in some:
            under = terms[row.terms]
            assert under.marking is not None  # what carries none is not held
            if not isinstance(item, Arrival):
                failed.add(row.collection)
                continue
            made = replace(item, marking=under.marking, handling=Handling(ends=under.ends))
            audience = sorted(under.audience)
            adding = objects.Adding(connection, row.collection, audience, sending, now)
            if not all(isinstance(each, Added) for each in adding.add([made])):
                failed.add(row.collection)
    return failed


def _by_content(rows: Sequence[Row[Any]]) -> list[list[Row[Any]]]:
    """Give the last version in each collection, those of one content together, newest first."""
    last: dict[str, Row[Any]] = {}
    for row in sorted(rows, key=_order):
        last[row.collection] = row
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in sorted(last.values(), key=_order, reverse=True):
        found[row.digest].append(row)
    return list(found.values())


def _order(row: Row[Any]) -> tuple[str, str, Instant]:
    return row.spec_version, row.key, row.added


def _modified(body: bytes) -> Instant:
    return instants.read(orjson.loads(body)["modified"]) or 0


def _revoked(body: bytes, at: Instant, now: Instant) -> Item | None:
    """Give the version that revokes an object at an instant; None where that is not after it."""
    spelled = instants.show(at)[:-4] + "Z"
    if (instants.read(spelled) or 0) <= _modified(body):
        return None
    data = orjson.dumps({**orjson.loads(body), "modified": spelled, "revoked": True})
    definitions = [_statement(ref) for ref in references([data])]
    return admit([data], definitions, now=now)[0]


def _statement(ref: str) -> bytes:
    """Stand in for a marking definition: what it says was looked at when the object came."""
    said = {"type": "marking-definition", "id": ref, "definition_type": "statement"}
    return orjson.dumps(said)


def _erase(connection: Connection, rows: Sequence[Row[Any]], by: Caller, now: Instant) -> None:
    places: dict[str, list[Held]] = defaultdict(list)
    for row in rows:
        held = Held(row.added, row.id, row.version, row.spec_version, row.terms, row.body)
        places[row.collection].append(held)
    for place, found in places.items():
        objects.forget(connection, place, found, by, now)
