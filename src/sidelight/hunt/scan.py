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
from sidelight.rules.members import Watch, member_rows, watches
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
    _sampler: Sampler = field(default_factory=Sampler)
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
        members = [self._members(*each) for each in zip(frames, every, kept, strict=True)]
        return Part(
            hits=hits,
            events=event_rows(frames, [*map(_distinct, kept)]),
            processes=joined(NOTHING.processes, map(process_rows, frames)),
            members=joined(NOTHING.members, members),
            counts=count_events(frames, self.part),
            **(facts_of(frames) if self.analytics else no_facts()),
        )

    def _spoken(self, matches: Matches) -> Matches:
        return {rule: rows for rule, rows in matches.items() if rule not in self._silent}

    def _sampled(self, hits: pa.Table, spoken: Sequence[Matches]) -> list[list[Rows]]:
        """List the rows of each frame whose full events *hits* want kept."""
        rows = [np.concatenate([_NONE, *matches.values()]) for matches in spoken]
        chosen = self._sampler.choose(hits) if hits.num_rows else _NONE
        ends = np.cumsum([len(some) for some in rows])
        parts = np.split(chosen, np.searchsorted(chosen, ends[:-1]))
        return [[some[part - end]] for some, part, end in zip(rows, parts, ends, strict=True)]

    def _members(self, frame: Frame, matches: Matches, kept: list[Rows]) -> pa.Table:
        """Give the members in *frame*; add the rows whose full events they want to *kept*."""
        tables = []
        for rule in self._watches.keys() & matches.keys():
            for watch in self._watches[rule]:
                rows = matches[rule]
                table = member_rows(watch, frame, rows, self.engine.columns(rule, frame))
                tables.append(table)
                kept.append(_rows_of(frame, rows, table, self._sampler.choose(as_hits(table))))
        return joined(NOTHING.members, tables)


_NONE: Final = np.empty(0, np.intp)


def _distinct(rows: Sequence[Rows]) -> Rows:
    return unique(np.concatenate(rows))


def _rows_of(frame: Frame, rows: Rows, members: pa.Table, chosen: Rows) -> Rows:
    """Find the rows of the frame that chosen members stand for."""
    if not len(chosen):
        return _NONE
    place = {
        (frame.sources[source], record): row
        for source, record, row in zip(
            frame.source[rows].tolist(), frame.record[rows].tolist(), rows.tolist(), strict=True
        )
    }
    some = members.select(["source", "record"]).take(pa.array(chosen, pa.int64())).to_pydict()
    found = [place[key] for key in zip(some["source"], some["record"], strict=True)]
    return np.array(found, np.intp)
