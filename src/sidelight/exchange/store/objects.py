"""Objects: pages out of them, adding to them, forgetting them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
from sidelight.exchange.intake import Arrival, Item, Standard, Unfit
from sidelight.exchange.policy import Terms
from sidelight.exchange.query import PAGE_OCTETS, Query
from sidelight.exchange.shelf import Added, Caller, Grants, Held, Receipt
from sidelight.exchange.store import audit, tables

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
    table, other = _OBJECT, _OBJECT.alias("other")
    # Where ids are named, the collection is made no use of as an index: it holds far more rows.
    place = table.c.collection.concat("") if query.ids else table.c.collection
    seen = [place == collection, table.c.added > after, _granted(table, grants)]
    if query.ids:
        seen.append(table.c.id.in_(query.ids))
    if query.types:
        seen.append(table.c.type.in_(query.types))
    rival = [other.c.collection == collection, other.c.id == table.c.id, _granted(other, grants)]
    twin = (other.c.key == table.c.key, other.c.spec_version == table.c.spec_version)
    seen.append(~exists().where(*rival, *twin, other.c.added < table.c.added))
    if query.spec_versions:
        seen.append(table.c.spec_version.in_(query.spec_versions))
        rival.append(other.c.spec_version.in_(query.spec_versions))
    else:
        newer = exists().where(*rival, other.c.spec_version > table.c.spec_version)
        seen.append(~newer)
        rival.append(other.c.spec_version == table.c.spec_version)
    seen.append(_of_versions(query.versions, table, other, rival))
    wanted = select(*_WANTED).where(*seen).order_by(table.c.added).limit(limit)
    return _fitting(connection.execution_options(yield_per=_ROWS).execute(wanted))


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


def all_terms(connection: Connection) -> dict[int, Terms]:
    """Give all terms that objects are held under."""
    return {
        row.id: Terms(row.marking, row.owner, frozenset(orjson.loads(row.audience)))
        for row in connection.execute(select(tables.terms))
    }


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


@dataclass(frozen=True, slots=True)
class _Old:
    """What is known of a version that is held."""

    collection: str
    spec_version: str
    version: str
    key: str
    owner: str
    digest: str
    revoked: bool


@dataclass(slots=True)
class Adding:
    """Adds the items of one request, in one transaction.

    Args:
        identities: ids of STIX identities and of the organisations that make objects as them.
    """

    connection: Connection
    collection: str
    audience: Sequence[str]
    by: Caller
    now: Instant
    identities: Mapping[str, str]
    _old: dict[str, list[_Old]] = field(default_factory=lambda: defaultdict(list))
    _given: set[tuple[str, str]] = field(default_factory=set)
    _terms: dict[str, int] = field(default_factory=dict)
    _rows: list[dict[str, object]] = field(default_factory=list)
    _last: Instant = 0

    def add(self, items: Sequence[Item]) -> list[Receipt]:
        """Hold what may be held; give a receipt for each item, in order."""
        clock = tables.clock.c
        self._last = self.connection.scalars(select(clock.last)).one()
        self._remember([each.id for each in items if isinstance(each, Arrival)])
        receipts = [self._take(each) for each in items]
        for some in _chunks(self._rows):
            self.connection.execute(insert(_OBJECT), list(some))
        self.connection.execute(update(tables.clock).values(last=self._last))
        self._log(receipts)
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
        """Give the receipt of what is not to be held; None for what is new.

        Two members may come to hold the same: ids that follow from content are the same wherever
        the same was found. Each shares it on terms of its own. But who was given it by another
        does not widen what that one allowed.
        """
        old, owner = self._old[item.id], self.by.organisation
        same = [each for each in old if _is_same(each, item)]
        here = [each for each in same if each.collection == self.collection]
        if any(each.digest != item.digest for each in same):
            why = "another content is held under this id and version"
            return Unfit(item.id, item.version, "tampered", why)
        if any(each.owner == owner for each in here):
            return Added(item.id, item.version, again=True)
        maker = self.identities.get(item.creator, owner)
        if maker != owner or (old and not same and old[0].owner != owner and item.key):
            why = "only its creator shares or changes an object; make one derived from it"
            return Unfit(item.id, item.version, "not-creator", why)
        mine = any(each.owner == owner for each in same)
        given = not mine and any((item.id, each.version) in self._given for each in same)
        if given and item.marking not in {"clear", "green"}:
            if here:
                note = "it stays shared as it was by whoever you have it from"
                return Added(item.id, item.version, again=True, note=note)
            why = "you have it from another, who did not share it with this circle"
            return Unfit(item.id, item.version, "resharing", why)
        if item.key and any(each.revoked and item.key > each.key for each in old):
            return Unfit(item.id, item.version, "revoked", "what is revoked has no later version")
        return None

    def _hold(self, item: Arrival) -> Added:
        self._last = max(self._last + 1, self.now)
        version = item.version or instants.show(self._last)
        key = item.key or str(instants.order(version))
        row = _Old(
            self.collection,
            item.spec_version,
            version,
            key,
            self.by.organisation,
            item.digest,
            item.revoked,
        )
        self._old[item.id].append(row)
        self._rows.append(
            {
                "added": self._last,
                "id": item.id,
                "type": item.type,
                "version": version,
                "terms": self._terms_of(item),
                "body": item.body,
                "collection": row.collection,
                "spec_version": row.spec_version,
                "key": row.key,
                "owner": row.owner,
                "digest": row.digest,
                "revoked": row.revoked,
            }
        )
        return Added(item.id, version)

    def _terms_of(self, item: Arrival) -> int:
        """Give the id of the terms of an object; they are made if they are new."""
        if item.marking in self._terms:
            return self._terms[item.marking]
        terms = tables.terms
        audience = orjson.dumps(sorted(self.audience)).decode()
        said = {"marking": item.marking, "owner": self.by.organisation, "audience": audience}
        same = [terms.c[name] == value for name, value in said.items()]
        found = self.connection.scalar(select(terms.c.id).where(*same))
        if found is None:
            made = self.connection.execute(insert(terms).values(said)).inserted_primary_key
            assert made is not None
            found = int(made[0])
        self._terms[item.marking] = found
        return found

    def _remember(self, ids: Sequence[str]) -> None:
        """Look up what is held under these ids, oldest first, and what the sender was given."""
        known, given = _OBJECT.c, tables.ledger.c
        names = ("collection", "spec_version", "version", "key", "owner", "digest", "revoked")
        for some in _chunks(sorted(set(ids))):
            wanted = select(known.id, *(known[name] for name in names)).where(known.id.in_(some))
            for row in self.connection.execute(wanted.order_by(known.added)):
                self._old[row.id].append(_Old(*row[1:]))
            mine = (
                given.id.in_(some),
                given.organisation == self.by.organisation,
                given.owner != self.by.organisation,
                given.route.in_(("objects", "object", "stream")),
            )
            rows = self.connection.execute(select(given.id, given.version).where(*mine))
            self._given.update((row.id, row.version) for row in rows)

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
        for each in refused:
            if each.rule == "tampered":
                alarm = {"id": each.id, "version": each.version, "why": each.why}
                audit.append(self.connection, self.now, _actor(self.by), "alarm", alarm)


def _is_same(old: _Old, item: Arrival) -> bool:
    """Tell whether a row is of the version that an item claims to be.

    An observable has no version: it is the same if it says the same.
    """
    if item.key:
        return (old.key, old.spec_version) == (item.key, item.spec_version)
    return old.digest == item.digest


def _actor(by: Caller) -> str:
    return f"{by.person} of {by.organisation}"


def _chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Cut into parts that fit into one statement."""
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
