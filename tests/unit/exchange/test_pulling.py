"""Pulling from servers that are broken in the measured ways: all of it, once, or said why not."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from broken_taxii import Broken, Next, running
from sidelight.errors import ExchangeError
from sidelight.exchange.client import Client, Room
from sidelight.exchange.connection import Connection
from sidelight.exchange.pulling import Reach, batches, mended

COUNT = 23
WAYS: tuple[Next, ...] = ("good", "none", "popped", "repeated", "forgotten", "useless")


def filled(broken: Broken, count: int = COUNT) -> Broken:
    broken.held = [
        {"id": f"indicator--{n}", "modified": "2026-01-01T00:00:00Z"} for n in range(count)
    ]
    return broken


@contextmanager
def met(broken: Broken, tries: int = 1) -> Iterator[tuple[Client, Room]]:
    with running(broken), closing(Connection("token", tries=tries)) as connection:
        client = Client(broken.url, connection)
        yield client, client.find("Finds")


def pulled(broken: Broken, limit: int = 4, reach: Reach = Reach()) -> tuple[list[bytes], Reach, str]:  # fmt: skip # noqa: B008, E501
    with met(broken) as (client, room):
        got: list[bytes] = []
        stuck = ""
        for batch in batches(client, room, reach, limit, versions="all"):
            got += batch.objects
            reach, stuck = batch.reach, batch.stuck
    return got, reach, stuck


def ids(got: list[bytes]) -> list[int]:
    return [int(each.split(b'"')[3].removeprefix(b"indicator--")) for each in got]


@pytest.mark.parametrize("batch", [1, 7, COUNT])
@pytest.mark.parametrize("dates", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_all_is_had_once_and_in_order(way: Next, dates: bool, batch: int) -> None:
    broken = filled(Broken(next=way, dates=dates, batch=batch))
    got, reach, stuck = pulled(broken)
    assert (ids(got), stuck) == (list(range(COUNT)), "")
    before = len(broken.asked)
    broken.held.append({"id": f"indicator--{COUNT}", "modified": "2026-01-01T00:00:00Z"})
    more, _, stuck = pulled(broken, reach=reach)
    assert (ids(more), stuck) == ([COUNT], "")
    if batch == 1:
        assert len(broken.asked) - before < 8


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("drop", [3, 4, 6])
def test_an_answer_that_is_lost_loses_nothing(way: Next, drop: int) -> None:
    """Also where the server counts a page as given whose answer never came."""
    broken = filled(Broken(next=way, batch=3, drops=frozenset({drop})))
    got: list[bytes] = []
    reach = Reach()
    with met(broken, tries=2) as (client, room):
        for _ in range(3):
            try:
                for batch in batches(client, room, reach, 4):
                    got += batch.objects
                    reach = batch.reach
            except ExchangeError:
                continue
            break
    assert ids(got) == list(range(COUNT))


def test_a_batch_of_one_date_that_no_page_holds_is_said() -> None:
    broken = filled(Broken(next="none", batch=COUNT, most=5))
    got, reach, stuck = pulled(broken)
    assert ids(got) == list(range(5))
    assert "same page again" in stuck
    assert len(broken.asked) < 15
    assert pulled(broken, reach=reach)[0] == []


@pytest.mark.parametrize("way", WAYS)
def test_a_promise_that_never_ends_is_left_with_all_there_is(way: Next) -> None:
    broken = filled(Broken(next=way, promises=True))
    got, _, stuck = pulled(broken)
    assert ids(got) == list(range(COUNT))
    assert stuck
    assert len(broken.asked) < 60


def test_a_type_in_place_of_a_version_is_mended_and_nothing_else_touched() -> None:
    right = b'{"id":"x--1","type":"x","spec_version":"2.1"}'
    assert mended(right.replace(b'"2.1"', b'"x"')) == right
    for same in (right, right.replace(b":", b" : "), right.replace(b"2.1", b"2.0"),
                 right.replace(b"2.1", b"9"), b'{"id":"x--1"}', b"7", b"{", b"{}"):  # fmt: skip
        assert mended(same) == same


def test_a_server_that_takes_no_version_is_asked_without() -> None:
    assert len(pulled(filled(Broken(accept="application/taxii+json")))[0]) == COUNT


def test_an_answer_without_an_end_is_not_read_to_it() -> None:
    with running(filled(Broken(), 5000)) as broken:
        broken.most = 5000
        small = Connection("token", tries=1, largest=20_000)
        with closing(small):
            client = Client(broken.url, small)
            room = client.find("Finds")
            with pytest.raises(ExchangeError, match="more than 20,000 octets"):
                list(batches(client, room, Reach(), 5000))
