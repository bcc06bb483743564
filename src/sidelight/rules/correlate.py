"""Sigma correlations: what to keep of a frame, and which windows fire.

Source: Sigma correlation rules specification 2.1. Where it leaves room, these readings hold.

Rule 1. An event without one of the group-by fields takes no part. Group values fold case, and
so do the values that value_count counts.
Rule 2. A window closes at each event (`sidelight.rules.window`), whatever the condition, so
``lt``, ``lte``, ``eq`` and ``neq`` never fire on silence.
Rule 3. An event counts once, however many of the correlation's rules it matched; in temporal
types it stands for each of them. Without a condition temporal types want all rules.
Rule 4. Windows of one group that fire and share an event are one firing with all their events.
Rule 5. A correlation as a rule of another one is an event with the time and the fields of the
event that completed it. Temporal types see each event that completed a window; the others see
each firing once, by its last event.
Rule 6. A condition that joins rules (accepted for the version after 2.1) is a choice of
alternatives. A rule under ``not`` is absent if no window of the timespan that holds all the
events which its alternative needs holds one of the rule: neither before them nor after. Where
the evidence ends, or lacks the log of the rule, it is absent as well.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.findings.cells import (
    Bools,
    Ints,
    Rows,
    coded,
    dictionary,
    fold,
    listed,
    plain,
    ranked,
    repeat,
)
from sidelight.findings.hits import HITS, union
from sidelight.findings.order import firsts, numbered, packed, sort_rows
from sidelight.rules import window
from sidelight.rules.rule import Correlation
from sidelight.schema import strings
from sidelight.values import dataclass

_TEMPORAL: Final = frozenset({"temporal", "temporal_ordered"})


def correlate(correlations: Sequence[Correlation], members: pa.Table) -> pa.Table:
    """Give the events of every window that fires, as `HITS` of the correlations.

    Args:
        correlations: all of them; silent ones serve others and give no hits themselves.
        members: united `MEMBERS`.
    """
    if not members.num_rows:
        return HITS.empty_table()
    known = {each.meta.id: each for each in correlations}
    sheet = _Sheet.of(members)
    done: dict[str, _Fired] = {}
    tables = [HITS.empty_table()]
    for each in correlations:
        fired = _fire(each, sheet, known, done)
        if not each.silent and len(fired.first):
            tables.append(_hits(each, fired, sheet, done))
    return union(*tables)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The members as numbers; texts are ranks, so that numbers sort as texts do."""

    table: pa.Table
    correlation: Ints
    rule: Ints
    ids: Mapping[str, int]
    group: Ints
    value: Ints
    numbers: window.Floats
    time: Ints
    place: Ints

    @classmethod
    def of(cls, members: pa.Table) -> "_Sheet":
        correlation, correlations = coded(members.column("correlation"))
        rule, rules = coded(members.column("rule"))
        ids = {
            text: n for n, text in enumerate(dict.fromkeys(listed(correlations) + listed(rules)))
        }
        value, values = ranked(members.column("value"))
        same, folded = coded(fold(values))
        texts = listed(folded)
        value = np.append(same, -1)[value]
        source, _ = ranked(members.column("source"))
        return cls(
            table=members,
            correlation=np.array([ids[text] for text in listed(correlations)])[correlation],
            rule=np.array([ids[text] for text in listed(rules)])[rule],
            ids=ids,
            group=ranked(members.column("group"))[0],
            value=value,
            numbers=np.array([*map(_number, texts), np.nan], np.float64)[value],
            time=members.column("time").to_numpy(),
            place=numbered([source, members.column("record").to_numpy()])[0],
        )


@dataclass(frozen=True, slots=True)
class _Events:
    """The events of one correlation, sorted by (group, time).

    Args:
        row: in the members.
        part: which of the correlation's rules it matched, by position.
        below: first and last row in the events of the correlation that it stands for; -1 for an
            event that matched a base rule.
    """

    row: Ints
    part: Ints
    below: tuple[Ints, Ints]

    def take(self, rows: Rows) -> "_Events":
        first, last = self.below
        return _Events(self.row[rows], self.part[rows], (first[rows], last[rows]))


@dataclass(frozen=True, slots=True)
class _Fired:
    """What a correlation's windows came to: events, windows, which fired, joined firings."""

    correlation: Correlation
    events: _Events
    over: window.Windows
    fires: Bools
    first: Ints
    last: Ints


def _fire(
    correlation: Correlation,
    sheet: _Sheet,
    known: Mapping[str, Correlation],
    done: dict[str, _Fired],
) -> _Fired:
    ready = done.get(correlation.meta.id)
    if ready is not None:
        return ready
    nothing = np.zeros(0, np.int64)
    none = _Events(nothing, nothing, (nothing, nothing))
    # Stands until the real result does, so that rules that refer to each other in a circle end.
    done[correlation.meta.id] = _Fired(
        correlation, none, window.Windows(nothing, nothing), np.zeros(0, bool), nothing, nothing
    )
    events = _events(correlation, sheet, known, done)
    over = window.windows(sheet.group[events.row], sheet.time[events.row], correlation.timespan_ns)
    fires = _verdicts(correlation, events, over, sheet)
    fired = _Fired(correlation, events, over, fires, *window.joined(fires, over))
    done[correlation.meta.id] = fired
    return fired


def _events(
    correlation: Correlation,
    sheet: _Sheet,
    known: Mapping[str, Correlation],
    done: dict[str, _Fired],
) -> _Events:
    own = np.flatnonzero(sheet.correlation == sheet.ids.get(correlation.meta.id, -1))
    parts = []
    for number, rule in enumerate(correlation.rules):
        if rule in known:
            below = _fire(known[rule], sheet, known, done)
            parts.append(_derived(number, correlation, below, own, sheet))
        else:
            rows = own[sheet.rule[own] == sheet.ids.get(rule, -1)]
            none = np.full(len(rows), -1, np.int64)
            parts.append(_Events(rows, np.full(len(rows), number, np.int64), (none, none)))
    events = _Events(
        np.concatenate([part.row for part in parts]),
        np.concatenate([part.part for part in parts]),
        (
            np.concatenate([part.below[0] for part in parts]),
            np.concatenate([part.below[1] for part in parts]),
        ),
    )
    return _counted(correlation, events, sheet)


def _derived(
    number: int, correlation: Correlation, fired: _Fired, own: Ints, sheet: _Sheet
) -> _Events:
    """Turn the firings of a correlation into events of one that refers to it (rule 5)."""
    if correlation.kind in _TEMPORAL:
        closing = np.flatnonzero(fired.fires)
        first, last = fired.over.first[closing], fired.over.last[closing]
    else:
        closing, first, last = fired.last, fired.first, fired.last
    asked = fired.events.row[closing]
    # The same event, as this correlation keeps it: with its own group and value.
    mine = packed([sheet.place, sheet.rule])
    order = own[np.argsort(mine[own], kind="stable")]
    at = np.searchsorted(mine[order], mine[asked])
    at = np.minimum(at, max(len(order) - 1, 0))
    same = mine[order[at]] == mine[asked] if len(order) else np.zeros(len(asked), bool)
    rows = order[at[same]] if len(order) else np.zeros(0, np.int64)
    return _Events(rows, np.full(len(rows), number, np.int64), (first[same], last[same]))


def _counted(correlation: Correlation, events: _Events, sheet: _Sheet) -> _Events:
    """Sort events, and leave each in once where events are counted (rule 3)."""
    if correlation.kind.startswith("value"):
        counts = correlation.kind == "value_count"
        usable = sheet.value >= 0 if counts else ~np.isnan(sheet.numbers)
        events = events.take(np.flatnonzero(usable[events.row]))
    group, time, place = (array[events.row] for array in (sheet.group, sheet.time, sheet.place))
    if correlation.kind in _TEMPORAL:
        order, _ = sort_rows([group, time, place, events.part])
        return events.take(order)
    value = sheet.value[events.row] if correlation.kind != "event_count" else np.zeros_like(group)
    derived = np.where(events.below[0] >= 0, events.part + 1, 0)
    order, fresh = sort_rows([group, time, place, derived, value])
    return events.take(firsts(order, fresh))


def _verdicts(
    correlation: Correlation, events: _Events, over: window.Windows, sheet: _Sheet
) -> Bools:
    if not len(events.row):
        return np.zeros(0, bool)
    many = len(correlation.rules)
    match correlation.kind:
        case "event_count":
            return _stands(correlation, over.sizes)
        case "value_count":
            return _stands(correlation, window.distinct(sheet.value[events.row], over))
        case "temporal" | "temporal_ordered" if correlation.alternatives:
            return _chosen(correlation, events, over, sheet)
        case "temporal":
            return _stands(correlation, window.kinds_present(events.part, many, over))
        case "temporal_ordered":
            return _stands(correlation, window.kinds_in_order(events.part, many, over))
        case _:
            return _numeric(correlation, sheet, events, over)


def _chosen(
    correlation: Correlation, events: _Events, over: window.Windows, sheet: _Sheet
) -> Bools:
    """Mark the windows in which one of the alternatives holds (rule 6)."""
    ordered = correlation.kind == "temporal_ordered"
    group, time = sheet.group[events.row], sheet.time[events.row]
    fires = np.zeros(len(events.row), bool)
    for each in correlation.alternatives:
        many = len(each.present)
        place = np.full(len(correlation.rules), -1, np.int64)
        place[list(each.present)] = np.arange(many)
        part = place[events.part]
        count = window.kinds_in_order if ordered else window.kinds_present
        holds = count(part, many, over) >= many
        if each.absent:
            barred = np.isin(events.part, each.absent)
            holds &= window.lone(part >= 0, barred, group, time, correlation.timespan_ns, over)
        fires |= holds
    return fires


def _numeric(
    correlation: Correlation, sheet: _Sheet, events: _Events, over: window.Windows
) -> Bools:
    numbers = sheet.numbers[events.row]
    if correlation.kind == "value_percentile":
        stands = np.ones(len(numbers), bool)
        for relation, number in correlation.relation:
            stands &= window.percentile_stands(
                numbers, over, correlation.percentile, relation, number
            )
        return stands
    amount = window.means if correlation.kind == "value_avg" else window.sums
    return _stands(correlation, amount(numbers, over))


def _stands(correlation: Correlation, amount: Ints | window.Floats) -> Bools:
    relations = correlation.relation or (("gte", float(len(set(correlation.rules)))),)
    stands = np.ones(len(amount), bool)
    for relation, number in relations:
        stands &= window.RELATIONS[relation](amount, number)
    return stands


def _number(text: str) -> float:
    try:
        number = float(int(text, 16)) if text[:2] == "0x" else float(text)
    except (ValueError, OverflowError):
        return np.nan
    return number if np.isfinite(number) else np.nan


def _hits(
    correlation: Correlation, fired: _Fired, sheet: _Sheet, done: Mapping[str, _Fired]
) -> pa.Table:
    """Write the events of each firing, those at the bottom of chains included, as `HITS`."""
    texts, rows, labels = [], [], []
    leads = fired.events.row[fired.first]
    groups = listed(plain(sheet.table.column("group").take(leads)))
    for number, (first, last) in enumerate(
        zip(fired.first.tolist(), fired.last.tolist(), strict=True)
    ):
        texts.append(f"{groups[number]}@{sheet.time[leads[number]]}")
        some = _bottom(correlation, fired, np.arange(first, last + 1), done)
        rows.append(some)
        labels.append(np.full(len(some), number, np.int32))
    taken = np.concatenate(rows)
    fixed = {
        "rule": repeat(correlation.meta.id, len(taken)),
        "window": dictionary(np.concatenate(labels), strings(texts)),
    }
    columns = [
        fixed[name] if name in fixed else sheet.table.column(name).take(taken)
        for name in HITS.names
    ]
    return pa.table(columns, schema=HITS)


def _bottom(
    correlation: Correlation, fired: _Fired, events: Ints, done: Mapping[str, _Fired]
) -> Ints:
    """Follow events of a correlation down to the members they rest on."""
    below = fired.events.below[0][events]
    rows = [fired.events.row[events[below < 0]]]
    for number, rule in enumerate(correlation.rules):
        mine = events[(below >= 0) & (fired.events.part[events] == number)]
        if not len(mine):
            continue
        first, last = fired.events.below[0][mine], fired.events.below[1][mine]
        order = np.argsort(first, kind="stable")
        ranges = window.join_ranges(first[order], last[order])
        lower = done[rule]
        rows.append(_bottom(lower.correlation, lower, window.spread(*ranges), done))
    return np.concatenate(rows)
