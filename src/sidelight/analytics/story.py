"""Suspicions, and the hits of rules, that belong together, as one story in order of time.

Rule 1. Suspicions belong together when they are about one process, one file or one process that
another touched, on one host; or when the process of one descends from that of another. So do
those of several surfaces about one file (`sidelight.analytics.sightings`).
Rule 2. A hit belongs to a story when its process is one of the story's, or descends from one; or
when it is of the very event of a look, since memory may not tell when its process was started.
For the same reason a PID in one dump or image, or on a running host, is one process.
In both rules, programs that everything descends from (the shell, the service host) pass nothing on.
Rule 3. What comes out follows from the sets of suspicions and hits alone.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.analytics.columns import YARA
from sidelight.analytics.known import programs
from sidelight.analytics.sightings import shared
from sidelight.analytics.suspicion import Cited, Suspicion
from sidelight.findings.ancestry import Chains, Known, chains, identities
from sidelight.findings.cells import Ints, Rows, coded, coded_texts, listed
from sidelight.findings.clocks import Looks
from sidelight.findings.sheet import distinct_actors
from sidelight.findings.starts import ACTORS
from sidelight.findings.starts import actors as build_actors
from sidelight.findings.surface import HOST, surface_of
from sidelight.schema import strings
from sidelight.values import dataclass

_NO_LOOKS: Final = Looks()


@dataclass(frozen=True, slots=True)
class Story:
    """Suspicions that belong together.

    Args:
        suspicions: heaviest first.
        hits: row numbers of hits of rules that belong to it, ascending.
    """

    suspicions: tuple[Suspicion, ...]
    hits: tuple[int, ...]


class _Groups:
    """Sets that are united as links between their members are found."""

    def __init__(self) -> None:
        self._up: dict[str, str] = {}

    def root(self, name: str) -> str:
        up = self._up.setdefault(name, name)
        while up != self._up[up]:
            self._up[up] = self._up[self._up[up]]
            up = self._up[up]
        return up

    def unite(self, one: str, other: str) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        self._up[second] = first


def tell(
    suspicions: Sequence[Suspicion],
    hits: pa.Table,
    processes: Sequence[pa.Table],
    looks: Looks = _NO_LOOKS,
) -> list[Story]:
    """Sort suspicions and hits into stories, in order of their first suspicion.

    Args:
        suspicions: in canonical order.
        hits: united `HITS`.
        processes: tables of `PROCESSES`.
        looks: how to read the times of looks at hosts.
    """
    if not suspicions:
        return []
    starts = [looks.aligned(table) for table in processes]
    book = _Book.of(suspicions, looks.aligned(hits), starts, looks)
    groups = _Groups()
    for number, names in enumerate(shared(suspicions)):
        for name in names:
            groups.unite(f"s{number}", f"f{name}")
    for number, name in _snapshots(suspicions):
        groups.unite(f"s{number}", f"m{name}")
    for number, suspicion in enumerate(suspicions):
        node = f"s{number}"
        for thing in suspicion.things:
            groups.unite(node, f"t{suspicion.host.lower()}|{thing.lower()}")
        for name in book.mine(number):
            groups.unite(node, f"p{name}")
        for name in book.above(number):
            if name in book.suspects and name not in book.roots:
                groups.unite(node, f"p{name}")
        for name in book.touched(suspicion):
            groups.unite(node, f"p{name}")
    return _stories(suspicions, book, groups, _hits_of_looks(suspicions, hits))


def _snapshots(suspicions: Sequence[Suspicion]) -> Iterator[tuple[int, str]]:
    """Name the processes that looks and matches in memory are about: number of each, and name.

    What YARA matches in the memory of a running process is of the one look at its host, where
    there is one only.
    """
    live: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for number, one in enumerate(suspicions):
        row = one.rows[0]
        if row.channel not in {HOST, YARA} or not row.process.startswith("pid:"):
            continue
        source = row.source.removeprefix("yara:")
        place = f"{one.host.lower()}|{row.process}|"
        running = source.startswith("/proc/") or surface_of(row.channel, _origin(row)) == "live"
        if running and one.host and row.image:
            live[place + row.image][number] = "" if row.channel == YARA else source
        else:
            yield number, place + source
    for name, some in live.items():
        if len({source for source in some.values() if source}) <= 1:
            yield from ((number, name) for number in some)


def _origin(row: Cited) -> str:
    return dict(row.fields).get("Origin", "")


def _hits_of_looks(suspicions: Sequence[Suspicion], hits: pa.Table) -> Mapping[int, list[int]]:
    """Give the hits of events of looks that suspicions rest on, by number of the suspicion."""
    places: dict[tuple[str, int], int] = {}
    for number, one in enumerate(suspicions):
        for row in one.rows:
            if row.channel == HOST:
                places.setdefault((row.source, row.record), number)
    found: defaultdict[int, list[int]] = defaultdict(list)
    if places:
        source, sources = coded_texts(hits.column("source"))
        looks = {name for name, _ in places}
        some = np.flatnonzero(np.array([*(name in looks for name in sources), False])[source])
        record = hits.column("record").to_numpy()
        for at in some.tolist():
            owner = places.get((sources[source[at]], int(record[at])))
            if owner is not None:
                found[owner].append(at)
    return found


def _stories(
    suspicions: Sequence[Suspicion],
    book: "_Book",
    groups: _Groups,
    seen: Mapping[int, Sequence[int]],
) -> list[Story]:
    held: defaultdict[str, list[int]] = defaultdict(list)
    for number in range(len(suspicions)):
        held[groups.root(f"s{number}")].append(number)
    joined: defaultdict[str, set[int]] = defaultdict(set)
    for name, rows in book.hits.items():
        joined[groups.root(f"p{name}")].update(rows)
    taken = {row for rows in joined.values() for row in rows}
    for number, rows in seen.items():
        joined[groups.root(f"s{number}")].update({*rows} - taken)
    return [
        Story(
            tuple(sorted((suspicions[each] for each in some), key=_weight)),
            tuple(sorted(joined.get(root, ()))),
        )
        for root, some in sorted(held.items(), key=lambda item: item[1])
    ]


def _weight(suspicion: Suspicion) -> tuple[int, str, str, str]:
    return (-suspicion.points, suspicion.analytic, suspicion.title, suspicion.host)


@dataclass(frozen=True, slots=True)
class _Book:
    """Names of processes.

    Args:
        chain: of each suspicion, for each of its actors the names of it and its ancestors.
        suspects: names of processes that suspicions are about.
        roots: names of those that pass nothing on to children.
        hits: the rows of hits that each of the suspects did, or what descends from it.
        keys: (host, key) to name.
    """

    chain: Sequence[Sequence[tuple[str, ...]]]
    suspects: frozenset[str]
    roots: frozenset[str]
    hits: Mapping[str, Sequence[int]]
    keys: Mapping[tuple[str, str], str]

    @classmethod
    def of(
        cls,
        suspicions: Sequence[Suspicion],
        hits: pa.Table,
        processes: Sequence[pa.Table],
        looks: Looks,
    ) -> "_Book":
        asked: list[tuple[str, str, int, str]] = []
        owners: list[int] = []
        for owner, suspicion in enumerate(suspicions):
            for host, cited, key in _actors(suspicion):
                time = looks.when(host, cited.source, cited.time)
                asked.append(_ask(host, key, time, cited.image))
                owners.append(owner)
        rows, number, acted = _acted(hits, {one.host.lower() for one in suspicions})
        lines = chains(processes, pa.concat_tables([_wanted(asked), acted]).combine_chunks())
        mine = [lines.line(row) for row in range(len(asked))]
        theirs = _lines(lines, len(asked), mine)
        known = dict.fromkeys(one for line in (*mine, *lines.starts, *theirs) for one in line)
        naming = identities(list(known))
        roots = {name for one, name in naming.items() if name and _is_root(one.image)}
        chain: list[list[tuple[str, ...]]] = [[] for _ in suspicions]
        suspects = {naming[line[0]] for line in mine if line and line[0] in naming}
        for owner, line in zip(owners, mine, strict=True):
            chain[owner].append(tuple(naming[one] for one in line if one in naming))
        tied = [
            next(
                (
                    naming[one]
                    for depth, one in enumerate(line)
                    if naming.get(one) in suspects and (depth == 0 or naming[one] not in roots)
                ),
                "",
            )
            for line in theirs
        ]
        joined: defaultdict[str, list[int]] = defaultdict(list)
        told = np.array([bool(name) for name in tied], bool)[number]
        for row, actor in zip(rows[told].tolist(), number[told].tolist(), strict=True):
            joined[tied[actor]].append(row)
        keys = {(one.host, one.key): name for one, name in naming.items() if one.key}
        return cls(chain, frozenset(suspects), frozenset(roots), joined, keys)

    def mine(self, number: int) -> list[str]:
        return [line[0] for line in self.chain[number] if line]

    def above(self, number: int) -> list[str]:
        return [name for line in self.chain[number] for name in line[1:]]

    def touched(self, suspicion: Suspicion) -> list[str]:
        found = (self.keys.get((suspicion.host.lower(), thing)) for thing in suspicion.things)
        return [name for name in found if name]


def _actors(suspicion: Suspicion) -> list[tuple[str, Cited, str]]:
    rows = {row.process: row for row in reversed(suspicion.rows) if row.process}
    lead = suspicion.rows[0]
    return [(suspicion.host, rows.get(key, lead), key) for key in suspicion.actors]


def _acted(hits: pa.Table, near: set[str]) -> tuple[Rows, Ints, pa.Table]:
    """Give the hits on some hosts, the number of who did each, and who that is (`ACTORS`)."""
    host, hosts = coded(hits.column("host"))
    folded = [text.lower() for text in listed(hosts)]
    rows = np.flatnonzero(np.array([*(text in near for text in folded), False])[host])
    if not len(rows):
        return rows, np.empty(0, np.int64), ACTORS.empty_table()
    number = {text: at for at, text in enumerate(dict.fromkeys(folded))}
    same = np.array([number[text] for text in folded], np.int64)[host[rows]]
    some = hits.select(["host", "process", "image"]).take(rows)
    return rows, *distinct_actors(some, same, hits.column("time").to_numpy()[rows])


def _lines(lines: Chains, begin: int, mine: Sequence[tuple[Known, ...]]) -> list[tuple[Known, ...]]:
    """List the processes of hits with their ancestors.

    One whose start was not seen is nobody unless something of *mine* may be the same: there may be
    one for each hit.
    """
    unseen = {_alike(one) for line in mine for one in line if not one.seen}
    found = []
    for row in range(begin, len(lines.at)):
        line = lines.line(row)
        found.append(line if lines.at[row] >= 0 or (line and _alike(line[0]) in unseen) else ())
    return found


def _alike(one: Known) -> tuple[str, str, int, str]:
    return one.host, one.key, one.pid, one.image.lower() if not one.key else ""


def _ask(host: str, key: str, time: int, image: str) -> tuple[str, str, int, str]:
    """Ask for a process; the time matters for a PID only."""
    return (host, key, time, image) if key.startswith("pid:") else (host, key, 0, image)


def _wanted(asked: Sequence[tuple[str, str, int, str]]) -> pa.Table:
    host, key, time, image = zip(*asked, strict=True) if asked else ((), (), (), ())
    table = pa.table(
        {"host": strings(list(host)), "key": strings(list(key)), "image": strings(list(image))}
    )
    return build_actors(
        table.column("host"), table.column("key"), np.array(time, np.int64), table.column("image")
    )


def _is_root(image: str) -> bool:
    return image.lower().rpartition("\\")[2] in programs("roots")
