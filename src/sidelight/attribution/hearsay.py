"""Knowledge as lore: who is said to hold which tools, by how many publishers.

A claim counts for less the more it hedges. Publishers count, not pages: an article that repeats a
report adds nothing to it.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from sidelight.attribution.lore import Actor, Delivery, Held, Lore
from sidelight.findings.attack import REVOKED
from sidelight.intel.claim import Claim
from sidelight.intel.entity import ACTORS, SOFTWARE, TECHNIQUES, Entity
from sidelight.intel.identifier import sector_id, type_of
from sidelight.intel.knowledge import Knowledge
from sidelight.intel.statements import load_bundled

_STRENGTH: Final[Mapping[str, float]] = {"uses": 0.8, "associated-with": 0.5}
"""How sure one publisher's claim makes us that a set holds a tool. A judgement, not measured."""
_DOUBT: Final = 0.7
_NO_DOUBT: Final = frozenset({"", "associated with"})
_OTHERS: Final[Mapping[str, int]] = {"": 0, "shared": 3, "public": 20, "commercial": 20}
"""How many unnamed users a tool is held to have besides those named. A judgement."""
_TELECOM: Final = sector_id("telecommunications")


@cache
def bundled_lore() -> Lore:
    """Give what the bundled knowledge says."""
    return lore_of(load_bundled())


def lore_of(knowledge: Knowledge) -> Lore:
    """Shape *knowledge*, with the figures and deliveries that come with Sidelight."""
    figures = _figures()
    tools = {each.id: each for each in knowledge.entities.values() if each.type in SOFTWARE}
    entries: dict[str, list[Entity]] = defaultdict(list)
    for each in knowledge.entities.values():
        if each.type in ACTORS and not each.revoked:
            entries[knowledge.counted_as.get(each.id, each.id)].append(each)
    actors = {key: _actor(key, some, knowledge) for key, some in sorted(entries.items())}
    actors = {key: each for key, each in actors.items() if each.tools or each.techniques}
    table = tomllib.loads(_text("tools.toml"))
    at = _by_key(knowledge)
    others = {
        at[row["tool"]]: _OTHERS[row["to"]] for row in table["availability"] if row["tool"] in at
    }
    deliveries = tuple(
        Delivery(
            at[row["tool"]], row.get("program", ""), row.get("library", ""), tuple(row["sources"])
        )
        for row in table["delivery"]
        if row["tool"] in at and (row.get("program") or row.get("library"))
    )
    return Lore(
        actors,
        {each.id: each.name for each in tools.values()},
        {number: each.id for each in tools.values() for number in each.numbers},
        _users(actors.values(), tools, figures, others),
        _totals(figures),
        deliveries,
    )


def _by_key(knowledge: Knowledge) -> dict[str, str]:
    """Find tools by their names, folded as keys of the bundled files are."""
    named = ((each.name, each.entity) for each in knowledge.names)
    first = ((each.name, each.id) for each in knowledge.entities.values())
    return {
        "-".join(name.lower().split()): tool
        for name, tool in (*named, *first)
        if type_of(tool) in SOFTWARE
    }


def _users(
    actors: Iterable[Actor],
    tools: Mapping[str, Entity],
    figures: Mapping[str, int],
    others: Mapping[str, int],
) -> dict[str, float]:
    holders: dict[str, int] = defaultdict(int)
    for actor in actors:
        for name in (*actor.tools, *actor.techniques):
            holders[name] += 1
    users = {name: float(count) for name, count in figures.items() if name.startswith("T")}
    for name, count in holders.items():
        if name in tools:
            known = max((figures.get(number, 0) for number in tools[name].numbers), default=0)
            users[name] = float(max(count, known) + others.get(name, 0))
        else:
            users[name] = max(users.get(name, 0.0), float(count))
    return users


def _totals(figures: Mapping[str, int]) -> tuple[int, int]:
    techniques = sum(count for name, count in figures.items() if name.startswith("T"))
    return sum(figures.values()) - techniques, techniques


def _actor(identity: str, entries: Iterable[Entity], knowledge: Knowledge) -> Actor:
    """Give a set with what is said of any of its *entries*, which catalogues have of it."""
    several = list(entries)
    claims = [claim for each in several for claim in knowledge.by_subject.get(each.id, ())]
    numbers = tuple(sorted({number for each in several for number in each.numbers}))
    named: dict[str, list[Claim]] = defaultdict(list)
    techniques: set[str] = set()
    for claim in claims:
        if claim.relation in _STRENGTH and type_of(claim.object) in SOFTWARE:
            named[claim.object].append(claim)
        elif claim.relation == "uses" and type_of(claim.object) in TECHNIQUES:
            thing = knowledge.entities.get(claim.object)
            techniques.update(thing.numbers if thing else ())
    for number in numbers:
        techniques.update(_profiles().get(number, ()))
    return Actor(
        identity,
        knowledge.name_of(identity),
        numbers,
        {tool: _held(some, knowledge) for tool, some in named.items()},
        frozenset(REVOKED.get(each, each) for each in techniques if each.startswith("T")),
        tuple(
            sorted({c.source for c in claims if c.relation == "targets" and c.object == _TELECOM})
        ),
    )


def _held(claims: Iterable[Claim], knowledge: Knowledge) -> Held:
    """Keep the best claim of each publisher; a catalogue repeats, so it counts if it is alone."""
    several = list(claims)
    first = [each for each in several if not _repeats(each, knowledge)]
    best: dict[str, tuple[float, float]] = {}
    sources = {each.source for each in several}
    for claim in first or several:
        strength = _STRENGTH[claim.relation]
        strength *= 1.0 if claim.hedge in _NO_DOUBT else _DOUBT
        for house, when in _said(claim, knowledge):
            said = (strength, _year(when))
            best[house] = max(best.get(house, said), said)
    return Held(
        tuple((house, *best[house]) for house in sorted(best)),
        tuple(sorted(sources)),
    )


def _said(claim: Claim, knowledge: Knowledge) -> Iterable[tuple[str, str]]:
    """Give the publishers that *claim* rests on, with when each said it.

    A catalogue that was edited, or an article that repeats, makes no report younger.
    """
    cited = [knowledge.sources[each] for each in claim.cites if each in knowledge.sources]
    found = [(each.publisher, each.date or claim.date) for each in cited if each.publisher]
    return found or [(claim.says, claim.date)]


def _repeats(claim: Claim, knowledge: Knowledge) -> bool:
    source = knowledge.sources.get(claim.source)
    return source is not None and source.kind == "catalogue" and not claim.cites


def _year(text: str) -> float:
    """Give a date as years; one that is not known is old."""
    parts = [int(part) for part in text.split("-") if part] if text else []
    if not parts:
        return 0.0
    month = parts[1] if len(parts) > 1 else 7
    return parts[0] + (month - 1) / 12


@cache
def _figures() -> Mapping[str, int]:
    rows = (line.split() for line in _lines("figures.txt"))
    return {number: int(count) for number, count in rows}


@cache
def _profiles() -> Mapping[str, tuple[str, ...]]:
    rows = (line.split() for line in _lines("techniques.txt"))
    return {group: tuple(techniques) for group, *techniques in rows}


def _lines(name: str) -> list[str]:
    return [line for line in _text(name).splitlines() if line and not line.startswith("#")]


def _text(name: str) -> str:
    return (files("sidelight") / "content" / "attribution" / name).read_text(encoding="utf-8")
