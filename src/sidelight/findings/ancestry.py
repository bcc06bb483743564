"""Which process is which, whoever names it: the same start, seen by two logs, is one process.

Rule 1. A process is its GUID, or its PID with the time of its start; never a PID alone.
Rule 2. Starts of one PID on one host within `SAME_START` are one start: two logs stamp it apart.
Rule 3. A process whose start was not seen is the same as another only if host, PID and executable
agree and an hour at most lies between what is told of them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from sidelight.findings.starts import parents, resolve
from sidelight.schema import NO_TIME

SAME_START: Final = 2_000_000_000
_UNSEEN: Final = 3_600_000_000_000


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


def chains(
    tables: Sequence[pa.Table], wanted: pa.Table, generations: int = 3
) -> list[tuple[Known, ...]]:
    """Give each of *wanted* (`ACTORS`) and its ancestors, itself first.

    A process that nothing names gives an empty chain. Ancestors whose start was not seen end it.
    """
    made: list[list[Known]] = [[] for _ in range(wanted.num_rows)]
    follow = list(range(wanted.num_rows))
    for generation in range(generations + 1):
        found = resolve(tables, wanted)
        rows, asked = found.rows.to_pylist(), wanted.to_pylist()
        for number, row in enumerate(follow):
            if row < 0:
                continue
            at = int(found.at[row])
            if at >= 0:
                start = rows[at]
                made[number].append(
                    Known(
                        start["host"].lower(),
                        start["key"],
                        start["pid"],
                        start["time"],
                        start["image"],
                        True,
                    )
                )
            else:
                one = asked[row]
                if one["key"] or (one["pid"] >= 0 and one["time"] != NO_TIME):
                    made[number].append(
                        Known(
                            one["host"].lower(),
                            one["key"],
                            one["pid"],
                            one["time"],
                            one["image"],
                            False,
                        )
                    )
            follow[number] = at
        if generation == generations or not found.rows.num_rows:
            break
        wanted = parents(found.rows)
    return [tuple(chain) for chain in made]


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
        room = _UNSEEN if image else SAME_START
        several.sort(key=lambda one: one.time)
        first, last = several[0], several[0].time
        for one in several:
            if one.time - last > room:
                first = one
            last = one.time
            names[one] = f"{host}|{pid}@{first.time}{image}"
    keys = {one.key: name for one, name in names.items() if one.key and one.seen}
    return {
        one: keys.get(one.key, name) if one.key and not one.seen else name
        for one, name in names.items()
    }
