import asyncio

import pytest

from sidelight.exchange.limits import Allowance, Limits
from sidelight.exchange.taxii.message import Refused
from sidelight.exchange.turnstile import Turnstile


def test_an_organisation_is_told_when_to_come_back_and_others_are_not() -> None:
    time = [0.0]
    turnstile = Turnstile(clock=lambda: time[0])
    allowance = Allowance(requests=0.5, requests_burst=2)
    for _ in range(2):
        turnstile.charge("a", allowance)
    with pytest.raises(Refused) as refused:
        turnstile.charge("a", allowance)
    assert (refused.value.status, refused.value.headers) == (429, (("Retry-After", "2"),))
    turnstile.charge("b", allowance)
    time[0] = 2
    turnstile.charge("a", allowance)


def test_a_body_is_charged_when_it_is_known_how_large_it_is() -> None:
    turnstile = Turnstile(clock=lambda: 0)
    allowance, body = Allowance(octets=10, octets_burst=100), bytearray()
    with turnstile.weigh("a", allowance, body):
        body += b"x" * 150
    with pytest.raises(Refused) as refused, turnstile.weigh("a", allowance, bytearray()):
        pytest.fail("it was let in")
    assert refused.value.headers == (("Retry-After", "6"),)


def test_streams_are_counted_while_they_are_open_however_they_end() -> None:
    turnstile, allowance = Turnstile(), Allowance(streams=1)
    with turnstile.stream("a", allowance):
        with pytest.raises(Refused), turnstile.stream("a", allowance):
            pytest.fail("it was let in")
        with turnstile.stream("b", allowance):
            pass
    with pytest.raises(KeyError), turnstile.stream("a", allowance):
        raise KeyError
    with turnstile.stream("a", allowance):
        pass


def test_so_many_are_worked_at_and_the_rest_waits() -> None:
    turnstile, allowance, working = Turnstile(), Allowance(at_once=2), [0, 0]

    async def work() -> None:
        async with turnstile.turn("a", allowance):
            working[0] += 1
            working[1] = max(working)
            await asyncio.sleep(0)
            working[0] -= 1

    async def all_of_it() -> None:
        await asyncio.gather(*(work() for _ in range(20)))

    asyncio.run(all_of_it())
    assert working == [0, 2]


def test_strangers_are_counted_by_address() -> None:
    turnstile = Turnstile(Limits(address_requests=1, address_burst=1), lambda: 0)
    assert turnstile.stranger_wait("x") == 0
    turnstile.charge_stranger("x")
    assert turnstile.stranger_wait("x") == 1
    assert turnstile.stranger_wait("y") == 0
