"""What a server needs of its storage, as a protocol: `sidelight.exchange.store` implements it."""

from collections.abc import Collection as Group
from collections.abc import Mapping, Sequence
from typing import Protocol

from sidelight.exchange.instants import Instant
from sidelight.exchange.intake import Item, Unfit
from sidelight.exchange.policy import Route, Terms
from sidelight.exchange.query import Query
from sidelight.exchange.recall import Account, Notice, Recall
from sidelight.exchange.register import Register
from sidelight.exchange.seen.epoch import Epoch, Overdrawn, Release
from sidelight.exchange.seen.reports import Report
from sidelight.exchange.sighting import Letter
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Who was authenticated: a person, for an organisation, with a token of some scopes."""

    organisation: str
    person: str
    scopes: frozenset[str]
    token: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A version of an object as it is held."""

    added: Instant
    id: str
    version: str
    spec_version: str
    terms: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Added:
    """An object that is held now, or was already (*again*)."""

    id: str
    version: str
    again: bool = False
    note: str = ""


Receipt = Added | Unfit
Grants = Sequence[tuple[int, Instant]]
"""Ids of terms, and from when on what is shared under them is seen."""


class Shelf(Protocol):
    """Objects, and all that is known of who shared and who got them."""

    @property
    def key(self) -> bytes:
        """Give the secret that signs cursors."""

    def register(self) -> Register:
        """Give the newest version of the register."""

    def registers(self) -> list[tuple[int, Instant, Register]]:
        """Give all versions of the register, the newest first."""

    def terms(self) -> Mapping[int, Terms]:
        """Give all terms that objects are held under."""

    def statements(self, collection: str, grants: Grants, ids: Group[str]) -> set[str]:
        """Tell which of these marking definitions are seen in a collection."""

    def page(
        self, collection: str, grants: Grants, query: Query, *, after: Instant, limit: int
    ) -> list[Held]:
        """Give the first *limit* objects after *after* that grants and filters allow.

        They are in the order they were added. ``last`` and ``first`` are among the versions that
        the grants allow; `Query.added_after`, `Query.limit` and `Query.next` are not looked at.
        """

    def newest_shown(self, collection: str, grants: Grants) -> Instant:
        """Give when the newest version was added that grants allow; 0 where there is none."""

    def has(self, collection: str, grants: Grants, ident: str) -> bool:
        """Tell whether any version of an object is seen."""

    def add(
        self,
        collection: str,
        audience: Sequence[str],
        items: Sequence[Item],
        by: Caller,
        now: Instant,
    ) -> list[Receipt]:
        """Hold what may be held, all or nothing, and write it into the audit log."""

    def delete(self, collection: str, found: Sequence[Held], by: Caller, now: Instant) -> None:
        """Forget versions of an object; whoever was given them is told.

        That they were here stays in the audit log.
        """

    def keep_status(self, ident: str, organisation: str, body: bytes, now: Instant) -> None:
        """Keep a status resource for whoever sent the request."""

    def status(self, ident: str, organisation: str) -> bytes | None:
        """Give a status resource back to the organisation that sent the request."""

    def deliver(
        self, collection: str, found: Sequence[Held], by: Caller, route: Route, now: Instant
    ) -> None:
        """Write into the ledger who is about to get what."""

    def recall(  # noqa: PLR0913 - what, whose, why, until when
        self, ident: str, by: Caller, now: Instant, *, reason: str, hours: int, erase: bool
    ) -> Recall | None:
        """Take back an object that an organisation shared; None where it never did.

        Its last version becomes ``revoked``; with *erase*, or where that cannot be, no version is
        held any more. What was recalled already goes on with its reason and clock.
        """

    def notices(
        self, organisation: str, *, after: Instant, limit: int, now: Instant
    ) -> list[Notice]:
        """Give what is recalled, or left, of what an organisation was given; note that it knows."""

    def acknowledge(self, ident: str, by: Caller, done: str, now: Instant) -> list[Notice]:
        """Note that an organisation acknowledges a recall, by its id or that of the object.

        Gives what it acknowledged, now or before; nothing where none is for it.
        """

    def recalled(self, now: Instant, owner: str = "", ident: str = "") -> list[Account]:
        """Give what an organisation, or anybody, recalled or had leave, with whom it reaches.

        Where *ident* is not "", only what has that id, or is of the object that has it.
        """

    def epoch(self, now: Instant) -> Epoch | None:
        """Give the epoch that it is; None where nobody prepared for questions."""

    def charge(self, epoch: Epoch, by: Caller, items: int, now: Instant) -> Overdrawn | None:
        """Count a question against what its organisation may ask; None where it may."""

    def report(self, by: Caller, came: Report, now: Instant) -> tuple[int, int]:
        """Make a report all that an organisation reports; give how many came and went."""

    def counts(self, least: int, now: Instant) -> Release:
        """Give the table of counts of the day, the same all day."""

    @property
    def letters(self) -> "Letterbox":
        """Give the sightings that were sent to somebody."""


class Letterbox(Protocol):
    """Sightings, each for one recipient."""

    def send(
        self,
        collection: str,
        sightings: Sequence[Sequence[Letter]],
        actor: str,
        now: Instant,
        alarms: Sequence[tuple[str, str, str]] = (),
    ) -> list[Receipt]:
        """Hold sightings for their recipients; the audit log names *actor* as who sent them.

        *alarms* go there too: id, version, and why. All is written at once, so that it takes no
        longer where there are some, which would tell the sender.
        The first letter of each is the copy of its sender, to nobody: the receipt is for that one.
        """

    def receive(  # noqa: PLR0913 - what, to whom, from where
        self,
        collection: str,
        by: Caller,
        now: Instant,
        *,
        after: Instant,
        limit: int,
        given: bool,
    ) -> tuple[list[Held], bool]:
        """Give the first sightings to whoever asks, and whether there are more.

        Where they are *given*, that is written into the ledger.
        """
