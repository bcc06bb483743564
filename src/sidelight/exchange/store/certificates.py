"""Bindings of certificates: whom one that TLS has verified stands for."""

import secrets
from collections.abc import Iterator
from typing import TypeAlias

from sqlalchemy import Connection, Engine, and_, insert, or_, select, update

from sidelight.errors import UsageError
from sidelight.exchange.certificate import Certificate, Kind
from sidelight.exchange.instants import Instant
from sidelight.exchange.shelf import Caller
from sidelight.exchange.store import audit
from sidelight.exchange.store.database import writing
from sidelight.exchange.store.tables import certificate
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Bound:
    """A binding: certificates with a fingerprint or a name stand for somebody."""

    id: str
    kind: str
    name: str
    organisation: str
    person: str
    scopes: frozenset[str]
    created: Instant
    expires: Instant
    revoked: Instant | None


@dataclass(frozen=True, slots=True)
class Ended:
    """A certificate that stood for somebody, and does no more, or for two at once."""


Holder: TypeAlias = Caller | Ended | None


def bind(  # noqa: PLR0913 - what, to whom, for what, how long
    engine: Engine,
    kind: Kind,
    name: str,
    organisation: str,
    person: str,
    scopes: frozenset[str],
    *,
    now: Instant,
    expires: Instant,
    actor: str,
) -> str:
    """Bind certificates of a fingerprint or name to somebody; give the id of the binding.

    Raises:
        UsageError: another binding of it is in force.
    """
    table, ident = certificate.c, secrets.token_hex(6)
    row = {
        "id": ident,
        "kind": kind,
        "name": name,
        "organisation": organisation,
        "person": person,
        "scopes": " ".join(sorted(scopes)),
        "created": now,
        "expires": expires,
    }
    same = (table.kind == kind, table.name == name, table.revoked.is_(None), table.expires > now)
    with writing(engine) as connection:
        other = connection.scalar(select(table.id).where(*same))
        if other is not None:
            raise UsageError(f"is bound already: {other}", where=name, hint="revoke that first")
        connection.execute(insert(certificate).values(row))
        audit.append(connection, now, actor, "bind certificate", row)
    return ident


def revoke(engine: Engine, ident: str, *, now: Instant, actor: str) -> bool:
    """End a binding; tell whether there was one that held."""
    held = update(certificate).where(certificate.c.id == ident, certificate.c.revoked.is_(None))
    with writing(engine) as connection:
        done = connection.execute(held.values(revoked=now)).rowcount > 0
        if done:
            audit.append(connection, now, actor, "revoke certificate", {"id": ident})
    return done


def bindings(engine: Engine) -> Iterator[Bound]:
    """Give all bindings."""
    order = (certificate.c.created, certificate.c.id)
    with engine.connect() as connection:
        for row in connection.execute(select(certificate).order_by(*order)):
            scopes = frozenset(row.scopes.split())
            yield Bound(
                row.id, row.kind, row.name, row.organisation, row.person, scopes, row.created,
                row.expires, row.revoked,
            )  # fmt: skip


def holder(connection: Connection, shown: Certificate, now: Instant) -> Holder:
    """Give whom a certificate stands for now.

    What is said of its fingerprint decides, so that one certificate can be ended whose name stays
    bound; else its names do, and have to agree. None is for one of which nothing was ever said.
    """
    table = certificate.c
    wanted = [and_(table.kind == kind, table.name == name) for kind, name in shown.names]
    wanted.append(and_(table.kind == "sha256", table.name == shown.fingerprint))
    rows = connection.execute(select(certificate).where(or_(*wanted))).all()
    if not rows:
        return None
    own = [row for row in rows if row.kind == "sha256"]
    force = [row for row in own or rows if row.revoked is None and now < row.expires]
    holders = {(row.organisation, row.person) for row in force}
    if len(holders) != 1 or not shown.begins <= now < shown.ends:
        return Ended()
    scopes = frozenset(scope for row in force for scope in row.scopes.split())
    return Caller(force[0].organisation, force[0].person, scopes, force[0].id)
