"""Why it matters: what the asset file says is at stake, and what is known of who is named."""

from collections.abc import Iterator, Mapping

from sidelight.findings.assets import Assets, Role, roles
from sidelight.intel.entity import ACTORS
from sidelight.intel.identifier import sector_id, type_of
from sidelight.intel.knowledge import Knowledge
from sidelight.reading.brief import Sentence, first_spans, listed
from sidelight.reading.compare import Story
from sidelight.reading.document import Span
from sidelight.reading.entity import Entity

_TELECOM = "telecommunications"
_SHOWN = ("lawful-intercept", "hlr-hss", "signalling", "mediation")


def matters(story: Story, knowledge: Knowledge, assets: Assets) -> Iterator[Sentence]:
    """Say why *story* matters to whoever has *assets*."""
    sector = _sector(story)
    if sector:
        yield from _stakes(sector, assets)
        yield from _known_sector(sector, knowledge)
    for each in _entities(story, "actor"):
        yield from _actor(each, knowledge)
    for each in _entities(story, "malware", "tool"):
        yield from _software(each, knowledge)


def _sector(story: Story) -> tuple[Span, ...]:
    found = (
        each
        for reading in story.readings
        for each in reading.of_kind("sector")
        if each.name == _TELECOM
    )
    return first_spans([each.spans[0] for each in found])


def _stakes(spans: tuple[Span, ...], assets: Assets) -> Iterator[Sentence]:
    held: dict[str, list[str]] = {}
    for line in assets.lines:
        held.setdefault(line.role.id, []).append(line.host)
    known: Mapping[str, Role] = roles()
    if not held:
        for name in _SHOWN:
            if name in known:
                role = known[name]
                yield Sentence(f"At stake at an operator: {role.name}. {role.at_stake}", spans)
        yield Sentence(
            "Which of your hosts these are is not known: no asset file was given (--assets).", spans
        )
        return
    ranked = sorted(held, key=lambda name: (-known[name].points, name))
    for name in ranked[:6]:
        role = known[name]
        yield Sentence(f"You have {role.name} ({listed(held[name], 4)}): {role.at_stake}", spans)


def _known_sector(spans: tuple[Span, ...], knowledge: Knowledge) -> Iterator[Sentence]:
    claims = [
        each
        for each in knowledge.by_object.get(sector_id(_TELECOM), ())
        if each.relation == "targets" and type_of(each.subject) in ACTORS
    ]
    actors = sorted({knowledge.name_of(each.subject) for each in claims})
    if actors:
        sources = tuple(dict.fromkeys(each.source for each in claims))[:6]
        yield Sentence(
            f"The knowledge base has {len(actors)} actors that target telecommunications: "
            f"{listed(actors, 8)}.",
            spans,
            sources,
        )


def _entities(story: Story, *kinds: str) -> list[Entity]:
    first: dict[str, Entity] = {}
    for reading in story.readings:
        for each in reading.of_kind(*kinds):
            first.setdefault(each.name, each)
    return list(first.values())


def _actor(each: Entity, knowledge: Knowledge) -> Iterator[Sentence]:
    """Say what is known of an actor; of several that a name may mean, of each."""
    for identity in each.ids[:3]:
        entity = knowledge.entities[identity]
        tools = sorted(knowledge.name_of(tool) for tool in _tools(knowledge, identity))
        claims = knowledge.by_subject.get(identity, ())
        names = [n for n in knowledge.by_entity.get(identity, ()) if n.name == each.name]
        sources = tuple(dict.fromkeys([*(n.source for n in names), *(c.source for c in claims)]))
        told = each.name
        if entity.name != each.name:
            verb = "may be" if len(each.ids) > 1 else "is"
            coined = next((n.coined_by or n.says for n in names), "somebody")
            told = f"{each.name} {verb} what {coined} calls {entity.name}"
        if tools or told != each.name:
            held = f"; tied to it: {listed(tools, 8)}" if tools else ""
            yield Sentence(f"{told}{held}.", each.spans[:3], sources[:4])


def _tools(knowledge: Knowledge, actor: str) -> Iterator[str]:
    return (tool for tool, actors in knowledge.holders.items() if actor in actors)


def _software(each: Entity, knowledge: Knowledge) -> Iterator[Sentence]:
    """Say how much a tool tells of who uses it: little, where many have it."""
    for identity in each.ids[:1]:
        actors = sorted(map(knowledge.name_of, knowledge.holders.get(identity, ())))
        claims = knowledge.by_object.get(identity, ())
        sources = tuple(dict.fromkeys(claim.source for claim in claims))[:4]
        if len(actors) == 1:
            text = f"{each.name} is known with {actors[0]} alone; that is a hint, no proof."
        elif actors:
            text = (
                f"{each.name} is known with {len(actors)} actors ({listed(actors, 5)}): it says "
                "little about who this is."
            )
        else:
            continue
        yield Sentence(text, each.spans[:3], sources)
