"""Frames become a part: rules, process starts, members of correlations and counts."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.analytics.scan import fact_columns, facts_of, no_facts
from sidelight.findings.actor import actor_columns
from sidelight.findings.cells import Rows
from sidelight.findings.hits import NOTHING, Part, joined
from sidelight.findings.matches import event_rows, hit_rows
from sidelight.findings.processes import process_columns, process_rows
from sidelight.findings.sample import Sampler, as_hits
from sidelight.hunt.tally import count_events
from sidelight.rules.cache import Compiled
from sidelight.rules.evaluate import Engine, Matches
from sidelight.rules.members import Watch, member_rows, taking_part, watches
from sidelight.schema import Frame, Kind, Wish, unique
from sidelight.values import dataclass


@dataclass(slots=True)
class Scanner:
    """Scans frames with one set of rules.

    Args:
        rules: what to look for.
        part: tells the stretch of evidence that is read now apart from every other.
        analytics: whether to keep facts for analytics.
    """

    rules: Compiled
    part: int = 0
    analytics: bool = True
    engine: Engine = field(init=False)
    _of_hits: Sampler = field(default_factory=Sampler)
    _of_members: Sampler = field(default_factory=Sampler)  # apart, as `settle` looks at them
    _watches: Mapping[str, tuple[Watch, ...]] = field(default_factory=dict)
    _silent: frozenset[str] = frozenset()
    _besides: dict[Kind, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine = Engine(self.rules.plan)
        self._watches = watches(self.rules.correlations)
        self._silent = frozenset(self.rules.silent)

    @property
    def wish(self) -> Wish:
        """Which columns somebody will read."""
        return Wish(self.wanted, self._quiet, self.engine.words)

    def wanted(self, kind: Kind) -> frozenset[str] | None:
        """Tell which columns of *kind* somebody will read; None for all."""
        return self._with_others(self.engine.wanted(kind), kind)

    def _quiet(self, kind: Kind) -> frozenset[str] | None:
        return self._with_others(self.engine.quiet(kind), kind)

    def _with_others(self, names: frozenset[str] | None, kind: Kind) -> frozenset[str] | None:
        if names is None:
            return None
        if kind not in self._besides:
            self._besides[kind] = self._others(kind) | self._grouped(kind)
        return names | self._besides[kind]

    def _others(self, kind: Kind) -> frozenset[str]:
        facts = fact_columns(kind) if self.analytics else frozenset()
        return actor_columns(kind) | process_columns(kind) | facts

    def _grouped(self, kind: Kind) -> frozenset[str]:
        """Name the columns that correlations read of *kind*."""
        return frozenset(
            column
            for rule, watched in self._watches.items()
            for watch in watched
            for column in self.engine.names(rule, kind, watch.fields)
        )

    def scan(self, *frames: Frame) -> Part:
        """Keep of *frames* what findings and coverage will need.

        What they share is worked out once, so several together take less time than each alone.
        """
        every = self.engine.scan_all(frames)
        spoken = [self._spoken(matches) for matches in every]
        hits = joined(NOTHING.hits, map(hit_rows, frames, spoken))
        kept = self._sampled(hits, spoken)
        members = self._members(frames, every, kept)
        return Part(
            hits=hits,
            events=event_rows(frames, [*map(_distinct, kept)]),
            processes=joined(NOTHING.processes, map(process_rows, frames)),
            members=members,
            counts=count_events(frames, self.part),
            **(facts_of(frames) if self.analytics else no_facts()),
        )

    def _spoken(self, matches: Matches) -> Matches:
        return {rule: rows for rule, rows in matches.items() if rule not in self._silent}

    def _sampled(self, hits: pa.Table, spoken: Sequence[Matches]) -> list[list[Rows]]:
        """List the rows of each frame whose full events *hits* want kept."""
        rows = [np.concatenate([_NONE, *matches.values()]) for matches in spoken]
        return [[some] for some in _chosen(self._of_hits, hits, rows)]

    def _members(
        self, frames: Sequence[Frame], every: Sequence[Matches], kept: Sequence[list[Rows]]
    ) -> pa.Table:
        """Give the members in *frames*; add the rows whose full events they want to *kept*."""
        owners: list[list[Rows]] = []
        found: list[Rows] = []
        tables = []
        for frame, matches, wanted in zip(frames, every, kept, strict=True):
            for rule in self._watches.keys() & matches.keys():
                column = self.engine.columns(rule, frame)
                for watch in self._watches[rule]:
                    rows = taking_part(watch, frame, matches[rule], column)
                    owners.append(wanted)
                    found.append(rows)
                    tables.append(member_rows(watch, frame, rows, column))
        members = joined(NOTHING.members, tables)
        chosen = _chosen(self._of_members, as_hits(members), found)
        for wanted, rows in zip(owners, chosen, strict=True):
            wanted.append(rows)
        return members


_NONE: Final = np.empty(0, np.intp)


def _chosen(sampler: Sampler, hits: pa.Table, rows: Sequence[Rows]) -> list[Rows]:
    """Give of *rows*, of which *hits* tell one after another, those whose events to keep."""
    if not hits.num_rows:
        return [_NONE] * len(rows)
    chosen = sampler.choose(hits)
    ends = np.cumsum([len(some) for some in rows])
    parts = np.split(chosen, np.searchsorted(chosen, ends[:-1]))
    return [some[part - end] for some, part, end in zip(rows, parts, ends, strict=True)]


def _distinct(rows: Sequence[Rows]) -> Rows:
    return unique(np.concatenate(rows))
