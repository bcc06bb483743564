"""Webhooks without a network: in order, at least once, known again by their ids."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import orjson
import pytest

from allies import TRILATERAL, World, indicator, open_world
from sidelight.errors import ExchangeError
from sidelight.exchange.address import NoAddressError
from sidelight.exchange.courier import AT_ONCE, Courier, posting
from sidelight.exchange.hook_signature import derived, spelled, verify
from sidelight.exchange.reachable import Reachable, Target
from sidelight.exchange.store import audit, hooks
from sidelight.exchange.store.hooks import Hook
from sidelight.exchange.store.ledger import deliveries

KEY = b"k" * 32
URL = "http://127.0.0.1:9/in"


@dataclass
class Receiver:
    """Answers what it is told to, 204 then; keeps what it took by its id."""

    world: World
    answers: list[int | Exception] = field(default_factory=list)
    calls: int = 0
    took: dict[str, dict[str, object]] = field(default_factory=dict)

    def __call__(
        self, target: Target, address: str, headers: Mapping[str, str], body: bytes
    ) -> int:
        self.calls += 1
        assert (target.host, address) == ("127.0.0.1", "127.0.0.1")
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, Exception):
            raise answer
        if answer < 300:
            secret = spelled(derived(KEY, headers["webhook-id"][:36]))
            ident = verify(secret, headers, body, second=self.world.now // 1_000_000)
            self.took[ident] = orjson.loads(body)
        return answer

    @property
    def names(self) -> list[object]:
        return [each["data"]["object"]["name"] for each in self.took.values()]  # type: ignore[index]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return open_world(tmp_path)


@pytest.fixture
def receiver(world: World) -> Receiver:
    return Receiver(world)


def courier(world: World, receiver: Receiver, **more: int) -> Courier:
    near = Reachable(frozenset({("127.0.0.1", 9)}))
    return Courier(
        world.library, lambda: KEY, near, lambda: world.now, receiver, lambda: 0.0, **more
    )


def subscribe(world: World, who: str, to: str = "finds", url: str = URL) -> Hook:
    place = world.register.collection(to)
    assert place
    ident = f"00000000-0000-4000-8000-{len(hooks.hooks(world.library.engine)):012}"
    owner = world.caller(who).organisation
    made = Hook(ident, owner, "p", place.id, url, world.now, world.library.newest(), 0, 0, "")
    hooks.add(world.library.engine, made, "test")
    return made


def step(world: World, receiver: Receiver, **more: int) -> Hook:
    """Deliver for the one hook there is, as the clock is now."""
    (found,) = hooks.hooks(world.library.engine)
    if found.due <= world.now:
        courier(world, receiver, **more).deliver(found)
    return hooks.hooks(world.library.engine)[0]


def test_only_what_may_be_read_is_told_in_order_and_once(world: World, receiver: Receiver) -> None:
    world.add("A", indicator(0))
    subscribe(world, "G")
    world.add("A", indicator(1), indicator(2, "amber"), indicator(3), indicator(1, "green",
              "2026-02-01T00:00:00.000Z", name="number 1b"))  # fmt: skip
    for _ in range(3):
        step(world, receiver)
    assert receiver.names == ["number 1", "number 3", "number 1b"]
    assert receiver.calls == 3
    (first, *_) = receiver.took.values()
    assert first["type"] == "object.added"
    sent = [each for each in deliveries(world.library.engine) if each.route == "hook"]
    assert {each.person for each in sent} == {"webhook of p"}
    assert len(sent) == 3


def test_a_failure_in_the_middle_of_a_page_passes_over_nothing(
    world: World, receiver: Receiver
) -> None:
    subscribe(world, "B")
    world.add("A", *(indicator(number) for number in range(4)))
    receiver.answers = [204, 204, ExchangeError("down")]
    world.now = step(world, receiver).due
    assert receiver.names == ["number 0", "number 1"]
    step(world, receiver)
    assert receiver.names == [f"number {number}" for number in range(4)]


def test_who_may_not_read_any_more_is_told_nothing(world: World, receiver: Receiver) -> None:
    subscribe(world, "G")
    world.add("A", indicator(1))
    world.apply(TRILATERAL.replace('["A", "B", "G"]', '["A", "B"]'))
    step(world, receiver)
    assert receiver.calls == 0
    world.apply(TRILATERAL.replace('[[collection]]\ntitle = "Finds"\nalias = "finds"\n'
                                   'circles = ["trilateral"]', ""))  # fmt: skip
    step(world, receiver)
    assert receiver.calls == 0


def test_what_fails_is_tried_later_and_later_with_the_id_of_before(
    world: World, receiver: Receiver
) -> None:
    subscribe(world, "B")
    world.add("A", indicator(1), indicator(2))
    receiver.answers = [ExchangeError("down"), 503, 429, 408, 302]
    waits = []
    for _ in range(5):
        found = step(world, receiver)
        waits.append((found.due - world.now) // 1_000_000)
        assert step(world, receiver).failures == found.failures  # it is not due yet
        world.now = max(world.now, found.due)
    assert waits[:4] == [1, 2, 4, 8]
    assert "answered 302" in next(hooks.dead_letters(world.library.engine)).why
    assert receiver.names == ["number 2"]


@pytest.mark.parametrize(("answer", "tries"), [(400, 5), (410, 5), (301, 5), (500, 60)])
def test_what_is_never_taken_becomes_a_dead_letter_and_holds_up_nothing(
    world: World, receiver: Receiver, answer: int, tries: int
) -> None:
    made = subscribe(world, "B")
    world.add("A", indicator(1), indicator(2))
    receiver.answers = [answer] * tries
    for _ in range(tries):
        assert list(hooks.dead_letters(world.library.engine)) == []
        world.now = max(world.now, step(world, receiver).due)
    (letter,) = hooks.dead_letters(world.library.engine, made.id)
    assert (letter.object, f"answered {answer}" in letter.why) == (indicator(1)["id"], True)
    step(world, receiver)
    assert receiver.names == ["number 2"]
    assert hooks.dead_count(world.library.engine, made.id) == 1
    assert courier(world, receiver).retry(made, letter)
    assert receiver.names == ["number 2", "number 1"]
    assert hooks.dead_count(world.library.engine, made.id) == 0


def test_a_dead_letter_that_may_not_go_any_more_does_not(world: World, receiver: Receiver) -> None:
    made = subscribe(world, "B")
    world.add("A", indicator(1))
    receiver.answers = [400]
    step(world, receiver, refused=1)
    (letter,) = hooks.dead_letters(world.library.engine)
    world.apply(TRILATERAL.replace('["A", "B", "G"]', '["A", "G"]'))
    assert not courier(world, receiver).retry(made, letter)
    assert receiver.calls == 1


def test_what_the_operator_does_not_list_waits_and_is_never_sent(
    world: World, receiver: Receiver
) -> None:
    subscribe(world, "B")
    world.add("A", indicator(1))
    for _ in range(70):
        (found,) = hooks.hooks(world.library.engine)
        Courier(world.library, lambda: KEY, Reachable(), lambda: world.now, receiver).deliver(found)
    (found,) = hooks.hooks(world.library.engine)
    assert (receiver.calls, found.failures) == (0, 70)
    assert list(hooks.dead_letters(world.library.engine)) == []


@pytest.mark.parametrize("url", ["https://999.1.1.1/in", "https://a..b/in", "https://[v1.x]/in"])
def test_what_is_no_address_becomes_a_dead_letter_with_the_reason(
    world: World, receiver: Receiver, url: str
) -> None:
    subscribe(world, "B", url=url)
    world.add("A", indicator(1), indicator(2))
    for _ in range(2):
        step(world, receiver)
    letters = list(hooks.dead_letters(world.library.engine))
    assert [each.object for each in letters] == [indicator(1)["id"], indicator(2)["id"]]
    assert all("is no address" in each.why and url in each.why for each in letters)
    assert receiver.calls == 0


def test_a_host_that_a_client_cannot_spell_is_an_error_of_ours() -> None:
    with pytest.raises(NoAddressError):
        posting()(Target("https", "a", 1, "/" + "a" * 70_000), "127.0.0.1", {}, b"{}")


def test_a_kill_between_taking_and_noting_makes_a_twin_with_the_same_id(
    world: World, receiver: Receiver
) -> None:
    made = subscribe(world, "B")
    world.add("A", indicator(1))
    for _ in range(2):  # the second knows nothing of the first
        courier(world, receiver).deliver(made)
    assert receiver.calls == 2
    assert receiver.names == ["number 1"]


def test_more_than_fits_at_once_is_told_of_all_the_same(world: World, receiver: Receiver) -> None:
    subscribe(world, "B")
    world.add("A", *(indicator(number) for number in range(AT_ONCE + 5)))
    (found,) = hooks.hooks(world.library.engine)
    courier(world, receiver)._all(found)
    assert receiver.names == [f"number {number}" for number in range(AT_ONCE + 5)]


def test_a_ping_holds_nothing(world: World, receiver: Receiver) -> None:
    made = subscribe(world, "B")
    world.add("A", indicator(1))
    assert courier(world, receiver).test(made) == 204
    (body,) = receiver.took.values()
    assert (body["type"], body["data"]) == ("ping", {})


def test_the_secret_is_nowhere_in_the_database(world: World, receiver: Receiver) -> None:
    made = subscribe(world, "B")
    step(world, receiver)
    secret = spelled(derived(KEY, made.id))
    with world.library.engine.connect() as connection:
        for table in ("hook", "audit", "secret"):
            assert secret not in str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
    actions = [each.action for each in audit.entries(world.library.engine)]
    assert "add hook" in actions
    assert hooks.remove(world.library.engine, made.id, now=1, actor="test")
    assert not hooks.remove(world.library.engine, made.id, now=1, actor="test")


@pytest.fixture
def near(tmp_path: Path) -> Iterator[tuple[ssl.SSLContext, int, list[str]]]:
    """A receiver on loopback with a certificate for one name, that sends everybody elsewhere."""
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    here, there = ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.configure_trust(here)
    authority.issue_cert("soc.example").configure_cert(there)
    hosts: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hosts.append(self.headers["Host"])
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            del arguments

    server = HTTPServer(("127.0.0.1", 0), Answers)
    server.socket = there.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield here, server.server_port, hosts
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_certificate_is_that_of_the_name_and_redirects_are_not_followed(
    near: tuple[ssl.SSLContext, int, list[str]],
) -> None:
    trusted, port, hosts = near
    post = posting(trusted)
    assert post(Target("https", "soc.example", port, "/in"), "127.0.0.1", {}, b"{}") == 302
    assert hosts == [f"soc.example:{port}"]
    with pytest.raises(ExchangeError, match="CERTIFICATE_VERIFY_FAILED"):
        post(Target("https", "odd.example", port, "/in"), "127.0.0.1", {}, b"{}")
    with pytest.raises(ExchangeError, match="CERTIFICATE_VERIFY_FAILED"):
        posting()(Target("https", "soc.example", port, "/in"), "127.0.0.1", {}, b"{}")
    assert len(hosts) == 1
