"""What changed between two imports, as lines of text."""

from collections.abc import Iterable, Iterator

from sidelight.intel.claim import Claim, NameClaim
from sidelight.intel.difference import Difference
from sidelight.intel.knowledge import Knowledge
from sidelight.output.plain import plain
from sidelight.output.portrait import headline


def difference_lines(
    found: Difference, before: Knowledge, after: Knowledge, *, limit: int
) -> Iterator[str]:
    """Yield one block for each sort of change, cut to *limit* lines; nothing where none is."""
    yield from _block("new things", "+", map(headline, found.things), limit)
    yield from _block("things gone", "-", map(headline, found.things_gone), limit)
    yield from _block("withdrawn", "~", map(headline, found.withdrawn), limit)
    yield from _block(
        "renamed", "~", (f"{old.name} → {new.name}" for old, new in found.renamed), limit
    )
    yield from _block("new names", "+", (_named(each, after) for each in found.names), limit)
    yield from _block("names gone", "-", (_named(each, before) for each in found.names_gone), limit)
    yield from _block("new claims", "+", (_said(each, after) for each in found.claims), limit)
    yield from _block(
        "claims gone", "-", (_said(each, before) for each in found.claims_gone), limit
    )


def _block(title: str, mark: str, lines: Iterable[str], limit: int) -> Iterator[str]:
    rows = list(lines)
    if rows:
        yield f"{title}: {len(rows):,}"
        yield from (plain(f"  {mark} {row}") for row in rows[:limit])
        if len(rows) > limit:
            yield f"  … {len(rows) - limit:,} more: --limit"


def _named(claim: NameClaim, knowledge: Knowledge) -> str:
    return f"{knowledge.name_of(claim.entity)} is also called {claim.name} ({claim.says})"


def _said(claim: Claim, knowledge: Knowledge) -> str:
    ends = knowledge.name_of(claim.subject), knowledge.name_of(claim.object)
    hedge = f" “{claim.hedge}”" if claim.hedge else ""
    return f"{ends[0]} {claim.relation} {ends[1]}{hedge} ({claim.says})"
