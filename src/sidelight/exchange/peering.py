"""Keeps collections of ours in step with those of peers, one pass at a time.

Rules of this file:

- What is pulled is held as shared by the peer's organisation, under the marking it came with.
- What is pushed is what that organisation may read here, less what is not ours to forward.
- A cursor is kept after what it vouches for; what comes twice is known again, also where it was
  taken back since.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field

from sidelight.errors import SidelightError, UsageError
from sidelight.exchange import forwarding, instants, settling
from sidelight.exchange.alliance import veiled
from sidelight.exchange.client import Client, Room, named
from sidelight.exchange.instants import Instant
from sidelight.exchange.intake import Arrival, Item, Unfit, admit, references, unnamed
from sidelight.exchange.outbox import Item as Parcel
from sidelight.exchange.parcel import MOST, envelopes
from sidelight.exchange.peers import Peer, Way
from sidelight.exchange.pulling import Reach, batches
from sidelight.exchange.query import Query
from sidelight.exchange.register import Collection, Register
from sidelight.exchange.sending import deliver
from sidelight.exchange.shelf import Added, Caller, Grants, Held
from sidelight.exchange.store import peering as kept
from sidelight.exchange.store.library import Library
from sidelight.exchange.store.peering import Direction, Line
from sidelight.exchange.taxii.adding import definitions_held
from sidelight.exchange.taxii.reading import granted
from sidelight.values import dataclass


@dataclass(slots=True)
class Transfer:
    """What one line came to in one pass.

    Args:
        taken: objects that are on the other side now and were not before.
        again: objects that were there already.
        refused: those that either side refused, with the rule and its words.
        after: the last good cursor.
        stopped: what ended it early; empty where all was had.
    """

    line: Line
    taken: int = 0
    again: int = 0
    refused: list[Unfit] = field(default_factory=list)
    after: str = ""
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class Peering:
    """Our side: a library, who we are in its register, and a clock."""

    library: Library
    us: str
    now: Callable[[], Instant]
    limit: int = MOST

    def run(self, peer: Peer, client: Client) -> Iterator[Transfer]:
        """Make a pass with one peer: pull first, so that what it took back is not sent again."""
        for direction, ways in (("pull", peer.pull), ("push", peer.push)):
            for way in ways:
                yield self._pass(peer, client, way, "pull" if direction == "pull" else "push")

    def _pass(self, peer: Peer, client: Client, way: Way, direction: Direction) -> Transfer:
        line = Line(peer.name, direction, way.theirs, way.ours)
        done = Transfer(line, after=kept.reached(self.library.engine, line).after)
        try:
            parties = self._parties(peer, way)
            room = client.find(way.theirs)
            (self._pull if direction == "pull" else self._push)(done, client, room, *parties)
        except SidelightError as error:
            done.stopped = str(error)
        kept.stop(self.library.engine, line, done.stopped, self.now())
        return done

    def _parties(self, peer: Peer, way: Way) -> tuple[Register, Caller, Collection]:
        register = self.library.register()
        us, them = register.named(self.us), register.named(peer.organisation)
        for name, found in ((self.us, us), (peer.organisation, them)):
            if found is None:
                raise UsageError("is no organisation of the register", where=name)
        collections = register.collections
        places = [each for each in collections if way.ours in {each.id, each.alias, each.title}]
        if len(places) != 1:
            raise UsageError("is not one collection of the register", where=way.ours)
        assert them
        if us is them:
            raise UsageError("is our own organisation, not that of a peer", where=peer.organisation)
        return register, Caller(them.id, f"peer {peer.name}", frozenset()), places[0]

    def _pull(  # noqa: PLR0913 - from where to where
        self,
        done: Transfer,
        client: Client,
        room: Room,
        register: Register,
        them: Caller,
        place: Collection,
    ) -> None:
        engine = self.library.engine
        reach = kept.reached(engine, done.line)
        for batch in batches(client, room, reach, self.limit, versions="all"):
            if batch.objects:
                before, bad = done.taken, len(done.refused)
                self._take(done, batch.objects, register, them, place)
                counts = (done.taken - before, done.refused[bad:])
                kept.keep(engine, done.line, batch.reach, *counts, self.now())
            elif batch.reach != reach:
                kept.keep(engine, done.line, batch.reach, 0, (), self.now())
            reach = batch.reach
            done.after, done.stopped = reach.after, batch.stuck

    def _take(
        self,
        done: Transfer,
        objects: list[bytes],
        register: Register,
        them: Caller,
        place: Collection,
    ) -> None:
        """Hold what may be held here, as shared by *them*."""
        library, now = self.library, self.now()
        grants = granted(library, register, them.organisation, "object", now)
        known = definitions_held(library, place.id, grants, references(objects))
        veil = veiled(them.organisation, place.circles, register.alliances)
        admitted = unnamed(admit(objects, known, now=now), veil)
        items = [self._admitted(each, register, them, place, now) for each in admitted]
        ids = [each.id for each in items if isinstance(each, Arrival)]
        ours = register.named(self.us)
        back = kept.gone_there(library.engine, ids, ours.id if ours else "", them.organisation)
        new = [each for each in items if not _came_back(each, back)]
        done.again += len(items) - len(new)
        for receipt in library.add(place.id, place.circles, new, them, now) if new else ():
            match receipt:
                case Added(again=True) | Unfit(rule=settling.RECALLED):
                    done.again += 1
                case Added():
                    done.taken += 1
                case Unfit():
                    done.refused.append(receipt)

    def _admitted(
        self, item: Item, register: Register, them: Caller, place: Collection, now: Instant
    ) -> Item:
        if not isinstance(item, Arrival):
            return item
        ours = register.named(self.us)
        assert ours
        parties = (them.organisation, ours.id, place.circles, register.alliances)
        verdict = forwarding.may_be_kept(item.marking, *parties, now=now)
        return item if verdict.allow else Unfit(item.id, item.version, verdict.rule, verdict.why)

    def _push(  # noqa: PLR0913 - from where to where
        self,
        done: Transfer,
        client: Client,
        room: Room,
        register: Register,
        them: Caller,
        place: Collection,
    ) -> None:
        if not register.can_read(them.organisation, place):
            hint = "let them read it in the register, or push another"
            raise UsageError("is not for them to read", where=place.title, hint=hint)
        engine, query = self.library.engine, Query(versions=("all",))
        after = instants.read(done.after) or 0
        while True:
            grants = self._leaving(register, them)
            page = self.library.page(place.id, grants, query, after=after, limit=self.limit)
            if not page:
                return
            self.library.deliver(place.id, page, them, "peer", self.now())
            for part in _parts(page, room.largest):
                good, bad = deliver(client, room, part)
                after = part[-1].number
                unfit = [
                    Unfit(*named(each.body), "", each.why)
                    for each in bad
                    if not each.why.startswith(f"{settling.RECALLED}: ")
                ]
                done.again += len(bad) - len(unfit)
                done.taken, done.after = done.taken + len(good), instants.show(after)
                done.refused += unfit
                kept.keep(engine, done.line, Reach(done.after), len(good), unfit, self.now())

    def _leaving(self, register: Register, them: Caller) -> Grants:
        """Give what they may read here and have on their own server, too."""
        ours = register.named(self.us)
        assert ours
        found = granted(self.library, register, them.organisation, "peer", self.now())
        terms = self.library.terms()  # after: others add terms meanwhile, and none goes
        return [
            (ident, since)
            for ident, since in found
            if forwarding.may_leave(terms[ident], ours.id, them.organisation).allow
        ]


def _came_back(item: Item, held: set[tuple[str, str]]) -> bool:
    """Tell whether an object is one that a peer has from here, and sends back."""
    return isinstance(item, Arrival) and (item.id, item.digest) in held


def _parts(page: Sequence[Held], largest: int) -> Iterator[list[Parcel]]:
    """Cut a page into what fits into one request each."""
    start = 0
    for part in envelopes([each.body for each in page], largest):
        some = page[start : start + len(part)]
        yield [Parcel(each.added, each.body, each.added, "waiting") for each in some]
        start += len(part)
