"""Who is allied with whom: organisations, circles of them, and what each circle agreed.

All are values, read from one document (`sidelight.exchange.register`). Ids are UUIDs: a number
or a name means something else on another server.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import Final, Literal, TypeAlias, get_args

from sidelight.exchange.instants import Instant
from sidelight.exchange.marking import ORDER
from sidelight.intel.markings import Marking
from sidelight.values import dataclass

Role: TypeAlias = Literal["operator", "sector CERT", "government"]
Ceiling: TypeAlias = Marking | Literal["nothing"]
History: TypeAlias = Literal["all", "since joining"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
CEILINGS: Final[Mapping[Role, Ceiling]] = {
    "operator": "amber+strict",
    "sector CERT": "amber+strict",
    "government": "clear",
}
"""The strictest marking that goes to a role where nothing else was agreed."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A member, or a client of one.

    Args:
        id: UUID.
        country: two letters (ISO 3166-1).
        client_of: ids of the organisations it is a client of (TLP:AMBER reaches clients).
        identity: id of the STIX identity that it makes objects as; empty where none is known.
        ceilings: what of its own may go to a role; what is missing is left to the circle.
    """

    id: str
    name: str
    country: str
    role: Role
    client_of: frozenset[str] = frozenset()
    identity: str = ""
    ceilings: Mapping[Role, Ceiling] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation in a circle, since when, and whether other members may know."""

    organisation: str
    joined: Instant
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Circle:
    """Organisations that agreed to share.

    Args:
        id: UUID.
        history: what of the past a joiner sees.
        legal_basis: what allows sharing across a border; empty where nothing does.
        legal_until: when that ends; None where it does not.
        community: ids of circles whose members are the community that TLP:GREEN means.
        ceilings: the strictest marking that may go to a role, as in `CEILINGS`.
    """

    id: str
    name: str
    members: tuple[Member, ...] = ()
    history: History = "since joining"
    legal_basis: str = ""
    legal_until: Instant | None = None
    community: frozenset[str] = frozenset()
    ceilings: Mapping[Role, Ceiling] = field(default_factory=dict)

    def member(self, organisation: str) -> Member | None:
        """Find a member."""
        return next((each for each in self.members if each.organisation == organisation), None)

    def has_ended(self, now: Instant) -> bool:
        """Tell whether its legal basis is one of the past."""
        return self.legal_until is not None and now >= self.legal_until


@dataclass(frozen=True, slots=True)
class Alliances:
    """Every organisation and circle that a server knows, by id."""

    organisations: Mapping[str, Organisation] = field(default_factory=dict)
    circles: Mapping[str, Circle] = field(default_factory=dict)

    def patrons(self, organisation: Organisation, circle: Circle) -> Iterator[Member]:
        """Give the members of *circle* that *organisation* is a client of."""
        for member in circle.members:
            if member.organisation in organisation.client_of:
                yield member


def seen_by(onlooker: str, alliances: Alliances) -> Alliances:
    """Give alliances as one organisation may know them: without the members hidden from it."""
    circles = {
        each.id: replace(
            each,
            members=tuple(
                one for one in each.members if not one.hidden or one.organisation == onlooker
            ),
        )
        for each in alliances.circles.values()
    }
    return replace(alliances, circles=circles)


def around(circles: Iterable[str], alliances: Alliances) -> list[Circle]:
    """Give circles, and those that are their community, as far as they are known."""
    found = [alliances.circles[each] for each in circles if each in alliances.circles]
    near = [name for each in found for name in sorted(each.community)]
    return [*found, *(alliances.circles[each] for each in near if each in alliances.circles)]


def parties(circles: Iterable[str], alliances: Alliances) -> frozenset[str]:
    """Give the members of circles and of their community, and the clients of these."""
    members = {one.organisation for each in around(circles, alliances) for one in each.members}
    clients = {each.id for each in alliances.organisations.values() if each.client_of & members}
    return frozenset((members | clients) & alliances.organisations.keys())


def acquainted(onlooker: str, alliances: Alliances) -> frozenset[str]:
    """Give the organisations that one may know of: the parties of circles that it stands to.

    Itself and whoever it is a client of are among them, and nobody who is hidden from it.
    """
    own = alliances.organisations.get(onlooker)
    if own is None:
        return frozenset()
    seen = seen_by(onlooker, alliances)
    stands = [
        each.id
        for each in seen.circles.values()
        if each.member(onlooker) or any(seen.patrons(own, each))
    ]
    near = parties(stands, seen) | {onlooker} | own.client_of
    return frozenset(near & alliances.organisations.keys())


def veiled(organisation: str, circles: Iterable[str], alliances: Alliances) -> str:
    """Give the identity that must not show in *circles*, because its organisation is hidden there.

    Empty where it is hidden in none of them, or no identity of it is known.
    """
    own = alliances.organisations.get(organisation)
    return own.identity if own and is_hidden(organisation, circles, alliances) else ""


def is_hidden(organisation: str, circles: Iterable[str], alliances: Alliances) -> bool:
    """Tell whether an organisation is hidden in one of *circles*."""
    known = (alliances.circles[each] for each in circles if each in alliances.circles)
    return any(one.hidden for each in known if (one := each.member(organisation)))


def reaches(ceiling: Ceiling, marking: Marking) -> bool:
    """Tell whether *marking* is no stricter than *ceiling*."""
    return ceiling != "nothing" and ORDER.index(marking) <= ORDER.index(ceiling)
