"""Sentences on what analytics could not see."""

from collections.abc import Sequence
from typing import Final

from sidelight.analytics.catalogue import ANALYTICS
from sidelight.coverage import BlindSpot
from sidelight.coverage.telemetry import telemetry_of
from sidelight.output.instants import hour_text

_NAMED_AT_MOST: Final = 3


def sentence(spot: BlindSpot) -> str:
    """Say which events were missing, where, when, and which analytics that makes blind."""
    what = f"no {_either([telemetry_of(role).name for role in spot.roles])} events"
    where, blind = _hosts(spot.hosts), _blind(spot.analytics)
    if not spot.stretches:
        several = f"{what} at all, {blind}: {where}"
        return several if len(spot.hosts) > 1 else f"{where}: {what} at all; {blind}"
    first, last = max(spot.stretches, key=lambda run: (run[1] - run[0], -run[0]))
    when = f"between {_span(first, last)}"
    if len(spot.stretches) > 1:
        several = f"for {spot.hours:,} hours in {len(spot.stretches):,} stretches"
        return f"{what} from {where} {several}, the longest {when}: {blind}"
    return f"{what} from {where} {when}: {blind}"


def _blind(analytics: Sequence[str]) -> str:
    classes = sorted({ANALYTICS[name].cls for name in analytics if name in ANALYTICS})
    noun = "analytic" if len(analytics) == 1 else "analytics"
    return f"{len(analytics):,} {' and '.join(classes)} {noun} blind"


def _span(first: int, last: int) -> str:
    start, end = hour_text(first), hour_text(last + 1)
    return f"{start} and {end[11:] if start[:10] == end[:10] else end}"


def _hosts(hosts: Sequence[str]) -> str:
    names = [host or "an unnamed host" for host in hosts[:_NAMED_AT_MOST]]
    more = len(hosts) - len(names)
    if more == 1:
        names, more = [*names, hosts[-1]], 0
    if more:
        return f"{', '.join(names)} and {more:,} more hosts"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
