"""Who is allied with whom: organisations, circles of them, and what each circle agreed.

All are values, read from one document (`sidelight.exchange.register`). Ids are UUIDs: a number
or a name means something else on another server.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from sidelight.exchange.instants import Instant
from sidelight.exchange.marking import ORDER
from sidelight.intel.markings import Marking

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


def acquainted(onlooker: str, alliances: Alliances) -> frozenset[str]:
    """Give the organisations that one may know of: itself, its fellows, and their clients.

    Fellows are the members of circles that it is in, or a client in, or that are the community of
    one of these; but for those that are hidden there. Others are none of its business.
    """
    own = alliances.organisations.get(onlooker)
    if own is None:
        return frozenset()
    stands = [
        each
        for each in alliances.circles.values()
        if each.member(onlooker) or any(alliances.patrons(own, each))
    ]
    around = [
        alliances.circles[name]
        for each in stands
        for name in each.community
        if name in alliances.circles
    ]
    fellows = {
        one.organisation for each in (*stands, *around) for one in each.members if not one.hidden
    } | {onlooker}
    clients = {each.id for each in alliances.organisations.values() if each.client_of & fellows}
    return frozenset((fellows | clients | own.client_of) & alliances.organisations.keys())


def reaches(ceiling: Ceiling, marking: Marking) -> bool:
    """Tell whether *marking* is no stricter than *ceiling*."""
    return ceiling != "nothing" and ORDER.index(marking) <= ORDER.index(ceiling)
