"""Suspicions, and the hits of rules, that belong together, as one story in order of time.

Rule 1. Suspicions belong together when they are about one process, one file or one process that
another touched, on one host; or when the process of one descends from that of another.
Rule 2. A hit belongs to a story when its process is one of the story's, or descends from one.
Programs that everything descends from (the shell, the service host) pass nothing on.
Rule 3. What comes out follows from the sets of suspicions and hits alone.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.analytics.known import programs
from sidelight.analytics.suspicion import Cited, Suspicion
from sidelight.findings.ancestry import chains, identities
from sidelight.findings.cells import plain
from sidelight.findings.starts import actors as build_actors
from sidelight.schema import strings


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
    suspicions: Sequence[Suspicion], hits: pa.Table, processes: Sequence[pa.Table]
) -> list[Story]:
    """Sort suspicions and hits into stories, in order of their first suspicion."""
    if not suspicions:
        return []
    book = _Book.of(suspicions, hits, processes)
    groups = _Groups()
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
    return _stories(suspicions, book, groups)


def _stories(suspicions: Sequence[Suspicion], book: "_Book", groups: _Groups) -> list[Story]:
    held: defaultdict[str, list[int]] = defaultdict(list)
    for number in range(len(suspicions)):
        held[groups.root(f"s{number}")].append(number)
    joined: defaultdict[str, list[int]] = defaultdict(list)
    for row, names in enumerate(book.hits):
        name = next((name for name in names if name in book.suspects), None)
        if name is not None:
            joined[groups.root(f"p{name}")].append(row)
    return [
        Story(
            tuple(sorted((suspicions[each] for each in some), key=_weight)),
            tuple(joined.get(root, ())),
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
        hits: of each hit, the names that tie it to a story.
        keys: (host, key) to name.
    """

    chain: Sequence[Sequence[tuple[str, ...]]]
    suspects: frozenset[str]
    roots: frozenset[str]
    hits: Sequence[tuple[str, ...]]
    keys: Mapping[tuple[str, str], str]

    @classmethod
    def of(
        cls, suspicions: Sequence[Suspicion], hits: pa.Table, processes: Sequence[pa.Table]
    ) -> "_Book":
        asked: list[tuple[str, str, int, str]] = []
        owners: list[int] = []
        for number, suspicion in enumerate(suspicions):
            for host, cited, key in _actors(suspicion):
                asked.append(_ask(host, key, cited.time, cited.image))
                owners.append(number)
        names = ("host", "process", "image")
        columns = [plain(hits.column(name)).to_pylist() for name in names]
        times = hits.column("time").to_numpy().tolist()
        near = {suspicion.host.lower() for suspicion in suspicions}
        both = [
            *asked,
            *(
                _ask(host, process, time, image) if host.lower() in near else _NOBODY
                for host, process, image, time in zip(*columns, times, strict=True)
            ),
        ]
        distinct = list(dict.fromkeys(both))
        lines = chains(processes, _wanted(distinct))
        naming = identities(list(dict.fromkeys(one for line in lines for one in line)))
        spelled = {
            ask: tuple((naming.get(one, ""), one) for one in line)
            for ask, line in zip(distinct, lines, strict=True)
        }
        chain: list[list[tuple[str, ...]]] = [[] for _ in suspicions]
        suspects: set[str] = set()
        for number, ask in zip(owners, asked, strict=True):
            line = spelled[ask]
            chain[number].append(tuple(name for name, _ in line if name))
            suspects.update(name for name, one in line[:1] if name)
        roots = {name for line in spelled.values() for name, one in line if _is_root(one.image)}
        tied = [
            tuple(
                name
                for depth, (name, _) in enumerate(spelled[ask])
                if name and (depth == 0 or name not in roots)
            )
            for ask in both[len(asked) :]
        ]
        keys = {
            (one.host, one.key): name for line in spelled.values() for name, one in line if one.key
        }
        return cls(chain, frozenset(suspects), frozenset(roots), tied, keys)

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


_NOBODY: Final = ("", "", 0, "")


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
