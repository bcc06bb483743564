"""Findings out of hits: what belongs together becomes one thing to look at.

Rule 1. Hits belong together when they share the host, the rule and the process signature: the
executables of the acting process and of up to three ancestors. So forty short-lived processes of
one program, started in one way, are one finding with a count, and the earliest of them leads it.
Rule 2. Each firing of a correlation is one finding, whatever hosts and processes it spans.
Rule 3. What comes out follows from the set of hits alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import islice, pairwise
from typing import Final, NamedTuple, Self

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
from sidelight.findings.order import numbered, sort_rows
from sidelight.findings.reasons import against_it, for_it
from sidelight.findings.score import SPEAKING, score
from sidelight.findings.sheet import Sheet
from sidelight.findings.shelf import Shelf
from sidelight.findings.surface import DISK, HOST, Seen, Surface, counted, surface_of
from sidelight.schema import LEVELS, NO_TIME
from sidelight.values import dataclass

STRETCH: Final = 1024
"""So many findings are drawn together: those who acted are looked up for all of them at once."""
_LAID_OUT: Final = 256
"""Of so many findings events are laid out at a time; each may list as many as the limits allow."""
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
    if hits.num_rows:
        yield from Outline.of(Sheet.of(hits, processes), shelf, rules, limits, assets).all()


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


@dataclass(frozen=True, slots=True)
class Outline:
    """Findings in their order, none of which is drawn yet; any stretch can be, by itself.

    Args:
        ranks: what orders them, as `Finding.rank`.
    """

    drafts: Sequence[_Draft]
    ranks: Sequence[tuple[int, int, int, str, str]]
    sheet: Sheet
    shelf: Shelf
    limits: Limits
    assets: Assets

    @classmethod
    def of(
        cls,
        sheet: Sheet,
        shelf: Shelf,
        rules: Mapping[str, RuleInfo],
        limits: Limits = _LIMITS,
        assets: Assets = _NO_ASSETS,
    ) -> Self:
        """Tell what there will be; what is given is as for `conclude`."""
        some = _drafts(sheet, rules) if len(sheet.time) else ()
        every = [_raised(draft, assets) for draft in some]
        ranks = [draft.rank for draft in every]
        order = sorted(range(len(every)), key=ranks.__getitem__)
        drafts, ranks = [every[each] for each in order], [ranks[each] for each in order]
        return cls(drafts, ranks, sheet, shelf, limits, assets)

    def __len__(self) -> int:
        """Count the findings."""
        return len(self.drafts)

    def all(self) -> Iterator[Finding]:
        """Draw every finding."""
        for begin in range(0, len(self), STRETCH):
            yield from self.drawn(begin, begin + STRETCH)

    def drawn(self, begin: int, end: int) -> Iterator[Finding]:
        """Draw a stretch of findings."""
        some, sheet = self.drafts[begin:end], self.sheet
        if not some:
            return
        leads = sheet.actor[[int(draft.rows[0]) for draft in some]]
        lines = sheet.kin.lines(leads)
        acted = np.concatenate([draft.rows for draft in some])
        ends = np.cumsum([len(draft.rows) for draft in some])
        several = instances(sheet.kin, sheet.actor[acted], sheet.time[acted], ends)
        shown = _shown(some, sheet, self.shelf, self.limits)
        looked = not {HOST, DISK}.isdisjoint(sheet.channel.texts)  # all else is of logs
        for draft, process, each, evidence in zip(some, lines, several, shown, strict=True):
            surfaces = _surfaces(draft.rows, sheet, self.shelf) if looked else ()
            yield marked(_finding(draft, process, evidence, surfaces, each), self.assets)


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
    edges = [0, *(np.flatnonzero(fresh) + 1).tolist(), len(order)]
    return [order[begin:end] for begin, end in pairwise(edges)]


class _Lead(NamedTuple):
    """The first hit of a group, and the time of its last one; codes are those of the sheet."""

    rule: int
    host_code: int
    company: int  # of leads on one host with one known lineage; -1 where there is but one
    window: str
    folded: str
    host: str
    signature: str
    first: int
    last: int


def _leads(sheet: Sheet, groups: list[Rows]) -> list[_Lead]:
    first, last = (np.array([rows[at] for rows in groups]) for at in (0, -1))
    host, lineage = sheet.folded.code[first], sheet.signature.code[first]
    known = np.array([bool(text) for text in sheet.signature.texts])[lineage]
    number, _ = numbered([host, np.where(known, lineage, -1)])
    several = known & (np.bincount(number)[number] > 1)
    columns = (
        sheet.rule.code[first].tolist(),
        host.tolist(),
        np.where(several, number, -1).tolist(),
        *(each.at(first) for each in (sheet.window, sheet.folded, sheet.host, sheet.signature)),
        sheet.time[first].tolist(),
        sheet.time[last].tolist(),
    )
    return [_Lead(*cells) for cells in zip(*columns, strict=True)]


def _drafts(sheet: Sheet, rules: Mapping[str, RuleInfo]) -> Iterator[_Draft]:
    groups = _groups(sheet)
    infos = [
        rules.get(rule) or RuleInfo(RuleRef(rule, rule, "medium")) for rule in sheet.rule.texts
    ]
    leads = _leads(sheet, groups)
    beside = _company(leads, infos)
    seen_on: dict[int, set[int]] = defaultdict(set)
    for lead in leads:
        seen_on[lead.rule].add(lead.host_code)
    many = len(set().union(*seen_on.values())) >= _MANY_HOSTS
    for rows, lead in zip(groups, leads, strict=True):
        alone = many and len(seen_on[lead.rule]) == 1
        yield _draft(sheet, rows, lead, infos[lead.rule], beside(lead), alone)


def _company(
    leads: Sequence[_Lead], infos: list[RuleInfo]
) -> Callable[[_Lead], tuple[tuple[str, ...], int]]:
    """Tell which other rules matched a known lineage on its host, the most severe first.

    Returns:
        What gives their titles and how many of them speak.
    """
    found: dict[int, set[int]] = defaultdict(set)
    for lead in leads:
        if lead.company >= 0:
            found[lead.company].add(lead.rule)
    refs = [info.ref for info in infos]
    order = [(-LEVELS.index(ref.level), ref.title, ref.id) for ref in refs]

    @cache
    def others(some: frozenset[int], rule: int) -> tuple[tuple[str, ...], int]:
        several = [refs[each] for each in sorted(some - {rule}, key=order.__getitem__)]
        speaking = sum(ref.level in SPEAKING for ref in several)
        return tuple(ref.title for ref in several), speaking

    company = {number: frozenset(some) for number, some in found.items()}
    return lambda lead: others(company.get(lead.company, frozenset()), lead.rule)


def _draft(  # noqa: PLR0913
    sheet: Sheet,
    rows: Rows,
    lead: _Lead,
    info: RuleInfo,
    beside: tuple[tuple[str, ...], int],
    alone: bool,
) -> _Draft:
    ref, window, first = info.ref, lead.window, lead.first
    if first == NO_TIME != lead.last:
        times = sheet.time[rows]
        first = int(times[np.searchsorted(times, NO_TIME, side="right")])
    return _Draft(
        rows,
        info,
        finding_id(ref.id, lead.folded, window or lead.signature),
        lead.host,
        score(ref.level, ref.status, beside[1], alone=alone),
        first,
        lead.last,
        beside[0],
        _hosts(sheet, rows) if window else (),
        _shared(info.group_by, window) if window else (),
    )


def _hosts(sheet: Sheet, rows: Rows) -> tuple[str, ...]:
    """Name the hosts of a firing, where they are several."""
    some = dict(zip(sheet.folded.code[rows].tolist(), rows.tolist(), strict=True))
    return tuple(sheet.host[row] for _, row in sorted(some.items())) if len(some) > 1 else ()


def _shared(fields: tuple[str, ...], window: str) -> tuple[str, ...]:
    """Name the group-by values of a firing, whose text begins with them as a JSON array."""
    values = orjson.loads(window.rpartition("@")[0]) if fields else []
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


def _shown(
    drafts: Sequence[_Draft], sheet: Sheet, shelf: Shelf, limits: Limits
) -> Iterator[tuple[Evidence, ...]]:
    """List the events of each finding, as many as the limits allow."""
    for begin in range(0, len(drafts), _LAID_OUT):
        every = (draft.rows for draft in drafts[begin : begin + _LAID_OUT])
        most = limits.evidence
        several = [rows if len(rows) <= most else rows[:most] for rows in every]
        rows = np.concatenate(several)
        columns = (sheet.source, sheet.channel, sheet.event_id)
        source, channel, event_id = (column.at(rows) for column in columns)
        record, time = sheet.record[rows].tolist(), sheet.time[rows].tolist()
        rules = sheet.rules_at(rows)
        cells = zip(source, record, channel, event_id, time, rules, strict=True)
        for mine in several:
            yield _evidence(islice(cells, len(mine)), shelf, limits.fields)


def _evidence(
    cells: Iterable[tuple[str, int, str, str, int, tuple[str, ...]]], shelf: Shelf, left: int
) -> tuple[Evidence, ...]:
    shown = []
    for cell in cells:
        fields = shelf.event(cell[0], cell[1]) if left else None
        left -= fields is not None
        shown.append(Evidence(*cell, fields))
    return tuple(shown)
