"""What others asked about and told: epochs of private set intersection, and reports to count.

Rule 1. Of a question only its size is kept.
Rule 2. An epoch that another followed has no key any more; one whose time is over answers nothing.
Rule 3. A question is charged before it is answered, whatever becomes of it.
"""

from collections.abc import Collection
from typing import Final

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from sidelight.exchange.instants import Instant
from sidelight.exchange.seen.epoch import Asked, Epoch, Overdrawn, Release
from sidelight.exchange.seen.prevalence import closed, table
from sidelight.exchange.seen.reports import Report
from sidelight.exchange.store import audit
from sidelight.exchange.store.database import writing
from sidelight.exchange.store.tables import METADATA

_Id = String(36)

epoch: Final = Table(
    "seen_epoch",
    METADATA,
    Column("id", _Id, primary_key=True),
    Column("key", LargeBinary, nullable=False),
    Column("setup", LargeBinary, nullable=False),
    Column("begun", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("quota", Integer, nullable=False),
    Column("circles", Text, nullable=False),
)
asked: Final = Table(
    "seen_asked",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("epoch", _Id, nullable=False),
    Column("organisation", _Id, nullable=False),
    Column("person", String(250), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("size", Integer, nullable=False),
)
report: Final = Table(
    "seen_report",
    METADATA,
    Column("token", String(64), primary_key=True),
    Column("organisation", _Id, primary_key=True),
    Column("key", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
)
told: Final = Table(
    "seen_told",
    METADATA,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("members", Integer, nullable=False),
    Column("document", LargeBinary, nullable=False),
)


def begin(engine: Engine, fresh: Epoch, actor: str) -> None:
    """Begin an epoch; the keys of all before are forgotten."""
    said = {"epoch": fresh.id, "ends": fresh.ends, "quota": fresh.quota}
    with writing(engine) as connection:
        connection.execute(update(epoch).values(key=b"", setup=b""))
        row = {name: getattr(fresh, name) for name in Epoch.__slots__}
        connection.execute(insert(epoch).values({**row, "circles": " ".join(fresh.circles)}))
        audit.append(connection, fresh.begun, actor, "seen epoch", said)


def current(engine: Engine, now: Instant) -> Epoch | None:
    """Give the epoch that it is; None where none was begun, or the last is over."""
    with engine.connect() as connection:
        row = connection.execute(select(epoch).where(epoch.c.key != b"")).first()
    if row is None or now >= row.ends:
        return None
    circles = tuple(row.circles.split())
    return Epoch(row.id, row.key, row.setup, row.begun, row.ends, row.quota, circles)


def charge(  # noqa: PLR0913 - whose question, in which epoch, how large
    engine: Engine, running: Epoch, organisation: str, person: str, items: int, now: Instant
) -> Overdrawn | None:
    """Count a question against what its organisation may ask; None where it may."""
    mine = (asked.c.epoch == running.id, asked.c.organisation == organisation)
    said = {"epoch": running.id, "organisation": organisation, "items": items}
    with writing(engine) as connection:
        before = connection.scalar(select(func.sum(asked.c.size)).where(*mine))
        left = running.quota - int(before or 0)
        if items > left:
            refused = {**said, "left": left}
            audit.append(connection, now, person, "seen refused", refused)
            return Overdrawn(left)
        row = {"epoch": running.id, "organisation": organisation, "person": person}
        connection.execute(insert(asked).values(**row, at=now, size=items))
        audit.append(connection, now, person, "seen asked", said)
    return None


def questions(engine: Engine) -> list[Asked]:
    """Give who asked about how many values, in order."""
    wanted = select(asked.c.epoch, asked.c.organisation, asked.c.person, asked.c.at, asked.c.size)
    with engine.connect() as connection:
        return [Asked(*row) for row in connection.execute(wanted.order_by(asked.c.number))]


def take(
    engine: Engine, organisation: str, came: Report, actor: str, now: Instant
) -> tuple[int, int]:
    """Make a report all that an organisation reports; give how many hashes came and went."""
    mine = report.c.organisation == organisation
    wanted = {*came.tokens}
    with writing(engine) as connection:
        before = {*connection.scalars(select(report.c.token).where(mine))}
        new, gone = sorted(wanted - before), sorted(before - wanted)
        for begin_at in range(0, len(gone), 500):
            part = gone[begin_at : begin_at + 500]
            connection.execute(delete(report).where(mine, report.c.token.in_(part)))
        if new:
            same = {"organisation": organisation, "key": came.key, "at": now}
            connection.execute(insert(report), [{"token": each, **same} for each in new])
        said = {"organisation": organisation, "new": len(new), "gone": len(gone)}
        audit.append(connection, now, actor, "seen report", said)
    return len(new), len(gone)


def release(engine: Engine, day: int, known: Collection[str], least: int, now: Instant) -> Release:
    """Give the table of a day: made once, and the same however often it is asked for.

    *known* are the organisations of the register; reports of others count no more.
    """
    wanted = select(told.c.document, told.c.members).where(told.c.day == day)
    with engine.connect() as connection:
        kept = connection.execute(wanted).first()
    if kept is not None:
        return Release(kept.document, kept.members)
    with writing(engine) as connection:
        kept = connection.execute(wanted).first()  # somebody else may have been faster
        if kept is not None:
            return Release(kept.document, kept.members)
        document, members = _table(connection, day, known, least)
        row = {"day": day, "at": now, "members": members, "document": document}
        connection.execute(insert(told).values(row))
        audit.append(connection, now, "the counter", "seen table", {"day": day, "least": least})
    return Release(document, members)


def _table(
    connection: Connection, day: int, known: Collection[str], least: int
) -> tuple[bytes, int]:
    """Give the table of a day, and how many members report under the key that most do.

    Who reports under another key is counted apart: their hashes have nothing in common. A key of
    fewer than *least* is not named: of one member alone it would tell who reports.
    """
    rows = connection.execute(select(report).where(report.c.at < closed(day))).all()
    keys: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        if row.organisation in known:
            keys.setdefault(row.key, []).append((row.token, row.organisation))
    counts: dict[str, int] = {}
    for pairs in keys.values():
        counts.update(table(pairs, least))
    members = {key: len({who for _, who in pairs}) for key, pairs in keys.items()}
    named = sorted(key for key, count in members.items() if count >= least)
    document = {"day": day, "least": least, "keys": named, "counts": counts}
    spelled = orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
    return spelled, max(members.values(), default=0)
