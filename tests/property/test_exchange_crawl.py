"""What one may not see makes no difference to anything that one is shown.

The same is done twice: once with all that happens, once with only what an onlooker may see and
without the members that are hidden from it. Then the onlooker asks for everything, in every way,
guesses ids, and sends objects under ids that are not its own. Each answer must be the same, to
the last octet: then no id, count, date or error can tell of what it may not see.
"""

import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import orjson
import pytest

from allies import World, address, envelope, indicator, objects, open_world, pages
from policy_oracle import readers
from sidelight.exchange.alliance import ROLES
from sidelight.exchange.policy import Shared, Terms
from sidelight.exchange.seen.epoch import Epoch
from sidelight.exchange.shelf import Caller
from sidelight.exchange.sighting import NAMES as NAMED
from sidelight.exchange.sighting import REACHES
from sidelight.exchange.store.seen import begin
from sidelight.exchange.taxii.message import Response
from sidelight.exchange.taxii.reading import View, following
from sidelight.exchange.taxii.seen import METHODS
from sidelight.intel.markings import MARKINGS, Marking

WORLDS = int(os.environ.get("SIDELIGHT_CRAWLS", "3"))
NAMES = ["o0", "o1", "o2", "o3", "o4"]
RINGS = ["c0", "c1"]
PLACES = ["t0", "t1"]
MARKS: tuple[Marking, ...] = ("clear", "green", "amber", "amber+strict")
RECALL = re.compile(rb'"id":"[0-9a-f-]{36}","object_id"')
CURSOR = re.compile(rb'"next":"[^"]*"')
ONLOOKER = "o0"


@dataclass
class Thing:
    """An object of somebody: all its versions are shared on the same terms."""

    owner: str
    place: str
    mark: Marking
    number: int
    versions: int = 1
    seen: bool = False

    @property
    def item(self) -> dict[str, object]:
        return indicator(self.number, self.mark, f"2026-01-{self.versions:02}T00:00:00.000Z")

    @property
    def id(self) -> str:
        return str(self.item["id"])


@dataclass
class Register:
    """A register, in full and as the onlooker may know it."""

    parties: list[str] = field(default_factory=list)
    rings: list[tuple[str, list[str], list[str], str]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    def text(self, patrons: set[str], *, full: bool) -> str:
        rings = []
        for ring, members, hidden, rest in self.rings:
            kept = [one for one in hidden if full or one in patrons]
            rings.append(
                f'[[circle]]\nname = "{ring}"\nmembers = {members}\nhidden = {kept}\n{rest}'
            )
        return "".join([*self.parties, *rings, *self.places])


def registers(chance: random.Random) -> tuple[str, str]:
    made, patrons = Register(), {ONLOOKER}
    for name in NAMES:
        of = [one for one in NAMES if one != name and chance.random() < 0.2]
        patrons |= set(of) if name == ONLOOKER else set()
        made.parties.append(
            f'[[organisation]]\nname = "{name}"\ncountry = "{chance.choice(["FI", "FI", "EE"])}"\n'
            f'role = "{chance.choice(ROLES)}"\nclient_of = {of}\n'
            f'identity = "identity--00000000-0000-4000-8000-00000000000{name[1]}"\n'
        )
    for ring in RINGS:
        inside = [one for one in NAMES if chance.random() < 0.6]
        hidden = [one for one in inside if chance.random() < 0.4]
        near = [one for one in RINGS if one != ring and chance.random() < 0.3]
        made.rings.append(
            (
                ring,
                [one for one in inside if one not in hidden],
                hidden,
                f'legal_basis = "law"\nhistory = "all"\ncommunity = {near}\n'
                f'gives = {{government = "{chance.choice(MARKS)}"}}\n',
            )
        )
    for number, place in enumerate(PLACES):
        circles = [RINGS[number], *(one for one in RINGS[:number] if chance.random() < 0.4)]
        made.places.append(
            f'[[collection]]\ntitle = "{place}"\nalias = "{place}"\ncircles = {circles}\n'
            f"readers = {NAMES}\nwriters = {NAMES}\n"
        )
    return made.text(patrons, full=True), made.text(patrons, full=False)


class Twins:
    """Two servers: on one everything happens, on the other only what the onlooker may see."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.chance = chance
        self.worlds = []
        for name, text in zip(("full", "bare"), registers(chance), strict=True):
            (folder / name).mkdir()
            world = open_world(folder / name, text)
            world.library._key = b"k" * 32
            self.worlds.append(world)
        self.full, self.bare = self.worlds
        self.things: list[Thing] = []
        circles = self.full.register.alliances.circles.values()
        hidden = {one.organisation for each in circles for one in each.members if one.hidden}
        self.open = [one for one in NAMES[1:] if self.full.caller(one).organisation not in hidden]

    def both(self, who: str, path: str, method: str, body: bytes, *, seen: bool) -> None:
        """Do something of another; on the second server only if the onlooker may see it."""
        for world in self.worlds:
            world.now += 1_000_000
            if seen or world is self.full:
                world.ask(who, path, method=method, body=body)

    def sighted(
        self, who: str, place: str, query: tuple[tuple[str, str], ...], body: bytes, *, ours: bool
    ) -> None:
        """Let another send a sighting; *ours* may reach the onlooker, so it has to on both."""
        for world in self.worlds:
            world.now += 1_000_000
        if ours and who not in self.open:
            return
        done = True
        if ours:
            reply = self.bare.ask(who, sights(place), *query, method="POST", body=body)
            done = b'"success_count":1' in reply.body
        if done:
            self.full.ask(who, sights(place), *query, method="POST", body=body)

    def asked(
        self, path: str, *query: tuple[str, str], method: str = "GET", body: bytes = b""
    ) -> Response:
        """Ask both as the onlooker: they must not differ."""
        replies = []
        for world in self.worlds:
            world.now += 1_000_000
            reply = world.ask(ONLOOKER, path, *query, method=method, body=body)
            replies.append(shown(reply, path))
        assert replies[0] == replies[1], (method, path, query, body)
        return reply


def shown(reply: Response, path: str) -> Response:
    body = RECALL.sub(b'"object_id"', reply.body)
    if path.endswith("sightings/objects/") and reply.status == 200:
        # Letters of one sighting have microseconds of their own, in this world of whole seconds.
        body = CURSOR.sub(b'"next":""', body)
        dates = tuple((name, text.partition(".")[0]) for name, text in reply.headers)
        return Response(reply.status, body, dates)
    if b'"request_timestamp"' in body:
        body = orjson.dumps({**orjson.loads(body), "id": ""})
    return Response(reply.status, body, reply.headers)


def sees(world: World, thing: Thing) -> bool:
    owner, onlooker = world.register.named(thing.owner), world.register.named(ONLOOKER)
    collection = world.register.collection(thing.place)
    assert owner
    assert onlooker
    assert collection
    terms = Terms(thing.mark, owner.id, frozenset(collection.circles))
    return onlooker.id in readers(Shared(terms, world.now), world.register.alliances)


def live(twins: Twins) -> None:
    """Let things happen: objects, versions, deletions, recalls; others read all the time."""
    chance = twins.chance
    for number in range(14):
        who = chance.choice(NAMES[1:])
        thing = Thing(who, chance.choice(PLACES), chance.choice(MARKS), number)
        thing.seen = sees(twins.full, thing)
        assert thing.seen == sees(twins.bare, thing)
        twins.things.append(thing)
        twins.both(who, objects(thing.place), "POST", envelope([thing.item]), seen=thing.seen)
    for place in PLACES:
        read_all(twins, place)
    for thing in chance.sample(twins.things, 8):
        one = f"{objects(thing.place)}{thing.id}/"
        match chance.choice(["version", "delete", "recall", "erase"]):
            case "version":
                thing.versions += 1
                body = envelope([thing.item])
                twins.both(thing.owner, objects(thing.place), "POST", body, seen=thing.seen)
            case "delete":
                twins.both(thing.owner, one, "DELETE", b"", seen=thing.seen)
            case verb:
                said = {"object_id": thing.id, "reason": "x", "erase": verb == "erase"}
                body = orjson.dumps(said)
                twins.both(thing.owner, "/exchange/recalls/", "POST", body, seen=thing.seen)


def read_all(twins: Twins, place: str) -> None:
    for who in NAMES[1:]:
        twins.both(who, objects(place), "GET", b"", seen=True)
    twins.asked(objects(place))


def guess(twins: Twins) -> None:
    """Send what may collide with what is held, as the onlooker."""
    for thing in twins.things:
        if not thing.seen:
            later = Thing("", "", thing.mark, thing.number, thing.versions + 1)
            sent = [
                [thing.item],
                [{**thing.item, "name": "changed"}],
                [later.item],
                [{**later.item, "revoked": True}],
                [{**later.item, "created_by_ref": f"identity--00000000-0000-4000-8000-{9:012x}"}],
            ]
            body = envelope(twins.chance.choice(sent))
            place = twins.chance.choice(PLACES)
            twins.asked(objects(place), method="POST", body=body)
            said = orjson.dumps({"object_id": thing.id, "reason": "x"})
            if twins.chance.random() < 0.3:
                twins.asked("/exchange/recalls/", method="POST", body=said)
            twins.asked(f"/exchange/recalls/{thing.id}/acknowledgement/", method="POST", body=b"{}")
    for mark in MARKS:
        own = [indicator(1000 + MARKS.index(mark), mark), address("192.0.2.7", mark)]
        for place in PLACES:
            twins.asked(
                f"/exchange/collections/{place}/preview/", method="POST", body=envelope(own)
            )
            twins.asked(objects(place), method="POST", body=envelope(own))
    for place in PLACES:
        read_all(twins, place)
    said = orjson.dumps({"object_id": indicator(1000)["id"], "reason": "x"})
    twins.asked("/exchange/recalls/", method="POST", body=said)
    for who in NAMES[1:]:
        path = f"/exchange/recalls/{indicator(1000)['id']}/acknowledgement/"
        twins.both(who, path, "POST", b'{"done": "dropped"}', seen=True)
    for place, number in product(PLACES, range(1001, 1000 + len(MARKS))):
        twins.asked(f"{objects(place)}{indicator(number)['id']}/", method="DELETE")


def sighting(number: int, of: str, mark: Marking, **more: object) -> dict[str, object]:
    return {
        "type": "sighting",
        "spec_version": "2.1",
        "id": f"sighting--00000000-0000-4000-8000-{number:012x}",
        "created": "2026-02-02T03:04:05.678Z",
        "modified": "2026-02-02T03:04:05.678Z",
        "count": 3,
        "sighting_of_ref": of,
        "object_marking_refs": [MARKINGS[mark]],
        **more,
    }


def sights(place: str) -> str:
    return f"/exchange/collections/{place}/sightings/objects/"


def others_sight(twins: Twins) -> None:
    """Let others send sightings, also of what the onlooker may not see."""
    chance = twins.chance
    for number, thing in enumerate(twins.things):
        body = envelope([sighting(number, thing.id, chance.choice(MARKS))])
        for who in chance.sample(NAMES[1:], 2):
            query = (("as", chance.choice(["own", "anonymous"])), ("to", "circle"))
            twins.sighted(who, thing.place, query, body, ours=thing.seen)


def sight(twins: Twins) -> None:
    """Send sightings of everything as the onlooker; others send some of what is its own."""
    chance = twins.chance
    for number, thing in enumerate(twins.things):
        mark = chance.choice(MARKS)
        plain = sighting(number, thing.id, mark)
        more = [plain, {**plain, "count": 9}, sighting(100 + number, thing.id, mark)]
        ways = product(more, NAMED, REACHES, ("yes", "no"))
        for item, name, reach, preview in chance.sample(list(ways), 8):
            query = (("as", name), ("to", reach), ("preview", preview))
            twins.asked(sights(thing.place), *query, method="POST", body=envelope([item]))
    for mark in MARKS:
        ident = str(indicator(1000 + MARKS.index(mark))["id"])
        for who in twins.open:
            body = envelope([sighting(200, ident, mark)])
            for place in PLACES:
                twins.sighted(who, place, (("as", "anonymous"),), body, ours=True)
    for place in PLACES:
        for who in NAMES[1:]:
            twins.both(who, sights(place), "GET", b"", seen=True)


def ask_what_was_seen(twins: Twins) -> int:
    """Let all report, and ask in an epoch that is for one circle, and the day after the next."""
    paths = [f"/exchange/seen/{what}/" for what in METHODS]
    report = orjson.dumps({"kind": "seen-report", "key": "0" * 16, "tokens": ["0" * 64]})
    for who in NAMES[1:]:
        twins.both(who, "/exchange/seen/report/", "POST", report, seen=True)
    count = 0
    for wait in (0, 3):
        for world in twins.worlds:
            world.now += wait * 86_400_000_000
        for path in paths:
            for method in ("GET", "POST", "PUT", "HEAD"):
                for body in (b"", b"{}", report):
                    twins.asked(path, method=method, body=body)
                    count += 1
        for world in twins.worlds:
            circle = min(world.register.alliances.circles)
            ends = world.now + 86_400_000_000
            begin(
                world.library.engine,
                Epoch(f"e{wait}", b"k", b"s", world.now, ends, 9, (circle,)),
                "x",
            )
    return count


QUERIES: tuple[tuple[tuple[str, str], ...], ...] = (
    (),
    (("match[version]", "all"),),
    (("match[version]", "first"),),
    (("match[version]", "all"), ("limit", "2")),
    (("match[version]", "2026-01-01T00:00:00Z"),),
    (("match[spec_version]", "2.1"), ("limit", "3")),
    (("match[type]", "indicator"),),
    (("match[type]", "ipv4-addr,url"),),
    (("added_after", "2027-01-15T08:00:06.5Z"),),
    (("limit", "0"),),
    (("next", "AAAA"),),
)


def crawl(twins: Twins) -> int:
    """Ask for everything; give how many answers were compared."""
    count = 0
    ids = [thing.id for thing in twins.things]
    for path in ("/taxii2/", "/exchange/", "/exchange/collections/", "/exchange/recalls/made/",
                 "/exchange/recalls/", "/exchange/status/x/", "/nowhere/"):  # fmt: skip
        for query in ((), (("limit", "1"),), (("added_after", "2027-01-15T08:00:30Z"),)):
            for method in ("GET", "DELETE"):
                twins.asked(path, *query, method=method)
                count += 1
    for place in PLACES:
        base = f"/exchange/collections/{place}/"
        for query in (*QUERIES, (("match[id]", ",".join(ids)), ("match[version]", "all"))):
            for path in (base, base + "objects/", base + "manifest/"):
                count += whole(twins, path, query)
        for query in ((), (("limit", "1"),), (("added_after", "2027-01-15T08:00:30Z"),)):
            twins.asked(sights(place), *query)
            every = [pages(world, ONLOOKER, sights(place), *query) for world in twins.worlds]
            assert every[0] == every[1]
            count += 2
        for ident in ids:
            for query in ((), (("match[version]", "all"),), (("limit", "1"),)):
                count += whole(twins, f"{base}objects/{ident}/", query)
                count += whole(twins, f"{base}objects/{ident}/versions/", query)
            count += whole(twins, f"{base}manifest/", (("match[id]", ident),))
        count += refused(twins, base)
        streamed = [list(stream(world, place)) for world in twins.worlds]
        assert streamed[0] == streamed[1]
    for thing in twins.things:
        if not thing.seen:
            twins.asked(f"{objects(thing.place)}{thing.id}/", method="DELETE")
            count += 1
    return count


def refused(twins: Twins, base: str) -> int:
    """Ask in ways that there are not."""
    places = ("", "preview/", "sightings/", "sightings/objects/", "stream/")
    for path, method in product(places, ("PUT", "DELETE", "PATCH", "HEAD")):
        if (path, method) != ("stream/", "HEAD"):
            twins.asked(base + path, method=method)
    return 4 * len(places) - 1


def whole(twins: Twins, path: str, query: tuple[tuple[str, str], ...]) -> int:
    """Ask for all pages."""
    step: tuple[tuple[str, str], ...] = ()
    count = 0
    while True:
        reply = twins.asked(path, *query, *step)
        count += 1
        following_on = orjson.loads(reply.body).get("next") if reply.status == 200 else None
        if not following_on:
            return count
        step = (("next", following_on),)


def stream(world: World, place: str) -> Iterator[tuple[int, bytes]]:
    found = world.register.collection(place)
    caller: Caller = world.caller(ONLOOKER)
    assert found
    for held in following(View(world.library, world.register, found, caller, world.now), 0, 1000):
        yield held.added, held.body


@pytest.mark.parametrize("seed", range(WORLDS))
def test_what_one_may_not_see_makes_no_difference(seed: int, tmp_path: Path) -> None:
    twins = Twins(tmp_path, random.Random(seed))
    live(twins)
    others_sight(twins)
    guess(twins)
    sight(twins)
    assert crawl(twins) > 100
    assert ask_what_was_seen(twins) > 50
    assert {thing.seen for thing in twins.things} <= {True, False}
    for world in twins.worlds:
        world.library.engine.dispose()
