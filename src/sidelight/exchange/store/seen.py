"""What others asked about and told: epochs of private set intersection, and reports to count.

Rule 1. Of a question only its size is kept.
Rule 2. An epoch that is over has no key any more, so nothing sent to it can be answered.
Rule 3. A question is charged before it is answered, whatever becomes of it.
"""

from collections.abc import Collection
from typing import Final

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    delete,
    desc,
    func,
    insert,
    select,
    update,
)

from sidelight.exchange.instants import Instant
from sidelight.exchange.seen.epoch import Asked, Epoch, Overdrawn, Release
from sidelight.exchange.seen.prevalence import closed, table
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
    newest = select(epoch).order_by(desc(epoch.c.begun), desc(epoch.c.ends)).limit(1)
    with engine.connect() as connection:
        row = connection.execute(newest).first()
    if row is None or now >= row.ends or not row.key:
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
    engine: Engine, organisation: str, tokens: Collection[str], actor: str, now: Instant
) -> tuple[int, int]:
    """Make *tokens* all that an organisation reports; give how many came and went."""
    mine = report.c.organisation == organisation
    wanted = {*tokens}
    with writing(engine) as connection:
        before = {*connection.scalars(select(report.c.token).where(mine))}
        new, gone = sorted(wanted - before), sorted(before - wanted)
        for begin_at in range(0, len(gone), 500):
            part = gone[begin_at : begin_at + 500]
            connection.execute(delete(report).where(mine, report.c.token.in_(part)))
        if new:
            rows = [{"token": each, "organisation": organisation, "at": now} for each in new]
            connection.execute(insert(report), rows)
        said = {"organisation": organisation, "new": len(new), "gone": len(gone)}
        audit.append(connection, now, actor, "seen report", said)
    return len(new), len(gone)


def release(engine: Engine, day: int, known: Collection[str], least: int, now: Instant) -> Release:
    """Give the table of a day: made once, and the same however often it is asked for.

    *known* are the organisations of the register; reports of others count no more.
    """
    with writing(engine) as connection:
        kept = connection.execute(select(told).where(told.c.day == day)).first()
        if kept is not None:
            return Release(kept.document, kept.members)
        wanted = select(report.c.token, report.c.organisation)
        rows = connection.execute(wanted.where(report.c.at < closed(day))).all()
        pairs = [(row.token, row.organisation) for row in rows if row.organisation in known]
        members = len({organisation for _, organisation in pairs})
        table_ = {"day": day, "least": least, "counts": table(pairs, least)}
        document = orjson.dumps(table_, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
        row = {"day": day, "at": now, "members": members, "document": document}
        connection.execute(insert(told).values(row))
        audit.append(connection, now, "the counter", "seen table", {"day": day, "least": least})
    return Release(document, members)
