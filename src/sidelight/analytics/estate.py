"""What a run knows of an estate: who signs what, what lies where, what is loaded on how many hosts.

Every question is answered from facts, without case.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from itertools import islice
from typing import Final, Self

import numpy as np
import pyarrow as pa

from sidelight.analytics.knowledge import NOTHING, Knowledge
from sidelight.analytics.known import programs
from sidelight.analytics.loads import settle_loads
from sidelight.analytics.paths import Place, Zone, is_beside, place_of
from sidelight.analytics.sieve import VALID, sieve, sieve_writes
from sidelight.analytics.suspicion import Cited
from sidelight.analytics.writes import is_blob, settle_writes
from sidelight.findings.cells import Ints, coded_texts
from sidelight.findings.order import sort_rows
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

_VOID: Final = frozenset({"", "-", "?", "n/a", "unknown"})
CITED: Final = 20
"""So many of the loads that are alike are cited, the earliest."""

_SIBLINGS: Final = 100
"""Enough to see what is usual in a folder; a folder may hold as many as an intruder likes."""


@dataclass(frozen=True, slots=True)
class Load:
    """Loads of one library by one executable on one host, the earliest of them cited.

    Args:
        host: folded; *spelled* is as the earliest event has it.
        signed: True, False, or None where the source does not say.
        original: name in the version resource; "" where the source does not say.
        bare: the source says that there is no version resource.
        rows: the loads, the earliest first, some at most.
        processes: keys of processes that did it, the earliest first, some at most.
    """

    host: str
    spelled: str
    image: Place
    library: Place
    signed: bool | None
    signer: str
    status: str
    original: str
    company: str
    bare: bool
    rows: tuple[Cited, ...]
    processes: tuple[str, ...]

    @property
    def cited(self) -> Cited:
        """The earliest of the loads."""
        return self.rows[0]

    @property
    def trusted(self) -> bool:
        """Signed, and the signature holds as far as is said."""
        return self.signed is True and self.status.lower() in VALID

    @property
    def broken(self) -> bool:
        """Not signed, or the signature does not hold."""
        return self.signed is not None and not self.trusted

    @property
    def flaw(self) -> str:
        """What is wrong with the signature of one that is `broken`."""
        return "unsigned" if self.signed is False else "badly signed"


@dataclass(frozen=True, slots=True)
class Write:
    """A file that was written.

    Args:
        rows: the events that tell of it, the earliest first.
    """

    host: str
    spelled: str
    target: Place
    image: Place
    via: str
    rows: tuple[Cited, ...]
    origin: str = ""

    @property
    def cited(self) -> Cited:
        """The earliest of the events."""
        return self.rows[0]


@dataclass(slots=True)
class Batch:
    """What one process wrote into one folder.

    Args:
        paths: folded.
        program: the earliest executable, if any.
        blob: the earliest file that is neither code nor plain, if any.
    """

    paths: set[str] = field(default_factory=set)
    program: Write | None = None
    blob: Write | None = None

    def add(self, write: Write) -> None:
        """Count a file in."""
        self.paths.add(write.target.path)
        if write.target.name.endswith(".exe"):
            self.program = _earlier(write, self.program)
        elif is_blob(write.target.name):
            self.blob = _earlier(write, self.blob)


def _earlier(write: Write, known: Write | None) -> Write:
    return write if known is None or write.cited.place < known.cited.place else known


@dataclass(slots=True)
class Estate:
    """Indexes over the facts of a run; hosts and paths are folded."""

    loads: list[Load] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    selves: dict[tuple[str, str], Load] = field(default_factory=dict)
    homes: set[str] = field(default_factory=set)
    heard: frozenset[tuple[str, str]] = frozenset()
    managed: frozenset[tuple[str, str]] = frozenset()
    at_home: dict[tuple[str, str, str], Load] = field(default_factory=dict)
    folders: dict[tuple[str, str], dict[str, Load]] = field(default_factory=dict)
    by_image: dict[tuple[str, str], dict[str, Load]] = field(default_factory=dict)
    written: dict[tuple[str, str], list[Write]] = field(default_factory=dict)
    batches: dict[tuple[str, str, str], Batch] = field(default_factory=dict)
    pairs: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    known: Knowledge = NOTHING

    @classmethod
    def of(cls, loads: pa.Table, writes: pa.Table) -> Self:
        """Index united `LOADS` and `WRITES`."""
        settled = settle_loads(loads)
        sieved = sieve(settled)
        estate = cls(homes=set(sieved.homes), heard=sieved.heard, managed=sieved.managed)
        paths: set[str] = set()
        for load in _loads(settled.take(sieved.rows)):
            estate._note(load)
            paths.add(load.library.path)
        written: defaultdict[tuple[str, str], list[Write]] = defaultdict(list)
        settled = settle_writes(writes)
        for write in _writes(settled.take(sieve_writes(settled, estate.homes, paths))):
            estate.writes.append(write)
            written[write.host, write.target.path].append(write)
            if write.cited.process:
                batch = write.host, write.cited.process, write.target.folder
                estate.batches.setdefault(batch, Batch()).add(write)
        for writes_of_one in written.values():
            writes_of_one.sort(key=_written_at)
        estate.written = dict(written)
        return estate

    def _note(self, load: Load) -> None:
        host, image, library = load.host, load.image, load.library
        if library.path == image.path:
            known = self.selves.get((host, image.path))
            if known is None or (known.signed is None and load.signed is not None):
                self.selves[host, image.path] = _joined(load, known)
            elif known.signed is not None:
                self.selves[host, image.path] = _joined(known, load)
            return
        self.loads.append(load)
        if library.zone is Zone.SYSTEM and load.trusted:
            self.at_home[host, image.path, library.name] = load
        self.folders.setdefault((host, library.folder), {}).setdefault(library.path, load)
        self.by_image.setdefault((host, image.path), {}).setdefault(library.path, load)
        self.pairs.setdefault(pair_of(load), set()).add(host)

    def self_of(self, load: Load) -> Load | None:
        """Give what is known of the executable that loaded."""
        return self.selves.get((load.host, load.image.path))

    def siblings(self, load: Load) -> list[Load]:
        """Give other libraries out of the same folder, one of each path, `_SIBLINGS` at most."""
        some = self.folders.get((load.host, load.library.folder), {})
        others = (each for path, each in some.items() if path != load.library.path)
        return list(islice(others, _SIBLINGS))

    def below(self, load: Load) -> list[Load]:
        """Give other libraries that its program loads from its own folder and below, once each."""
        some = self.by_image.get((load.host, load.image.path), {})
        others = (
            other
            for path, other in some.items()
            if path != load.library.path and is_beside(other.library, load.image)
        )
        return list(islice(others, _SIBLINGS))

    def hosts_of(self, load: Load) -> int:
        """Count the hosts on which this program loads this library from a place of this sort."""
        return len(self.pairs.get(pair_of(load), ()))

    def drop_of(self, load: Load) -> Write | None:
        """Give the last write of the library before it was loaded, as far as times are known."""
        writes = self.written.get((load.host, load.library.path), [])
        at = bisect_right(writes, load.cited.time, key=_written_at)
        last = writes[at - 1] if at else None
        return None if last is None or last.cited.time == NO_TIME else last

    def is_managed(self, host: str, image: str) -> bool | None:
        """Tell whether a program loaded .NET; None where its loads are not logged."""
        place = place_of(image)
        if place.name in programs("powershell-hosts"):
            return True
        program = host.lower(), place.path
        return program in self.managed if program in self.heard else None

    def origins_of(self, host: str, path: str) -> tuple[str, ...]:
        """Name the addresses from which a file was written over the network."""
        found = (write.origin.lower() for write in self.written.get((host, path), ()))
        return tuple(dict.fromkeys(filter(None, found)))

    def batch_of(self, write: Write) -> Batch:
        """Give what its process wrote into its folder; nothing where that is not known."""
        batch = write.host, write.cited.process, write.target.folder
        return self.batches.get(batch, Batch())


def _written_at(write: Write) -> int:
    return write.cited.time


def pair_of(load: Load) -> tuple[str, str, str]:
    """Name what is compared across hosts: program, library and its place, and who signed it."""
    signer = load.signer.lower() if load.trusted else ""
    return load.image.name, f"{load.library.zone}|{load.library.name}", signer


def is_void(text: str) -> bool:
    """Tell whether a cell says nothing, as Sysmon of several versions writes it."""
    return text.strip().lower() in _VOID


def _joined(load: Load, other: Load | None) -> Load:
    """Fill what *load* does not know of an executable from *other*."""
    if other is None or (load.original and load.company):
        return load
    return replace(
        load, original=load.original or other.original, company=load.company or other.company
    )


JUDGED: Final = ("host", "image", "library", "signed", "signer", "status", "original", "company")
"""What makes loads alike, without case."""

_TEXTS: Final = (
    *JUDGED,
    "hashes",
    "process",
    "source",
    "channel",
    "event_id",
)


def _loads(table: pa.Table) -> Iterable[Load]:
    """Group loads by what they are; the earliest of each is what is cited."""
    if not table.num_rows:
        return
    columns = {name: coded_texts(table.column(name)) for name in _TEXTS}
    time, record = table.column("time").to_numpy(), table.column("record").to_numpy()
    keys = [_folded_codes(columns[name]) for name in JUDGED]
    order, _ = sort_rows([*keys, time, columns["source"][0], record])
    fresh = np.ones(len(order), bool)
    fresh[1:] = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
    begins = np.append(np.flatnonzero(fresh), len(order))
    place = {name: columns[name] for name in ("process", "image", "source", "channel", "event_id")}
    for begin, end in zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True):
        rows = order[begin : min(end, begin + CITED)].tolist()
        cell = _cells(columns, rows[0])
        shown = _shown(cell)
        cited = tuple(
            _cite(_cells(place, row), int(time[row]), int(record[row]), shown) for row in rows
        )
        yield _load(cell, cited)


def _cells(columns: Mapping[str, tuple[Ints, list[str]]], row: int) -> dict[str, str]:
    return {
        name: texts[codes[row]] if codes[row] >= 0 else ""
        for name, (codes, texts) in columns.items()
    }


def _cite(
    cell: Mapping[str, str], time: int, record: int, shown: tuple[tuple[str, str], ...]
) -> Cited:
    return Cited(
        cell["source"],
        record,
        cell["channel"],
        cell["event_id"],
        time,
        cell["process"],
        cell["image"],
        shown,
    )


def _folded_codes(column: tuple[Ints, list[str]]) -> Ints:
    codes, texts = column
    number: dict[str, int] = {}
    folded = np.array([number.setdefault(text.lower(), len(number)) for text in texts] or [0])
    return folded[codes].astype(np.int64)


def _shown(cell: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    shown = (
        ("Image", cell["image"]),
        ("ImageLoaded", cell["library"]),
        ("Signed", cell["signed"]),
        ("Signature", cell["signer"]),
        ("SignatureStatus", cell["status"]),
        ("OriginalFileName", cell["original"]),
        ("Company", cell["company"]),
        ("Hashes", cell["hashes"]),
    )
    return tuple((name, text) for name, text in shown if text)


def _load(cell: Mapping[str, str], rows: tuple[Cited, ...]) -> Load:
    said = cell["company"] or cell["original"]
    return Load(
        host=cell["host"].lower(),
        spelled=cell["host"],
        image=place_of(cell["image"]),
        library=place_of(cell["library"]),
        signed={"true": True, "false": False}.get(cell["signed"].lower()),
        signer="" if is_void(cell["signer"]) else cell["signer"],
        status=cell["status"],
        original="" if is_void(cell["original"]) else cell["original"],
        company="" if is_void(cell["company"]) else cell["company"],
        bare=bool(said) and is_void(cell["company"]) and is_void(cell["original"]),
        rows=rows,
        processes=tuple(dict.fromkeys(row.process for row in rows if row.process)),
    )


def _writes(table: pa.Table) -> Iterable[Write]:
    names = ("host", "process", "image", "source", "channel", "event_id", "target", "via", "origin")
    columns = {name: coded_texts(table.column(name)) for name in names}
    time, record = table.column("time").to_numpy(), table.column("record").to_numpy()
    for row in range(table.num_rows):
        cell = _cells(columns, row)
        shown = (("Image", cell["image"]), ("TargetFilename", cell["target"]))
        cited = _cite(
            cell, int(time[row]), int(record[row]), tuple(pair for pair in shown if pair[1])
        )
        target, image = place_of(cell["target"]), place_of(cell["image"])
        host = cell["host"]
        yield Write(host.lower(), host, target, image, cell["via"], (cited,), cell["origin"])
