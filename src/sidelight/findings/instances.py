"""Which of a finding's events are of one process, and which of another that was started alike."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.findings.ancestry import UNSEEN, Known, identities
from sidelight.findings.cells import Ints, fold, listed, plain, ranked
from sidelight.findings.finding import Instance, Instances
from sidelight.findings.lineage import lineages
from sidelight.findings.order import numbered, sort_rows
from sidelight.findings.starts import resolve
from sidelight.schema import NO_TIME

LISTED: Final = 20
"""How many processes of one finding are listed."""


def instances(
    tables: Sequence[pa.Table], wanted: pa.Table, groups: Sequence[tuple[Ints, Ints]]
) -> list[Instances | None]:
    """Tell the processes of each group apart; None for a group that is not of several.

    Args:
        tables: of `PROCESSES`.
        wanted: who acted (`ACTORS`).
        groups: of the events of each finding, their rows in *wanted*, and their times.
    """
    some = np.unique(np.concatenate([np.empty(0, np.int64), *(rows for rows, _ in groups)]))
    apart, rank = _apart(tables, wanted.take(some)), _rank(wanted.take(some))
    places = [np.searchsorted(some, rows) for rows, _ in groups]
    picked = [
        _first_of_each(apart[at], rank[at], rows, times)
        for at, (rows, times) in zip(places, groups, strict=True)
    ]
    shown = [rows[:LISTED] if len(rows) > 1 else rows[:0] for rows, _ in picked]
    lines = iter(lineages(tables, wanted.take(np.concatenate([some[:0], *shown])), 0))
    told: list[Instances | None] = []
    for (rows, times), mine in zip(picked, shown, strict=True):
        known = tuple(
            Instance(line[0], int(time))
            for line, time in zip([next(lines) for _ in mine], times, strict=False)
            if line
        )
        told.append(Instances(len(rows), known) if known else None)
    return told


def _rank(wanted: pa.Table) -> Ints:
    """Number rows by what they say, so that the order of merging decides nothing."""
    columns = [wanted.column(name) for name in wanted.column_names]
    keys = [
        each.to_numpy().astype(np.int64) if pa.types.is_integer(each.type) else ranked(each)[0]
        for each in columns
    ]
    return numbered(keys)[0]


def _first_of_each(names: Ints, rank: Ints, rows: Ints, times: Ints) -> tuple[Ints, Ints]:
    """Give the earliest event of each process, in order of time; unknown times come last."""
    if len(names) == 1:  # as most findings have it
        return (rows, times) if names[0] >= 0 else (rows[:0], times[:0])
    named = np.flatnonzero(names >= 0)
    when = np.where(times == NO_TIME, np.iinfo(np.int64).max, times)[named]
    order = named[np.lexsort((rank[named], when))]
    _, first = np.unique(names[order], return_index=True)
    chosen = order[np.sort(first)]
    return rows[chosen], times[chosen]


def _apart(tables: Sequence[pa.Table], wanted: pa.Table) -> Ints:
    """Number processes: equal where two of *wanted* are one, -1 where nothing names it.

    The rules are those of `sidelight.findings.ancestry`; its way of naming takes a value for each
    process, and there may be as many whose start was not seen as there are events.
    """
    found = resolve(tables, wanted)
    known = _known(found.rows)
    names = identities(known)
    number = {text: at for at, text in enumerate(dict.fromkeys(names.values()))}
    starts = np.array([*(number[names[one]] if one in names else -1 for one in known), -1])
    name = starts[found.at]
    unseen = np.flatnonzero(found.at < 0)
    name[unseen] = _unseen(wanted.take(unseen), int(name.max(initial=-1)) + 1)
    return name


def _known(rows: pa.Table) -> list[Known]:
    host, key, image = (listed(plain(rows.column(name))) for name in ("host", "key", "image"))
    pid, time = (rows.column(name).to_numpy().tolist() for name in ("pid", "time"))
    folded = [text.lower() for text in host]
    return [Known(*one, seen=True) for one in zip(folded, key, pid, time, image, strict=True)]


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
        same = numbered([host[mine], pid[mine], image[mine]])[0]
        order, _ = sort_rows([same, time[mine]])
        fresh = np.diff(same[order], prepend=-1) != 0
        fresh[1:] |= np.diff(time[mine][order]) > UNSEEN
        name[mine[order]] = begin + np.cumsum(fresh) - 1
    return name
