"""Two servers kept in step: what may move does, once, and nothing else."""

import random
from pathlib import Path

import orjson
import pytest

from allies import World, indicator, names, objects, open_world
from broken_taxii import Broken
from broken_taxii import running as broken_running
from sidelight.exchange.client import Client
from sidelight.exchange.connection import Connection
from sidelight.exchange.peering import Peering, Transfer
from sidelight.exchange.peers import Peer, Way
from sidelight.exchange.store import audit, peering
from sidelight.exchange.store.ledger import deliveries
from sidelight.exchange.store.library import Library
from wire import client

OURS = """
[[organisation]]
name = "Us"
country = "FI"
role = "operator"
identity = "identity--00000000-0000-4000-8000-000000000001"
[[organisation]]
name = "Subsidiary"
country = "FI"
role = "operator"
client_of = ["Us"]
[[organisation]]
name = "Ally"
country = "FI"
role = "operator"
[[organisation]]
name = "Peer"
country = "EE"
role = "sector CERT"
[[circle]]
name = "home"
members = ["Us", "Ally", "Peer"]
legal_basis = "a memorandum"
[[circle]]
name = "with the peer"
members = ["Us", "Peer"]
legal_basis = "a memorandum"
[[circle]]
name = "open past"
members = ["Us", "Peer"]
legal_basis = "a memorandum"
history = "all"
[[collection]]
title = "Finds"
alias = "finds"
circles = ["home"]
[[collection]]
title = "From the peer"
alias = "from-peer"
circles = ["with the peer"]
[[collection]]
title = "Open past"
alias = "open-past"
circles = ["open past"]
"""
THEIRS = """
[[organisation]]
name = "Peer"
country = "EE"
role = "sector CERT"
[[organisation]]
name = "Us"
country = "FI"
role = "operator"
[[organisation]]
name = "Third"
country = "EE"
role = "operator"
[[circle]]
name = "theirs"
members = ["Peer", "Us", "Third"]
legal_basis = "a memorandum"
[[collection]]
title = "Out"
alias = "out"
circles = ["theirs"]
[[collection]]
title = "In"
alias = "in"
circles = ["theirs"]
"""
MARKS = ("clear", "green", "amber", "amber+strict")
BOTH = Peer("cert", "Peer", "http://x", "t", pull=(Way("Out", "from-peer"),),
            push=(Way("In", "finds"),))  # fmt: skip


@pytest.fixture
def ours(tmp_path: Path) -> World:
    return open_world(tmp_path, OURS, str(tmp_path / "ours.db"))


@pytest.fixture
def theirs(tmp_path: Path) -> World:
    return open_world(tmp_path, THEIRS, str(tmp_path / "theirs.db"))


def run(ours: World, far: Client, peer: Peer = BOTH, limit: int = 3) -> list[Transfer]:
    return list(Peering(ours.library, "Us", lambda: ours.now, limit).run(peer, far))


def numbers(world: World, who: str, to: str) -> list[int]:
    found = names(world.ask(who, objects(to), ("limit", "500"), ("match[version]", "all")))
    return [int(str(each).split()[1]) for each in found]


def test_what_is_pulled_is_the_peers_under_its_marking_and_ours_alone(
    ours: World, theirs: World
) -> None:
    theirs.add("Peer", *(indicator(n, mark) for n, mark in enumerate(MARKS)), to="out")
    pulled, pushed = run(ours, client(theirs, "Us"))
    assert (pulled.taken, pulled.again, pulled.refused, pulled.stopped) == (4, 0, [], "")
    assert (pushed.taken, pushed.stopped) == (0, "")
    assert numbers(ours, "Us", "from-peer") == [0, 1, 2, 3]
    assert ours.ask("Ally", objects("from-peer")).status == 404
    owner = ours.caller("Peer").organisation
    assert {(each.owner, each.marking) for each in ours.library.terms().values()} == {
        (owner, mark) for mark in MARKS
    }
    actors = [each.actor for each in audit.entries(ours.library.engine) if each.action == "add"]
    assert actors == [f"peer cert of {owner}"] * 2


@pytest.mark.parametrize("place", ["finds", "open-past"])
def test_what_was_given_to_us_alone_is_not_put_before_others(
    ours: World, theirs: World, place: str
) -> None:
    theirs.add("Peer", *(indicator(n, mark) for n, mark in enumerate(MARKS)), to="out")
    one = Peer("cert", "Peer", "http://x", "t", pull=(Way("Out", place),))
    (done,) = run(ours, client(theirs, "Us"), one)
    assert done.taken == 2
    assert [each.rule for each in done.refused] == ["given-to-us-alone"] * 2
    assert numbers(ours, "Us", place) == [0, 1]
    kept = list(peering.refusals(ours.library.engine))
    assert [each.why.partition(":")[0] for _, _, each in kept] == ["given-to-us-alone"] * 2
    assert run(ours, client(theirs, "Us"), one)[0].refused == []


def test_an_allys_amber_is_never_forwarded_and_ours_goes(ours: World, theirs: World) -> None:
    ours.add("Us", *(indicator(n, mark) for n, mark in enumerate(MARKS)))
    ours.add("Ally", *(indicator(n + 10, mark) for n, mark in enumerate(MARKS)))
    _, pushed = run(ours, client(theirs, "Us"))
    assert (pushed.taken, pushed.stopped) == (6, "")
    assert numbers(theirs, "Peer", "in") == [0, 1, 2, 3, 10, 11]
    assert numbers(ours, "Peer", "finds") == [0, 1, 2, 3, 10, 11, 12, 13]
    sent = [each for each in deliveries(ours.library.engine) if each.route == "peer"]
    assert len(sent) == 6
    assert {each.person for each in sent} == {"peer cert"}


def test_what_the_peer_may_not_read_here_does_not_go(ours: World, theirs: World) -> None:
    ours.apply(OURS.replace('legal_basis = "a memorandum"', ""))
    ours.add("Us", *(indicator(n, mark) for n, mark in enumerate(MARKS)))
    _, pushed = run(ours, client(theirs, "Us"))
    assert numbers(theirs, "Peer", "in") == [0]
    ours.apply(OURS.replace('members = ["Us", "Ally", "Peer"]', 'members = ["Us", "Ally"]'))
    _, pushed = run(ours, client(theirs, "Us"))
    assert "is not for them to read" in pushed.stopped


def test_nothing_goes_in_circles(ours: World, theirs: World) -> None:
    """A collection that is pulled and pushed both; each pass finds less to do, then nothing."""
    ring = Peer("cert", "Peer", "http://x", "t", pull=(Way("In", "from-peer"),),
                push=(Way("In", "finds"), Way("In", "from-peer")))  # fmt: skip
    made_by = {"created_by_ref": "identity--00000000-0000-4000-8000-000000000001"}
    ours.add("Us", *(indicator(n, "green", **made_by) for n in range(4)), indicator(5, "amber"))
    theirs.add("Peer", indicator(7), to="in")
    for _ in range(3):
        for done in run(ours, client(theirs, "Us"), ring):
            assert (done.refused, done.stopped) == ([], "")
    assert numbers(ours, "Us", "finds") == [0, 1, 2, 3, 5]
    assert numbers(ours, "Us", "from-peer") == [7]
    assert sorted(numbers(theirs, "Peer", "in")) == [0, 1, 2, 3, 5, 7]
    assert [done.taken + done.again for done in run(ours, client(theirs, "Us"), ring)] == [0, 0, 0]


def test_what_an_ally_shared_elsewhere_does_not_keep_what_the_peer_gives_from_us(
    ours: World, theirs: World
) -> None:
    alone = (
        OURS
        + '[[circle]]\nname = "alone"\nmembers = ["Ally"]\n'
        + ('[[collection]]\ntitle = "Alone"\nalias = "alone"\ncircles = ["alone"]\n')
    )
    ours.apply(alone)
    ours.add("Ally", indicator(1, "amber"), to="alone")
    theirs.add("Peer", indicator(1, "amber"), to="out")
    pulled, _ = run(ours, client(theirs, "Us"))
    assert (pulled.taken, pulled.again, pulled.refused) == (1, 0, [])
    assert numbers(ours, "Us", "from-peer") == [1]


def test_what_an_allys_green_does_when_it_comes_back_is_nothing(ours: World, theirs: World) -> None:
    ring = Peer("cert", "Peer", "http://x", "t", pull=(Way("In", "from-peer"),),
                push=(Way("In", "finds"),))  # fmt: skip
    ours.add("Ally", indicator(1, "green"))
    for _ in range(3):
        run(ours, client(theirs, "Us"), ring)
    assert numbers(ours, "Us", "from-peer") == []
    assert numbers(theirs, "Us", "in") == [1]


def test_what_the_peer_refuses_is_kept_with_its_rule_and_holds_up_nothing(
    ours: World, theirs: World
) -> None:
    theirs.add("Third", indicator(2), to="in")
    ours.add("Us", *(indicator(n, name="x 9" if n == 2 else f"number {n}") for n in range(5)))
    _, pushed = run(ours, client(theirs, "Us"))
    assert (pushed.taken, [each.id for each in pushed.refused]) == (4, [indicator(2)["id"]])
    (kept,) = peering.refusals(ours.library.engine)
    assert kept[2].why.startswith("tampered")
    assert run(ours, client(theirs, "Us"))[1].refused == []


@pytest.mark.parametrize("seed", range(4))
def test_a_network_that_loses_requests_and_answers_loses_no_object(
    ours: World, theirs: World, seed: int
) -> None:
    chance = random.Random(seed)
    theirs.add("Peer", *(indicator(n) for n in range(20)), to="out")
    ours.add("Us", *(indicator(n + 100) for n in range(20)))

    def cut() -> str:
        return chance.choice(["before", "after", *[""] * 10])

    for _ in range(100):
        done = run(ours, client(theirs, "Us", cut))
        if all(not each.stopped for each in done):
            break
    assert numbers(ours, "Us", "from-peer") == list(range(20))
    assert numbers(theirs, "Peer", "in") == list(range(100, 120))
    cursors = {one.line.direction: one for one in peering.progress(ours.library.engine)}
    assert cursors["pull"].taken == 20
    assert not any(one.why for one in cursors.values())
    assert peering.restart(ours.library.engine, "cert") == 2
    again = run(ours, client(theirs, "Us"))
    assert again[0].taken == 0
    assert again[0].again == 20


def test_a_server_of_another_kind_is_pulled_and_pushed_to(ours: World) -> None:
    """Its dates, its next, its duplicates and its Accept are all broken."""
    far = Broken("popped", dates=False, batch=7, accept="application/taxii+json",
                 duplicates_fail=True)  # fmt: skip
    far.held = [indicator(n, "amber") for n in range(16)]
    one = Peer("cert", "Peer", "http://x", "t", pull=(Way("Finds", "from-peer"),),
               push=(Way("Finds", "finds"),))  # fmt: skip
    ours.add("Us", *(indicator(n + 100) for n in range(5)))
    with broken_running(far):
        connection = Connection("token", tries=1)
        pulled, pushed = run(ours, Client(far.url, connection), one)
        assert (pulled.taken, pulled.stopped) == (16, "")
        assert (pushed.taken, pushed.refused) == (5, [])
        peering.restart(ours.library.engine, "cert")
        pulled, pushed = run(ours, Client(far.url, connection), one)
        assert (pulled.taken, pulled.refused, pushed.taken, pushed.refused) == (0, [], 5, [])
        connection.close()
    assert numbers(ours, "Us", "from-peer") == list(range(16))
    assert len(far.held) == 21


def test_bytes_stay_as_they_came(ours: World, theirs: World) -> None:
    theirs.add("Peer", indicator(1, x_note="π  ", description=" a\tb"), to="out")
    run(ours, client(theirs, "Us"))
    one, two = (world.ask("Us", objects(to)).body for world, to in ((ours, "from-peer"),
                                                                    (theirs, "out")))  # fmt: skip
    assert one == two
    assert orjson.loads(one)


def test_terms_that_an_ally_adds_meanwhile_stop_nothing(
    ours: World, theirs: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours.add("Us", indicator(1, "green"))
    known = Library.terms

    def meanwhile(library: Library) -> object:
        found = known(library)
        if library is ours.library:
            monkeypatch.setattr(Library, "terms", known)
            ours.add("Us", indicator(2, "clear"))
        return found

    push = Peer("cert", "Peer", "http://x", "t", push=(Way("In", "finds"),))
    monkeypatch.setattr(Library, "terms", meanwhile)
    (done,) = run(ours, client(theirs, "Us"), push)
    (rest,) = run(ours, client(theirs, "Us"), push)
    assert (done.stopped, done.taken + rest.taken) == ("", 2)


def test_more_than_a_statement_takes_may_come_at_once(ours: World) -> None:
    ours.add("Us", indicator(1, "green"))
    us = ours.caller("Us").organisation
    ids = [f"x{number}" for number in range(300_000)] + [str(indicator(1)["id"])]
    assert len(peering.gone_there(ours.library.engine, ids, us, "them")) == 1
