"""What changed between two bodies of knowledge: things, names and claims."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sidelight.intel.claim import Claim, NameClaim
from sidelight.intel.entity import Entity
from sidelight.intel.knowledge import Knowledge
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """What the later body has that the earlier had not, and the other way round.

    Claims are the same where they say the same of the same, whenever they were last edited.
    """

    things: tuple[Entity, ...]
    things_gone: tuple[Entity, ...]
    withdrawn: tuple[Entity, ...]
    renamed: tuple[tuple[Entity, Entity], ...]
    names: tuple[NameClaim, ...]
    names_gone: tuple[NameClaim, ...]
    claims: tuple[Claim, ...]
    claims_gone: tuple[Claim, ...]


def differ(before: Knowledge, after: Knowledge) -> Difference:
    """Compare two bodies of knowledge."""
    old, new = before.entities, after.entities
    both = sorted(old.keys() & new.keys())
    old_names, new_names = _names(before.names), _names(after.names)
    old_claims, new_claims = _claims(before.claims), _claims(after.claims)
    return Difference(
        things=tuple(new[key] for key in sorted(new.keys() - old.keys())),
        things_gone=tuple(old[key] for key in sorted(old.keys() - new.keys())),
        withdrawn=tuple(new[key] for key in both if new[key].revoked and not old[key].revoked),
        renamed=tuple((old[key], new[key]) for key in both if old[key].name != new[key].name),
        names=tuple(new_names[key] for key in new_names if key not in old_names),
        names_gone=tuple(old_names[key] for key in old_names if key not in new_names),
        claims=tuple(new_claims[key] for key in new_claims if key not in old_claims),
        claims_gone=tuple(old_claims[key] for key in old_claims if key not in new_claims),
    )


def _names(claims: Iterable[NameClaim]) -> Mapping[NameClaim, NameClaim]:
    return {replace(each, date="", at="", cites=()): each for each in claims}


def _claims(claims: Iterable[Claim]) -> Mapping[Claim, Claim]:
    return {replace(each, date="", at="", cites=()): each for each in claims}
