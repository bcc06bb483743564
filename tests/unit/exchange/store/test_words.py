"""What no text of PostgreSQL can hold makes no difference between the databases."""

import orjson
import pytest

from allies import World, envelope, indicator, objects, parsed
from sidelight.exchange.intake import Unfit
from sidelight.exchange.login import read_authorization
from sidelight.exchange.pulling import Reach
from sidelight.exchange.shelf import Held
from sidelight.exchange.store import hooks, peering
from sidelight.exchange.store.hooks import Hook
from sidelight.exchange.store.peering import Line
from sidelight.exchange.store.words import storable
from sidelight.intel.markings import MARKINGS

LINE = Line("cert", "push", "Alerts", "Finds")
COLLECTION = "/exchange/collections/finds/"


def test_words_of_a_peer_are_kept_with_a_sign_in_place_of_it(world: World) -> None:
    engine = world.library.engine
    bad = Unfit("indicator--1\0", "20\0", "", "no\0: \ud800")
    for _ in range(2):
        peering.keep(engine, LINE, Reach("a\0", frozenset({"b\0"})), 1, [bad], now=1)
    peering.stop(engine, LINE, "says\0", now=2)
    (one,) = peering.progress(engine)
    assert (one.after, one.why) == ("a\u2400", "says\u2400")
    ((_, _, kept),) = peering.refusals(engine)
    assert (kept.id, kept.version, kept.why) == ("indicator--1\u2400", "20\u2400", "no\u2400: ?")
    hook = Hook("h", "o", "p", "c", "https://x.example/", 1, 0, 0, 0, "")
    hooks.add(engine, hook, "test")
    hooks.fail(engine, hook, "down\0", due=7)
    hooks.bury(engine, hook, Held(1, "i", "v", "2.1", 1, b"{}"), "gone\0", now=2)
    assert [each.why for each in hooks.dead_letters(engine)] == ["gone\u2400"]
    assert storable("as it is \u00e9") == "as it is \u00e9"


def test_an_object_is_held_and_served_as_the_bytes_it_came_as(world: World) -> None:
    item = indicator(1, name="a\0b", description="\0")
    raw = orjson.dumps(item)
    assert b"\\u0000" in raw
    assert world.add("A", item)["success_count"] == 1
    assert raw in world.ask("B", objects()).body
    assert world.add("A", item)["success_count"] == 1, "the same again"
    changed = indicator(1, name="ab", description="\0")
    assert "tampered" in str(world.add("A", changed)["failures"])


@pytest.mark.parametrize(
    "change",
    [
        {"id": "indicator--00000000-0000-4000-8000-00000000000\0"},
        {"type": "indicator\0"},
        {"modified": "2026-01-01T00:00:00.000Z\0"},
        {"spec_version": "2.1\0"},
        {"object_marking_refs": [MARKINGS["green"] + "\0"]},
    ],
)
def test_an_object_with_it_where_a_name_stands_is_refused(
    world: World, change: dict[str, object]
) -> None:
    found = world.add("A", {**indicator(1), **change}, indicator(2))
    assert (found["success_count"], found["failure_count"]) == (1, 1)


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "status"),
    [
        ("GET", "/exchange/status/\0/", (), b"", 404),
        ("GET", objects(), (("match[id]", "\0"),), b"", 400),
        ("GET", objects(), (("match[type]", "a\0"),), b"", 400),
        ("GET", objects(), (("match[version]", "\0"),), b"", 400),
        ("GET", objects(), (("next", "\0"),), b"", 400),
        ("GET", objects() + "indicator--\0/", (), b"", 404),
        ("DELETE", objects() + "indicator--\0/", (), b"", 404),
        ("POST", "/exchange/recalls/", (), b'{"object_id":"\\u0000","reason":"x"}', 422),
        ("POST", "/exchange/recalls/", (), b'{"object_id":"x","reason":"\\u0000"}', 422),
        ("POST", "/exchange/recalls/\0/acknowledgement/", (), b"{}", 404),
        ("POST", "/exchange/recalls/x/acknowledgement/", (), b'{"done":"\\u0000"}', 422),
        ("POST", "/exchange/seen/questions/", (), b'{"kind":"\\u0000"}', 404),
        ("POST", "/exchange/seen/report/", (), b'{"kind":"seen-report","key":"\\u0000"}', 422),
    ],
)
def test_a_request_with_it_is_refused_and_not_failed(
    world: World,
    method: str,
    path: str,
    query: tuple[tuple[str, str], ...],
    body: bytes,
    status: int,
) -> None:
    world.add("A", indicator(1))
    assert world.ask("A", path, *query, method=method, body=body).status == status


def test_a_sighting_of_nothing_that_has_a_name_is_refused(world: World) -> None:
    world.add("A", indicator(1))
    sighting = {
        "type": "sighting",
        "spec_version": "2.1",
        "id": "sighting--00000000-0000-4000-8000-000000000001",
        "created": "2026-02-02T03:04:05.678Z",
        "modified": "2026-02-02T03:04:05.678Z",
        "sighting_of_ref": str(indicator(1)["id"]) + "\0",
        "object_marking_refs": [MARKINGS["green"]],
    }
    reply = world.ask("B", COLLECTION + "sightings/objects/", ("as", "own"), method="POST",
                      body=envelope([sighting]))  # fmt: skip
    assert "unknown-object" in str(parsed(reply)["failures"])


def test_nobody_has_a_name_with_it() -> None:
    assert read_authorization("Basic YQBiOnRva2Vu") is None  # a, U+0000, b
