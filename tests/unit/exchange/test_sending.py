"""Sending, against servers that say what they refuse in good and in bad ways."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from broken_taxii import Broken, running
from sidelight.errors import ExchangeError
from sidelight.exchange.client import Client, Failure, Room, Sent, named
from sidelight.exchange.connection import Connection, RefusalError
from sidelight.exchange.outbox import Destination, Outbox
from sidelight.exchange.sending import send

TO = Destination("https://cert.example", "finds", "/token")
SECOND = 1_000_000
Answer = Callable[["Stand", Sequence[bytes]], Sent]


def body(number: int, version: str = "2026-01-01T00:00:00Z") -> bytes:
    return b'{"id":"indicator--%d","modified":"%s"}' % (number, version.encode())


@dataclass
class Stand:
    """A server that refuses what it finds *bad*, and answers as *answer* does."""

    answer: Answer
    bad: set[bytes] = field(default_factory=set)
    has: list[bytes] = field(default_factory=list)
    posts: int = 0
    largest: int = 1000

    def find(self, name: str) -> Room:
        return Room("https://cert.example/api/collections/1/", "1", "Finds", self.largest)

    def add(self, room: Room, objects: Sequence[bytes]) -> Sent:
        self.posts += 1
        return self.answer(self, objects)

    def holds(self, room: Room, items: Sequence[bytes]) -> list[bool]:
        return [each in self.has for each in items]

    def take(self, objects: Sequence[bytes]) -> list[bytes]:
        self.has += [each for each in objects if each not in self.bad and each not in self.has]
        return [each for each in objects if each in self.bad]


def says_each(stand: Stand, objects: Sequence[bytes]) -> Sent:
    failed = [Failure(*named(each), "unmarked: it is") for each in stand.take(objects)]
    return Sent(len(objects) - len(failed), tuple(failed), len(failed))


def spells_versions_anew(stand: Stand, objects: Sequence[bytes]) -> Sent:
    bad = [named(each) for each in stand.take(objects)]
    failed = [Failure(a, b.replace("Z", ".000000Z"), "no") for a, b in bad]
    return Sent(len(objects) - len(failed), tuple(failed), len(failed))


def only_counts(stand: Stand, objects: Sequence[bytes]) -> Sent:
    failed = len(stand.take(objects))
    return Sent(len(objects) - failed, (), failed)


def refuses_all_for_one(stand: Stand, objects: Sequence[bytes]) -> Sent:
    if any(each in stand.bad for each in objects):
        raise RefusalError(422, "refused with 422: no", "x")
    stand.take(objects)
    return Sent(len(objects), (), 0)


def calls_duplicates_failures(stand: Stand, objects: Sequence[bytes]) -> Sent:
    twice = [each for each in objects if each in stand.has]
    stand.take(objects)
    failed = tuple(Failure(*named(each), "Unable to process object") for each in twice)
    return Sent(len(objects) - len(failed), failed, len(failed))


def run(box: Outbox, stand: Stand, at: int = 0, chance: float = 0.0) -> tuple[int, list[str], str]:
    @contextmanager
    def opener(to: Destination) -> Iterator[Client]:
        assert to == TO
        yield stand  # type: ignore[misc]

    (standing,) = box.standings()
    done = send(box, standing, opener, lambda: at, chance)
    return done.taken, [each.why for each in done.refused], str(done.error or "")


@pytest.fixture
def box(tmp_path: Path) -> Outbox:
    made = Outbox(tmp_path / "outbox.db")
    made.put(TO, [body(number) for number in range(10)], 1)
    return made


@pytest.mark.parametrize(
    "answer", [says_each, spells_versions_anew, only_counts, refuses_all_for_one]
)
@pytest.mark.parametrize("bad", [(), (0,), (9,), (3, 4), tuple(range(10))])
def test_just_the_bad_ones_stay_however_the_server_says_it(
    box: Outbox, answer: Answer, bad: tuple[int, ...]
) -> None:
    stand = Stand(answer, {body(number) for number in bad})
    taken, refused, why = run(box, stand)
    assert (taken, len(refused), why) == (10 - len(bad), len(bad), "")
    assert stand.has == [body(number) for number in range(10) if number not in bad]
    assert [each.body for each in box.items(1, "refused")] == [body(each) for each in bad]
    assert box.items(1, "waiting") == []


def test_of_two_versions_the_one_that_is_meant_stays(box: Outbox) -> None:
    newer = body(3, "2026-02-01T00:00:00Z")
    box.put(TO, [newer], 2)
    run(box, Stand(spells_versions_anew, {newer}))
    assert [each.body for each in box.items(1, "refused")] == [newer]


def test_a_duplicate_that_a_server_calls_a_failure_is_none(box: Outbox) -> None:
    stand = Stand(calls_duplicates_failures, has=[body(1), body(2)])
    assert run(box, stand) == (10, [], "")


def test_a_request_is_no_larger_than_the_server_takes(box: Outbox) -> None:
    stand = Stand(says_each, largest=150)
    assert run(box, stand) == (10, [], "")
    assert stand.posts == 5


def test_a_place_that_is_down_is_left_and_tried_later_and_later(box: Outbox) -> None:
    def down(stand: Stand, objects: Sequence[bytes]) -> Sent:
        raise ExchangeError("cannot be reached", where="x")

    due = []
    for _ in range(15):
        assert run(box, Stand(down), 100 * SECOND) == (0, [], "x: cannot be reached")
        due.append(box.standings()[0].due // SECOND - 100)
    assert due[:4] == [30, 60, 120, 240]
    assert due[-1] == 3600
    run(box, Stand(down), 0, chance=1.0)
    assert box.standings()[0].due == 1800 * SECOND
    assert len(box.items(1, "waiting")) == 10
    assert run(box, Stand(says_each))[0] == 10


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_token_that_ended_makes_nothing_refused(box: Outbox, status: int) -> None:
    def locked(stand: Stand, objects: Sequence[bytes]) -> Sent:
        raise RefusalError(status, "who are you", "x")

    assert run(box, Stand(locked))[:2] == (0, [])
    assert len(box.items(1, "waiting")) == 10


def test_what_was_sent_before_a_cut_is_not_sent_again(box: Outbox) -> None:
    def cut(stand: Stand, objects: Sequence[bytes]) -> Sent:
        if stand.posts == 3:
            raise ExchangeError("cut", where="x")
        return says_each(stand, objects)

    stand = Stand(cut, largest=100)
    assert run(box, stand)[0] == 2
    assert [each.body for each in box.items(1, "waiting")] == [body(n) for n in range(2, 10)]
    assert run(box, stand)[0] == 8
    assert stand.has == [body(number) for number in range(10)]


def test_what_is_no_object_at_all_is_refused_and_holds_up_nothing(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "odd.db")
    odd = [b"7", b'{"id":', b"[" * 100_000, b'{"id":{}}', body(1)]
    box.put(TO, odd, 1)
    stand = Stand(refuses_all_for_one, set(odd[:-1]), largest=10**6)
    assert run(box, stand)[0] == 1
    assert [each.body for each in box.items(1, "refused")] == odd[:-1]


def test_the_client_asks_for_many_at_once_whether_they_are_there() -> None:
    far = Broken(most=5)
    far.held = [{"id": f"indicator--{n}", "modified": "2026", "x": n} for n in range(45)]
    asked = [json.dumps(each).encode() for each in far.held]
    with running(far), closing(Connection("token", tries=1)) as connection:
        client = Client(far.url, connection)
        room = client.find("Finds")
        wanted = [*asked, b'{"id":"indicator--1","modified":"2026","x":2}', b"7"]
        assert client.holds(room, wanted) == [True] * 45 + [False] * 2
        far.most = 100
        before = len(far.asked)
        assert all(client.holds(room, asked))
        assert len(far.asked) - before == 3


def test_an_older_version_of_what_is_revoked_there_is_not_held() -> None:
    old = {"id": "indicator--1", "modified": "2026-01-01T00:00:00Z"}
    gone = {"id": "indicator--1", "modified": "2026-02-01T00:00:00Z", "revoked": True}
    far = Broken(most=5)
    far.held = [old, gone, {"id": "indicator--2", "modified": "2026"}]
    with running(far), closing(Connection("token", tries=1)) as connection:
        client = Client(far.url, connection)
        asked = [json.dumps(each).encode() for each in (old, far.held[2])]
        assert client.holds(client.find("Finds"), asked) == [False, True]


@pytest.mark.parametrize("url", ["https://999.1.1.1", "https://a..b", "https://[v1.x]"])
def test_what_waits_for_no_address_is_refused_with_the_reason(tmp_path: Path, url: str) -> None:
    with closing(Outbox(tmp_path / "outbox.db")) as box:
        box.put(Destination(url, "finds", "/token"), [body(1), body(2)], 0)
        (standing,) = box.standings()
        done = send(box, standing, never, lambda: 0, 0.0)
        assert [each.why for each in done.refused] == [f"{url}: {NO_ADDRESS[url]}"] * 2
        (standing,) = box.standings()
        assert (standing.waiting, standing.refused, standing.failures) == (0, 2, 0)


NO_ADDRESS = {
    "https://999.1.1.1": "is no address: Invalid IPv4 address: '999.1.1.1'",
    "https://a..b": "is no address of a host",
    "https://[v1.x]": "is no address: Invalid IPv6 address: '[v1.x]'",
}


def never(to: Destination) -> AbstractContextManager[Client]:
    raise AssertionError(f"{to} is asked")
