"""Findings out of hits: what belongs together becomes one thing to look at.

Rule 1. Hits belong together when they share the host, the rule and the process signature: the
executables of the acting process and of up to three ancestors. So forty short-lived processes of
one program, started in one way, are one finding with a count, and the earliest of them leads it.
Rule 2. Each firing of a correlation is one finding, whatever hosts and processes it spans.
Rule 3. What comes out follows from the set of hits alone.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Final

import numpy as np
import orjson
import pyarrow as pa

from sidelight.findings.assets import Assets, marked
from sidelight.findings.attack import classify, tactics, techniques
from sidelight.findings.cells import Rows
from sidelight.findings.finding import (
    Evidence,
    Finding,
    FindingClass,
    Instances,
    Process,
    RuleRef,
)
from sidelight.findings.identity import finding_id
from sidelight.findings.instances import instances
from sidelight.findings.lineage import lineages
from sidelight.findings.order import sort_rows
from sidelight.findings.reasons import against_it, for_it
from sidelight.findings.score import SPEAKING, score
from sidelight.findings.sheet import Sheet
from sidelight.findings.shelf import Shelf
from sidelight.findings.surface import DISK, HOST, Seen, Surface, counted, surface_of
from sidelight.schema import LEVELS, NO_TIME
from sidelight.values import dataclass

_BATCH: Final = 10_000
_MANY_HOSTS: Final = 3


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What findings need to know of a rule.

    Args:
        ref: as findings name it.
        tags: as written.
        group_by: of a correlation, the fields that its events share.
    """

    ref: RuleRef
    tags: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a finding lists.

    Args:
        evidence: events with their place, the earliest first.
        fields: of these, events in full.
    """

    evidence: int = 100
    fields: int = 10


_LIMITS: Final = Limits()
_NO_ASSETS: Final = Assets()


def conclude(  # noqa: PLR0913
    hits: pa.Table,
    shelf: Shelf,
    processes: Sequence[pa.Table],
    rules: Mapping[str, RuleInfo],
    limits: Limits = _LIMITS,
    assets: Assets = _NO_ASSETS,
) -> Iterator[Finding]:
    """Give the findings, most severe first: by level, score, first_seen, host, id.

    Args:
        hits: united `HITS`, those of correlations included.
        shelf: `EVENTS`, settled (`sidelight.findings.sample`).
        processes: tables of `PROCESSES`, in any order and with any repetition.
        rules: by id; a hit of a rule that is not here is titled by the id and of level medium.
        limits: how much a finding lists.
        assets: what hosts are; scores on those that matter are raised.
    """
    if not hits.num_rows:
        return
    sheet = Sheet.of(hits, processes)
    every = (_raised(draft, assets) for draft in _drafts(sheet, rules))
    drafts = sorted(every, key=lambda draft: draft.rank)
    for begin in range(0, len(drafts), _BATCH):
        some = drafts[begin : begin + _BATCH]
        leads = sheet.actor[[int(draft.rows[0]) for draft in some]]
        lines = lineages(processes, sheet.actors.take(leads))
        acted = [(sheet.actor[draft.rows], sheet.time[draft.rows]) for draft in some]
        several = instances(processes, sheet.actors, acted)
        for draft, process, each in zip(some, lines, several, strict=True):
            evidence = _evidence(draft.rows, sheet, shelf, limits)
            surfaces = _surfaces(draft.rows, sheet, shelf)
            yield marked(_finding(draft, process, evidence, surfaces, each), assets)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A group of hits, earliest first, and what orders it among others."""

    rows: Rows
    info: RuleInfo
    id: str
    host: str
    score: int
    first: int
    last: int
    others: tuple[str, ...]
    hosts: tuple[str, ...]
    shared: tuple[str, ...]

    @property
    def rank(self) -> tuple[int, int, int, str, str]:
        level = LEVELS.index(self.info.ref.level)
        return (-level, -self.score, self.first, self.host, self.id)


def _raised(draft: _Draft, assets: Assets) -> _Draft:
    points = assets.points(draft.host)
    return replace(draft, score=min(100, draft.score + points)) if points else draft


def _groups(sheet: Sheet) -> list[Rows]:
    """Sort hits into findings (rules 1 and 2), each by (time, source, record)."""
    windows = sheet.window
    alone = windows.code == windows.texts.index("") if "" in windows.texts else windows.code < 0
    group = [
        sheet.rule.code,
        windows.code,
        np.where(alone, sheet.folded.code, -1),
        np.where(alone, sheet.signature.code, -1),
    ]
    order, _ = sort_rows([*group, sheet.time, sheet.source.code, sheet.record])
    fresh = np.zeros(len(order) - 1, bool)
    for key in group:
        fresh |= np.diff(key[order]) != 0
    return np.split(order, np.flatnonzero(fresh) + 1)


def _drafts(sheet: Sheet, rules: Mapping[str, RuleInfo]) -> Iterator[_Draft]:
    groups = _groups(sheet)
    infos = [
        rules.get(rule) or RuleInfo(RuleRef(rule, rule, "medium")) for rule in sheet.rule.texts
    ]
    company = _company(sheet, groups, infos)
    seen_on: dict[int, set[int]] = defaultdict(set)
    for rows in groups:
        seen_on[int(sheet.rule.code[rows[0]])].add(int(sheet.folded.code[rows[0]]))
    many = len(set().union(*seen_on.values())) >= _MANY_HOSTS
    for rows in groups:
        lead = rows[0]
        rule = int(sheet.rule.code[lead])
        beside = company.get((int(sheet.folded.code[lead]), int(sheet.signature.code[lead])), ())
        others = [ref for number, ref in beside if number != rule]
        yield _draft(sheet, rows, infos[rule], others, many and len(seen_on[rule]) == 1)


def _company(
    sheet: Sheet, groups: list[Rows], infos: list[RuleInfo]
) -> Mapping[tuple[int, int], Sequence[tuple[int, RuleRef]]]:
    """Tell which rules matched each known lineage on each host, the most severe first."""
    found: dict[tuple[int, int], set[int]] = defaultdict(set)
    for rows in groups:
        lead = rows[0]
        if sheet.signature[lead]:
            place = int(sheet.folded.code[lead]), int(sheet.signature.code[lead])
            found[place].add(int(sheet.rule.code[lead]))
    refs = [info.ref for info in infos]
    order = [(-LEVELS.index(ref.level), ref.title, ref.id) for ref in refs]

    @cache
    def ranked(some: frozenset[int]) -> Sequence[tuple[int, RuleRef]]:
        return [(number, refs[number]) for number in sorted(some, key=order.__getitem__)]

    return {place: ranked(frozenset(some)) for place, some in found.items()}


def _draft(
    sheet: Sheet, rows: Rows, info: RuleInfo, others: Sequence[RuleRef], alone: bool
) -> _Draft:
    lead = int(rows[0])
    ref, window = info.ref, sheet.window[lead]
    seconding = sum(other.level in SPEAKING for other in others)
    first, last = int(sheet.time[lead]), int(sheet.time[rows[-1]])
    if first == NO_TIME != last:
        times = sheet.time[rows]
        first = int(times[np.searchsorted(times, NO_TIME, side="right")])
    hosts: tuple[str, ...] = ()
    if window:
        some = {
            int(code): int(row) for code, row in zip(sheet.folded.code[rows], rows, strict=True)
        }
        hosts = tuple(sheet.host[row] for _, row in sorted(some.items())) if len(some) > 1 else ()
    return _Draft(
        rows,
        info,
        finding_id(ref.id, sheet.folded[lead], window or sheet.signature[lead]),
        sheet.host[lead],
        score(ref.level, ref.status, seconding, alone=alone),
        first,
        last,
        tuple(other.title for other in others),
        hosts,
        _shared(info.group_by, window),
    )


def _shared(fields: tuple[str, ...], window: str) -> tuple[str, ...]:
    """Name the group-by values of a firing, whose text begins with them as a JSON array."""
    values = orjson.loads(window.rpartition("@")[0]) if window and fields else []
    pairs = zip(fields, values, strict=False)
    return tuple(f"{name} = {value or '(empty)'}" for name, value in pairs)


@lru_cache(maxsize=4096)
def _attack(tags: tuple[str, ...]) -> tuple[FindingClass, tuple[str, ...], tuple[str, ...]]:
    return classify(tags), tactics(tags), techniques(tags)


def _finding(
    draft: _Draft,
    process: tuple[Process, ...],
    evidence: tuple[Evidence, ...],
    surfaces: tuple[Seen, ...],
    several: Instances | None,
) -> Finding:
    ref, tags, count = draft.info.ref, draft.info.tags, len(draft.rows)
    about, tactical, technical = _attack(tags)
    return Finding(
        id=draft.id,
        title=ref.title,
        cls=about,
        level=ref.level,
        score=draft.score,
        host=draft.host,
        first_seen=draft.first,
        last_seen=draft.last,
        tactics=tactical,
        techniques=technical,
        tags=tags,
        rules=(ref,),
        process=process,
        reasons=for_it(
            ref, count, (draft.first, draft.last), process, draft.others, draft.hosts, draft.shared
        ),
        counter_evidence=against_it(ref, process),
        count=count,
        instances=several,
        evidence=evidence,
        surfaces=surfaces,
    )


def _surfaces(rows: Rows, sheet: Sheet, shelf: Shelf) -> tuple[Seen, ...]:
    """Count the events of a finding by where they were taken, if not from logs alone."""
    if not {HOST, DISK} & {*sheet.channel.texts}:
        return ()
    known: dict[tuple[int, int], Surface] = {}
    places: dict[tuple[str, int], Surface] = {}
    for row in rows.tolist():
        source, record = sheet.source[row], int(sheet.record[row])
        place = int(sheet.source.code[row]), int(sheet.channel.code[row])
        if place not in known:
            host = sheet.channel[row] == HOST
            origin = (shelf.event(source, record) or {}).get("Origin", "") if host else ""
            known[place] = surface_of(sheet.channel[row], str(origin))
        places[source, record] = known[place]
    return counted(places)


def _evidence(rows: Rows, sheet: Sheet, shelf: Shelf, limits: Limits) -> tuple[Evidence, ...]:
    """List the events of a finding, as many as the limits allow."""
    shown, left = [], limits.fields
    for row in rows[: limits.evidence].tolist():
        source, record = sheet.source[row], int(sheet.record[row])
        fields = shelf.event(source, record) if left else None
        left -= fields is not None
        shown.append(
            Evidence(
                source,
                record,
                sheet.channel[row],
                sheet.event_id[row],
                int(sheet.time[row]),
                sheet.rules_of(row),
                fields,
            )
        )
    return tuple(shown)
