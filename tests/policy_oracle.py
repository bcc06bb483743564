"""The rules of sharing once more, written another way, and alliances to try them on."""

import random
from collections.abc import Iterator

from sidelight.exchange.alliance import (
    ROLES,
    Alliances,
    Ceiling,
    Circle,
    Member,
    Organisation,
    Role,
)
from sidelight.exchange.policy import Shared, Terms
from sidelight.intel.markings import Marking

NOW = 1000
MARKS: tuple[Marking | None, ...] = (None, "clear", "green", "amber", "amber+strict", "red")
CEILINGS: tuple[Ceiling, ...] = ("nothing", "clear", "green", "amber", "amber+strict")
LADDER = ["nothing", "clear", "green", "amber", "amber+strict"]


def alliances(chance: random.Random) -> Alliances:
    names = [f"o{number}" for number in range(chance.randint(1, 6))]
    organisations = {
        name: Organisation(
            name,
            name,
            chance.choice(["FI", "FI", "EE"]),
            chance.choice(ROLES),
            frozenset(one for one in names if one != name and chance.random() < 0.25),
            "",
            ceilings(chance, 0.15),
        )
        for name in names
    }
    rings = [f"c{number}" for number in range(chance.randint(0, 3))]
    circles = {
        ring: Circle(
            ring,
            ring,
            tuple(
                Member(name, chance.choice([0, 499, 500, 501, 900]), chance.random() < 0.3)
                for name in names
                if chance.random() < 0.5
            ),
            "all" if chance.random() < 0.4 else "since joining",
            "law" if chance.random() < 0.7 else "",
            chance.choice([None, None, NOW - 1, NOW, NOW + 1]),
            frozenset(one for one in [*rings, "gone"] if one != ring and chance.random() < 0.3),
            ceilings(chance, 0.4),
        )
        for ring in rings
    }
    return Alliances(organisations, circles)


def ceilings(chance: random.Random, often: float) -> dict[Role, Ceiling]:
    return {role: chance.choice(CEILINGS) for role in ROLES if chance.random() < often}


def shared(chance: random.Random, world: Alliances) -> Shared:
    owner = chance.choice([*world.organisations, "gone"])
    audience = [ring for ring in [*world.circles, "gone"] if chance.random() < 0.6]
    ends = chance.choice([None, None, None, NOW - 1, NOW, NOW + 1])
    terms = Terms(chance.choice(MARKS), owner, frozenset(audience), ends)
    return Shared(terms, chance.choice([499, 500, 501]))


def readers(item: Shared, world: Alliances) -> Iterator[str]:
    """The rules again: first everybody whom the label means, then whoever is to be taken out."""
    label, owner = item.terms.marking, world.organisations.get(item.terms.owner)
    if label not in {"clear", "green", "amber", "amber+strict"} or not owner:
        return
    yield owner.id
    if item.terms.ends is not None and not item.terms.ends > NOW:
        return
    for ring in item.terms.audience & set(world.circles):
        circle = world.circles[ring]
        meant = meant_by(str(label), circle, world)
        for name, joined in meant:
            who = world.organisations[name]
            usual = {"government": "clear"}.get(who.role, "amber+strict")
            highest = circle.ceilings.get(who.role, usual)
            own = owner.ceilings.get(who.role, "amber+strict")
            if LADDER.index(str(label)) > min(LADDER.index(highest), LADDER.index(own)):
                continue
            abroad = who.country != owner.country
            in_force = circle.legal_basis != "" and (
                circle.legal_until is None or circle.legal_until > NOW
            )
            if label != "clear" and abroad and not in_force:
                continue
            if label != "clear" and circle.history != "all" and item.added < joined:
                continue
            yield name


def meant_by(label: str, circle: Circle, world: Alliances) -> list[tuple[str, int]]:
    if label == "clear":
        return [(name, 0) for name in world.organisations]
    meant = [(one.organisation, one.joined) for one in circle.members]
    if label in {"amber", "green"}:
        meant += [
            (client, one.joined)
            for client, whole in world.organisations.items()
            for one in circle.members
            if one.organisation in whole.client_of
        ]
    if label == "green":
        meant += [
            (one.organisation, one.joined)
            for other in world.circles.values()
            if other.id in circle.community
            for one in other.members
        ]
    return meant
