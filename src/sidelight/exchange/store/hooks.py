"""Webhooks: who is told of what is added where, and how far that is settled."""

from collections.abc import Iterator

from sqlalchemy import Engine, delete, func, insert, select, update

from sidelight.exchange.instants import Instant
from sidelight.exchange.shelf import Held
from sidelight.exchange.store import audit
from sidelight.exchange.store.database import writing
from sidelight.exchange.store.onward import dead_letter, hook
from sidelight.exchange.store.words import storable
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Hook:
    """A subscription.

    Args:
        after: what was added up to then is settled: taken, or a dead letter.
        failures: of the object that is next, in a row.
        due: when that is tried again.
    """

    id: str
    organisation: str
    person: str
    collection: str
    url: str
    created: Instant
    after: Instant
    failures: int
    due: Instant
    why: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An object that a hook did not take, however often it was tried."""

    hook: str
    added: Instant
    object: str
    version: str
    why: str
    at: Instant


def add(engine: Engine, made: Hook, actor: str) -> None:
    """Begin a subscription."""
    row = {name: getattr(made, name) for name in hook.c.keys()}  # noqa: SIM118 - no mapping
    said = {name: row[name] for name in ("id", "organisation", "person", "collection", "url")}
    with writing(engine) as connection:
        connection.execute(insert(hook).values(row))
        audit.append(connection, made.created, actor, "add hook", said)


def remove(engine: Engine, ident: str, *, now: Instant, actor: str) -> bool:
    """End a subscription, and forget its dead letters; tell whether there was one."""
    with writing(engine) as connection:
        done = connection.execute(delete(hook).where(hook.c.id == ident)).rowcount > 0
        if done:
            connection.execute(delete(dead_letter).where(dead_letter.c.hook == ident))
            audit.append(connection, now, actor, "remove hook", {"id": ident})
    return done


def hooks(engine: Engine) -> list[Hook]:
    """Give all subscriptions, the oldest first."""
    with engine.connect() as connection:
        rows = connection.execute(select(hook).order_by(hook.c.created, hook.c.id))
        return [Hook(**row._mapping) for row in rows]  # noqa: SLF001 - public in SQLAlchemy


def settle(engine: Engine, of: Hook, upto: Instant) -> None:
    """Note that a hook took what was added up to *upto*."""
    with writing(engine) as connection:
        # Another server on this database may be further already.
        moved = update(hook).where(hook.c.id == of.id, hook.c.after < upto)
        connection.execute(moved.values(after=upto, failures=0, due=0, why=""))


def fail(engine: Engine, of: Hook, why: str, due: Instant) -> None:
    """Note that a hook did not take what is next, and when that is tried again."""
    with writing(engine) as connection:
        values = {"failures": of.failures + 1, "why": storable(why), "due": due}
        same = update(hook).where(hook.c.id == of.id, hook.c.after == of.after)
        connection.execute(same.values(**values))


def bury(engine: Engine, of: Hook, held: Held, why: str, now: Instant) -> None:
    """Put an object aside as a dead letter, and go on after it."""
    why = storable(why)
    with writing(engine) as connection:
        same = (dead_letter.c.hook == of.id, dead_letter.c.added == held.added)
        connection.execute(delete(dead_letter).where(*same))
        connection.execute(
            insert(dead_letter).values(
                hook=of.id, added=held.added, object=held.id, version=held.version, why=why, at=now
            )
        )
        moved = update(hook).where(hook.c.id == of.id, hook.c.after < held.added)
        connection.execute(moved.values(after=held.added, failures=0, due=0, why=why))


def dead_letters(engine: Engine, ident: str = "") -> Iterator[DeadLetter]:
    """Give dead letters, of one hook if it is named, the oldest first."""
    wanted = select(dead_letter).order_by(dead_letter.c.hook, dead_letter.c.added)
    if ident:
        wanted = wanted.where(dead_letter.c.hook == ident)
    with engine.connect() as connection:
        for row in connection.execute(wanted):
            yield DeadLetter(*row)


def unbury(engine: Engine, letter: DeadLetter) -> None:
    """Forget a dead letter that was taken after all, or may not go any more."""
    same = (dead_letter.c.hook == letter.hook, dead_letter.c.added == letter.added)
    with writing(engine) as connection:
        connection.execute(delete(dead_letter).where(*same))


def dead_count(engine: Engine, ident: str) -> int:
    """Count the dead letters of a hook."""
    wanted = select(func.count()).where(dead_letter.c.hook == ident)
    with engine.connect() as connection:
        return int(connection.scalar(wanted) or 0)
