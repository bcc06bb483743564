"""What correlations keep of a frame: the events of their base rules.

Source: Sigma correlation rules specification 2.1, "Aliases" and "Grouping". An event without
one of the group-by fields takes no part; the values of groups fold case.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import orjson
import pyarrow as pa

from sidelight.findings.cells import (
    Coded,
    Rows,
    cells,
    chosen,
    coded,
    dictionary,
    fold,
    listed,
    repeat,
)
from sidelight.findings.hits import MEMBERS, NOTHING
from sidelight.findings.matches import places
from sidelight.findings.order import numbered
from sidelight.rules.rule import Correlation
from sidelight.schema import NO_TIME, Column, Frame, strings
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Watch:
    """What a correlation wants of the events of one base rule.

    Args:
        correlation: its id.
        rule: id of the base rule.
        group: fields whose values make the group, as a rule names them.
        value: the field that value_* types look at, or "".
    """

    correlation: str
    rule: str
    group: tuple[str, ...]
    value: str = ""

    @property
    def fields(self) -> frozenset[str]:
        """Every field that is read."""
        return frozenset((*self.group, self.value)) - {""}


def watches(correlations: Sequence[Correlation]) -> Mapping[str, tuple[Watch, ...]]:
    """Tell, for each base rule, what correlations want of its events.

    A chained correlation wants its own group-by fields of the events at the bottom of the chain.
    """
    known = {each.meta.id: each for each in correlations}
    wanted: dict[str, dict[Watch, None]] = {}
    for each in correlations:
        for path in _paths(each, known):
            group = tuple(_field(each, name, path) for name in each.group_by)
            if all(group):
                watch = Watch(each.meta.id, path[-1], group, _field(each, each.field, path))
                wanted.setdefault(path[-1], {})[watch] = None
    return {rule: tuple(some) for rule, some in wanted.items()}


def _paths(
    top: Correlation, known: Mapping[str, Correlation], seen: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Walk from a correlation to each base rule; give the ids on the way, the base rule last."""
    for rule in top.rules:
        below = known.get(rule)
        if below is None:
            yield (rule,)
        elif rule not in seen:
            for path in _paths(below, known, (*seen, rule)):
                yield (rule, *path)


def _field(correlation: Correlation, name: str, path: tuple[str, ...]) -> str:
    """Resolve an alias for the rules on a path, the base rule's own entry first."""
    aliases = dict(correlation.aliases)
    if name not in aliases:
        return name
    fields = dict(aliases[name])
    return next((fields[rule] for rule in reversed(path) if rule in fields), "")


def taking_part(
    watch: Watch, frame: Frame, rows: Rows, column: Callable[[str], Column | None]
) -> Rows:
    """Keep of the *rows* that a correlation's base rule matched those that take part in it.

    Args:
        watch: what the correlation wants.
        frame: where the rule matched.
        rows: that it matched.
        column: finds the column of a field as the rule names it, None where there is none.
    """
    for name in watch.group:
        found = column(name)
        rows = rows[:0] if found is None else rows[found.codes[rows] >= 0]
    timed: Rows = rows[frame.time[rows] != NO_TIME]
    return timed


def member_rows(
    watch: Watch,
    frame: Frame,
    rows: Rows,
    column: Callable[[str], Column | None],
) -> pa.Table:
    """Give the events at *rows*, all of them `taking_part`, as `MEMBERS`; otherwise as above."""
    if not len(rows):
        return NOTHING.members
    host, process, time, source, record, channel, event_id, image = places(frame, rows)
    return pa.table(
        [
            repeat(watch.correlation, len(rows)),
            repeat(watch.rule, len(rows)),
            _groups([found for name in watch.group if (found := column(name))], rows),
            _values(column(watch.value) if watch.value else None, rows),
            time,
            source,
            record,
            host,
            process,
            channel,
            event_id,
            image,
        ],
        schema=MEMBERS,
    )


def _groups(columns: list[Column], rows: Rows) -> Coded:
    every = [coded(cells(column, rows)) for column in columns]
    if not every:
        return repeat("[]", len(rows))
    number, first = numbered([codes for codes, _ in every])
    folded = [listed(fold(texts.take(codes[first]))) for codes, texts in every]
    return dictionary(number, strings([_dumps(group) for group in zip(*folded, strict=True)]))


def _dumps(group: tuple[str, ...]) -> str:
    return orjson.dumps(group).decode()


def _values(column: Column | None, rows: Rows) -> Coded:
    if column is None:
        return dictionary(np.full(len(rows), -1), strings([]))
    some = chosen(column, rows)
    return dictionary(some.codes, some.values)
