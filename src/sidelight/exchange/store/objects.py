"""Objects: pages out of them, adding to them, forgetting them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    and_,
    delete,
    exists,
    false,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.sql import FromClause

from sidelight.exchange import instants
from sidelight.exchange.instants import Instant
from sidelight.exchange.intake import OBSERVABLES, Arrival, Item, Standard, Unfit
from sidelight.exchange.query import PAGE_OCTETS, Query
from sidelight.exchange.recall import NAMING
from sidelight.exchange.settling import History, Past, Sender, settle
from sidelight.exchange.shelf import Added, Caller, Grants, Held, Receipt
from sidelight.exchange.store import audit, departures, recalls, tables
from sidelight.exchange.store.sending import Sending
from sidelight.values import dataclass

_T = TypeVar("_T")
_AT_ONCE: Final = 500
_ROWS: Final = 100
"""Rows that are read at a time: one page that was asked for with no limit."""
_OBJECT: Final = tables.object_
_WANTED: Final = tuple(
    _OBJECT.c[name] for name in ("added", "id", "version", "spec_version", "terms", "body")
)


def page(  # noqa: PLR0913 - what, for whom, from where
    connection: Connection,
    collection: str,
    grants: Grants,
    query: Query,
    *,
    after: Instant,
    limit: int,
) -> list[Held]:
    """Give the first *limit* objects after *after* that grants and filters allow."""
    shown = _shown(collection, grants, query, after)
    wanted = select(*_WANTED).where(*shown).order_by(_OBJECT.c.added).limit(limit)
    return _fitting(connection.execution_options(yield_per=_ROWS).execute(wanted))


def newest(connection: Connection, collection: str, grants: Grants) -> Instant:
    """Give when the newest version was added that grants allow; 0 where there is none."""
    shown = _shown(collection, grants, Query(versions=("all",)), 0)
    wanted = select(_OBJECT.c.added).where(*shown).order_by(_OBJECT.c.added.desc()).limit(1)
    return connection.scalar(wanted) or 0


def _shown(
    collection: str, grants: Grants, query: Query, after: Instant
) -> list[ColumnElement[bool]]:
    """Give the conditions that a row is of an object that is shown."""
    table, other = _OBJECT, _OBJECT.alias("other")
    # Where ids are named, the collection is made no use of as an index: it holds far more rows.
    place = table.c.collection.concat("") if query.ids else table.c.collection
    seen = [place == collection, table.c.added > after, _granted(table, grants)]
    if query.ids:
        seen.append(table.c.id.in_(query.ids))
    if query.types:
        seen.append(table.c.type.in_(query.types))
    rival = [other.c.collection == collection, other.c.id == table.c.id, _granted(other, grants)]
    twin = and_(other.c.key == table.c.key, other.c.spec_version == table.c.spec_version)
    seen.append(~exists().where(*rival, twin, other.c.added < table.c.added))
    # Of two who share an object under one id, the first whom one sees counts; observables have
    # no versions, so they stand in for nothing. The id is what this is looked up by.
    here = other.c.collection.concat("") == collection
    another = (other.c.owner != table.c.owner, table.c.type.not_in(sorted(OBSERVABLES)))
    first = ~_earlier(collection, grants, table, other)
    seen.append(~exists().where(here, *rival[1:], *another, other.c.added < table.c.added, first))
    kin = or_(other.c.owner == table.c.owner, table.c.type.in_(sorted(OBSERVABLES)))
    rival.append(kin)
    if query.spec_versions:
        seen.append(table.c.spec_version.in_(query.spec_versions))
        rival.append(other.c.spec_version.in_(query.spec_versions))
    else:
        newer = exists().where(*rival, other.c.spec_version > table.c.spec_version)
        seen.append(~newer)
        rival.append(other.c.spec_version == table.c.spec_version)
    seen.append(_of_versions(query.versions, table, other, rival))
    return seen


def _earlier(
    collection: str, grants: Grants, table: FromClause, other: FromClause
) -> ColumnElement[bool]:
    """Give the condition that whose a row is shared a version before another did."""
    mine = _OBJECT.alias("mine")
    found = select(mine.c.added).where(
        mine.c.collection.concat("") == collection,
        mine.c.id == table.c.id,
        mine.c.owner == table.c.owner,
        # Not an index to look up by: it is of all objects that were added before.
        mine.c.added + 0 < other.c.added,
        _granted(mine, grants),
    )
    # It stands two levels below the rows it is about, which are not to be read again here.
    return found.correlate(table, other).exists()


def _fitting(rows: "CursorResult[*tuple[Any, ...]]") -> list[Held]:
    """Read rows until they are more octets than a page has, that row still included."""
    found: list[Held] = []
    octets = 0
    with rows:
        for row in rows:
            found.append(held := Held(*row))
            octets += len(held.body)
            if octets > PAGE_OCTETS:
                break
    return found


def has(connection: Connection, collection: str, grants: Grants, ident: str) -> bool:
    """Tell whether any version of an object is seen."""
    found = exists().where(
        _OBJECT.c.collection == collection, _OBJECT.c.id == ident, _granted(_OBJECT, grants)
    )
    return bool(connection.scalar(select(found)))


def forget(
    connection: Connection, collection: str, found: Sequence[Held], by: Caller, now: Instant
) -> None:
    """Delete versions of an object."""
    gone = delete(_OBJECT).where(
        _OBJECT.c.collection == collection, _OBJECT.c.added.in_([each.added for each in found])
    )
    connection.execute(gone)
    detail = {"collection": collection, "objects": [[each.id, each.version] for each in found]}
    audit.append(connection, now, _actor(by), "delete", detail)


def statements(
    connection: Connection, collection: str, grants: Grants, ids: Sequence[str]
) -> set[str]:
    """Tell which of these marking definitions are seen in a collection."""
    found: set[str] = set()
    for some in _chunks(ids):
        wanted = select(_OBJECT.c.id).where(
            _OBJECT.c.id.in_(some),
            _OBJECT.c.type == "marking-definition",
            _OBJECT.c.collection == collection,
            _granted(_OBJECT, grants),
        )
        found.update(connection.scalars(wanted))
    return found


def _granted(table: FromClause, grants: Grants) -> ColumnElement[bool]:
    """Give the condition that a row is under terms that are granted, since when they are."""
    since: dict[Instant, list[int]] = defaultdict(list)
    for terms, instant in grants:
        since[instant].append(terms)
    parts = [
        and_(table.c.terms.in_(sorted(some)), true() if instant < 0 else table.c.added >= instant)
        for instant, some in since.items()
    ]
    return or_(false(), *parts)


def _of_versions(
    versions: Sequence[str],
    table: FromClause,
    other: FromClause,
    rival: Sequence[ColumnElement[bool]],
) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    for version in versions:
        match version:
            case "all":
                return true()
            case "last":
                parts.append(~exists().where(*rival, other.c.key > table.c.key))
            case "first":
                parts.append(~exists().where(*rival, other.c.key < table.c.key))
            case key:
                parts.append(table.c.key == key)
    return or_(*parts)


@dataclass(slots=True)
class Adding:
    """Adds the items of one request, in one transaction."""

    connection: Connection
    collection: str
    audience: Sequence[str]
    sending: Sending
    now: Instant
    _old: dict[str, list[Past]] = field(default_factory=lambda: defaultdict(list))
    _given: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _recalled: set[str] = field(default_factory=set)
    _revoking: set[str] = field(default_factory=set)
    _alarms: list[dict[str, str]] = field(default_factory=list)
    _terms: dict[tuple[str, Instant | None], int] = field(default_factory=dict)
    _rows: list[dict[str, object]] = field(default_factory=list)
    _ending: list[tuple[Instant, str, str, Instant]] = field(default_factory=list)
    _last: Instant = 0

    def add(self, items: Sequence[Item]) -> list[Receipt]:
        """Hold what may be held; give a receipt for each item, in order."""
        clock = tables.clock.c
        self._last = self.connection.scalars(select(clock.last)).one()
        self._remember([each.id for each in items if isinstance(each, Arrival)])
        self._revoking = {each.id for each in items if isinstance(each, Arrival) and each.revoked}
        receipts = [self._take(each) for each in items]
        for some in _chunks(self._rows):
            self.connection.execute(insert(_OBJECT), list(some))
        departures.foresee(self.connection, self._ending)
        self.connection.execute(update(tables.clock).values(last=self._last))
        self._log(receipts)
        for row in self._rows:
            if row["revoked"]:
                ident, version = str(row["id"]), str(row["version"])
                known = self.sending.identities
                recalls.begin(self.connection, ident, self.by, known, self.now, version=version)
        return receipts

    def _take(self, item: Item) -> Receipt:
        match item:
            case Unfit():
                return item
            case Standard(ident, version):
                return Added(ident, version, again=True, note="everybody has this marking")
            case Arrival():
                return self._settled(item) or self._hold(item)

    def _settled(self, item: Arrival) -> Receipt | None:
        """Give the receipt of what is not to be held; None for what is new."""
        past = History(
            self._old[item.id],
            frozenset(self._given[item.id]),
            item.id in self._recalled,
            item.id in self._revoking,
        )
        sender = Sender(self.by.organisation, self.sending.knows)
        found = settle(item, past, sender, self.collection, self.sending.identities)
        self._alarms += (
            {"id": item.id, "version": item.version, "why": why} for why in found.alarms
        )
        return found.receipt

    def _hold(self, item: Arrival) -> Added:
        self._last = max(self._last + 1, self.now)
        version = item.version or instants.show(self._last)
        key = item.key or str(instants.order(version))
        row = Past(
            self.collection,
            item.spec_version,
            version,
            key,
            self.by.organisation,
            item.digest,
            item.revoked,
        )
        self._old[item.id].append(row)
        if item.handling.ends is not None:
            self._ending.append((self._last, item.id, row.owner, item.handling.ends))
        self._rows.append(_row(item, row, self._terms_of(item), self._last))
        return Added(item.id, version)

    def _terms_of(self, item: Arrival) -> int:
        """Give the id of the terms of an object; they are made if they are new."""
        kind = (item.marking, item.handling.ends)
        if kind in self._terms:
            return self._terms[kind]
        terms = tables.terms
        audience = orjson.dumps(sorted(self.audience)).decode()
        said = {
            "marking": item.marking,
            "owner": self.by.organisation,
            "audience": audience,
            "ends": item.handling.ends,
        }
        same = [terms.c[name].is_not_distinct_from(value) for name, value in said.items()]
        found = self.connection.scalar(select(terms.c.id).where(*same))
        if found is None:
            made = self.connection.execute(insert(terms).values(said)).inserted_primary_key
            assert made is not None
            found = int(made[0])
        self._terms[kind] = found
        return found

    def _remember(self, ids: Sequence[str]) -> None:
        """Look up what is held under these ids, oldest first, and what the sender was given."""
        known, given, own = _OBJECT.c, tables.ledger.c, self.by.organisation
        for some in _chunks(sorted(set(ids))):
            mine = (given.id.in_(some), given.organisation == own)
            rows = self.connection.execute(
                select(given.added, given.id, given.version, given.owner, given.route).where(*mine)
            ).all()
            told = {row.added for row in rows}
            got = {row.added for row in rows if row.owner != own and row.route not in NAMING}
            for row in rows:
                if row.added in got:
                    self._given[row.id].add(row.version)
            wanted = select(*(each for each in known if each.name != "body"))
            wanted = wanted.where(known.id.in_(some))
            for row in self.connection.execute(wanted.order_by(known.added)):
                seen = row.owner == own or row.added in told
                seen = seen or self.sending.sees(row.collection, row.terms, row.added)
                self._old[row.id].append(_past(row, seen=seen, given=row.added in got))
            self._recalled |= recalls.known_to(self.connection, some, own)

    def _log(self, receipts: Sequence[Receipt]) -> None:
        added = [each for each in receipts if isinstance(each, Added)]
        refused = [each for each in receipts if isinstance(each, Unfit)]
        detail = {
            "collection": self.collection,
            "added": [[each.id, each.version] for each in added if not each.again],
            "again": sum(each.again for each in added),
            "refused": [[each.id, each.version, each.rule] for each in refused],
        }
        audit.append(self.connection, self.now, _actor(self.by), "add", detail)
        for alarm in self._alarms:
            audit.append(self.connection, self.now, _actor(self.by), "alarm", alarm)

    @property
    def ended(self) -> list[str]:
        """Give ids of what was added, and is revoked by its sender here or elsewhere."""
        mine, ids = self.by.organisation, sorted({str(row["id"]) for row in self._rows})
        return [
            each
            for each in ids
            if any(old.revoked and old.owner == mine for old in self._old[each])
        ]

    @property
    def by(self) -> Caller:
        """Give who adds."""
        return self.sending.by


def _row(item: Arrival, row: Past, terms: int, added: Instant) -> dict[str, object]:
    return {
        "added": added,
        "id": item.id,
        "type": item.type,
        "version": row.version,
        "terms": terms,
        "body": item.body,
        "collection": row.collection,
        "spec_version": row.spec_version,
        "key": row.key,
        "owner": row.owner,
        "digest": row.digest,
        "revoked": row.revoked,
    }


def _past(row: Any, *, seen: bool, given: bool) -> Past:
    return Past(
        row.collection,
        row.spec_version,
        row.version,
        row.key,
        row.owner,
        row.digest,
        row.revoked,
        seen,
        given,
    )


def _actor(by: Caller) -> str:
    return f"{by.person} of {by.organisation}"


def _chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Cut into parts that fit into one statement."""
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
