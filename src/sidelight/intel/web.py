"""Actors with the tools and techniques that are tied to them: what a picture shows."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import accumulate
from typing import Final

from sidelight.intel.entity import SOFTWARE, TECHNIQUES
from sidelight.intel.identifier import sector_id, type_of
from sidelight.intel.knowledge import Knowledge
from sidelight.intel.markings import strictest_label
from sidelight.intel.sectors import TELECOM
from sidelight.values import dataclass

_TIES: Final = frozenset({"uses", "associated-with"})
LINES: Final = 200
"""So many lines between names can still be followed by eye."""


@dataclass(frozen=True, slots=True)
class Strand:
    """What ties an actor to a tool or technique.

    Args:
        firm: whether anybody says *uses*, rather than only *associated with*.
        publishers: who says so.
        marking: the strictest TLP label of what they say.
    """

    actor: str
    other: str
    firm: bool
    publishers: tuple[str, ...]
    marking: str = ""


@dataclass(frozen=True, slots=True)
class Web:
    """Ids in the order to be drawn, and the strands between them.

    Args:
        left_out: how many tools and techniques there was no room for.
    """

    actors: tuple[str, ...]
    tools: tuple[str, ...]
    techniques: tuple[str, ...]
    strands: tuple[Strand, ...]
    left_out: int

    @property
    def marking(self) -> str:
        """Give the strictest TLP label of all that is drawn, or nothing."""
        return strictest_label(each.marking for each in self.strands)


def telecom_actors(knowledge: Knowledge) -> tuple[str, ...]:
    """Give the actors that anybody says go after telecom operators, by name."""
    found = {
        claim.subject
        for claim in knowledge.by_object.get(sector_id(TELECOM), ())
        if claim.relation == "targets" and claim.subject in knowledge.entities
    }
    return tuple(sorted(found, key=lambda each: (knowledge.name_of(each).casefold(), each)))


def weave(
    knowledge: Knowledge, actors: Iterable[str], *, tools: int, techniques: int, lines: int = LINES
) -> Web:
    """Choose what to show of *actors*: what several of them share, the rarest first.

    At most so many *tools* and *techniques* are kept, and so many as *lines* can be drawn to, five
    eighths of them to tools; beside others, techniques of one actor alone are left out. What all
    the world holds ties nobody to anybody, and is what makes a tangle of a picture.
    """
    shown = tuple(dict.fromkeys(actors))
    strands = [each for actor in shown for each in _strands(knowledge, actor)]
    users: dict[str, list[str]] = defaultdict(list)
    for strand in strands:
        users[strand.other].append(strand.actor)
    place = {actor: number for number, actor in enumerate(shown)}

    def rank(other: str) -> tuple[object, ...]:
        holders = len(knowledge.holders.get(other, ()))
        return (len(users[other]) == 1, holders, len(users[other]), other)

    def fitting(some: list[str], most: int, room: int) -> list[str]:
        ranked = sorted(some, key=rank)[:most]
        sums = accumulate(len(users[each]) for each in ranked)
        return sorted(ranked[: sum(total <= room for total in sums)], key=middle)

    def middle(other: str) -> tuple[object, ...]:
        places = [place[actor] for actor in users[other]]
        return (sum(places) / len(places), knowledge.name_of(other).casefold(), other)

    every = [each for each in users if type_of(each) in SOFTWARE]
    common = [each for each in users if type_of(each) in TECHNIQUES]
    kept_tools = fitting(every, tools, lines * 5 // 8)
    several = [each for each in common if len(users[each]) > 1 or len(shown) == 1]
    kept_techniques = fitting(several, techniques, lines - lines * 5 // 8)
    kept = {*kept_tools, *kept_techniques}
    return Web(
        shown,
        tuple(kept_tools),
        tuple(kept_techniques),
        tuple(each for each in strands if each.other in kept),
        len(users) - len(kept),
    )


def _strands(knowledge: Knowledge, actor: str) -> list[Strand]:
    held = defaultdict(list)
    for claim in knowledge.by_subject.get(actor, ()):
        if claim.relation in _TIES and type_of(claim.object) in SOFTWARE | TECHNIQUES:
            held[claim.object].append(claim)
    return [
        Strand(
            actor,
            other,
            any(claim.relation == "uses" and not claim.hedge for claim in claims),
            knowledge.houses(claims),
            strictest_label(claim.marking for claim in claims),
        )
        for other, claims in sorted(held.items())
    ]
