"""Tokens: what people and programs show to be let in.

A token is its id and 256 random bits. Only their hash is kept, so who reads the database cannot
use them; they are too many to be guessed, so a fast hash does.
"""

import hmac
import re
import secrets
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, Engine, insert, select, update

from sidelight.exchange.instants import Instant
from sidelight.exchange.shelf import Caller
from sidelight.exchange.store import audit
from sidelight.exchange.store.database import writing
from sidelight.exchange.store.tables import token
from sidelight.values import dataclass

SCOPES: Final = ("read", "write")
_TEXT: Final = re.compile(r"slt_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Issued:
    """A token as it is kept: all but the secret."""

    id: str
    organisation: str
    person: str
    scopes: frozenset[str]
    created: Instant
    expires: Instant
    revoked: Instant | None


def issue(  # noqa: PLR0913 - whose, for what, how long
    engine: Engine,
    organisation: str,
    person: str,
    scopes: frozenset[str],
    *,
    now: Instant,
    expires: Instant,
    actor: str,
) -> str:
    """Make a token; its text is given this once."""
    ident, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    row = {
        "id": ident,
        "hash": _hash(secret),
        "organisation": organisation,
        "person": person,
        "scopes": " ".join(sorted(scopes)),
        "created": now,
        "expires": expires,
    }
    said = {name: row[name] for name in ("id", "organisation", "person", "scopes", "expires")}
    with writing(engine) as connection:
        connection.execute(insert(token).values(row))
        audit.append(connection, now, actor, "issue token", said)
    return f"slt_{ident}_{secret}"


def revoke(engine: Engine, ident: str, *, now: Instant, actor: str) -> bool:
    """End a token; tell whether there was one that held."""
    held = update(token).where(token.c.id == ident, token.c.revoked.is_(None))
    with writing(engine) as connection:
        done = connection.execute(held.values(revoked=now)).rowcount > 0
        if done:
            audit.append(connection, now, actor, "revoke token", {"id": ident})
    return done


def issued(engine: Engine) -> Iterator[Issued]:
    """Give all tokens."""
    with engine.connect() as connection:
        for row in connection.execute(select(token).order_by(token.c.created, token.c.id)):
            scopes = frozenset(row.scopes.split())
            yield Issued(
                row.id, row.organisation, row.person, scopes, row.created, row.expires, row.revoked
            )


def holder(connection: Connection, text: str, person: str, now: Instant) -> Caller | None:
    """Give who holds a token, if it is in force.

    *person* is who it is said to be, or empty where nobody is named.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    row = connection.execute(select(token).where(token.c.id == found[1])).first()
    if row is None or not hmac.compare_digest(row.hash, _hash(found[2])):
        return None
    if row.revoked is not None or now >= row.expires or person not in {"", row.person}:
        return None
    return Caller(row.organisation, row.person, frozenset(row.scopes.split()), row.id)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
