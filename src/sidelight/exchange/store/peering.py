"""How far each peer was pulled from and pushed to, and what was refused on the way."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeAlias

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from sidelight.exchange.instants import Instant
from sidelight.exchange.intake import Unfit
from sidelight.exchange.pulling import Reach
from sidelight.exchange.store.database import writing
from sidelight.exchange.store.onward import reach, refusal
from sidelight.exchange.store.tables import ledger, object_
from sidelight.exchange.store.words import storable
from sidelight.values import dataclass

Direction: TypeAlias = Literal["pull", "push"]
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One way between a collection of a peer and one of ours."""

    peer: str
    direction: Direction
    theirs: str
    ours: str

    def __str__(self) -> str:
        arrow = "->" if self.direction == "pull" else "<-"
        return f"{self.peer}: {self.theirs} {arrow} {self.ours}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a line came.

    Args:
        after: the last good cursor: their date when pulling, ours when pushing.
        at: when it last moved.
        why: what stopped it the last time; empty where nothing did.
    """

    line: Line
    after: str
    taken: int
    at: Instant
    why: str


def reached(engine: Engine, line: Line) -> Reach:
    """Give how far a line came."""
    with engine.connect() as connection:
        row = connection.execute(select(reach).where(_is(line))).first()
    return Reach(row.after, frozenset(orjson.loads(row.seen))) if row else Reach()


def keep(  # noqa: PLR0913 - what came, and how far that is
    engine: Engine, line: Line, to: Reach, taken: int, refused: Sequence[Unfit], now: Instant
) -> None:
    """Note how far a line came now, and what was refused since."""
    seen = orjson.dumps(sorted(to.seen)).decode()
    with writing(engine) as connection:
        _make(connection, line, now)
        moved = update(reach).where(_is(line))
        after = storable(to.after)
        values = {"after": after, "seen": seen, "taken": reach.c.taken + taken, "at": now}
        connection.execute(moved.values(**values, why=""))
        _note(connection, line, refused, now)


def stop(engine: Engine, line: Line, why: str, now: Instant) -> None:
    """Note what stopped a line; nothing where it went to its end."""
    with writing(engine) as connection:
        _make(connection, line, now)
        connection.execute(update(reach).where(_is(line)).values(why=storable(why)))


def restart(engine: Engine, peer: str) -> int:
    """Let all lines of a peer begin at the start again; tell how many there are."""
    with writing(engine) as connection:
        connection.execute(delete(refusal).where(refusal.c.peer == peer))
        return connection.execute(delete(reach).where(reach.c.peer == peer)).rowcount


def progress(engine: Engine) -> Iterator[Progress]:
    """Give how far each line came."""
    order = (reach.c.peer, reach.c.direction, reach.c.theirs, reach.c.ours)
    with engine.connect() as connection:
        for row in connection.execute(select(reach).order_by(*order)):
            line = Line(row.peer, row.direction, row.theirs, row.ours)
            yield Progress(line, row.after, row.taken, row.at, row.why)


def refusals(engine: Engine) -> Iterator[tuple[str, str, Unfit]]:
    """Give what was refused: peer, direction, and the object with the words of who refused it."""
    with engine.connect() as connection:
        for row in connection.execute(select(refusal).order_by(refusal.c.number)):
            yield row.peer, row.direction, Unfit(row.id, row.version, "", row.why)


def gone_there(engine: Engine, ids: Sequence[str], us: str, them: str) -> set[tuple[str, str]]:
    """Give id and digest of objects that *us* shared, or that *them* was given from here.

    What another ally shared where *them* sees nothing is not among them: that is theirs to give.
    """
    known = object_.c
    given = exists().where(ledger.c.added == known.added, ledger.c.organisation == them)
    ours = or_(known.owner == us, and_(known.owner != them, given))
    found: set[tuple[str, str]] = set()
    with engine.connect() as connection:
        # A server that knows no limit gives more in one answer than a statement takes.
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            wanted = select(known.id, known.digest).where(known.id.in_(some), ours)
            found.update((row.id, row.digest) for row in connection.execute(wanted))
    return found


def _is(line: Line) -> ColumnElement[bool]:
    return and_(
        reach.c.peer == line.peer,
        reach.c.direction == line.direction,
        reach.c.theirs == line.theirs,
        reach.c.ours == line.ours,
    )


def _make(connection: Connection, line: Line, now: Instant) -> None:
    if connection.execute(select(reach.c.peer).where(_is(line))).first():
        return
    made = {
        "peer": line.peer,
        "direction": line.direction,
        "theirs": line.theirs,
        "ours": line.ours,
    }
    connection.execute(insert(reach).values(**made, after="", seen="[]", taken=0, at=now, why=""))


def _note(connection: Connection, line: Line, refused: Sequence[Unfit], now: Instant) -> None:
    for each in refused:
        same = (
            refusal.c.peer == line.peer,
            refusal.c.direction == line.direction,
            refusal.c.id == (ident := storable(each.id)[:300]),
            refusal.c.version == (version := storable(each.version)[:64]),
        )
        why = storable(f"{each.rule}: {each.why}" if each.rule else each.why)
        connection.execute(delete(refusal).where(*same))
        connection.execute(
            insert(refusal).values(
                peer=line.peer,
                direction=line.direction,
                id=ident,
                version=version,
                why=why,
                at=now,
            )
        )
