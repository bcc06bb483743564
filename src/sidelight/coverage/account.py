"""Coverage out of counts of events, gaps, rules and what the rules lacked."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.coverage.seen import (
    BlindGroup,
    BlindReason,
    BlindRule,
    Coverage,
    Loaded,
    Source,
    Stream,
    Technique,
)
from sidelight.coverage.sight import blind_spots
from sidelight.coverage.silence import silences
from sidelight.findings.attack import TACTICS, tactics, tactics_of, techniques
from sidelight.findings.cells import ranked
from sidelight.findings.order import sort_rows
from sidelight.schema import NO_TIME, Gap, unique

_STREAM: Final = ("host", "product", "channel")
_Key = tuple[str, str, str]
_Hours = NDArray[np.int64]


def build(
    counts: pa.Table, gaps: Iterable[Gap], rules: Loaded, blind: Sequence[BlindRule]
) -> Coverage:
    """Sum up what a run saw.

    Args:
        counts: of schema `sidelight.findings.hits.COUNTS`.
        gaps: in any order, repetitions allowed.
        rules: all that were loaded.
        blind: the rules that could not have matched.
    """
    return Coverage(
        streams=_streams(counts),
        sources=_sources(counts),
        gaps=tuple(sorted(set(gaps), key=_gap_order)),
        rules=len(rules.ids),
        refused=tuple(sorted(rules.refused)),
        blind=_groups(blind),
        techniques=_techniques(rules, {rule.id for rule in blind}),
        analytics=blind_spots(counts),
    )


def _gap_order(gap: Gap) -> tuple[str, int, str, str, int]:
    return gap.source, gap.offset, gap.reason, gap.text, -1 if gap.events is None else gap.events


def _summed(counts: pa.Table, names: Sequence[str]) -> list[tuple[object, ...]]:
    """Sum the events over all columns but *names*; rows are those and the sum, sorted."""
    keys: list[_Hours] = []
    cells: list[list[object]] = []
    for column in map(counts.column, names):
        if pa.types.is_dictionary(column.type):
            key, texts = ranked(column)
            keys.append(key)
            cells.append([*texts.to_pylist()])
        else:
            number, key = np.unique(column.to_numpy(), return_inverse=True)
            keys.append(key)
            cells.append([*number.tolist()])
    if not counts.num_rows:
        return []
    order, fresh = sort_rows(keys)
    begins = np.flatnonzero(fresh)
    sums = np.add.reduceat(counts.column("events").to_numpy()[order], begins)
    columns = [
        [known[code] for code in key[order[begins]].tolist()]
        for key, known in zip(keys, cells, strict=True)
    ]
    return list(zip(*columns, sums.tolist(), strict=True))


def _sources(counts: pa.Table) -> tuple[Source, ...]:
    found = []
    for name, rows in groupby(_summed(counts, ("source", "hour")), key=itemgetter(0)):
        cells = [(int(str(hour)), int(str(events))) for _, hour, events in rows]
        hours = [hour for hour, _ in cells if hour != NO_TIME]
        ends = (hours[0], hours[-1]) if hours else (None, None)
        found.append(Source(str(name), sum(events for _, events in cells), *ends))
    return tuple(found)


def _streams(counts: pa.Table) -> tuple[Stream, ...]:
    cells: dict[_Key, list[tuple[int, int]]] = {}
    for host, product, channel, hour, events in _summed(counts, (*_STREAM, "hour")):
        key = str(host), str(product), str(channel)
        cells.setdefault(key, []).append((int(str(hour)), int(str(events))))
    timed = {
        key: np.array([row for row in rows if row[0] != NO_TIME], np.int64).reshape(-1, 2).T
        for key, rows in cells.items()
    }
    hours = {key: some[0] for key, some in timed.items()}
    near_host, near_channel = _united(hours, 0, 0), _united(hours, 1, 2)
    return tuple(
        Stream(
            *key,
            hours=tuple((hour, events) for hour, events in rows if hour != NO_TIME),
            untimed=sum(events for hour, events in rows if hour == NO_TIME),
            silent=silences(
                hours[key],
                timed[key][1],
                np.union1d(near_host[key[:1]], near_channel[key[1:]]),
            ),
        )
        for key, rows in cells.items()
    )


def _united(hours: Mapping[_Key, _Hours], first: int, last: int) -> dict[tuple[str, ...], _Hours]:
    """Unite the hours of streams that agree in parts *first* to *last* of their keys."""
    groups: dict[tuple[str, ...], list[_Hours]] = defaultdict(list)
    for key, some in hours.items():
        groups[key[first : last + 1]].append(some)
    return {key: unique(np.concatenate(some)) for key, some in groups.items()}


def _groups(blind: Sequence[BlindRule]) -> tuple[BlindGroup, ...]:
    groups: dict[tuple[BlindReason, str, tuple[str, ...]], set[str]] = defaultdict(set)
    for rule in blind:
        groups[rule.reason, rule.logsource, rule.fields].add(rule.id)
    found = [BlindGroup(*key, tuple(sorted(ids))) for key, ids in groups.items()]
    return tuple(sorted(found, key=lambda group: (group.reason, -len(group.rules), group)))


def _techniques(rules: Loaded, blind: set[str]) -> tuple[Technique, ...]:
    """Count by technique; rules by the thousand share some hundred sets of tags."""
    sharing = Counter(rules.tags)
    seeing = Counter(
        tags for name, tags in zip(rules.ids, rules.tags, strict=True) if name not in blind
    )
    named: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for tags in sharing:
        for technique in techniques(tags):
            named[technique].append(tags)
    return tuple(
        Technique(
            name,
            tactics_of(name) or _elected({tags: sharing[tags] for tags in some}),
            sum(sharing[tags] for tags in some),
            sum(seeing[tags] for tags in some),
        )
        for name, some in sorted(named.items())
    )


def _elected(votes: Mapping[tuple[str, ...], int]) -> tuple[str, ...]:
    """Choose the tactics that at least half of the rules name, or that most of them do."""
    tally: Counter[str] = Counter()
    for tags, rules in votes.items():
        tally.update(dict.fromkeys(tactics(tags), rules))
    most = max(tally.values(), default=0)
    enough = min(sum(votes.values()), 2 * most)
    return tuple(name for name in TACTICS if tally[name] and 2 * tally[name] >= enough)
