"""What was gathered becomes findings."""

from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import field
from heapq import merge
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sidelight.analytics.columns import YARA
from sidelight.analytics.conclude import Concluded, Facts, conclude_facts
from sidelight.analytics.excerpt import unite_facts
from sidelight.analytics.knowledge import NOTHING, Knowledge
from sidelight.analytics.stakes import raised
from sidelight.evidence.formats import READERS
from sidelight.evidence.reading import Digest
from sidelight.findings.assets import Assets
from sidelight.findings.cells import coded, listed, plain
from sidelight.findings.clocks import Looks
from sidelight.findings.conclude import STRETCH, Limits, Outline, RuleInfo
from sidelight.findings.facts import FACTS
from sidelight.findings.finding import Finding, RuleRef
from sidelight.findings.hits import union
from sidelight.findings.sample import as_hits, settle
from sidelight.findings.sheet import Sheet
from sidelight.findings.shelf import Shelf
from sidelight.findings.spool import Spool
from sidelight.findings.surface import HOST
from sidelight.hunt.forks import aside
from sidelight.hunt.memory import trim
from sidelight.rules.cache import Compiled
from sidelight.rules.correlate import correlate
from sidelight.rules.rule import Meta
from sidelight.schema import Gap, strings
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.pe.examined import Examined

_NO_LOOKS: Final = Looks()

MANY: Final = 10_000
"""With fewer hits it takes longer to begin another process than it saves."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known besides the evidence.

    Args:
        assets: what hosts are.
        known: what analytics may hold evidence against.
        examined: files of the evidence that were looked at a second time, by source.
    """

    assets: Assets = field(default_factory=Assets)
    known: Knowledge = NOTHING
    examined: Mapping[str, "Examined"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Findings in their order, stretch by stretch: those of stories among those of hits alone.

    Args:
        told: of stories, in order.
        alone: of hits that no story tells of.
        places: of each of *told*, before how many of *alone* it stands.
    """

    told: Sequence[Finding]
    alone: Outline
    places: Sequence[int]

    @classmethod
    def of(cls, told: Sequence[Finding], alone: Outline) -> "Drawing":
        """Put findings in order."""
        return cls(told, alone, [bisect_left(alone.ranks, each.rank) for each in told])

    def __len__(self) -> int:
        """Count the stretches."""
        return max(1, -(-len(self.alone) // STRETCH))

    def stretch(self, number: int) -> Iterator[Finding]:
        """Draw one of them."""
        begin, end = number * STRETCH, (number + 1) * STRETCH
        last = len(self.places) if number == len(self) - 1 else bisect_left(self.places, end)
        told = self.told[bisect_left(self.places, begin) : last]
        alone = self.alone.drawn(begin, end)
        return merge(told, alone, key=_rank) if told else alone


@contextmanager
def draw_findings(  # noqa: PLR0913
    spool: Spool,
    rules: Compiled,
    limits: Limits,
    copies: frozenset[str],
    context: Context,
    looks: Looks = _NO_LOOKS,
    processes: int = 1,
) -> Iterator[Drawing]:
    """Give the findings of what *spool* holds, most severe first; to be drawn in the context.

    Args:
        spool: filled, and open for as long as findings are drawn.
        rules: that were run.
        limits: how much a finding lists.
        copies: sources to leave out, since others have the same content.
        context: what is known besides.
        looks: how to read the times of looks at hosts.
        processes: how many may work at it, this one included.
    """
    hits = union(*_tables(spool, "hits", copies))
    members = union(*_tables(spool, "members", copies))
    kept = settle(_tables(spool, "events", copies), [hits, as_hits(members)])
    with closing(Shelf.of(kept, spool.folder)) as shelf:
        fired = correlate(rules.correlations, members)
        hits = union(hits, fired) if fired.num_rows else hits
        del members, fired
        starts = spool.tables("processes").together()  # starts seen twice are the same starts
        infos = rule_infos(rules, set(listed(coded(hits.column("rule"))[1])))

        def tell() -> Concluded:
            facts = _facts(spool, copies, context)
            return conclude_facts(facts, hits, shelf, starts, infos, limits, looks)

        if processes > 1 and hits.num_rows >= MANY:
            with aside(tell) as told:
                sheet = Sheet.of(hits, starts)
                stories = told()
        else:
            stories = tell()
            trim()  # facts are many, and nobody needs them any more
            sheet = Sheet.of(hits, starts)
        rest = np.flatnonzero(_untold(hits.num_rows, stories.told))
        outline = Outline.of(sheet.only(rest), shelf, infos, limits, context.assets)
        found = (raised(each, context.assets) for each in stories.findings)
        yield Drawing.of(sorted(found, key=_rank), outline)


def _facts(spool: Spool, copies: frozenset[str], context: Context) -> Facts:
    tables = {name: unite_facts(name, _tables(spool, name, copies)) for name in FACTS}
    return Facts(**tables, known=context.known, examined=context.examined)


def looked_at(counts: pa.Table) -> frozenset[str]:
    """Name the sources in united `COUNTS` that are looks at a host."""
    channel = counts.column("channel").cast(pa.string())
    some = counts.filter(pc.is_in(channel, strings([HOST, YARA])))
    return frozenset(listed(plain(some.column("source"))))


def _rank(finding: Finding) -> tuple[int, int, int, str, str]:
    return finding.rank


def _untold(size: int, told: Sequence[int]) -> "NDArray[np.bool_]":
    marks = np.ones(size, bool)
    marks[list(told)] = False
    return marks


def _tables(spool: Spool, name: str, copies: frozenset[str]) -> Iterator[pa.Table]:
    """Yield tables one after another, so that no more of them are in memory than are asked for."""
    values = pa.array(sorted(copies), pa.string())
    for table in spool.tables(name):
        if copies:
            source = table.column("source").cast(pa.string())
            table = table.filter(pc.invert(pc.is_in(source, values)))  # noqa: PLW2901
        yield table


def spooled_files(spool: Spool, copies: frozenset[str]) -> pa.Table:
    """Give the files that were read, as united `FILES`."""
    return unite_facts("files", _tables(spool, "files", copies))


def event_counts(spool: Spool, copies: frozenset[str]) -> pa.Table:
    """Give how many events were read, as `COUNTS`."""
    return union(*_tables(spool, "counts", copies))


def rule_infos(rules: Compiled, ids: Container[str]) -> Mapping[str, RuleInfo]:
    """Give what findings say of those rules that *ids* name, by id."""
    alone = (rules.meta(number) for number, name in enumerate(rules.plan.rules) if name in ids)
    infos = {meta.id: RuleInfo(_ref(meta), meta.tags) for meta in alone}
    for each in rules.correlations:
        if each.meta.id in ids:
            infos[each.meta.id] = RuleInfo(_ref(each.meta), each.meta.tags, each.group_by)
    return infos


def _ref(meta: Meta) -> RuleRef:
    return RuleRef(
        id=meta.id,
        title=meta.title,
        level=meta.level,
        status=meta.status,
        author=meta.author,
        path=meta.path,
        references=meta.references,
        falsepositives=meta.falsepositives,
        caveats=meta.caveats,
    )


def find_copies(digests: Sequence[Digest]) -> tuple[frozenset[str], list[Gap]]:
    """Tell sources that have the very content of another one; the first in order is kept.

    A program that lies in two folders is two files to look at.
    """
    first: dict[str, str] = {}
    gaps: list[Gap] = []
    for digest in sorted(digests, key=lambda each: each.source):
        if not digest.sha256 or not digest.size or READERS[digest.format].placed:
            continue
        kept = first.setdefault(digest.sha256, digest.source)
        if kept != digest.source:
            text = f"has the same content as {kept}; counted once"
            gaps.append(Gap(digest.source, 0, "duplicate", text))
    return frozenset(gap.source for gap in gaps), gaps
