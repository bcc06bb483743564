"""A rule against single events that somebody wrote down, for `sidelight.rules.trial`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sidelight.rules.evaluate import Engine
from sidelight.rules.logsource import Route, routes
from sidelight.rules.plan import compile_plan
from sidelight.rules.rule import Rule
from sidelight.schema import NO_TIME, SEPARATOR, Event, Frame, Kind, encode


def judge(rule: Rule, events: Sequence[Event]) -> list[bool]:
    """Say of each event whether *rule* matches it.

    An event is of the first kind on the rule's routes that its EventID fits, if it has one.
    """
    engine = Engine(compile_plan([rule]))
    return [bool(engine.scan(_frame(event, routes(rule.logsource)))) for event in events]


def _frame(event: Event, ways: Sequence[Route]) -> Frame:
    def detail(rows: NDArray[np.intp]) -> list[Event]:
        return [event for _ in rows]

    columns = {
        name: encode([SEPARATOR.join(value) if isinstance(value, list) else value])
        for name, value in event.items()
    }
    return Frame(
        kind=_kind(event, ways),
        sources=("sample",),
        source=np.zeros(1, np.int32),
        record=np.ones(1, np.int64),
        time=np.full(1, NO_TIME, np.int64),
        host=encode([None]),
        columns=columns,
        detail=detail,
    )


def _kind(event: Event, ways: Sequence[Route]) -> Kind:
    named = event.get("EventID", "")
    number = named if isinstance(named, str) else ""
    fits = [way for way in ways if not way.event_ids or number in way.event_ids]
    way = (fits or list(ways) or [Route()])[0]
    channel = min(way.channels, default="")
    return Kind(way.product, channel, number or min(way.event_ids, default=""), way.category)
