"""Facts become findings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import chain as together
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from sidelight.analytics.aftermath import follow
from sidelight.analytics.engines import suspect_engines
from sidelight.analytics.estate import Estate
from sidelight.analytics.knowledge import NOTHING, Knowledge
from sidelight.analytics.lateral import link
from sidelight.analytics.planted import suspect_writes
from sidelight.analytics.sideload import suspect_loads
from sidelight.analytics.spoken import suspect_signals
from sidelight.analytics.story import tell
from sidelight.analytics.suspicion import Cited, Suspicion
from sidelight.analytics.verdict import Hit, story_name, verdicts
from sidelight.analytics.witnesses import witness_hits, witness_loads
from sidelight.findings.cells import Ints, coded, listed, plain
from sidelight.findings.clocks import Looks
from sidelight.findings.conclude import Limits, RuleInfo
from sidelight.findings.finding import Finding
from sidelight.findings.instances import instances
from sidelight.findings.kin import Kin
from sidelight.findings.lineage import lineages
from sidelight.findings.shelf import Shelf
from sidelight.findings.starts import actors
from sidelight.schema import strings
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.pe.examined import Examined

_NO_LOOKS: Final = Looks()


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of a run, united.

    Args:
        examined: files that were looked at a second time, by source.
    """

    loads: pa.Table
    writes: pa.Table
    signals: pa.Table
    connects: pa.Table
    files: pa.Table
    known: Knowledge = NOTHING
    examined: Mapping[str, "Examined"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Concluded:
    """What analytics conclude.

    Args:
        findings: most severe first.
        told: row numbers of the hits that findings tell of, so that they need none of their own.
    """

    findings: tuple[Finding, ...]
    told: tuple[int, ...]


def suspicions_of(facts: Facts, processes: Sequence[pa.Table]) -> tuple[Suspicion, ...]:
    """Give what every analytic holds against anything, in canonical order."""
    estate = Estate.of(facts.loads, facts.writes)
    estate.known = facts.known
    found = list(
        together(
            suspect_loads(estate),
            suspect_writes(estate),
            suspect_engines(estate),
            suspect_signals(facts.signals, estate),
            _triads(facts),
        )
    )
    found += follow(found, facts.connects, processes)
    return tuple(
        sorted(
            found,
            key=lambda one: (one.host.lower(), one.analytic, one.image, one.title, one.things),
        )
    )


def _triads(facts: Facts) -> Iterator[Suspicion]:
    if facts.examined:
        from sidelight.analytics.triads.suspect import suspect_triads  # noqa: PLC0415 - for disks

        yield from suspect_triads(facts.files, facts.examined, facts.known.hijacks)


def conclude_facts(  # noqa: PLR0913
    facts: Facts,
    hits: pa.Table,
    shelf: Shelf,
    processes: Sequence[pa.Table],
    rules: Mapping[str, RuleInfo],
    limits: Limits,
    looks: Looks = _NO_LOOKS,
) -> Concluded:
    """Draw findings from facts and tie hits of rules to them.

    Args:
        facts: of the whole run.
        hits: united `HITS`.
        shelf: `EVENTS`, settled.
        processes: tables of `PROCESSES`.
        rules: by id.
        limits: how much a finding lists.
        looks: how to read the times of looks at hosts.
    """
    suspicions = witness_loads(suspicions_of(facts, processes), facts.loads)
    stories = witness_hits(tell(suspicions, hits, processes, looks), hits, shelf)
    chain = link(stories, facts.connects)
    table = _Hits.of(hits)
    findings: list[Finding] = []
    acted: list[tuple[Cited, ...]] = []
    told: set[int] = set()
    names = [story_name(chain.stories[number]) for number in chain.joined]
    for story, name in zip(chain.stories, names, strict=True):
        joined = [table.hit(row, rules) for row in story.hits]
        for verdict in verdicts(story, name, joined, shelf, limits):
            findings.append(verdict.finding)
            acted.append(verdict.acted)
            told.update(verdict.told)
    spelled = _spellings([facts.loads, facts.writes, facts.signals, facts.files, hits])
    named = [replace(each, host=spelled.get(each.host.lower(), each.host)) for each in findings]
    lined = _with_instances([*_with_lineage(named, processes)], acted, processes)
    return Concluded(tuple(sorted(lined, key=lambda finding: finding.rank)), tuple(sorted(told)))


def _spellings(tables: Sequence[pa.Table]) -> Mapping[str, str]:
    """Give each host, folded, as events spell it: the first of several spellings."""
    names = {text for table in tables for text in listed(plain(table.column("host").unique()))}
    spelled: dict[str, str] = {}
    for name in sorted(names):
        spelled.setdefault(name.lower(), name)
    return spelled


def _with_lineage(findings: Sequence[Finding], processes: Sequence[pa.Table]) -> Iterator[Finding]:
    """Look up the ancestors of the process that leads each finding."""
    host = strings([finding.host for finding in findings])
    leads = [finding.process[0] for finding in findings]
    key = strings([lead.guid or (f"pid:{lead.pid}" if lead.pid >= 0 else "") for lead in leads])
    table = pa.table({"host": host, "key": key, "image": strings([lead.image for lead in leads])})
    times = np.array([finding.process[0].started for finding in findings], np.int64)
    wanted = actors(table.column("host"), table.column("key"), times, table.column("image"))
    for finding, line in zip(findings, lineages(processes, wanted), strict=True):
        yield replace(finding, process=line)


def _with_instances(
    findings: Sequence[Finding],
    acted: Sequence[tuple[Cited, ...]],
    processes: Sequence[pa.Table],
) -> Iterator[Finding]:
    """Tell the processes that lead each finding apart, where there are several."""
    rows = [
        (finding.host, row) for finding, some in zip(findings, acted, strict=True) for row in some
    ]
    host = strings([host for host, _ in rows])
    key, image = (strings([getattr(row, name) for _, row in rows]) for name in ("process", "image"))
    table = pa.table({"host": host, "key": key, "image": image})
    times = np.array([row.time for _, row in rows], np.int64)
    wanted = actors(table.column("host"), table.column("key"), times, table.column("image"))
    kin = Kin.of(processes, wanted, 0)
    ends = np.cumsum([len(some) for some in acted], dtype=np.int64)
    told = instances(kin, np.arange(len(rows)), times, ends)
    for finding, several in zip(findings, told, strict=True):
        yield replace(finding, instances=several)


@dataclass(frozen=True, slots=True)
class _Hits:
    """Hits, to look up one by one; their texts are not spelled out for each."""

    columns: Mapping[str, tuple[Ints, list[str]]]
    time: Ints
    record: Ints

    @classmethod
    def of(cls, hits: pa.Table) -> "_Hits":
        names = ("rule", "source", "channel", "event_id", "window")
        columns = {}
        for name in names:
            codes, texts = coded(hits.column(name))
            columns[name] = codes, listed(texts)
        return cls(columns, hits.column("time").to_numpy(), hits.column("record").to_numpy())

    def hit(self, row: int, rules: Mapping[str, RuleInfo]) -> Hit:
        rule, source, channel, event_id, window = (
            texts[codes[row]] for codes, texts in self.columns.values()
        )
        record, time = int(self.record[row]), int(self.time[row])
        info = rules.get(rule)
        return Hit(row, info, rule, source, record, channel, event_id, time, bool(window))
