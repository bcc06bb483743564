"""Who will see what, and why, before anything leaves.

A preview is made of what the onlooker may know, so it is the same whether or not somebody is
hidden from it; one line, which is always there, says that there may be somebody.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from sidelight.exchange.alliance import Alliances, parties, seen_by
from sidelight.exchange.handling import said
from sidelight.exchange.instants import Instant
from sidelight.exchange.intake import Arrival, Item, Standard, Unfit
from sidelight.exchange.policy import Shared, Terms, Verdict, decide
from sidelight.exchange.register import Collection
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What happens to one object with one recipient; none for an object that is refused."""

    id: str
    recipient: str
    verdict: Verdict


def foresee(
    items: Iterable[Item],
    collection: Collection,
    owner: str,
    alliances: Alliances,
    *,
    now: Instant,
) -> Iterator[Foreseen]:
    """Say for each object and each organisation what would happen, in the order given.

    *owner* is the id of the organisation that would share.
    """
    alliances = seen_by(owner, alliances)
    known = parties(collection.circles, alliances) | ({owner} & alliances.organisations.keys())
    names = {alliances.organisations[each].name: each for each in known}
    for item in items:
        match item:
            case Standard(ident):
                yield Foreseen(ident, "", Verdict(True, "standard", "everybody has it"))
            case Unfit(ident, _, rule, why):
                yield Foreseen(ident, "", Verdict(False, rule, why))
            case Arrival():
                audience, ends = frozenset(collection.circles), item.handling.ends
                shared = Shared(Terms(item.marking, owner, audience, ends), now)
                handling = said(item.handling)
                for name, each in sorted(names.items()):
                    verdict = decide(shared, each, alliances, "objects", now=now)
                    if verdict.allow and handling:
                        verdict = replace(verdict, why=f"{verdict.why}; {handling}")
                    yield Foreseen(item.id, name, verdict)
                if item.marking == "clear":
                    yield Foreseen(item.id, "all others", _PUBLIC)
                else:
                    yield Foreseen(item.id, "whoever is hidden from you", HIDDEN)


_PUBLIC: Final = Verdict(True, "clear-to-anybody", "whoever may read the collection")
HIDDEN: Final = Verdict(True, "may-reach-hidden", "if there is anybody, the circle's rules decide")


def foreseen(found: Iterable[Foreseen]) -> list[Mapping[str, object]]:
    """Give verdicts as they go over the wire."""
    return [
        {
            "id": each.id,
            **({"recipient": each.recipient} if each.recipient else {}),
            "allow": each.verdict.allow,
            "rule": each.verdict.rule,
            "why": each.verdict.why,
        }
        for each in found
    ]
