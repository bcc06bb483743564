"""The places where allies ask, and who they are there for."""

from pathlib import Path

import orjson
import pytest

from allies import NOW, World, open_world
from sidelight.exchange.seen import envelope, intersection, reports
from sidelight.exchange.seen.epoch import Epoch
from sidelight.exchange.seen.prevalence import DAY
from sidelight.exchange.seen.value import Value
from sidelight.exchange.store import seen

PREPARED = pytest.mark.skipif(bool(intersection.missing()), reason=intersection.missing())


@pytest.fixture
def world(tmp_path: Path) -> World:
    return open_world(tmp_path)


def prepare(world: World, *circles: str, quota: int = 3) -> None:
    key = intersection.new_key(asks=False)
    setup = intersection.setup(key, ["ipv4:192.0.2.1"], [])
    ids = tuple(
        each.id for each in world.register.alliances.circles.values() if each.name in circles
    )
    seen.begin(world.library.engine, Epoch("e", key, setup, NOW, NOW + DAY, quota, ids), "me")


def place(what: str) -> str:
    return f"/exchange/seen/{what}/"


@PREPARED
def test_a_member_asks_and_learns_its_hits_within_its_quota(world: World) -> None:
    prepare(world, "trilateral")
    got = world.ask("B", place("setup"))
    assert got.status == 200
    ready = envelope.read(got.body, envelope.Setup, "setup")
    values = ["ipv4:192.0.2.2", "ipv4:192.0.2.1"]
    key = intersection.new_key(asks=True)
    question = envelope.spell(envelope.Question(ready.epoch, intersection.question(key, values)))
    got = world.ask("B", place("questions"), method="POST", body=question)
    assert got.status == 200
    reply = envelope.read(got.body, envelope.Answer, "answer")
    assert intersection.hits(key, values, ready.setup, reply.response) == values[1:]
    refused = world.ask("B", place("questions"), method="POST", body=question)
    assert refused.status == 403
    assert b"1 are left" in refused.body


@PREPARED
@pytest.mark.parametrize("circles", [(), ("others",), ("nothing",)])
def test_to_who_is_in_no_circle_it_was_prepared_for_it_is_not_there(
    world: World, circles: tuple[str, ...]
) -> None:
    nowhere = world.ask("B", place("setup"))
    assert nowhere.status == 404
    prepare(world, *circles)
    for method, what in (("GET", "setup"), ("POST", "questions")):
        got = world.ask("B", place(what), method=method, body=b"{}")
        assert (got.status, got.body) == (404, nowhere.body)


@PREPARED
def test_an_epoch_that_is_over_is_not_there(world: World) -> None:
    prepare(world, "trilateral")
    world.now = NOW + DAY
    assert world.ask("B", place("setup")).status == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"kind":"seen-report","key":"0123456789abcdef","tokens":["x"]}',
        b'{"kind":"seen-setup"}',
    ],
)
def test_what_is_no_report_or_question_is_refused(world: World, body: bytes) -> None:
    assert world.ask("B", place("report"), method="POST", body=body).status == 422
    if not intersection.missing():
        prepare(world, "trilateral")
        assert world.ask("B", place("questions"), method="POST", body=body).status == 422


def test_reports_are_counted_from_five_members_on_and_a_day_late(world: World) -> None:
    value, key = Value("sha256", "ab" * 32), b"k" * 32
    body = reports.spell(key, [value])
    world.now = NOW - 2 * DAY
    for who in "ABG":
        got = world.ask(who, place("report"), method="POST", body=body)
        assert orjson.loads(got.body) == {"new": 1, "gone": 0}
    world.now = NOW
    table = reports.read_table(world.ask("C", place("counts")).body, "t")
    assert (table.least, dict(table.counts)) == (5, {})


def test_a_token_to_read_reports_nothing_and_methods_are_said(world: World) -> None:
    body = reports.spell(b"k" * 32, [])
    reader = world.caller("B", frozenset({"read"}))
    got = world.ask(reader, place("report"), method="POST", body=body)
    assert got.status == 403
    assert world.ask(world.caller("B", frozenset({"write"})), place("counts")).status == 403
    got = world.ask("B", place("report"))
    assert (got.status, dict(got.headers)["Allow"]) == (405, "POST")
    assert world.ask("B", place("anything")).status == 404
