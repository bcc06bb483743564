"""Recalls: an object is taken back, each who got it is told, and a clock runs until they say so.

TAXII 2.1 has nothing for this, and a version that is ``revoked`` (STIX 2.1, section 3.6) reaches
only who may see the object now. A recall reaches whoever the ledger says was given any version.

Rules of this file:

- Who never had the object learns nothing: no notice, no id, no count.
- Who had it learns what it had, that it is taken back, and why; not who shared it, nor who else
  had it.
- Whoever recalls learns what became of it at those it may know of. The others are told as well.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

from sidelight.exchange import instants
from sidelight.exchange.instants import Instant
from sidelight.values import dataclass

Json: TypeAlias = Mapping[str, object]
State: TypeAlias = Literal["open", "overdue", "acknowledged", "acknowledged late"]

HOURS: Final = 24
"""How long a recipient has to acknowledge where nothing else is said."""
LONGEST_TEXT: Final = 2000
NAMING: Final = ("manifest", "versions")
"""Routes by which no object is given, only that there is one."""


@dataclass(frozen=True, slots=True)
class Recall:
    """An object that its owner took back.

    Args:
        id: UUID.
        object: id of the object.
        owner: id of the organisation.
        due: until when recipients are to acknowledge.
        erased: whether nothing of it is held any more; else its last version is ``revoked``.
        version: that version; empty where there is none.
    """

    id: str
    at: Instant
    object: str
    owner: str
    person: str
    reason: str
    due: Instant
    erased: bool
    version: str = ""

    @property
    def is_departure(self) -> bool:
        """Tell whether nobody recalled the object: it was deleted, or its policy (IEP) ended."""
        return not self.person


@dataclass(frozen=True, slots=True)
class Recipient:
    """What became of a recall at an organisation that was given the object.

    Args:
        versions: what it was given, in the order it was.
        ways: when, under which marking and from which collection it was given it by its owner.
        told: when it first got the notice.
        done: what it did about it, in its own words.
    """

    organisation: str
    versions: tuple[str, ...]
    ways: tuple[tuple[Instant, str, str], ...] = ()
    told: Instant | None = None
    acknowledged: Instant | None = None
    person: str = ""
    done: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A recall as it reaches one recipient."""

    recall: Recall
    recipient: Recipient


Account: TypeAlias = tuple[Recall, list[Recipient]]
"""A recall, or that something left, with whom it reaches."""


def state(recall: Recall, recipient: Recipient, now: Instant) -> State:
    """Say how a recipient stands to the clock of a recall."""
    match recipient.acknowledged:
        case None:
            return "overdue" if now > recall.due else "open"
        case at:
            return "acknowledged late" if at > recall.due else "acknowledged"


def is_again(notice: Notice, now: Instant) -> bool:
    """Tell of a recall that is acknowledged *now* whether it was before."""
    return notice.recipient.acknowledged not in {None, now}


def noticed(notice: Notice, now: Instant) -> Json:
    """Give a notice as its recipient gets it; it names nobody."""
    recall, recipient = notice.recall, notice.recipient
    return {
        "id": recall.id,
        "object_id": recall.object,
        "versions": list(recipient.versions),
        "recalled_at": instants.show(recall.at),
        "acknowledge_by": instants.show(recall.due),
        "reason": recall.reason,
        "erased": recall.erased,
        "state": state(recall, recipient, now),
        **_acknowledged(recipient),
    }


def accounted(
    recall: Recall, recipients: Iterable[Recipient], names: Mapping[str, str], now: Instant
) -> Json:
    """Give a recall as whoever made it sees it: of its recipients those that *names* has."""
    return {
        "id": recall.id,
        "object_id": recall.object,
        "recalled_at": instants.show(recall.at),
        "acknowledge_by": instants.show(recall.due),
        "reason": recall.reason,
        "erased": recall.erased,
        "recipients": [
            {
                "organisation": names[each.organisation],
                "state": state(recall, each, now),
                **({"told_at": instants.show(each.told)} if each.told is not None else {}),
                **_acknowledged(each),
            }
            for each in recipients
            if each.organisation in names
        ],
    }


def lasting(since: Instant, until: Instant) -> str:
    """Spell how long something took, to the minute."""
    minutes = max(0, until - since) // 60_000_000
    days, rest = divmod(minutes, 24 * 60)
    parts = ((days, "d"), (rest // 60, "h"), (rest % 60, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "less than a minute"


def _acknowledged(recipient: Recipient) -> Json:
    if recipient.acknowledged is None:
        return {}
    return {
        "acknowledged_at": instants.show(recipient.acknowledged),
        "acknowledged_by": recipient.person,
        **({"done": recipient.done} if recipient.done else {}),
    }
