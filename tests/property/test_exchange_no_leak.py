"""Every member asks for everything in every way, and finds what the oracle says, no more, no less.

Objects come from several members into several collections, in several versions and markings,
while the register changes; then each organisation crawls every endpoint, filter and page.
"""

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import orjson
import pytest

from allies import World, indicator, objects, open_world, pages
from policy_oracle import readers
from sidelight.exchange.alliance import ROLES, Alliances
from sidelight.exchange.courier import Courier
from sidelight.exchange.policy import Shared, Terms
from sidelight.exchange.reachable import Reachable, Target
from sidelight.exchange.shelf import Caller
from sidelight.exchange.store.hooks import Hook
from sidelight.exchange.taxii.reading import View, following
from sidelight.intel.markings import Marking

WORLDS = 4
MARKS: tuple[Marking, ...] = ("clear", "green", "amber", "amber+strict")


def register(chance: random.Random, names: list[str]) -> str:
    parts = []
    for name in names:
        patrons = [one for one in names if one != name and chance.random() < 0.2]
        parts.append(
            f'[[organisation]]\nname = "{name}"\ncountry = "{chance.choice(["FI", "EE"])}"\n'
            f'role = "{chance.choice(ROLES)}"\nclient_of = {patrons}\n'
        )
    rings = ["c0", "c1", "c2"]
    for ring in rings:
        members = [one for one in names if chance.random() < 0.5]
        basis = chance.choice(["", "law"])
        history = chance.choice(["all", "since joining"])
        community = [one for one in rings if one != ring and chance.random() < 0.3]
        gives = chance.choice(["clear", "green", "amber"])
        parts.append(
            f'[[circle]]\nname = "{ring}"\nmembers = {members}\nlegal_basis = "{basis}"\n'
            f'history = "{history}"\ncommunity = {community}\ngives = {{government = "{gives}"}}\n'
        )
    for number in range(2):
        circles = [one for one in rings if chance.random() < 0.6]
        parts.append(
            f'[[collection]]\ntitle = "t{number}"\nalias = "t{number}"\ncircles = {circles}\n'
            f"readers = {names}\nwriters = {names}\n"
        )
    return "".join(parts)


def fill(world: World, chance: random.Random, names: list[str]) -> list[tuple[str, str, Shared]]:
    """Add versions of objects; give what went where, under which terms, and when."""
    held: list[tuple[str, str, Shared]] = []
    number = 0
    for round_ in range(3):
        world.apply(register(chance, names))
        world.now += 1000
        for _ in range(8):
            number += 1
            who, place = chance.choice(names), chance.choice(["t0", "t1"])
            collection = world.register.collection(place)
            owner = world.register.named(who)
            assert collection
            assert owner
            marks = [chance.choice(MARKS) for _ in range(chance.randint(1, 3))]
            for day, mark in enumerate(marks):
                item = indicator(number, mark, f"2026-01-0{day + 1}T00:00:00.000Z")
                status = world.add(who, item, to=place)
                assert status["failure_count"] == 0, (round_, status)
                terms = Terms(mark, owner.id, frozenset(collection.circles))
                shared = Shared(terms, world.library.newest())
                held.append((place, f"{item['id']} {item['modified']}", shared))
    return held


def crawl(world: World, caller: Caller, name: str, place: str, ids: list[str]) -> set[str]:
    """Give every (id, version) that shows anywhere; single objects that do not show are 404."""
    base = f"/exchange/collections/{place}/"
    found: set[str] = set()
    every = ("match[version]", "all")
    for query in (
        (every,),
        (every, ("limit", "1")),
        (every, ("limit", "2")),
        (),
        (("match[version]", "first"),),
    ):
        for item in pages(world, name, objects(place), *query):
            found.add(f"{item['id']} {item['modified']}")  # type: ignore[index]
        for item in pages(world, name, base + "manifest/", *query):
            found.add(f"{item['id']} {item['version']}")  # type: ignore[index]
    for ident in ids:
        one = world.ask(caller, f"{objects(place)}{ident}/", every)
        if one.status == 404:
            assert ident not in " ".join(found)
            continue
        for item in orjson.loads(one.body)["objects"]:
            found.add(f"{ident} {item['modified']}")
        listed = orjson.loads(world.ask(caller, f"{objects(place)}{ident}/versions/").body)
        found.update(f"{ident} {version}" for version in listed["versions"])
    collection = world.register.collection(place)
    assert collection
    view = View(world.library, world.register, collection, caller, world.now)
    for held in following(view, 0, 1000):
        found.add(f"{held.id} {held.version}")
    assert told(world, caller, collection.id) == found
    return found


def told(world: World, caller: Caller, collection: str) -> set[str]:
    """Give every (id, version) that a webhook of the caller is told of."""
    bodies = []

    def post(target: Target, address: str, headers: Mapping[str, str], body: bytes) -> int:
        del target, address, headers
        bodies.append(orjson.loads(body)["data"]["object"])
        return 204

    hook = Hook("h", caller.organisation, "p", collection, "http://127.0.0.1:1/", 0, 0, 0, 0, "")
    near = Reachable(frozenset({("127.0.0.1", 1)}))
    Courier(world.library, lambda: b"k", near, lambda: world.now, post).deliver(hook)
    return {f"{each['id']} {each['modified']}" for each in bodies}


def listed(world: World, name: str, place: str, *query: tuple[str, str]) -> set[str]:
    found = pages(world, name, objects(place), ("limit", "3"), *query)
    return {f"{item['id']} {item['modified']}" for item in found}  # type: ignore[index]


def one_each(wanted: set[str], pick: Callable[[list[str]], str]) -> set[str]:
    """Give the last, or the first, of the versions that are seen."""
    versions: dict[str, list[str]] = {}
    for what in wanted:
        versions.setdefault(what.split()[0], []).append(what)
    return {pick(some) for some in versions.values()}


def oracle(
    held: list[tuple[str, str, Shared]], who: str, place: str, alliances: Alliances
) -> set[str]:
    return {
        what for where, what, shared in held if where == place and who in readers(shared, alliances)
    }


@pytest.mark.parametrize("seed", range(WORLDS))
def test_nothing_shows_that_is_not_permitted_and_all_that_is(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    names = [f"o{number}" for number in range(4)]
    world = open_world(tmp_path, register(chance, names))
    held = fill(world, chance, names)
    ids = sorted({what.split()[0] for _, what, _ in held})
    shown = 0
    for name in names:
        caller = world.caller(name)
        for place in ("t0", "t1"):
            wanted = oracle(held, caller.organisation, place, world.register.alliances)
            assert crawl(world, caller, name, place, ids) == wanted, (name, place)
            for query, pick in (((), max), ((("match[version]", "first"),), min)):
                assert listed(world, name, place, *query) == one_each(wanted, pick)
            shown += len(wanted)
    assert shown
