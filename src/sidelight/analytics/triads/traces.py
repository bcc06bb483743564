r"""What a Windows host noted of programs: prefetch, Amcache, shim cache.

A trace tells of the volume that it lies on, as ``Windows\Prefetch`` does at its root; those of one
host are never held against the files of another one in the same evidence.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import field
from typing import Final

import pyarrow as pa

from sidelight.findings.cells import coded_texts
from sidelight.schema import NO_TIME, SEPARATOR
from sidelight.values import dataclass

_SORTS: Final = {"prefetch": "", "amcache": "Amcache", "shimcache": "shim cache"}
_HOME: Final = re.compile(
    r"(.*[/!]|)windows/(?:prefetch|appcompat/programs|system32/config)/[^/!]+$", re.DOTALL
)
_DRIVE: Final = re.compile(r"(?:\\\?\?\\|\\\\\?\\)?c:\\", re.IGNORECASE)
_LATELY: Final = 30 * 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class Trail:
    """What is noted of one program.

    Args:
        run: a prefetch says that it was run.
        last: of the runs, UTC nanoseconds; `NO_TIME` where that is not known.
        is_late: the last run was not long before the newest trace of the host.
        loaded: files that it read, folded, from the root of the volume on.
        noticed: what else has it.
        programs: how many prefetch files the host has.
        root: of the volume, as sources begin.
    """

    run: bool = False
    last: int = NO_TIME
    is_late: bool = False
    loaded: frozenset[str] = frozenset()
    noticed: str = ""
    programs: int = 0
    root: str = ""

    def has_read(self, source: str) -> bool:
        """Tell whether the program read a file."""
        return _folded(source).removeprefix(self.root) in self.loaded


NO_TRAIL: Final = Trail()


@dataclass(slots=True)
class _Volume:
    """What the traces of one volume say, by path from its root on, folded."""

    last: dict[str, int] = field(default_factory=dict)
    loaded: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    noticed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    programs: int = 0

    def trail(self, path: str, root: str) -> Trail:
        """Give what is noted of the program at *path*."""
        last = self.last.get(path, NO_TIME)
        newest = max(self.last.values(), default=NO_TIME)
        return Trail(
            path in self.last,
            last,
            last != NO_TIME and newest - last <= _LATELY,
            frozenset(self.loaded.get(path, ())),
            " and ".join(sorted(self.noticed.get(path, ()))),
            self.programs,
            root,
        )


@dataclass(frozen=True, slots=True)
class Traces:
    """All traces of a run, by the root of the volume, as sources begin, folded."""

    volumes: Mapping[str, _Volume]

    def of(self, source: str) -> Trail:
        """Give what is noted of the program at *source*."""
        bare = _folded(source)
        roots = [root for root in self.volumes if bare.startswith(root)]
        root = max(roots, key=len, default=None)
        return NO_TRAIL if root is None else self.volumes[root].trail(bare[len(root) :], root)


def read_traces(table: pa.Table) -> Traces:
    """Gather the traces among united `FILES`; those outside of Windows' folders tell of nothing."""
    texts = {
        name: coded_texts(table.column(name)) for name in ("sort", "source", "path", "members")
    }
    times = table.column("time").to_numpy()
    found: defaultdict[str, _Volume] = defaultdict(_Volume)

    def cell(name: str, row: int) -> str:
        codes, values = texts[name]
        return values[codes[row]] if codes[row] >= 0 else ""

    for row in range(table.num_rows):
        sort = cell("sort", row)
        home = _HOME.match(_folded(cell("source", row))) if sort in _SORTS else None
        if home is None:
            continue
        volume = found[home[1]]
        path = _folded(_DRIVE.sub("", cell("path", row)))
        if sort != "prefetch":
            volume.noticed[path].add(_SORTS[sort])
            continue
        volume.programs += 1
        volume.loaded[path].update(map(_folded, cell("members", row).split(SEPARATOR)))
        volume.last[path] = max(volume.last.get(path, NO_TIME), int(times[row]))
    return Traces(dict(found))


def _folded(path: str) -> str:
    return path.replace("\\", "/").lower()
