"""Who will see what, and why, before anything leaves.

Members that are hidden from each other are shown to each other as pseudonyms: the same member is
always the same to one onlooker, and another to the next, so two onlookers cannot compare notes.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sidelight.exchange.alliance import Alliances
from sidelight.exchange.instants import Instant
from sidelight.exchange.intake import Arrival, Item, Standard, Unfit
from sidelight.exchange.policy import Shared, Terms, Verdict, decide
from sidelight.exchange.register import Collection


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What happens to one object with one recipient; none for an object that is refused."""

    id: str
    recipient: str
    verdict: Verdict


def foresee(  # noqa: PLR0913 - what, where, whose, among whom
    items: Iterable[Item],
    collection: Collection,
    owner: str,
    alliances: Alliances,
    key: bytes,
    *,
    now: Instant,
) -> Iterator[Foreseen]:
    """Say for each object and each organisation what would happen, in the order given.

    *owner* is the id of the organisation that would share; *key* makes pseudonyms.
    """
    names = dict(sorted(_names(collection, owner, alliances, key), key=lambda pair: pair[1]))
    for item in items:
        match item:
            case Standard(ident):
                yield Foreseen(ident, "", Verdict(True, "standard", "everybody has it"))
            case Unfit(ident, _, rule, why):
                yield Foreseen(ident, "", Verdict(False, rule, why))
            case Arrival():
                shared = Shared(Terms(item.marking, owner, frozenset(collection.circles)), now)
                for each, name in names.items():
                    verdict = decide(shared, each, alliances, "objects", now=now)
                    yield Foreseen(item.id, name, verdict)
                if item.marking == "clear":
                    yield Foreseen(item.id, "all others", _PUBLIC)


_PUBLIC: Final = Verdict(True, "clear-to-anybody", "whoever may read the collection")


def _names(
    collection: Collection, onlooker: str, alliances: Alliances, key: bytes
) -> Iterator[tuple[str, str]]:
    """Give whoever stands to a circle of the collection, as the onlooker may know them.

    Others that are registered here are none of the onlooker's business.
    """
    circles = [alliances.circles[each] for each in collection.circles if each in alliances.circles]
    around = [
        alliances.circles[each]
        for circle in circles
        for each in circle.community
        if each in alliances.circles
    ]
    open_ones = {
        member.organisation
        for circle in (*circles, *around)
        for member in circle.members
        if not member.hidden and (circle.member(onlooker) or circle in around)
    } | {onlooker}
    members = {each.organisation for circle in (*circles, *around) for each in circle.members}
    for each in alliances.organisations.values():
        patrons = members & each.client_of
        if each.id in members or patrons or each.id == onlooker:
            known = each.id in open_ones or (each.id not in members and patrons & open_ones)
            yield each.id, each.name if known else pseudonym(each.id, onlooker, key)


def pseudonym(organisation: str, onlooker: str, key: bytes) -> str:
    """Name an organisation so that only whoever has *key* can tell which it is."""
    text = f"pseudonym\n{onlooker}\n{organisation}".encode()
    return f"member-{hmac.digest(key, text, sha256).hex()[:10]}"


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
