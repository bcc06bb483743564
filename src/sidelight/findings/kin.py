"""Processes and their ancestors, looked for generation by generation.

Rule 1. Each process is looked for once, however many findings it leads or is an ancestor in:
going through everything that was started takes longer than all that is then done with it.
Rule 2. Memory follows what was found: distinct starts, and of them what findings show.
"""

from collections.abc import Sequence
from typing import Final, Literal, Self

import numpy as np
import pyarrow as pa

from sidelight.findings.cells import Ints, listed, numbers, plain, repeat
from sidelight.findings.finding import Process
from sidelight.findings.starts import parents, resolve
from sidelight.schema import NO_TIME, unique
from sidelight.values import dataclass

GENERATIONS: Final = 12
"""How many ancestors are looked for."""

_SHOWN: Final = ("host", "key", "pid", "time", "image", "command_line", "user")


@dataclass(frozen=True, slots=True)
class Generation:
    """Processes that were looked for, and the starts of those that were found.

    Args:
        asked: columns key, pid and image of `ACTORS`, and command_line, as events name them.
        rows: distinct starts, the columns of `PROCESSES` that are shown.
        at: of each process that was looked for, its row there, or -1.
    """

    asked: pa.Table
    rows: pa.Table
    at: Ints

    def processes(self, some: Ints) -> list[Process | None]:
        """Give *some* of those that were looked for; None for one that nothing names."""
        asked, at = self.asked.take(some), self.at[some]
        shown: list[Process | None] = [None] * len(some)
        key, image = _texts(asked, "key"), _texts(asked, "image")
        starts = self.rows.take(at[at >= 0])
        seen = zip(
            np.flatnonzero(at >= 0).tolist(),
            *(_texts(starts, name) for name in ("image", "command_line", "user")),
            starts.column("pid").to_numpy().tolist(),
            _texts(starts, "key"),
            starts.column("time").to_numpy().tolist(),
            strict=True,
        )
        for row, named, ran, user, number, guid, time in seen:
            by: Literal["guid", "pid"] = "guid" if key[row] else "pid"
            shown[row] = Process(named or image[row], ran, user, number, guid, time, by)
        unseen = np.flatnonzero(at < 0)
        ran_as = _texts(asked.take(unseen), "command_line")
        pid = asked.column("pid").to_numpy()[unseen].tolist()
        for row, number, ran in zip(unseen.tolist(), pid, ran_as, strict=True):
            if image[row] or key[row] or number >= 0:
                shown[row] = Process(image[row], ran, "", number, key[row], NO_TIME, "named")
        return shown


def _texts(table: pa.Table, name: str) -> list[str]:
    return listed(plain(table.column(name)))


@dataclass(frozen=True, slots=True)
class Kin:
    """Processes and their ancestors.

    Args:
        wanted: the processes that were looked for first, as `ACTORS`.
        generations: those, then the parents of all whose start was found, row by row, and so on.
    """

    wanted: pa.Table
    generations: tuple[Generation, ...]

    @classmethod
    def of(
        cls, tables: Sequence[pa.Table], wanted: pa.Table, generations: int = GENERATIONS
    ) -> Self:
        """Look for *wanted* (`ACTORS`) and their ancestors in tables of `PROCESSES`."""
        mine = wanted.select(["key", "pid", "image"])
        asked = mine.append_column("command_line", repeat("", wanted.num_rows))
        known, sought = [], wanted
        for _ in range(generations + 1):
            found = resolve(tables, sought)
            known.append(Generation(asked, found.rows.select(_SHOWN), found.at))
            if not found.rows.num_rows:
                break
            sought = parents(found.rows)
            asked = _named(found.rows, sought)
        return cls(wanted, tuple(known))

    def lines(self, some: Ints) -> list[tuple[Process, ...]]:
        """Give *some* of the processes with their ancestors, the process itself first.

        A process whose start was not seen is there as events name it, and ends the chain; one
        that nothing names is left out. Chains that run in a circle end before they repeat.
        """
        distinct, which = np.unique(some, return_inverse=True)
        needed = [distinct]
        for each in self.generations:
            at = each.at[needed[-1]]
            needed.append(unique(at[at >= 0]))
        above: list[tuple[Process, ...]] = [()] * len(needed[-1])
        for each, mine, up in zip(
            reversed(self.generations), needed[-2::-1], needed[:0:-1], strict=True
        ):
            place = np.where(each.at[mine] >= 0, np.searchsorted(up, each.at[mine]), -1)
            lines = zip(each.processes(mine), place.tolist(), strict=True)
            above = [_longer(one, above[at] if at >= 0 else ()) for one, at in lines]
        return [above[at] for at in which.tolist()]


def _named(rows: pa.Table, sought: pa.Table) -> pa.Table:
    """Give parents as their children name them; texts stay with *rows*."""
    key, image, command_line = (
        rows.column(f"parent_{name}") for name in ("key", "image", "command_line")
    )
    pid = numbers(sought.column("pid").to_numpy())
    return pa.table({"key": key, "pid": pid, "image": image, "command_line": command_line})


def _longer(one: Process | None, above: tuple[Process, ...]) -> tuple[Process, ...]:
    """Put a process before its ancestors, as far as it is not one of them itself."""
    if one is None:
        return ()
    if one in above:
        again = above.index(one)
        above = above[:again] if one.joined != "named" else above
    return (one, *above)
