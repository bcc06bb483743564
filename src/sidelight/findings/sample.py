"""Which events are kept in full: a sample that does not depend on how the scan was cut.

A hit is in the sample when fewer than `EACH_PROCESS` hits of its rule by its process, and fewer
than `EACH_IMAGE` of its rule by its executable on its host, come before it in (time, source,
record). A worker sees part of the hits, so it ranks no hit worse than the whole does and keeps
at least the sample; `settle` then takes off what it kept beyond that. A worker also sees copies,
which the whole leaves out: what two sources have of one time under one number counts as one.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from itertools import chain, takewhile
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa

from sidelight.findings.cells import Bools, Ints, Rows, Stretch, coded, fold, listed, ranked, repeat
from sidelight.findings.hits import EVENTS, HITS, union
from sidelight.findings.order import numbered, sort_rows
from sidelight.values import dataclass

EACH_PROCESS: Final = 10
EACH_IMAGE: Final = 100

REMEMBERED: Final = 20_000
"""So many places a worker remembers before it begins anew: each takes half a kilobyte."""

_SLICE: Final = 2048
_IMAGE: Final = ("rule", "image")
_NEVER: Final = int(np.iinfo(np.int64).max)
_NAMES: Final = ("host", "rule", "image", "process", "source")

_Place: TypeAlias = tuple[int, str, int]


@dataclass(slots=True)
class _Earliest:
    """The *most* smallest places of each group since it last forgot; *size* of them in all.

    Of a group that was full when it forgot, it knows beyond which place none is wanted.
    """

    most: int
    groups: dict[tuple[str, ...], list[_Place]] = field(default_factory=dict)
    size: int = 0
    _bars: dict[tuple[str, ...], _Place] = field(default_factory=dict)

    def admit(self, group: tuple[str, ...], place: _Place) -> bool:
        """Note *place* if it is among the smallest of its group so far."""
        bar = self._bars.get(group)
        if bar is not None and place > bar:
            return False
        kept = self.groups.setdefault(group, [])
        at = bisect_left(kept, place)
        if at == self.most:
            return False
        if not _is_there(kept, at, place):
            self.size += len(kept) < self.most
            kept.insert(at, place)
            del kept[self.most :]
        return True

    def last(self, group: tuple[str, ...]) -> int:
        """Give the time after which no place of *group* is admitted."""
        kept = self.groups.get(group, [])
        bar = kept[-1] if len(kept) >= self.most else self._bars.get(group)
        return _NEVER if bar is None else bar[0]

    def forget(self) -> None:
        """Begin anew: admits more than with all it knew, and never less."""
        full = {group: kept[-1] for group, kept in self.groups.items() if len(kept) >= self.most}
        bars = self._bars | full
        self._bars = bars if len(bars) <= REMEMBERED else {}
        self.groups, self.size = {}, 0


@dataclass(slots=True)
class Sampler:
    """Remembers what one worker kept, so that it knows what it need not keep."""

    each_process: int = EACH_PROCESS
    each_image: int = EACH_IMAGE
    _images: _Earliest = field(init=False)
    _processes: _Earliest = field(init=False)

    def __post_init__(self) -> None:
        self._images = _Earliest(self.each_image)
        self._processes = _Earliest(self.each_process)

    def choose(self, hits: pa.Table) -> Rows:
        """Tell which rows of *hits* want their full event kept, in ascending order.

        Args:
            hits: of one frame or several, as `HITS`; rows of `MEMBERS` by `as_hits`.
        """
        if self._images.size + self._processes.size > REMEMBERED:
            self._images.forget()
            self._processes.forget()
        alone = _within(hits, self.each_process, self.each_image, each_source=True)
        few = np.flatnonzero(alone & self._may_enter(hits))
        some = hits.select([*_NAMES, "time", "record"]).take(few)
        host, rule, image, process, source = (_texts(some.column(name)) for name in _NAMES)
        times, records = (some.column(name).to_numpy().tolist() for name in ("time", "record"))
        lower = {name: name.lower() for name in set(host)}
        chosen = []
        for number, place in enumerate(zip(times, source, records, strict=True)):
            where = lower[host[number]], rule[number]
            by_image = self._images.admit((*where, image[number]), place)
            if by_image and self._processes.admit((*where, process[number]), place):
                chosen.append(few[number])
        return np.array(chosen, np.intp)

    def _may_enter(self, hits: pa.Table) -> Bools:
        """Mark the hits that are no later than all that is kept of their rule and image."""
        keys = [_folded(hits.column("host")), *(coded(hits.column(n))[0] for n in _IMAGE)]
        group, rows = numbered(keys)
        few = hits.select(["host", *_IMAGE]).take(rows)
        names = zip(*(_texts(column) for column in few.columns), strict=True)
        last = [self._images.last((host.lower(), rule, image)) for host, rule, image in names]
        marks: Bools = hits.column("time").to_numpy() <= np.array(last, np.int64)[group]
        return marks


def _is_there(kept: list[_Place], at: int, place: _Place) -> bool:
    """Tell whether a place of the same time and number is there, about where *place* belongs."""
    time, _, record = place
    before = takewhile(lambda each: each[0] == time, reversed(kept[:at]))
    after = takewhile(lambda each: each[0] == time, kept[at:])
    return any(each[2] == record for each in chain(after, before))


def _texts(column: Stretch) -> list[str]:
    codes, texts = coded(column)
    every = listed(texts)
    return [every[code] for code in codes.tolist()]


def as_hits(members: pa.Table) -> pa.Table:
    """Give rows of `MEMBERS` as `HITS` of their base rules, the group standing for the process."""
    kept = [name for name in HITS.names if name not in {"process", "window"}]
    table = members.select([*kept, "group"]).rename_columns([*kept, "process"])
    window = pa.table({"window": repeat("", members.num_rows)})
    return table.append_column("window", window.column(0)).select(HITS.names).cast(HITS)


def settle(
    events: Iterable[pa.Table],
    tables: Iterable[pa.Table],
    each_process: int = EACH_PROCESS,
    each_image: int = EACH_IMAGE,
) -> Iterator[pa.Table]:
    """Keep of *events* the sample of the hits in each of *tables*, so that cuts leave no trace.

    Yields:
        Tables of `EVENTS` of no more than a few megabytes, in no particular order; an event may
        come as often as workers kept it.

    Args:
        events: as `EVENTS`, from every worker, one table after another.
        tables: the united `HITS`, and the united `MEMBERS` by `as_hits`.
        each_process: as the samplers had it.
        each_image: as the samplers had it.
    """
    places = [EVENTS.empty_table().select(["source", "record"])]
    for hits in tables:
        rows = np.flatnonzero(_within(hits, each_process, each_image))
        places.append(hits.select(["source", "record"]).take(rows))
    wanted = _by_source(union(*places))
    for table in events:
        rows = _contained(table, wanted)
        for begin in range(0, len(rows), _SLICE):
            yield table.take(rows[begin : begin + _SLICE])


def _by_source(places: pa.Table) -> Mapping[str, Ints]:
    """Give the records of each source, in ascending order."""
    codes, texts = coded(places.column("source"))
    record = places.column("record").to_numpy()
    return {texts[int(codes[rows[0]])].as_py(): np.sort(record[rows]) for rows in _alike(codes)}


def _contained(events: pa.Table, wanted: Mapping[str, Ints]) -> Rows:
    """Give the rows of *events* whose places are *wanted*, in ascending order."""
    codes, texts = coded(events.column("source"))
    record = events.column("record").to_numpy()
    kept = [np.empty(0, np.intp)]
    for rows in _alike(codes):
        known = wanted.get(texts[int(codes[rows[0]])].as_py())
        if known is not None:
            place = np.minimum(np.searchsorted(known, record[rows]), len(known) - 1)
            kept.append(rows[known[place] == record[rows]])
    return np.sort(np.concatenate(kept))


def _alike(codes: Ints) -> list[Rows]:
    """Give the rows of each code."""
    order = np.argsort(codes, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
    return groups if len(codes) else []


def _within(
    hits: pa.Table, each_process: int, each_image: int, *, each_source: bool = False
) -> Bools:
    """Mark the hits that are early enough among those of their process and of their image.

    Args:
        hits: as `HITS`.
        each_process: how many of a process are early enough.
        each_image: how many of an image.
        each_source: every source is looked at by itself.
    """
    if not hits.num_rows:
        return np.zeros(0, bool)
    host = _folded(hits.column("host"))
    rule, _ = ranked(hits.column("rule"))
    source, _ = ranked(hits.column("source"))
    place = [hits.column("time").to_numpy(), source, hits.column("record").to_numpy()]
    among = [host, rule, source] if each_source else [host, rule]
    marks = np.ones(hits.num_rows, bool)
    for name, most in (("process", each_process), ("image", each_image)):
        group, _ = ranked(hits.column(name))
        marks &= _rank([*among, group], place) < most
    return marks


def _rank(group: list[Ints], place: list[Ints]) -> Ints:
    """Number the distinct places of each group in order, from 0."""
    number, _ = numbered(group)
    order, fresh = sort_rows([number, *place])
    first = np.append(True, np.diff(number[order]) != 0)
    step = np.cumsum(fresh)
    ranks = np.empty(len(order), np.int64)
    ranks[order] = step - np.maximum.accumulate(np.where(first, step, 0))
    return ranks


def _folded(column: Stretch) -> Ints:
    codes, texts = coded(column)
    same, _ = coded(fold(texts))
    return same[codes]
