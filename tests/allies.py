"""Organisations, circles and objects to test sharing with, and a server that was never started."""

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import orjson

from sidelight.exchange.register import Register, renewed
from sidelight.exchange.shelf import Caller
from sidelight.exchange.store.database import open_database
from sidelight.exchange.store.library import Library
from sidelight.exchange.taxii.message import Request, Response, Stream
from sidelight.exchange.taxii.server import Server, answer
from sidelight.intel.markings import MARKINGS, Marking

TAXII = "application/taxii+json;version=2.1"
NOW = 1_800_000_000_000_000
BOTH = frozenset({"read", "write"})


def operators(**countries: str) -> str:
    """Give the tables of a register with operators in countries."""
    return "".join(
        f'[[organisation]]\nname = "{name}"\ncountry = "{country}"\nrole = "operator"\n'
        for name, country in countries.items()
    )


TRILATERAL = f"""
{operators(A="FI", B="EE")}
[[organisation]]
name = "C"
country = "FI"
role = "operator"
client_of = ["A"]
[[organisation]]
name = "G"
country = "FI"
role = "government"
[[organisation]]
name = "X"
country = "FI"
role = "operator"
[[circle]]
name = "trilateral"
members = ["A", "B", "G"]
legal_basis = "a memorandum"
gives = {{government = "green"}}
[[circle]]
name = "others"
members = ["X"]
[[collection]]
title = "Finds"
alias = "finds"
circles = ["trilateral"]
[[collection]]
title = "Other"
alias = "other"
circles = ["others"]
"""


def uuid4(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def indicator(
    number: int = 1,
    tlp: Marking | None = "green",
    modified: str = "2026-01-01T00:00:00.000Z",
    **more: object,
) -> dict[str, object]:
    marked = {"object_marking_refs": [MARKINGS[tlp]]} if tlp else {}
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--00000000-0000-4000-8000-{number:012x}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": modified,
        "name": f"number {number}",
        "pattern": "[file:name = 'x']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
        **marked,
        **more,
    }


def address(value: str, tlp: Marking = "green", **more: object) -> dict[str, object]:
    return {
        "type": "ipv4-addr",
        "spec_version": "2.1",
        "id": "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd",
        "value": value,
        "object_marking_refs": [MARKINGS[tlp]],
        **more,
    }


@dataclass
class World:
    """A server without a socket, and a clock that only moves when it is told to."""

    library: Library
    server: Server
    now: int = NOW
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    @property
    def register(self) -> Register:
        return self.library.register()

    def apply(self, text: str) -> None:
        made = renewed(
            text, self.register, where="test", now=self.now, mint=lambda: uuid4(self.chance)
        )
        self.library.renew(made, "test", self.now)

    def caller(self, name: str, scopes: frozenset[str] = BOTH) -> Caller:
        found = self.register.named(name)
        assert found
        return Caller(found.id, f"somebody@{name}", scopes)

    def ask(
        self,
        who: str | Caller | None,
        path: str,
        *query: tuple[str, str],
        method: str = "GET",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        caller = self.caller(who) if isinstance(who, str) else who
        head = {"accept": TAXII, "content-type": TAXII} if headers is None else headers
        request = Request(method, path, query, head, body)
        reply = answer(request, caller, self.server, self.now)
        assert isinstance(reply, Response)
        return reply

    def stream(
        self, who: str, path: str, headers: Mapping[str, str], *query: tuple[str, str]
    ) -> Response | Stream:
        request = Request("GET", path, query, headers)
        return answer(request, self.caller(who), self.server, self.now)

    def add(self, who: str | Caller, *items: object, to: str = "finds") -> dict[str, object]:
        reply = self.ask(who, objects(to), method="POST", body=envelope(items))
        assert reply.status == 202, reply.body
        found = orjson.loads(reply.body)
        assert isinstance(found, dict)
        return found


def open_world(path: Path, register: str = TRILATERAL, where: str = "") -> World:
    library = Library(open_database(where or str(path / "exchange.db")))
    chance = random.Random(7)
    world = World(library, Server(library, lambda: uuid4(chance)))
    world.apply(register)
    return world


def objects(to: str = "finds") -> str:
    return f"/exchange/collections/{to}/objects/"


def envelope(items: Sequence[object]) -> bytes:
    return orjson.dumps({"objects": list(items)})


def parsed(reply: Response) -> dict[str, object]:
    found = orjson.loads(reply.body)
    assert isinstance(found, dict)
    return found


def names(reply: Response) -> list[object]:
    found = parsed(reply).get("objects", [])
    assert isinstance(found, list)
    return [each.get("name", each["id"]) for each in found]


def pages(
    world: World, who: str, path: str, *query: tuple[str, str], key: str = "objects"
) -> list[object]:
    """Follow ``next`` to the end."""
    found: list[object] = []
    step: tuple[tuple[str, str], ...] = ()
    for _ in itertools.count():
        reply = parsed(world.ask(who, path, *query, *step))
        entries = reply.get(key, [])
        assert isinstance(entries, list)
        found += entries
        if not reply.get("more"):
            return found
        step = (("next", str(reply["next"])),)
    return found
