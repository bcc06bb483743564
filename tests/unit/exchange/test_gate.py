from pathlib import Path

import pytest

from allies import BOTH, NOW, World, open_world
from sidelight.exchange.gate import Gate, Shown
from sidelight.exchange.login import ATTEMPTS
from sidelight.exchange.store import audit, tokens
from sidelight.exchange.taxii.message import Refused


@pytest.fixture
def world(tmp_path: Path) -> World:
    return open_world(tmp_path)


def token_of(world: World, name: str) -> str:
    found = world.register.named(name)
    assert found
    return tokens.issue(
        world.library.engine, found.id, "p", BOTH, now=NOW, expires=NOW + 10**12, actor="test"
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
