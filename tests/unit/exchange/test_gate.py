import time
from pathlib import Path

import pytest

from allies import BOTH, NOW, World, open_world
from authority import Authority
from sidelight.exchange.certificate import read_certificate
from sidelight.exchange.gate import Gate, Shown
from sidelight.exchange.login import ATTEMPTS
from sidelight.exchange.store import audit, certificates, tokens
from sidelight.exchange.taxii.message import Refused


@pytest.fixture
def world(tmp_path: Path) -> World:
    return open_world(tmp_path)


def token_of(world: World, name: str) -> str:
    found = world.register.named(name)
    assert found
    return tokens.issue(
        world.library.engine, found.id, "p", BOTH, now=NOW, expires=NOW + 10**16, actor="test"
    )


def test_a_token_that_holds_is_listened_to_while_others_guess(world: World) -> None:
    gate, good = Gate(world.library), f"Bearer {token_of(world, 'A')}"
    for _ in range(ATTEMPTS):
        assert gate.caller(Shown("Bearer wrong", "192.0.2.1"), NOW) is None
    with pytest.raises(Refused) as refused:
        gate.caller(Shown("Bearer wrong", "192.0.2.1"), NOW)
    assert (refused.value.status, refused.value.headers) == (429, (("Retry-After", "60"),))
    assert gate.caller(Shown(good, "192.0.2.1"), NOW)
    assert gate.caller(Shown(None, "192.0.2.1"), NOW) is None


def test_addresses_of_one_network_count_as_one(world: World) -> None:
    gate = Gate(world.library)
    for number in range(ATTEMPTS):
        gate.caller(Shown("Bearer wrong", f"2001:db8::{number}"), NOW)
    with pytest.raises(Refused):
        gate.caller(Shown("Bearer wrong", "2001:db8::ffff:0:1"), NOW)
    assert gate.caller(Shown("Bearer wrong", "2001:db8:0:1::1"), NOW) is None


def test_strangers_do_not_decide_how_long_the_log_grows(world: World) -> None:
    gate = Gate(world.library)
    for number in range(500):
        gate.caller(Shown("Bearer wrong", f"192.0.{number // 250}.{number % 250}"), NOW)
    notes = [each for each in audit.entries(world.library.engine) if "refused" in each.action]
    assert len(notes) == 60
    gate.caller(Shown("Bearer wrong", "198.51.100.1"), NOW + 60_000_000)
    last = list(audit.entries(world.library.engine))[-1]
    assert '"others since the last note":440' in last.detail


def test_what_was_shown_is_not_in_its_text() -> None:
    assert "hunter2" not in repr(Shown("Bearer hunter2", "x"))


def test_a_certificate_lets_in_and_may_not_contradict_a_token(world: World) -> None:
    gate, signed = Gate(world.library), Authority().sign("feed")
    now = time.time_ns() // 1000
    found = read_certificate(signed.pem)
    assert found
    shown = (signed.pem,)
    assert gate.known(Shown(None, "x", shown), now) is None
    of_a, of_b = (f"Bearer {token_of(world, who)}" for who in "AB")
    assert gate.known(Shown(of_a, "x", shown), now)
    ident = certificates.bind(
        world.library.engine, "sha256", found.fingerprint, world.caller("B").organisation, "feed",
        BOTH, now=now, expires=now + 10**9, actor="test",
    )  # fmt: skip
    feed = gate.known(Shown(None, "x", shown), now)
    assert feed
    assert (feed.person, feed.token) == ("feed", ident)
    assert gate.known(Shown(of_b, "x", shown), now)
    assert gate.known(Shown(of_a, "x", shown), now) is None
    assert gate.known(Shown("Bearer wrong", "x", shown), now) is None
    assert gate.known(Shown("", "x", shown), now) is None
    assert gate.known(Shown(None, "x", ("no certificate",)), now) is None
    certificates.revoke(world.library.engine, ident, now=now, actor="test")
    assert gate.known(Shown(None, "x", shown), now) is None
    assert gate.known(Shown(of_b, "x", shown), now) is None
