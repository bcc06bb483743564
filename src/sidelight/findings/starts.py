"""Process starts, found again by those who name them.

Rule 1. A process is found by its GUID, or by host, PID and time: the latest start with that PID
at or before the time, unless an end lies between. Never by PID alone.
Rule 2. What an event names outweighs a PID: where the executable differs, the start belongs to
another process (a clock that was set back, a start that was not logged).
Rule 3. Memory follows what is looked for, not what the evidence holds: tables are read one after
another, once for each generation, and only rows that are found are kept.
"""

from collections.abc import Sequence
from typing import Final, Literal
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sidelight.findings.actor import pid_of
from sidelight.findings.cells import (
    EMPTY,
    Bools,
    Ints,
    Stretch,
    Texts,
    coded,
    fold,
    listed,
    numbers,
    plain,
    spoken,
)
from sidelight.findings.hits import PROCESSES
from sidelight.schema import NO_TIME, unique
from sidelight.values import dataclass

_ACTOR: Final[list[tuple[str, pa.DataType]]] = [
    ("host", pa.string()),
    ("key", pa.string()),  # ProcessGuid, or ""
    ("pid", pa.int64()),  # -1 where there is a GUID, or nothing
    ("time", pa.int64()),  # at which it acted
    ("image", pa.string()),  # as named, or ""
]
ACTORS: Final = pa.schema(_ACTOR)
"""Processes to look for."""


@dataclass(frozen=True, slots=True)
class Found:
    """Starts that were found.

    Args:
        rows: distinct starts, as `PROCESSES`.
        at: for each process looked for, its row there, or -1.
    """

    rows: pa.Table
    at: Ints


def actors(host: Stretch, process: Stretch, time: Ints, image: Stretch) -> pa.Table:
    """Build `ACTORS` from the columns of hits, whose ``process`` is a GUID or ``pid:n``."""
    kinds, texts = coded(process)
    pids = np.array([_pid(text) for text in listed(texts)], np.int64)
    guids = pc.if_else(pa.array(pids >= 0), EMPTY, texts).take(kinds)
    columns = [plain(host), guids, numbers(pids[kinds]), numbers(time), plain(image)]
    return pa.table(columns, schema=ACTORS)


def _pid(text: str) -> int:
    return pid_of(text[4:]) if text.startswith("pid:") else -1


def parents(rows: pa.Table) -> pa.Table:
    """Build `ACTORS` of the parents of process starts."""
    key = plain(rows.column("parent_key"))
    pid = np.where(spoken(key), -1, rows.column("parent_pid").to_numpy())
    host, image = plain(rows.column("host")), plain(rows.column("parent_image"))
    return pa.table([host, key, numbers(pid), rows.column("time"), image], schema=ACTORS)


def resolve(tables: Sequence[pa.Table], wanted: pa.Table) -> Found:
    """Find the starts of *wanted* (`ACTORS`) in tables of `PROCESSES`.

    The tables are gone through twice at most. Hosts are the same when they fold to the same
    text. Which of several starts is taken does not depend on how the tables are cut or ordered.
    """
    best = _Best.for_rows(wanted.num_rows)
    host, hosts = coded(fold(plain(wanted.column("host"))))
    by_guid = _GuidSearch.of(wanted, host, len(hosts))
    by_pid = _PidSearch.of(wanted, host)
    ends = np.full(wanted.num_rows, NO_TIME, np.int64)
    for number, table in enumerate(tables):
        if not table.num_rows:
            continue
        rows = _Rows.of(table, hosts)
        by_guid.look(rows, number, best)
        by_pid.look(rows, number, best, ends)
    by_guid.spread(best)
    by_pid.spread(best, ends)
    return _agree(_fetch(tables, best), wanted)


@dataclass(frozen=True, slots=True)
class _Rows:
    """One table as arrays; *host* counts in the hosts looked for, -1 for any other."""

    host: Ints
    key: Texts
    key_code: Ints
    pid: Ints
    time: Ints
    ended: Bools
    tie: Ints

    @classmethod
    def of(cls, table: pa.Table, hosts: Texts) -> "_Rows":
        host_code, host_texts = coded(table.column("host"))
        key_code, keys = coded(table.column("key"))
        source_code, sources = coded(table.column("source"))
        mixed = np.array([crc32(text.encode()) for text in listed(sources)], np.int64)
        record = table.column("record").to_numpy()
        tie = (mixed[source_code] << 29) ^ (record * 2_654_435_761 & (1 << 61) - 1)
        keyed = spoken(keys)[key_code]
        return cls(
            _index(fold(host_texts), hosts)[host_code],
            keys,
            key_code,
            table.column("pid").to_numpy(),
            table.column("time").to_numpy(),
            table.column("ended").to_numpy(),
            tie | (keyed.astype(np.int64) << 61),
        )


def _index(texts: Texts, among: Texts) -> Ints:
    found = pc.index_in(texts, value_set=among).fill_null(-1)
    return found.to_numpy(zero_copy_only=False).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Best:
    """The best start so far for each slot: the one whose (first, second) is greatest."""

    first: Ints
    second: Ints
    table: NDArray[np.int32]
    row: Ints

    @classmethod
    def for_rows(cls, size: int) -> "_Best":
        low = np.full(size, NO_TIME, np.int64)
        return cls(low, low.copy(), np.full(size, -1, np.int32), np.full(size, -1, np.int64))

    def offer(self, slot: Ints, first: Ints, second: Ints, table: int, row: Ints) -> None:
        order = np.lexsort((second, first, slot))
        slot, first, second, row = slot[order], first[order], second[order], row[order]
        last = np.append(slot[1:] != slot[:-1], True)[: len(slot)]
        slot, first, second, row = slot[last], first[last], second[last], row[last]
        old_first, old_second = self.first[slot], self.second[slot]
        unset = self.table[slot] < 0
        wins = unset | (first > old_first) | ((first == old_first) & (second > old_second))
        slot = slot[wins]
        self.first[slot], self.second[slot] = first[wins], second[wins]
        self.table[slot], self.row[slot] = table, row[wins]

    def copy_from(self, slot: Ints, other: Ints) -> None:
        for array in (self.first, self.second, self.row):
            array[slot] = array[other]
        self.table[slot] = self.table[other]


@dataclass(frozen=True, slots=True)
class _GuidSearch:
    """Looks for the earliest start of each (GUID, host); slots are the first such row."""

    keys: Texts
    hosts: int
    pairs: Ints
    slots: Ints
    rows: Ints
    of_row: Ints

    @classmethod
    def of(cls, wanted: pa.Table, host: Ints, hosts: int) -> "_GuidSearch":
        key, keys = coded(wanted.column("key"))
        rows = np.flatnonzero(spoken(keys)[key])
        pairs, first, inverse = np.unique(
            key[rows] * hosts + host[rows], return_index=True, return_inverse=True
        )
        return cls(keys, hosts, pairs, rows[first], rows, inverse.astype(np.int64))

    def look(self, rows: _Rows, number: int, best: _Best) -> None:
        if not len(self.rows):
            return
        key = _index(rows.key, self.keys)[rows.key_code]
        at = np.flatnonzero((key >= 0) & (rows.host >= 0) & ~rows.ended)
        pair = key[at] * self.hosts + rows.host[at]
        place = np.minimum(np.searchsorted(self.pairs, pair), len(self.pairs) - 1)
        same = self.pairs[place] == pair
        at, place = at[same], place[same]
        best.offer(self.slots[place], ~rows.time[at], rows.tie[at], number, at)

    def spread(self, best: _Best) -> None:
        best.copy_from(self.rows, self.slots[self.of_row])


@dataclass(frozen=True, slots=True)
class _PidSearch:
    """Looks for the latest start at or before each (host, PID, time).

    A start is offered to the first time that is not before it; once all tables have been seen,
    each time takes the start of the time before it unless it has a later one.
    """

    pairs: Ints
    times: Ints
    marks: Ints
    slots: Ints

    @classmethod
    def of(cls, wanted: pa.Table, host: Ints) -> "_PidSearch":
        pid, time = wanted.column("pid").to_numpy(), wanted.column("time").to_numpy()
        rows = np.flatnonzero((pid >= 0) & (time != NO_TIME))
        pairs, pair = np.unique(host[rows] << 33 | pid[rows], return_inverse=True)
        times, rank = np.unique(time[rows], return_inverse=True)
        marks = pair * (len(times) + 1) + rank
        order = np.argsort(marks, kind="stable")
        return cls(pairs, times, marks[order], rows[order])

    def look(self, rows: _Rows, number: int, best: _Best, ends: Ints) -> None:
        if not len(self.slots):
            return
        usable = (rows.host >= 0) & (rows.pid >= 0) & (rows.time != NO_TIME)
        at, slot = self._place(rows, np.flatnonzero(usable & ~rows.ended), "left")
        best.offer(slot, rows.time[at], rows.tie[at], number, at)
        at, slot = self._place(rows, np.flatnonzero(usable & rows.ended), "right")
        np.maximum.at(ends, slot, rows.time[at])

    def _place(self, rows: _Rows, at: Ints, side: Literal["left", "right"]) -> tuple[Ints, Ints]:
        pair = rows.host[at] << 33 | rows.pid[at]
        place = np.minimum(np.searchsorted(self.pairs, pair), len(self.pairs) - 1)
        same = self.pairs[place] == pair
        at, place = at[same], place[same]
        span = len(self.times) + 1
        rank = np.searchsorted(self.times, rows.time[at], side=side)
        slot = np.searchsorted(self.marks, place * span + rank)
        inside = slot < len(self.marks)
        inside[inside] = self.marks[slot[inside]] // span == place[inside]
        return at[inside], self.slots[slot[inside]]

    def spread(self, best: _Best, ends: Ints) -> None:
        if not len(self.slots):
            return
        pair = self.marks // (len(self.times) + 1)
        index = np.arange(len(self.slots), dtype=np.int64)
        begin = np.append(True, pair[1:] != pair[:-1])
        first = np.maximum.accumulate(np.where(begin, index, 0))
        filled = np.maximum.accumulate(np.where(best.table[self.slots] >= 0, index, -1))
        source = np.where(filled >= first, filled, index)
        best.copy_from(self.slots, self.slots[source])
        last_end = _running_max(ends[self.slots], begin)
        over = last_end >= best.first[self.slots]
        best.table[self.slots[over]] = -1


def _running_max(values: Ints, begin: Bools) -> Ints:
    """Give the greatest value so far within each run."""
    distinct, rank = np.unique(values, return_inverse=True)
    base = (np.cumsum(begin) - 1) * (len(distinct) + 1)
    tops = np.maximum.accumulate(base + rank) - base
    greatest: Ints = distinct[tops]
    return greatest


def _fetch(tables: Sequence[pa.Table], best: _Best) -> Found:
    at = np.full(len(best.table), -1, np.int64)
    taken, count = [PROCESSES.empty_table()], 0
    for number in unique(best.table[best.table >= 0]).tolist():
        mine = np.flatnonzero(best.table == number)
        rows, inverse = np.unique(best.row[mine], return_inverse=True)
        taken.append(_take(tables[number], rows))
        at[mine] = inverse + count
        count += len(rows)
    return Found(pa.concat_tables(taken).unify_dictionaries().combine_chunks(), at)


def _take(table: pa.Table, rows: Ints) -> pa.Table:
    """Take rows with dictionaries that hold no more than they need."""
    some = table.take(rows)
    thin = [
        plain(column) if pa.types.is_dictionary(column.type) else column for column in some.columns
    ]
    return pa.table(thin, names=PROCESSES.names).cast(PROCESSES)


def _agree(found: Found, wanted: pa.Table) -> Found:
    """Drop what a PID led to where the event names another executable."""
    pid = wanted.column("pid").to_numpy() >= 0
    rows = np.flatnonzero(pid & (found.at >= 0))
    if not len(rows):
        return found
    here = _base_names(wanted.column("image"))
    there = _base_names(found.rows.column("image"))
    texts = {text: number for number, text in enumerate({"", *here[1], *there[1]})}
    mine = np.array([texts[text] for text in here[1]], np.int64)[here[0][rows]]
    theirs = np.array([texts[text] for text in there[1]], np.int64)[there[0][found.at[rows]]]
    unknown = texts[""]
    wrong = (mine != theirs) & (mine != unknown) & (theirs != unknown)
    at = found.at.copy()
    at[rows[wrong]] = -1
    return Found(found.rows, at)


def _base_names(images: Stretch) -> tuple[Ints, list[str]]:
    codes, texts = coded(images)
    return codes, [text.replace("/", "\\").rpartition("\\")[2] for text in listed(fold(texts))]
