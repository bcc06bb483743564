"""Things that claims are about."""

from typing import Final

from sidelight.intel.identifier import type_of
from sidelight.values import dataclass

ACTORS: Final = frozenset({"intrusion-set", "threat-actor"})
SOFTWARE: Final = frozenset({"malware", "tool"})
TECHNIQUES: Final = frozenset({"attack-pattern"})


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing that somebody gave an id.

    Args:
        id: STIX id.
        name: what its first source calls it; what others call it stands in `NameClaim`.
        numbers: what catalogues count it as: ``G0129``, ``S1161``, ``FGT5042``, ``T1574.001``.
        revoked: whether its catalogue took it back or marked it as deprecated.
        summary: one sentence of ours, where there is one; never a catalogue's text.
        sources: ids of the sources that know it.
    """

    id: str
    name: str
    numbers: tuple[str, ...] = ()
    revoked: bool = False
    summary: str = ""
    sources: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """Give its STIX type: ``intrusion-set``, ``malware``, ``attack-pattern``."""
        return type_of(self.id)
