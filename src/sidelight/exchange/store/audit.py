"""The audit log: append-only, each entry sealed by a hash over it and all before it.

Changing, removing or inserting an entry breaks the chain from there on. Cutting off the newest
entries leaves a chain that holds, so keep the last hash elsewhere now and then.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final

import orjson
from sqlalchemy import Connection, Engine, desc, insert, select

from sidelight.exchange.instants import Instant
from sidelight.exchange.store.tables import audit
from sidelight.values import dataclass

START: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody did."""

    number: int
    at: Instant
    actor: str
    action: str
    detail: str
    hash: str


@dataclass(frozen=True, slots=True)
class Chain:
    """How far the chain holds.

    Args:
        length: entries there are.
        broken: number of the first entry that does not fit; None where all do.
        head: hash of the last entry.
    """

    length: int
    broken: int | None
    head: str


def append(
    connection: Connection, at: Instant, actor: str, action: str, detail: Mapping[str, object]
) -> None:
    """Log an act in the transaction that does it."""
    last = connection.execute(
        select(audit.c.number, audit.c.hash).order_by(desc(audit.c.number)).limit(1)
    ).first()
    number, before = (last.number + 1, last.hash) if last else (1, START)
    text = orjson.dumps(detail, option=orjson.OPT_SORT_KEYS).decode()
    sealed = _seal(before, number, at, actor, action, text)
    connection.execute(
        insert(audit).values(
            number=number, at=at, actor=actor, action=action, detail=text, hash=sealed
        )
    )


def entries(
    engine: Engine, *, since: Instant | None = None, until: Instant | None = None
) -> Iterator[Entry]:
    """Give the log from its start, or what of it was done from *since* on and before *until*."""
    wanted = select(audit).order_by(audit.c.number)
    if since is not None:
        wanted = wanted.where(audit.c.at >= since)
    if until is not None:
        wanted = wanted.where(audit.c.at < until)
    with engine.connect() as connection:
        rows = connection.execution_options(yield_per=500).execute(wanted)
        for row in rows:
            yield Entry(row.number, row.at, row.actor, row.action, row.detail, row.hash)


def verify(engine: Engine) -> Chain:
    """Follow the chain from its start."""
    before, length, broken = START, 0, None
    for entry in entries(engine):
        length += 1
        sealed = _seal(before, length, entry.at, entry.actor, entry.action, entry.detail)
        if broken is None and (entry.number != length or entry.hash != sealed):
            broken = length
        before = entry.hash
    return Chain(length, broken, before)


def _seal(before: str, number: int, at: Instant, actor: str, action: str, detail: str) -> str:  # noqa: PLR0913
    text = orjson.dumps([before, number, at, actor, action, detail])
    return sha256(text).hexdigest()
