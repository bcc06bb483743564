"""Who may see a part of a MISP event: TLP by its tags, and its distribution.

Sources: MISP core format (draft-dulaunoy-misp-core-format, ``distribution``); MISP taxonomy
``tlp``. Where either leaves a doubt, nobody may see it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from sidelight.exchange.marking import spelled, strictest
from sidelight.intel.markings import Marking, label
from sidelight.values import dataclass

Json: TypeAlias = Mapping[str, object]
_TLP: Final = re.compile(r"\s*tlp\s*:", re.IGNORECASE | re.ASCII)
_INHERITED: Final = "5"
_REACHES: Final = {
    "0": "distribution 0: your organisation only",
    "1": "distribution 1: the community of your MISP only; --community says that the allies are it",
    "2": "",
    "3": "",
}
"""Why a distribution lets nothing leave; "" where it does."""
WIDEST: Final[Mapping[Marking, int]] = {
    "clear": 3,
    "green": 1,
    "amber": 0,
    "amber+strict": 0,
    "red": 0,
}
"""The widest distribution that a marking bears: AMBER stays in the organisation that got it."""


@dataclass(frozen=True, slots=True)
class Audience:
    """What the person at the keyboard says of the allies that it goes to.

    Args:
        community: whether they are the community that the MISP server serves.
        groups: UUIDs of sharing groups whose members are these allies, or more.
    """

    community: bool = False
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Left:
    """A part of an event that does not leave, and why."""

    what: str
    why: str


def tlp_of(part: Json) -> Marking | Left | None:
    """Read the TLP tags of a part in any spelling; None where it has none.

    Local tags count, too: they are the stricter of what is known here.
    """
    found: set[Marking] = set()
    for tag in tables(part.get("Tag")):
        name = str(tag.get("name", ""))
        if _TLP.match(name):
            tlp = spelled(name)
            if tlp is None:
                return Left(named(part), f"the tag {name!r} is no TLP label")
            found.add(tlp)
    if len(found) > 1:
        labels = " and ".join(sorted(map(label, found)))
        return Left(named(part), f"it is tagged {labels}: TLP wants exactly one")
    return next(iter(found), None)


def marked(part: Json, above: Marking) -> Marking | Left:
    """Give the marking of a part of something that is marked *above*: never a looser one."""
    own = tlp_of(part)
    if isinstance(own, Left):
        return own
    whole = strictest((above, own)) if own else above
    if whole == "red":
        return Left(named(part), "TLP:RED is for named people, never for a feed")
    return whole


def withheld(part: Json, audience: Audience, *, inherits: bool) -> str:
    """Say why the distribution of a part lets it go nowhere; "" where it does not stop it."""
    level = str(part.get("distribution", ""))
    if level == _INHERITED and inherits:
        return ""
    if level == "1" and audience.community:
        return ""
    if level == "4":
        group = part.get("SharingGroup")
        uuid = str(group.get("uuid", "")) if isinstance(group, Mapping) else ""
        if uuid and uuid.lower() in audience.groups:
            return ""
        shown = uuid or "one without a UUID"
        return f"distribution 4: the sharing group {shown} is not said to be these allies"
    return _REACHES.get(level, f"distribution {level or 'missing'} is not known")


def tables(value: object) -> Iterator[Json]:
    """Give the tables of a list, whatever else there is."""
    for each in value if isinstance(value, list) else ():
        if isinstance(each, Mapping):
            yield each


def flag(value: object) -> bool:
    """Read a truth as MISP writes it: true, 1, "1"."""
    return value is True or str(value).lower() in {"1", "true"}


def named(part: Json) -> str:
    """Name a part of an event in a few words."""
    kind = part.get("type") or part.get("name") or part.get("info") or "part"
    return f"{kind} {part.get('uuid', 'without a UUID')}"
