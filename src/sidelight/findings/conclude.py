"""Findings out of hits: what belongs together becomes one thing to look at.

Rule 1. Hits belong together when they share the host, the rule and the process signature: the
executables of the acting process and of up to three ancestors. So forty short-lived processes of
one program, started in one way, are one finding with a count. The earliest of them is shown.
Rule 2. Each firing of a correlation is one finding, whatever hosts and processes it spans.
Rule 3. What comes out follows from the set of hits alone.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.findings.attack import classify, tactics, techniques
from sidelight.findings.finding import Evidence, Finding, Process, RuleRef
from sidelight.findings.hits import HITS
from sidelight.findings.identity import finding_id
from sidelight.findings.lineage import actors, lineages, signatures
from sidelight.findings.order import Ints, coded, fold, ranked, sort_rows
from sidelight.findings.reasons import against_it, for_it
from sidelight.findings.score import SPEAKING, score
from sidelight.schema import LEVELS, NO_TIME, Event


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What findings need to know of a rule."""

    ref: RuleRef
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a finding lists.

    Args:
        evidence: events with their place.
        fields: of these, events in full.
    """

    evidence: int = 100
    fields: int = 10


_LIMITS: Final = Limits()


def conclude(
    hits: pa.Table,
    events: pa.Table,
    processes: Sequence[pa.Table],
    rules: Mapping[str, RuleInfo],
    limits: Limits = _LIMITS,
) -> Iterator[Finding]:
    """Give the findings, most severe first: by level, score, first_seen, host, id.

    Args:
        hits: united `HITS`, those of correlations included.
        events: `EVENTS`, settled.
        processes: tables of `PROCESSES`, in any order and with any repetition.
        rules: by id; a hit of a rule that is not here is titled by the id and of level medium.
        limits: how much a finding lists.
    """
    if not hits.num_rows:
        return
    sheet = _Sheet.of(hits, processes, rules)
    shelf = _Shelf.of(hits, events, limits)
    drafts = _drafts(sheet)
    drafts.sort(key=lambda draft: draft.rank)
    for batch in range(0, len(drafts), 2_000):
        some = drafts[batch : batch + 2_000]
        shown = lineages(
            processes, sheet.actors.take(pa.array([sheet.actor[d.rows[0]] for d in some]))
        )
        for draft, process in zip(some, shown, strict=True):
            yield _finding(draft, process, sheet, shelf)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The hits as numbers, sorted into groups.

    Args:
        order: row numbers, group after group, each by (time, source, record).
        begins: where in *order* each group begins.
        actor: of each hit, its row in *actors*.
        signature: of each hit, the number of its text in *texts*.
    """

    order: NDArray[np.intp]
    begins: Ints
    host: Ints
    hosts: list[str]
    folded: list[str]
    rule: Ints
    rules: list[RuleInfo]
    time: Ints
    window: Ints
    windows: list[str]
    actor: Ints
    actors: pa.Table
    signature: Ints
    texts: list[str]

    @classmethod
    def of(
        cls, hits: pa.Table, processes: Sequence[pa.Table], rules: Mapping[str, RuleInfo]
    ) -> "_Sheet":
        host, hosts = ranked(hits.column("host"))
        folded = fold(hosts)
        same, distinct = coded(folded)
        rule, ids = ranked(hits.column("rule"))
        window, windows = ranked(hits.column("window"))
        source, _ = ranked(hits.column("source"))
        time, record = hits.column("time").to_numpy(), hits.column("record").to_numpy()
        actor, wanted = _distinct_actors(hits, same[host], time)
        number, texts = signatures(processes, wanted)
        one_host = (
            window == windows.to_pylist().index("") if "" in windows.to_pylist() else window < 0
        )
        group = [
            rule,
            window,
            np.where(one_host, same[host], -1),
            np.where(one_host, number[actor], -1),
        ]
        order, _ = sort_rows([*group, time, source, record])
        fresh = np.zeros(len(order), bool)
        fresh[0] = True
        for key in group:
            fresh[1:] |= np.diff(key[order]) != 0
        return cls(
            order,
            np.flatnonzero(fresh),
            host,
            hosts.to_pylist(),
            [distinct[code].as_py() for code in same.tolist()],
            rule,
            [_info(rules, text) for text in ids.to_pylist()],
            time,
            window,
            windows.to_pylist(),
            actor,
            wanted,
            number[actor],
            texts,
        )


def _info(rules: Mapping[str, RuleInfo], rule: str) -> RuleInfo:
    return rules.get(rule) or RuleInfo(RuleRef(rule, rule, "medium"))


def _distinct_actors(hits: pa.Table, host: Ints, time: Ints) -> tuple[Ints, pa.Table]:
    """Give each hit's row in a table of distinct actors; time counts only beside a PID."""
    key, keys = ranked(hits.column("process"))
    image, _ = ranked(hits.column("image"))
    by_pid = np.array([text.startswith("pid:") for text in keys.to_pylist()], bool)
    when = np.where(by_pid[key], time, 0)
    order, fresh = sort_rows([host, key, when, image])
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(fresh) - 1
    rows = pa.array(order[fresh])
    columns = [
        hits.column(name).take(rows).combine_chunks() for name in ("host", "process", "image")
    ]
    return number, actors(columns[0], columns[1], when[order[fresh]], columns[2])


@dataclass(frozen=True, slots=True)
class _Draft:
    """A group of hits and what orders it among others."""

    rows: NDArray[np.intp]
    info: RuleInfo
    id: str
    host: str
    score: int
    count: int
    first: int
    last: int
    others: tuple[str, ...]
    hosts: tuple[str, ...]

    @property
    def rank(self) -> tuple[int, int, int, str, str]:
        level = LEVELS.index(self.info.ref.level)
        return (-level, -self.score, self.first, self.host, self.id)


def _drafts(sheet: _Sheet) -> list[_Draft]:
    ends = np.append(sheet.begins[1:], len(sheet.order))
    groups = [sheet.order[a:b] for a, b in zip(sheet.begins.tolist(), ends.tolist(), strict=True)]
    company: dict[tuple[str, int], set[int]] = defaultdict(set)
    seen_on: dict[int, set[str]] = defaultdict(set)
    for rows in groups:
        rule, host = int(sheet.rule[rows[0]]), sheet.folded[sheet.host[rows[0]]]
        company[host, int(sheet.signature[rows[0]])].add(rule)
        seen_on[rule].add(host)
    many = len(set().union(*seen_on.values())) >= 3
    return [
        _draft(sheet, rows, company, many and len(seen_on[int(sheet.rule[rows[0]])]) == 1)
        for rows in groups
    ]


def _draft(
    sheet: _Sheet, rows: NDArray[np.intp], company: Mapping[tuple[str, int], set[int]], alone: bool
) -> _Draft:
    lead = rows[0]
    info = sheet.rules[sheet.rule[lead]]
    host, signature = int(sheet.host[lead]), int(sheet.signature[lead])
    folded, window = sheet.folded[host], sheet.windows[sheet.window[lead]]
    known = sheet.texts[signature] != ""
    beside = company[folded, signature] - {int(sheet.rule[lead])} if known else set()
    others = [sheet.rules[number].ref for number in beside]
    times = sheet.time[rows]
    times = times[times != NO_TIME]
    hosts = sorted({sheet.hosts[code] for code in np.unique(sheet.host[rows]).tolist()})
    return _Draft(
        rows,
        info,
        finding_id(info.ref.id, folded, window or sheet.texts[signature]),
        sheet.hosts[host],
        score(
            info.ref.level,
            info.ref.status,
            sum(ref.level in SPEAKING for ref in others),
            alone=alone,
        ),
        len(rows),
        int(times[0]) if len(times) else NO_TIME,
        int(times[-1]) if len(times) else NO_TIME,
        tuple(
            ref.title
            for ref in sorted(others, key=lambda ref: (-LEVELS.index(ref.level), ref.title, ref.id))
        ),
        tuple(hosts) if len({text.lower() for text in hosts}) > 1 else (),
    )


def _finding(
    draft: _Draft, process: tuple[Process, ...], sheet: _Sheet, shelf: "_Shelf"
) -> Finding:
    ref, tags = draft.info.ref, draft.info.tags
    return Finding(
        id=draft.id,
        title=ref.title,
        cls=classify(tags),
        level=ref.level,
        score=draft.score,
        host=draft.host,
        first_seen=draft.first,
        last_seen=draft.last,
        tactics=tactics(tags),
        techniques=techniques(tags),
        tags=tags,
        rules=(ref,),
        process=process,
        reasons=for_it(
            ref, draft.count, (draft.first, draft.last), process, draft.others, draft.hosts
        ),
        counter_evidence=against_it(ref, process),
        count=draft.count,
        evidence=shelf.evidence(draft.rows, sheet),
    )


@dataclass(slots=True)
class _Shelf:
    """Where evidence of single hits is fetched from.

    Args:
        hits: all of them.
        run: of each hit, the number of its event.
        by_event: hits in order of event; *begins* says where each event's begin.
        full: number of an event to its row in *events*.
    """

    hits: pa.Table
    run: Ints
    by_event: NDArray[np.intp]
    begins: Ints
    full: Mapping[int, int]
    events: pa.Table
    limits: Limits
    parsed: dict[int, Event] = field(default_factory=dict)

    @classmethod
    def of(cls, hits: pa.Table, events: pa.Table, limits: Limits) -> "_Shelf":
        place = ["source", "record"]
        both = pa.concat_tables([hits.select(place), events.select(place)])
        source, _ = ranked(both.column("source"))
        order, fresh = sort_rows([source, both.column("record").to_numpy()])
        number = np.empty(len(order), np.int64)
        number[order] = np.cumsum(fresh) - 1
        run, stored = number[: hits.num_rows], number[hits.num_rows :]
        rule, _ = ranked(hits.column("rule"))
        by_event, _ = sort_rows([run, rule])
        begins = np.searchsorted(run[by_event], np.arange(int(number.max()) + 2))
        full = dict(zip(stored.tolist(), range(len(stored)), strict=True))
        return cls(hits, run, by_event, begins, full, events, limits)

    def evidence(self, rows: NDArray[np.intp], sheet: _Sheet) -> tuple[Evidence, ...]:
        """List the events of a finding, as many as the limits allow."""
        listed = rows[: self.limits.evidence]
        places = self.hits.select(HITS.names[3:8]).take(pa.array(listed)).to_pylist()
        shown, left = [], self.limits.fields
        for place, number in zip(places, self.run[listed].tolist(), strict=True):
            fields = self._fields(number) if left else None
            left -= fields is not None
            rules = tuple(self._rules(number, sheet))
            shown.append(Evidence(rules=rules, fields=fields, **place))
        return tuple(shown)

    def _rules(self, number: int, sheet: _Sheet) -> list[str]:
        rows = self.by_event[self.begins[number] : self.begins[number + 1]]
        return list(dict.fromkeys(sheet.rules[code].ref.id for code in sheet.rule[rows].tolist()))

    def _fields(self, number: int) -> Event | None:
        row = self.full.get(number)
        if row is None:
            return None
        event: Event = orjson.loads(self.events.column("fields")[row].as_py())
        return event
