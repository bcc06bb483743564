"""Sightings that go back: whether one was seen, said to its creator, with or without a name.

Rules of this file:

- A sighting has an audience of its own (MISP/MISP issue 2324, pull requests 5443 and 6308): who
  may know that something is sought need not know who has seen it.
- An anonymous one is made anew for each recipient: another id, another name, no property that was
  not looked at here, and days for times. What two recipients hold has no text in common but what
  was sighted, how often and on which days.
- Anonymous towards members, not towards whoever runs the server: its key undoes every name.

Source: STIX 2.1, section 5.2 (sighting).
"""

import hmac
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final, Literal, TypeAlias
from uuid import UUID, uuid5

import orjson

from sidelight.exchange import instants
from sidelight.exchange.alliance import Alliances, acquainted, parties, seen_by
from sidelight.exchange.instants import Instant
from sidelight.exchange.intake import Arrival, Unfit
from sidelight.exchange.policy import Shared, Terms, Verdict, decide
from sidelight.exchange.preview import HIDDEN
from sidelight.exchange.pseudonym import pseudonym, pseudonymous_identity
from sidelight.intel.markings import MARKINGS, Marking
from sidelight.values import dataclass

Name: TypeAlias = Literal["own", "anonymous"]
Reach: TypeAlias = Literal["creator", "circle"]
Json: TypeAlias = Mapping[str, object]

NAMES: Final[tuple[Name, ...]] = ("own", "anonymous")
REACHES: Final[tuple[Reach, ...]] = ("creator", "circle")
_BARE: Final = frozenset(
    {"type", "spec_version", "id", "created", "modified", "first_seen", "last_seen", "count"}
    | {"sighting_of_ref", "object_marking_refs", "revoked"}
)
"""What an anonymous sighting may have; everything else could name somebody."""
_TIMES: Final = ("first_seen", "last_seen", "created", "modified")
_DAY: Final[Instant] = 86_400_000_000
_MOST: Final = 999_999_999
"""The largest count (STIX 2.1, section 5.2)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A sighting as one recipient gets it.

    Args:
        sender: id of the organisation, or the pseudonym that the recipient knows it by.
    """

    recipient: str
    sender: str
    id: str
    version: str
    key: str
    target: str
    marking: Marking
    digest: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, to where, and as what.

    Args:
        identity: id of the STIX identity that it makes objects as; empty where it is hidden.
        circle: id of the circle in which pseudonyms hold.
        key: secret of the server.
    """

    organisation: str
    identity: str
    audience: frozenset[str]
    name: Name
    reach: Reach
    circle: str
    key: bytes


def composed(  # noqa: PLR0913 - what was seen, how often and when
    indicator: str,
    count: int,
    days: tuple[int, int],
    tlp: Marking,
    secret: UUID,
    made: tuple[str, str],
) -> Json:
    """Make a sighting of an indicator: how often, and between which days; nothing of where.

    The id is the same for the same *secret*, which only its sender has, so that more events later
    make a new version. *days* are UTC nanoseconds within the first and the last, 0 where nobody
    knows; *made* is when its first version was made, and when this one is.
    """
    first, last = days
    times = {"first_seen": _day(first), "last_seen": _day(last)} if first > 0 else {}
    return {
        "type": "sighting",
        "spec_version": "2.1",
        "id": f"sighting--{uuid5(secret, indicator)}",
        "created": made[0],
        "modified": made[1],
        **times,
        "count": max(1, min(count, _MOST)),
        "sighting_of_ref": indicator,
        "object_marking_refs": [MARKINGS[tlp]],
    }


def unfit(item: Arrival, said: Json, name: Name) -> Unfit | None:
    """Say why something cannot go back as a sighting; None where it can."""
    if item.type != "sighting":
        return Unfit(item.id, item.version, "no-sighting", f"a {item.type} is no sighting")
    if name == "anonymous":
        more = sorted(said.keys() - _BARE)
        if more:
            why = f"what could name somebody is left out of an anonymous one: {', '.join(more)}"
            return Unfit(item.id, item.version, "names-somebody", why)
    return None


def addressed(
    marking: Marking,
    targets: Iterable[Shared],
    sender: Sender,
    alliances: Alliances,
    now: Instant,
) -> list[tuple[str, Verdict]]:
    """Say who gets a sighting, and by which rule, or why not.

    *targets* is what was sighted, as often as it is shared with the sender. Its creator is whoever
    shared it; in a circle only who sees what was sighted may hear of it.
    """
    sighted = list(targets)
    creators = {each.terms.owner for each in sighted} - {sender.organisation}
    shared = Shared(Terms(marking, sender.organisation, sender.audience), now)
    found = []
    for each in sorted(creators if sender.reach == "creator" else alliances.organisations):
        if each == sender.organisation:
            continue
        verdict = decide(shared, each, alliances, "sighting", now=now)
        sees = any(decide(one, each, alliances, "sighting", now=now).allow for one in sighted)
        if not sees:
            verdict = Verdict(False, "not-in-audience", "it does not see what was sighted")
        found.append((each, verdict))
    return found


def foretold(
    marking: Marking,
    targets: Iterable[Shared],
    sender: Sender,
    alliances: Alliances,
    now: Instant,
) -> list[Verdict]:
    """Say what a sender may know of who gets its sighting, as `addressed` has it.

    That a creator gets it is not certain, whoever it is: else it would tell that it is hidden.
    """
    sighted = list(targets)
    seen = seen_by(sender.organisation, alliances)
    found = addressed(marking, sighted, sender, seen, now)
    if sender.reach == "creator":
        known = acquainted(sender.organisation, alliances)
        return [
            verdict if who in known and not verdict.allow else _CREATOR for who, verdict in found
        ]
    near = parties(sender.audience, seen)
    return [*(verdict for who, verdict in found if who in near), HIDDEN]


_CREATOR: Final = Verdict(True, "to-creator", "its creator, if the rules of the circle allow it")


def letter(item: Arrival, said: Json, recipient: str, sender: Sender) -> Letter:
    """Write a sighting for one recipient."""
    by, ident, version, body = sender.organisation, item.id, item.version, item.body
    if sender.name == "own" and sender.identity and not item.creator:
        body = orjson.dumps({**said, "created_by_ref": sender.identity})
    if sender.name == "anonymous":
        parties = (sender.organisation, recipient, sender.circle, sender.key)
        by, ident = pseudonym(*parties), f"sighting--{_minted(item.id, recipient, sender)}"
        bare = _bare(said, item.marking, ident, pseudonymous_identity(*parties))
        version, body = str(bare["modified"]), orjson.dumps(bare)
    return Letter(
        recipient=recipient,
        sender=by,
        id=ident,
        version=version,
        key=instants.order(version) or item.key,
        target=str(said.get("sighting_of_ref")),
        marking=item.marking,
        digest=sha256(body).hexdigest(),
        body=body,
    )


def _bare(said: Json, tlp: Marking, ident: str, by: str) -> Json:
    """Give what is left of a sighting: days for what was seen, and another time of making.

    How much earlier it claims to be made follows from its new id, so that versions stay in order.
    Each value is made anew: one that is not what it should be, or a statement that it is marked
    with, could name somebody.
    """
    kept = {name: str(said[name]) for name in ("type", "spec_version", "sighting_of_ref")}
    times = {name: instants.read(str(said.get(name))) for name in _TIMES}
    days = {
        name: f"{instants.show(at)[:10]}T00:00:00Z"
        for name in ("first_seen", "last_seen")
        if (at := times[name]) is not None
    }
    shift = UUID(ident.partition("--")[2]).int % _DAY
    made = {
        name: instants.show(max(at - shift, 0))
        for name in ("created", "modified")
        if (at := times[name]) is not None
    }
    count = said.get("count")
    counted = {"count": count} if isinstance(count, int) and not isinstance(count, bool) else {}
    gone = {"revoked": True} if said.get("revoked") is True else {}
    marked = {"object_marking_refs": [MARKINGS[tlp]]}
    return {**kept, **days, **made, **counted, **gone, **marked, "id": ident, "created_by_ref": by}


def _minted(ident: str, recipient: str, sender: Sender) -> UUID:
    text = orjson.dumps(["sidelight sighting", sender.organisation, recipient, ident])
    return UUID(bytes=hmac.digest(sender.key, text, sha256)[:16], version=4)


def _day(nanoseconds: int) -> str:
    return f"{instants.show(nanoseconds // 1000)[:10]}T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something was sighted, by how many, as far as one is told."""

    members: int
    count: int


def counted(sightings: Iterable[Json]) -> dict[str, Tally]:
    """Add sightings up by what was sighted: of each the newest version, if it is not revoked."""
    newest: dict[str, Json] = {}
    for each in sightings:
        old = newest.get(str(each.get("id")))
        if old is None or str(old.get("modified")) <= str(each.get("modified")):
            newest[str(each.get("id"))] = each
    members: dict[str, set[str]] = {}
    counts: dict[str, int] = {}
    for ident, each in newest.items():
        if each.get("revoked") is not True:
            target, count = str(each.get("sighting_of_ref")), each.get("count", 1)
            # Whoever names nobody is somebody all the same.
            members.setdefault(target, set()).add(str(each.get("created_by_ref", ident)))
            counts[target] = counts.get(target, 0) + (count if isinstance(count, int) else 1)
    return {target: Tally(len(members[target]), counts[target]) for target in members}
