"""Portraits, names and imports as lines of text for a terminal."""

from collections.abc import Iterable, Iterator
from typing import Final

from sidelight.intel.claim import Claim, NameClaim
from sidelight.intel.entity import Entity
from sidelight.intel.knowledge import Knowledge
from sidelight.intel.names import Candidate
from sidelight.intel.portrait import Naming, Portrait, Tie
from sidelight.output.plain import clip, plain
from sidelight.plural import many

_SHOWN: Final = 12
_KINDS: Final = {"attack-pattern": "technique", "intrusion-set": "intrusion set"}


def headline(entity: Entity) -> str:
    """Say what a thing is, in one line."""
    kind = _KINDS.get(entity.type, entity.type)
    more = [each for each in entity.numbers if each != entity.name]
    numbers = f" {', '.join(more)}" if more else ""
    gone = ", withdrawn" if entity.revoked else ""
    return plain(f"{entity.name} ({kind}{numbers}{gone})")


def candidate_lines(candidate: Candidate, knowledge: Knowledge) -> Iterator[str]:
    """Yield a candidate and why it is one."""
    entity = candidate.entity
    why = {
        "number": "by number",
        "exact": "by name",
        "folded": "spelled alike but for spaces or hyphens: may be another thing",
    }[candidate.match]
    yield f"{headline(entity)}  {entity.id}"
    said = _voices(candidate.claims, knowledge)
    yield plain(f"    {why}{'; ' + '; '.join(said[:4]) if said else ''}")


def portrait_lines(portrait: Portrait, knowledge: Knowledge, *, whole: bool) -> Iterator[str]:
    """Yield a portrait; lists are cut to a dozen lines each unless *whole*."""
    yield headline(portrait.entity)
    if portrait.entity.summary:
        yield plain(f"  {portrait.entity.summary}")
    yield f"  {portrait.entity.id}; known to {', '.join(portrait.entity.sources) or 'nobody'}"
    sections: tuple[tuple[str, tuple[Tie, ...]], ...] = (
        ("Tools nobody ties to another actor", portrait.exclusive),
        ("Tools it shares", portrait.shared),
        ("Techniques", portrait.techniques),
        ("Targets", portrait.targets),
        ("Held or used by", portrait.users),
        ("Other ties", portrait.others),
        ("What concerns telecom operators", portrait.telecom),
    )
    yield from _section("Names", [_naming(each, knowledge) for each in portrait.names], whole=whole)
    for title, ties in sections:
        yield from _section(title, [_tie(each, knowledge) for each in ties], whole=whole)
    yield from _section("Where sources do not agree", portrait.conflicts, whole=True)


def _section(title: str, lines: Iterable[str], *, whole: bool) -> Iterator[str]:
    rows = list(lines)
    if not rows:
        return
    yield ""
    yield f"{title} ({len(rows):,})"
    shown = rows if whole else rows[:_SHOWN]
    for row in shown:
        yield f"  {row if whole else clip(row, 160)}"
    if len(rows) > len(shown):
        yield f"  … {len(rows) - len(shown):,} more: --all"


def _naming(naming: Naming, knowledge: Knowledge) -> str:
    said = _voices(naming.claims, knowledge)
    doubt = f"  (also of {len(naming.rivals)} other)" if naming.rivals else ""
    return plain(f"{naming.name}{doubt}: {'; '.join(said)}")


def _voices(claims: Iterable[Claim | NameClaim], knowledge: Knowledge) -> list[str]:
    """Say who says so, once each: nobody stands there bare who is there with more detail."""
    said = {_attributed(claim, knowledge) for claim in claims}
    return sorted(one for one in said if not any(other.startswith(f"{one} ") for other in said))


def _attributed(claim: Claim | NameClaim, knowledge: Knowledge) -> str:
    """Say who says it, when, how surely, and whom they repeat."""
    text = claim.says
    if claim.date:
        text += f" {claim.date}"
    if isinstance(claim, NameClaim) and claim.coined_by and claim.coined_by != claim.says:
        text += f", name of {claim.coined_by}"
    if claim.hedge:
        text += f" “{claim.hedge}”"
    if claim.confidence is not None:
        text += f" {claim.confidence}%"
    if claim.marking:
        text += f" {claim.marking}"
    cited = sorted(
        {known.publisher for each in claim.cites if (known := knowledge.sources.get(each))}
    )
    if cited:
        text += f" after {', '.join(cited[:3])}"
        text += f" and {len(cited) - 3} more" if len(cited) > 3 else ""
    return text


def _tie(tie: Tie, knowledge: Knowledge) -> str:
    entity = knowledge.entities.get(tie.other)
    name = entity.name if entity else tie.other
    number = entity.numbers[0] if entity and entity.numbers else ""
    numbers = "" if number in name else f" {number}"
    holders = f", {tie.holders} actors" if tie.holders > 1 else ""
    said = _voices(tie.claims, knowledge)
    count = len(tie.publishers)
    houses = many(count, "publisher")
    return plain(f"{name}{numbers} [{tie.relation}{holders}; {houses}] {'; '.join(said)}")
