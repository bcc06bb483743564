"""Which process is which, whoever names it: the same start, seen by two logs, is one process.

Rule 1. A process is its GUID, or its PID with the time of its start; never a PID alone.
Rule 2. Starts of one PID on one host within `SAME_START` are one start: two logs stamp it apart.
Rule 3. A process whose start was not seen is the same as another only if host, PID and executable
agree and an hour at most lies between what is told of them.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from sidelight.findings.cells import Ints, coded, listed
from sidelight.findings.starts import Found, parents, resolve
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

SAME_START: Final = 2_000_000_000
UNSEEN: Final = 3_600_000_000_000


@dataclass(frozen=True, slots=True)
class Known:
    """A process as far as it is known.

    Args:
        key: GUID, or "".
        pid: -1 where unknown.
        time: of its start, or of the event that names it where the start was not seen.
        seen: whether its start was seen.
    """

    host: str
    key: str
    pid: int
    time: int
    image: str
    seen: bool


@dataclass(frozen=True, slots=True)
class Chains:
    """Processes and their ancestors.

    Args:
        at: of each process looked for, the number of its start, or -1.
        starts: of each distinct start, the process and its ancestors; alike ends are shared.
        wanted: what was looked for, as columns of `ACTORS`.
    """

    at: Ints
    starts: list[tuple[Known, ...]]
    wanted: "_Asked"

    def line(self, row: int) -> tuple[Known, ...]:
        """Give a process and its ancestors, itself first; empty where nothing names it."""
        at = self.at[row]
        return self.starts[at] if at >= 0 else self.wanted.unseen(row)


def chains(tables: Sequence[pa.Table], wanted: pa.Table, generations: int = 3) -> Chains:
    """Look for *wanted* (`ACTORS`) and their ancestors, whose chain ends where one was not seen."""
    steps: list[tuple[Found, _Asked]] = []
    for _ in range(generations + 1):
        found = resolve(tables, wanted)
        steps.append((found, _Asked.of(wanted)))
        if not found.rows.num_rows:
            break
        wanted = parents(found.rows)
    tails: list[tuple[Known, ...]] = [()] * steps[-1][0].rows.num_rows
    for found, asked in reversed(steps[1:]):
        starts = _longer(found, tails)
        tails = [
            starts[at] if at >= 0 else asked.unseen(row) for row, at in enumerate(found.at.tolist())
        ]
    return Chains(steps[0][0].at, _longer(steps[0][0], tails), steps[0][1])


def _longer(found: Found, tails: Sequence[tuple[Known, ...]]) -> list[tuple[Known, ...]]:
    """Put each start that was found before the chain of its parent."""
    rows = _Asked.of(found.rows)
    return [(rows.known(row, seen=True), *tail) for row, tail in enumerate(tails)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Processes that are looked for, column by column; texts are shared."""

    host: tuple[Ints, list[str]]
    key: tuple[Ints, list[str]]
    image: tuple[Ints, list[str]]
    pid: Ints
    time: Ints

    @classmethod
    def of(cls, table: pa.Table) -> "_Asked":
        host, hosts = coded(table.column("host"))
        key, keys = coded(table.column("key"))
        image, images = coded(table.column("image"))
        return cls(
            (host, [text.lower() for text in listed(hosts)]),
            (key, listed(keys)),
            (image, listed(images)),
            table.column("pid").to_numpy(),
            table.column("time").to_numpy(),
        )

    def known(self, row: int, *, seen: bool) -> Known:
        host, key, image = (texts[codes[row]] for codes, texts in (self.host, self.key, self.image))
        return Known(host, key, int(self.pid[row]), int(self.time[row]), image, seen)

    def unseen(self, row: int) -> tuple[Known, ...]:
        one = self.known(row, seen=False)
        return (one,) if one.key or (one.pid >= 0 and one.time != NO_TIME) else ()


def identities(known: Sequence[Known]) -> dict[Known, str]:
    """Name processes so that what is one process has one name (rules 1 to 3)."""
    names: dict[Known, str] = {}
    by_pid: defaultdict[tuple[str, int, str], list[Known]] = defaultdict(list)
    for one in known:
        if one.pid >= 0 and one.time != NO_TIME and one.seen:
            by_pid[one.host, one.pid, ""].append(one)
        elif one.key:
            names[one] = f"{one.host}|{one.key}"
        elif one.pid >= 0 and one.time != NO_TIME:
            by_pid[one.host, one.pid, one.image.lower()].append(one)
    for (host, pid, image), several in by_pid.items():
        room = UNSEEN if image else SAME_START
        several.sort(key=lambda one: one.time)
        first, last = several[0], several[0].time
        for one in several:
            if one.time - last > room:
                first = one
            last = one.time
            names[one] = f"{host}|{pid}@{first.time}{image}"
    keys = {(one.host, one.key): name for one, name in names.items() if one.key and one.seen}
    return {
        one: keys.get((one.host, one.key), name) if one.key and not one.seen else name
        for one, name in names.items()
    }
