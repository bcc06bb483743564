"""Which of a finding's events are of one process, and which of another that was started alike."""

from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.findings.ancestry import SAME_START, UNSEEN
from sidelight.findings.cells import Ints, coded_texts, fold, listed, plain, ranked
from sidelight.findings.finding import Instance, Instances
from sidelight.findings.kin import Kin
from sidelight.findings.order import numbered, sort_rows
from sidelight.schema import NO_TIME, unique

LISTED: Final = 20
"""How many processes of one finding are listed."""


def instances(kin: Kin, rows: Ints, times: Ints, ends: Ints) -> list[Instances | None]:
    """Tell the processes of each finding apart; None for a finding that is not of several.

    Args:
        kin: who acted.
        rows: of the events of one finding after another, who did them: rows in `Kin.wanted`.
        times: of the events.
        ends: where in *rows* the events of each finding end.
    """
    told: list[Instances | None] = [None] * len(ends)
    group = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    maybe = _of_several(group, rows)
    if not len(maybe):
        return told
    some = unique(rows)
    apart = _apart(kin, some)
    name, rank = apart[np.searchsorted(some, rows[maybe])], _rank(kin.wanted.take(rows[maybe]))
    kept = maybe[_first_of_each(group[maybe], name, rank, times[maybe])]
    count = np.bincount(group[kept], minlength=len(ends))
    begin = np.cumsum(count) - count
    shown = kept[(count[group[kept]] > 1) & (np.arange(len(kept)) - begin[group[kept]] < LISTED)]
    listed_of: dict[int, list[Instance]] = {}
    processes = kin.generations[0].processes(rows[shown])
    for number, time, process in zip(
        group[shown].tolist(), times[shown].tolist(), processes, strict=True
    ):
        if process:
            listed_of.setdefault(number, []).append(Instance(process, time))
    for number, several in listed_of.items():
        told[number] = Instances(int(count[number]), tuple(several))
    return told


def _of_several(group: Ints, rows: Ints) -> Ints:
    """Give the places of events of findings that more than one of *rows* did."""
    fresh = np.diff(rows, prepend=-1) != 0
    fresh[np.flatnonzero(np.diff(group, prepend=-1))] = False
    return np.flatnonzero(np.isin(group, unique(group[fresh])))


def _rank(wanted: pa.Table) -> Ints:
    """Number rows by what they say, so that the order of merging decides nothing."""
    columns = [wanted.column(name) for name in wanted.column_names]
    keys = [
        each.to_numpy().astype(np.int64) if pa.types.is_integer(each.type) else ranked(each)[0]
        for each in columns
    ]
    return numbered(keys)[0]


def _first_of_each(group: Ints, name: Ints, rank: Ints, times: Ints) -> Ints:
    """Give the earliest event of each process of each group, in order of group and time.

    Unknown times come last.
    """
    named = np.flatnonzero(name >= 0)
    when = np.where(times == NO_TIME, np.iinfo(np.int64).max, times)[named]
    order = named[np.lexsort((rank[named], when, group[named]))]
    if not len(order):
        return order
    number, _ = numbered([group[order], name[order]])
    _, first = np.unique(number, return_index=True)
    kept: Ints = order[np.sort(first)]
    return kept


def _apart(kin: Kin, some: Ints) -> Ints:
    """Number processes: equal where two of *some* are one, -1 where nothing names it.

    The rules are those of `sidelight.findings.ancestry`; its way of naming takes a value for each
    process, and there may be as many whose start was not seen as there are events.
    """
    at = kin.generations[0].at[some]
    starts = unique(at[at >= 0])
    name = np.full(len(some), -1, np.int64)
    seen = np.flatnonzero(at >= 0)
    if len(seen):
        rows = kin.generations[0].rows.take(starts)
        name[seen] = _seen(rows)[np.searchsorted(starts, at[seen])]
    unseen = np.flatnonzero(at < 0)
    name[unseen] = _unseen(kin.wanted.take(some[unseen]), int(name.max(initial=-1)) + 1)
    return name


def _seen(starts: pa.Table) -> Ints:
    """Number starts: by PID and time, else by GUID."""
    host = _lowered(starts)
    pid, time = starts.column("pid").to_numpy(), starts.column("time").to_numpy()
    name = np.full(starts.num_rows, -1, np.int64)
    mine = np.flatnonzero((pid >= 0) & (time != NO_TIME))
    if len(mine):
        name[mine] = _near([host[mine], pid[mine]], time[mine], SAME_START)
    key, keys = ranked(starts.column("key"))
    keyed = np.array([*map(bool, listed(keys)), False], bool)[key]
    mine = np.flatnonzero((name < 0) & keyed)
    if len(mine):
        begin = int(name.max()) + 1
        name[mine] = begin + numbered([host[mine], key[mine]])[0]
    return name


def _lowered(starts: pa.Table) -> Ints:
    """Number hosts without case."""
    codes, texts = coded_texts(starts.column("host"))
    number: dict[str, int] = {}
    return np.array([number.setdefault(text.lower(), len(number)) for text in texts])[codes]


def _near(same: list[Ints], time: Ints, room: int) -> Ints:
    """Number what is the *same* and follows one another within *room*."""
    alike = numbered(same)[0]
    order, _ = sort_rows([alike, time])
    fresh = np.diff(alike[order], prepend=-1) != 0
    fresh[1:] |= np.diff(time[order]) > room
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(fresh) - 1
    return number


def _unseen(wanted: pa.Table, begin: int) -> Ints:
    """Number processes whose start was not seen: by GUID, else by PID, executable and time."""
    host, _ = ranked(fold(plain(wanted.column("host"))))
    key, keys = ranked(wanted.column("key"))
    image, _ = ranked(fold(plain(wanted.column("image"))))
    keyed = np.array([*map(bool, listed(keys)), False], bool)[key]
    pid, time = wanted.column("pid").to_numpy(), wanted.column("time").to_numpy()
    name = np.full(wanted.num_rows, -1, np.int64)
    mine = np.flatnonzero(keyed)
    if len(mine):
        name[mine] = begin + numbered([host[mine], key[mine]])[0]
        begin = int(name.max()) + 1
    mine = np.flatnonzero(~keyed & (pid >= 0) & (time != NO_TIME))
    if len(mine):
        name[mine] = begin + _near([host[mine], pid[mine], image[mine]], time[mine], UNSEEN)
    return name
