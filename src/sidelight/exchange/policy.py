"""Who may see what, and by which rule.

Rules of this file:

- Everything is denied that no rule allows. What is not known (an owner, a recipient, a circle) is
  nobody.
- Nothing here reads a clock, a file or a role flag of a request: a recipient is the organisation
  that was authenticated.
- A verdict names no organisation but the recipient and the owner, so it can be shown to either.

Sources: FIRST, TLP 2.0 (RED: named people, so never on a feed; AMBER+STRICT: the organisation;
AMBER: the organisation and its clients; GREEN: the community; CLEAR: everybody).
"""

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from sidelight.exchange.alliance import CEILINGS, Alliances, Circle, Organisation, reaches
from sidelight.exchange.instants import Instant
from sidelight.intel.markings import Marking, label
from sidelight.values import dataclass

Route: TypeAlias = Literal[
    "objects", "object", "manifest", "versions", "stream", "peer", "hook", "sighting"
]
"""The ways by which an object leaves a server; all of them are feeds."""

Standing: TypeAlias = Literal["member", "client", "community", "anybody"]


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what an object was shared; many objects share the same.

    Args:
        marking: its strictest marking; None where it carries none.
        owner: id of the organisation that shared it.
        audience: ids of the circles it was shared with.
        ends: when the policy (IEP) that it was shared under ends; None where it does not.
    """

    marking: Marking | None
    owner: str
    audience: frozenset[str]
    ends: Instant | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """An object on a server: its terms, and when it was added."""

    terms: Terms
    added: Instant


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a recipient gets an object, the rule that says so, and why in words."""

    allow: bool
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Grant:
    """An allowance for all that was added at or after *since*."""

    since: Instant
    rule: str
    why: str


Outcome: TypeAlias = Grant | Verdict
ALWAYS: Final[Instant] = -(1 << 62)


def decide(
    shared: Shared, recipient: str, alliances: Alliances, route: Route, *, now: Instant
) -> Verdict:
    """Say whether the organisation *recipient* gets an object by *route*.

    *recipient* is the id of an authenticated organisation, or empty for nobody in particular;
    agreements may have ended by *now*.
    """
    outcome = settle(shared.terms, recipient, alliances, route, now=now)
    match outcome:
        case Verdict():
            return outcome
        case Grant(since, rule, why) if shared.added >= since:
            return Verdict(allow=True, rule=rule, why=why)
        case Grant():
            return Verdict(False, "before-joining", "it was shared before the recipient joined")


def settle(
    terms: Terms, recipient: str, alliances: Alliances, route: Route, *, now: Instant
) -> Outcome:
    """Say from when on *recipient* gets what is shared under *terms*, or why never.

    A server asks this once for all objects of the same terms.
    """
    del route  # each of them is a feed; a route to named people would be another function
    to = alliances.organisations.get(recipient)
    owner = alliances.organisations.get(terms.owner)
    if terms.marking is None:
        return _deny("unmarked", "it carries no TLP marking")
    if terms.marking == "red":
        return _deny("red-on-feed", "TLP:RED is for named people, never for a feed")
    if to is None:
        return _deny("unknown-recipient", "the recipient is not registered here")
    if owner is None:
        return _deny("unknown-owner", "whoever shared it is not registered here any more")
    if to.id == owner.id:
        return Grant(ALWAYS, "own", "it is the recipient's own")
    if terms.ends is not None and now >= terms.ends:
        return _deny("iep-ended", "the policy that it was shared under has ended")
    circles = [alliances.circles[each] for each in terms.audience if each in alliances.circles]
    if not circles:
        return _deny("empty-audience", "it was shared with no circle, and that is nobody")
    outcomes = [_in_circle(terms.marking, owner, to, each, alliances, now) for each in circles]
    return min(outcomes, key=_preference)


def _preference(outcome: Outcome) -> tuple[int, Instant, str]:
    match outcome:
        case Grant(since, rule):
            return (0, since, rule)
        case Verdict(rule=rule):
            return (1, _NEARNESS.index(rule), rule)


_NEARNESS: Final = ("no-legal-basis", "owner-ceiling", "circle-ceiling", "not-in-audience")
"""Denials, the one that was closest to an allowance first."""


def _in_circle(  # noqa: PLR0913 - the parties, what they agreed, and when
    marking: Marking,
    owner: Organisation,
    to: Organisation,
    circle: Circle,
    alliances: Alliances,
    now: Instant,
) -> Outcome:
    standing = min(_standings(marking, to, circle, alliances), default=None, key=_earliest)
    if standing is None:
        return _deny("not-in-audience", f"{label(marking)} does not reach it in any circle")
    kind, since = standing
    if not reaches(circle.ceilings.get(to.role, CEILINGS[to.role]), marking):
        return _deny("circle-ceiling", f"{label(marking)} may not go to the role {to.role} there")
    if not reaches(owner.ceilings.get(to.role, "amber+strict"), marking):
        return _deny("owner-ceiling", f"its owner gives no {label(marking)} to a {to.role}")
    if marking != "clear" and owner.country != to.country and not _is_lawful(circle, now):
        return _deny("no-legal-basis", "no agreement in force lets it cross the border")
    return Grant(since, f"{marking}-to-{kind}", f"{label(marking)} reaches {_WORDS[kind]}")


_WORDS: Final = {
    "member": "the members of the circle",
    "client": "the clients of members of the circle",
    "community": "the community of the circle",
    "anybody": "everybody",
}


def _standings(
    marking: Marking, to: Organisation, circle: Circle, alliances: Alliances
) -> Iterator[tuple[Standing, Instant]]:
    """Give what *to* is to *circle*, as far as *marking* cares, and since when."""
    if marking == "clear":
        yield "anybody", ALWAYS
        return
    member = circle.member(to.id)
    if member:
        yield "member", _past(circle, member.joined)
    if marking in {"green", "amber"}:
        for patron in alliances.patrons(to, circle):
            yield "client", _past(circle, patron.joined)
    if marking == "green":
        for each in circle.community:
            other = alliances.circles.get(each)
            fellow = other.member(to.id) if other else None
            if fellow:
                yield "community", _past(circle, fellow.joined)


def _earliest(standing: tuple[Standing, Instant]) -> tuple[Instant, str]:
    return standing[1], standing[0]


def _past(circle: Circle, joined: Instant) -> Instant:
    return ALWAYS if circle.history == "all" else joined


def _is_lawful(circle: Circle, now: Instant) -> bool:
    return bool(circle.legal_basis) and not circle.has_ended(now)


def _deny(rule: str, why: str) -> Verdict:
    return Verdict(allow=False, rule=rule, why=why)
