"""One frame becomes one part: rules, process starts, members of correlations and counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.analytics.scan import fact_columns, facts_of, no_facts
from sidelight.findings.actor import actor_columns
from sidelight.findings.hits import MEMBERS, Part
from sidelight.findings.matches import event_rows, hit_rows
from sidelight.findings.processes import process_columns, process_rows
from sidelight.findings.sample import Sampler, as_hits
from sidelight.hunt.tally import count_events
from sidelight.rules.cache import Compiled
from sidelight.rules.evaluate import Engine, Matches
from sidelight.rules.members import Watch, member_rows, watches
from sidelight.schema import Frame, Kind


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
    _wanted: dict[Kind, frozenset[str] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine = Engine(self.rules.plan)
        self._watches = watches(self.rules.correlations)
        self._silent = frozenset(self.rules.silent)

    def wanted(self, kind: Kind) -> frozenset[str] | None:
        """Tell which columns of *kind* somebody will read; None for all."""
        if kind not in self._wanted:
            names = self.engine.wanted(kind)
            self._wanted[kind] = (
                None if names is None else names | self._others(kind) | self._grouped(kind)
            )
        return self._wanted[kind]

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

    def scan(self, frame: Frame) -> Part:
        """Keep of *frame* what findings and coverage will need."""
        matches = self.engine.scan(frame)
        spoken = {rule: rows for rule, rows in matches.items() if rule not in self._silent}
        hits = hit_rows(frame, spoken)
        members, kept = self._members(frame, matches)
        rows = np.concatenate([self._sampled(hits, spoken), kept])
        return Part(
            hits=hits,
            events=event_rows(frame, np.unique(rows)),
            processes=process_rows(frame),
            members=members,
            counts=count_events(frame, self.part),
            **(facts_of(frame) if self.analytics else no_facts()),
        )

    def _sampled(self, hits: pa.Table, spoken: Mapping[str, NDArray[np.intp]]) -> NDArray[np.intp]:
        every = [rows for rows in spoken.values() if len(rows)]
        return np.concatenate(every)[self._sampler.choose(hits)] if every else _NONE

    def _members(self, frame: Frame, matches: Matches) -> tuple[pa.Table, NDArray[np.intp]]:
        """Give the members in *frame*, and the rows whose full events they want kept."""
        tables, wanted = [MEMBERS.empty_table()], [_NONE]
        for rule, rows in matches.items():
            for watch in self._watches.get(rule, ()):
                table = member_rows(watch, frame, rows, self.engine.columns(rule, frame))
                tables.append(table)
                wanted.append(_rows_of(frame, rows, table, self._sampler.choose(as_hits(table))))
        return pa.concat_tables(tables), np.concatenate(wanted)


_NONE: Final = np.empty(0, np.intp)


def _rows_of(
    frame: Frame, rows: NDArray[np.intp], members: pa.Table, chosen: NDArray[np.intp]
) -> NDArray[np.intp]:
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
