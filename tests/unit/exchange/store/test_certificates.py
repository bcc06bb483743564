from pathlib import Path

import pytest

from allies import NOW, World, open_world
from sidelight.errors import UsageError
from sidelight.exchange.certificate import Certificate, Kind
from sidelight.exchange.shelf import Caller
from sidelight.exchange.store import audit, certificates
from sidelight.exchange.store.certificates import Ended

FINGER = "ab" * 32
SHOWN = Certificate(FINGER, frozenset({("dns", "feed.b.example"), ("uri", "x")}), NOW - 9, NOW + 90)
READ = frozenset({"read"})


@pytest.fixture
def world(tmp_path: Path) -> World:
    return open_world(tmp_path)


def bind(
    world: World, kind: Kind, name: str, who: str = "B", person: str = "feed", ends: int = 50
) -> str:
    owner = world.caller(who).organisation
    return certificates.bind(
        world.library.engine, kind, name, owner, person, READ,
        now=NOW, expires=NOW + ends, actor="test",
    )  # fmt: skip


def revoke(world: World, ident: str) -> bool:
    return certificates.revoke(world.library.engine, ident, now=NOW, actor="test")


def test_nobody_is_known_by_a_certificate_that_was_never_bound(world: World) -> None:
    bind(world, "dns", "other.b.example")
    assert world.library.bearer(SHOWN, NOW) is None


@pytest.mark.parametrize(("kind", "name"), [("sha256", FINGER), ("dns", "feed.b.example")])
def test_a_binding_holds_until_it_or_the_certificate_ends(
    world: World, kind: Kind, name: str
) -> None:
    ident = bind(world, kind, name, ends=100)
    holder = Caller(world.caller("B").organisation, "feed", READ, ident)
    assert world.library.bearer(SHOWN, NOW) == holder
    assert world.library.bearer(SHOWN, NOW + 89) == holder
    assert world.library.bearer(SHOWN, NOW + 90) == Ended()
    assert world.library.bearer(SHOWN, NOW - 10) == Ended()
    assert revoke(world, ident)
    assert not revoke(world, ident)
    assert world.library.bearer(SHOWN, NOW) == Ended()
    assert bind(world, kind, name, ends=1) != ident
    assert world.library.bearer(SHOWN, NOW) != Ended()
    assert world.library.bearer(SHOWN, NOW + 1) == Ended()


def test_names_that_stand_for_two_stand_for_nobody(world: World) -> None:
    bind(world, "dns", "feed.b.example")
    second = bind(world, "uri", "x", who="A")
    assert world.library.bearer(SHOWN, NOW) == Ended()
    assert revoke(world, second)
    found = world.library.bearer(SHOWN, NOW)
    assert isinstance(found, Caller)
    assert found.organisation == world.caller("B").organisation


def test_a_fingerprint_is_said_last_so_one_certificate_of_a_name_can_be_ended(
    world: World,
) -> None:
    bind(world, "dns", "feed.b.example")
    revoke(world, bind(world, "sha256", FINGER))
    assert world.library.bearer(SHOWN, NOW) == Ended()


def test_a_name_is_bound_once_and_each_act_is_logged(world: World) -> None:
    ident = bind(world, "dns", "feed.b.example")
    with pytest.raises(UsageError, match=ident):
        bind(world, "dns", "feed.b.example", who="A")
    revoke(world, ident)
    bind(world, "dns", "feed.b.example", who="A")
    acts = [each.action for each in audit.entries(world.library.engine)]
    assert acts[1:] == ["bind certificate", "revoke certificate", "bind certificate"]
    states = [bool(each.revoked) for each in certificates.bindings(world.library.engine)]
    assert sorted(states) == [False, True]
