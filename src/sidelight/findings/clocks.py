"""How far the clock of a look at a host is from that of the host's logs.

A process has one start. Where a log and a look at the host both tell of it, the difference of
their times is that of their clocks, plus the moment between fork and exec. A PID is used again,
so single differences mislead: what many processes agree upon counts. Many may agree and mislead as
well: a host or a container that is started again gives its services the PIDs they had before, in
the same order. They start within moments, so clocks are apart only where starts lie far apart.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sidelight.findings.cells import coded_texts, numbers
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

LEAST: Final = 3
"""So many processes have to agree."""

NEAR: Final = 1_000_000_000
"""Clocks that differ by less are the same: a process is forked before it executes a program."""

ROOM: Final = 2_000_000_000
"""Differences within so many nanoseconds agree."""

SPREAD: Final = 60_000_000_000
"""Starts within so many nanoseconds may be those of one restart."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How the clock of a look at a host compares with its logs.

    Args:
        host: folded.
        offset: nanoseconds that the look is ahead of the logs; None where too little tells.
        agreed: how many processes agree upon it.
        compared: how many processes both tell of.
    """

    host: str
    offset: int | None
    agreed: int
    compared: int

    @property
    def restarted(self) -> bool:
        """Whether it is not known because what agrees may come of a restart."""
        return self.offset is None and _sure(self.agreed, self.compared)

    @property
    def apart(self) -> bool:
        """Whether the clocks are known to differ, or it is not known that they do not."""
        return self.offset is None or abs(self.offset) >= NEAR


@dataclass(frozen=True, slots=True)
class Looks:
    """Sources that are looks at a host, and how far their clocks are ahead of the logs.

    Args:
        sources: names of evidence files.
        ahead: nanoseconds, by folded host; a host that is missing is not known to be ahead.
    """

    sources: frozenset[str] = frozenset()
    ahead: Mapping[str, int] = field(default_factory=dict)

    def when(self, host: str, source: str, time: int) -> int:
        """Give a time as the clock of the host's logs would have told it."""
        known = source in self.sources and time != NO_TIME
        return time - self.ahead.get(host.lower(), 0) if known else time

    def aligned(self, table: pa.Table) -> pa.Table:
        """Give a table with columns host, source and time, with times as logs would have them."""
        if not self.ahead or not table.num_rows:
            return table
        host, hosts = coded_texts(table.column("host"))
        source, sources = coded_texts(table.column("source"))
        ahead = np.array([self.ahead.get(name.lower(), 0) for name in hosts] + [0], np.int64)
        looks = np.array([name in self.sources for name in sources] + [False], bool)
        time = table.column("time").to_numpy()
        known = looks[source] & (time != NO_TIME)
        at = table.column_names.index("time")
        return table.set_column(at, "time", numbers(np.where(known, time - ahead[host], time)))


def looks_of(clocks: Iterable[Clock], sources: frozenset[str]) -> Looks:
    """Give what is needed to align *sources* by *clocks*."""
    return Looks(sources, {one.host: one.offset for one in clocks if one.offset})


def read_clocks(processes: Iterable[pa.Table], looks: frozenset[str]) -> tuple[Clock, ...]:
    """Compare clocks on every host of which logs and a look tell of the same processes.

    Args:
        processes: tables of `PROCESSES`, read twice.
        looks: sources that are looks at a host; all others are logs.
    """
    if not looks:
        return ()
    tables = list(processes)
    seen = _starts(tables, looks, None)
    pids = frozenset(pid for _, pid, _ in seen)
    logged = _starts(tables, looks, pids) if pids else {}
    apart: defaultdict[str, list[list[tuple[int, int]]]] = defaultdict(list)
    for (host, pid, name), times in seen.items():
        others = logged.get((host, pid, name), ())
        found = [(time - other, time) for time in times for other in others]
        if found:
            apart[host].append(found)
    return tuple(_clock(host, each) for host, each in sorted(apart.items()))


def _starts(
    tables: Sequence[pa.Table], looks: frozenset[str], pids: frozenset[int] | None
) -> Mapping[tuple[str, int, str], set[int]]:
    """Give starts by host, PID and program: those of looks, or those of logs with some *pids*."""
    found: defaultdict[tuple[str, int, str], set[int]] = defaultdict(set)
    wanted = None if pids is None else pa.array(sorted(pids), pa.int64())
    for table in tables:
        keep = pc.invert(table.column("ended"))
        looked = pc.is_in(table.column("source").cast(pa.string()), pa.array(sorted(looks)))
        keep = pc.and_(keep, looked if wanted is None else pc.invert(looked))
        if wanted is not None:
            keep = pc.and_(keep, pc.is_in(table.column("pid"), wanted))
        some = table.filter(keep)
        host, hosts = coded_texts(some.column("host"))
        image, images = coded_texts(some.column("image"))
        folded = [text.lower() for text in hosts]
        names = [_name(text) for text in images]
        pid, time = some.column("pid").to_numpy(), some.column("time").to_numpy()
        for row in range(some.num_rows):
            name = names[image[row]]
            if name and pid[row] >= 0 and time[row] != NO_TIME:
                found[folded[host[row]], int(pid[row]), name].add(int(time[row]))
    return found


def _name(image: str) -> str:
    return image.lower().replace("\\", "/").rpartition("/")[2]


def _sure(agreed: int, compared: int) -> bool:
    return agreed >= LEAST and 2 * agreed > compared


def _clock(host: str, apart: Sequence[Sequence[tuple[int, int]]]) -> Clock:
    """Find the stretch of differences upon which most processes agree, the one nearest to none.

    Args:
        host: folded.
        apart: of each process its differences, each with the time of its start in the look.
    """
    every = sorted((each, process, at) for process, some in enumerate(apart) for each, at in some)
    inside: Counter[int] = Counter()
    best, begin = (0, 0), 0
    stretch = range(0)
    for end, (each, process, _) in enumerate(every):
        inside[process] += 1
        while each - every[begin][0] > ROOM:
            inside[every[begin][1]] -= 1
            if not inside[every[begin][1]]:
                del inside[every[begin][1]]
            begin += 1
        found = len(inside), -min(abs(each), abs(every[begin][0]))
        if found > best or not stretch:
            best, stretch = found, range(begin, end + 1)
    agreed = best[0]
    from statistics import median_low  # noqa: PLC0415 - not for few starts

    middle = median_low([every[at][0] for at in stretch])
    starts = [every[at][2] for at in stretch]
    sound = abs(middle) < NEAR or max(starts) - min(starts) >= SPREAD
    known = sound and _sure(agreed, len(apart))
    return Clock(host, middle if known else None, agreed, len(apart))
