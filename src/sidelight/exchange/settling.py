"""What becomes of an object that somebody adds, given what is held under its id.

Rules of this file:

- A receipt follows from what its sender may know: its own, what it sees, what it was given. What
  is held and not for it makes no difference, so nobody learns by guessing an id that it is held.
- What is wrong beside that is an alarm, for whoever runs the server.

That a version of somebody else, taken in this way, stands in for the object where both are seen
is prevented where objects are read: there the first who shared an object counts.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

from sidelight.exchange.intake import Arrival, Unfit
from sidelight.exchange.shelf import Added
from sidelight.values import dataclass

RECALLED: Final = "recalled"
"""The rule that refuses a version that its owner shared here and took back."""
Alarm: TypeAlias = Literal["tampered", "versioned by another", "made in another's name"]


@dataclass(frozen=True, slots=True)
class Past:
    """A version that is held.

    Args:
        seen: whether the sender sees it, or was given it.
        given: whether it has it of another.
    """

    collection: str
    spec_version: str
    version: str
    key: str
    owner: str
    digest: str
    revoked: bool
    seen: bool = True
    given: bool = False


@dataclass(frozen=True, slots=True)
class Sender:
    """Who adds.

    Args:
        knows: organisations it may know of.
    """

    organisation: str
    knows: frozenset[str]


@dataclass(frozen=True, slots=True)
class History:
    """All that is known of one id.

    Args:
        held: oldest first.
        given: versions that the sender was given by others, also those that are held no more.
        recalled: whether the sender took it back, or had it and was told so.
        revoking: whether what comes with it revokes it, so that the whole may be sent again.
    """

    held: Sequence[Past] = ()
    given: frozenset[str] = frozenset()
    recalled: bool = False
    revoking: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """The receipt of an object, None for one that is to be held; and what is to be looked into."""

    receipt: Added | Unfit | None
    alarms: tuple[Alarm, ...] = ()


def settle(
    item: Arrival,
    past: History,
    sender: Sender,
    collection: str,
    identities: Mapping[str, str],
) -> Settled:
    """Say what becomes of an object.

    Two members may come to hold the same: ids that follow from content are the same wherever the
    same was found. Each shares it on terms of its own. But who was given it by another does not
    widen what that one allowed.

    *identities* are ids of STIX identities, and of the organisations that make objects as them.
    """
    maker = identities.get(item.creator, sender.organisation)
    open_maker = maker if maker in sender.knows else sender.organisation
    receipt = _receipt(item, past, sender.organisation, collection, open_maker)
    return Settled(receipt, tuple(_alarms(item, past.held, sender.organisation, maker)))


def _receipt(
    item: Arrival, past: History, owner: str, collection: str, maker: str
) -> Added | Unfit | None:
    seen = [each for each in past.held if each.seen or each.owner == owner]
    same = [each for each in seen if is_same(each, item)]
    here = [each for each in same if each.collection == collection]
    if any(each.digest != item.digest for each in same):
        return _unfit(item, "tampered", "another content is held under this id and version")
    if any(each.owner == owner for each in here):
        if _is_taken_back(item, past, owner):
            return _unfit(item, RECALLED, "you took it back, so nobody is given it")
        return Added(item.id, item.version, again=True)
    if maker != owner or _is_of_another(item, seen, same, past, owner):
        why = "only its creator shares or changes an object; make one derived from it"
        return _unfit(item, "not-creator", why)
    if past.recalled:
        return _unfit(item, "revoked", "it was recalled, and stays so")
    mine = any(each.owner == owner for each in same)
    given = any(each.given for each in same) or item.version in past.given
    if given and not mine and item.marking not in {"clear", "green"}:
        if here:
            note = "it stays shared as it was by whoever you have it from"
            return Added(item.id, item.version, again=True, note=note)
        why = "you have it from another, who did not share it with this circle"
        return _unfit(item, "resharing", why)
    if given and not mine and item.creator and item.handling.field("attribution") == "must-not":
        why = "its source is not to be named by others (IEP); make one derived from it"
        return _unfit(item, "iep-attribution", why)
    if item.key and any(each.revoked and item.key > each.key for each in seen):
        return _unfit(item, "revoked", "what is revoked has no later version")
    return None


def _is_taken_back(item: Arrival, past: History, owner: str) -> bool:
    """Tell whether its owner revoked an object since; what others revoked is not looked at."""
    mine = (each for each in past.held if each.owner == owner and each.revoked)
    return not item.revoked and not past.revoking and any(each.key > item.key for each in mine)


def _is_of_another(
    item: Arrival, seen: Sequence[Past], same: Sequence[Past], past: History, owner: str
) -> bool:
    """Tell whether an object is a new version of what, as far as one knows, another shared first.

    What one was given and is held no more is still another's.
    """
    if not item.key or same:
        return False
    if seen:
        return seen[0].owner != owner
    return bool(past.given) and item.version not in past.given


def _alarms(item: Arrival, held: Sequence[Past], owner: str, maker: str) -> list[Alarm]:
    same = [each for each in held if is_same(each, item)]
    found: list[Alarm] = []
    if any(each.digest != item.digest for each in same):
        found.append("tampered")
    if item.key and held and not same and held[0].owner != owner and not held[0].seen:
        found.append("versioned by another")
    if maker != owner:
        found.append("made in another's name")
    return found


def is_same(old: Past, item: Arrival) -> bool:
    """Tell whether what is held is the version that an item claims to be.

    An observable has no version: it is the same if it says the same. Nor has a marking
    definition (STIX 2.1, section 7.2.1): it is always the same.
    """
    if item.type == "marking-definition":
        return True
    if item.key:
        return (old.key, old.spec_version) == (item.key, item.spec_version)
    return old.digest == item.digest


def _unfit(item: Arrival, rule: str, why: str) -> Unfit:
    return Unfit(item.id, item.version, rule, why)
