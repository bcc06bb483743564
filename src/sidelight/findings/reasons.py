"""Sentences that say why a finding stands, and what speaks against it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from sidelight.findings.finding import Process, RuleRef
from sidelight.plural import many
from sidelight.schema import NO_TIME

_NAMED_AT_MOST: Final = 8
_SHOWN_TEXT: Final = 2_000
_SECOND: Final = 1_000_000_000
_DAY: Final = 86_400
_NOTHING: Final = frozenset({"", "unknown", "unlikely", "none", "n/a", "-"})
_STATUS: Final = {
    "experimental": "The rule is experimental: its false positives are little known.",
    "test": "The rule is still being tested.",
    "deprecated": "The rule is deprecated.",
    "unsupported": "The rule is marked as unsupported by its authors.",
}


def for_it(  # noqa: PLR0913
    rule: RuleRef,
    count: int,
    span: tuple[int, int],
    process: Sequence[Process],
    others: Sequence[str],
    hosts: Sequence[str],
    shared: Sequence[str] = (),
) -> tuple[str, ...]:
    """Say why: what matched and when, what ran, who started it, what else matched.

    Args:
        rule: that matched.
        count: of events.
        span: first and last time, `NO_TIME` where unknown.
        process: the lineage.
        others: titles of other rules that matched the same lineage.
        hosts: on which the events were seen, where there is more than one.
        shared: what the events of a correlation have in common.
    """
    said = [f"Rule «{rule.title}» ({rule.level}) matched {many(count, 'event')}{_when(*span)}."]
    if shared:
        said.append(f"The events share {_listed(shared)}.")
    if hosts:
        said.append(f"The events are from {len(hosts)} hosts: {_listed(hosts)}.")
    if process and process[0].command_line:
        said.append(f"The process ran as: {process[0].command_line[:_SHOWN_TEXT].strip()}")
    if len(process) > 1 and process[1].image:
        said.append(f"It was started by {process[1].image}.")
    if others:
        said.append(f"Also matched on the same process lineage: {_listed(others)}.")
    return tuple(said)


def against_it(rule: RuleRef, process: Sequence[Process]) -> tuple[str, ...]:
    """Say what speaks against: false positives, an unripe rule, doubts, an unknown process."""
    known = [text.strip().rstrip(".") for text in rule.falsepositives]
    said = [f"The rule's author names: {text}." for text in known if text.lower() not in _NOTHING]
    if rule.status in _STATUS:
        said.append(_STATUS[rule.status])
    said.extend(rule.caveats)
    if not process:
        said.append("The events do not say which process acted.")
    elif process[0].joined == "named":
        said.append("The start of the process was not seen, so its lineage is not known.")
    return tuple(said)


def instant(time: int) -> str:
    """Write a time as ISO 8601 to the second, UTC."""
    days, clock = divmod(time // _SECOND, _DAY)
    return f"{_date(days)}T{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}Z"


@lru_cache(maxsize=4096)
def _date(days: int) -> str:
    return str(np.datetime64(days, "D"))


def _when(first: int, last: int) -> str:
    if first == NO_TIME:
        return ""
    if first // _SECOND == last // _SECOND:
        return f" at {instant(first)}"
    return f" between {instant(first)} and {instant(last)}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED_AT_MOST
    shown = "; ".join(names[:_NAMED_AT_MOST])
    return f"{shown}; and {more} more" if more > 0 else shown
