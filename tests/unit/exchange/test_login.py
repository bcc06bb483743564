from base64 import b64encode

import pytest

from sidelight.exchange.login import (
    ATTEMPTS,
    WINDOW,
    Credentials,
    Throttle,
    origin,
    read_authorization,
)


def basic(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "credentials"),
    [
        ("Bearer abc", Credentials("abc")),
        ("bearer  abc ", Credentials("abc")),
        ("Token abc", Credentials("abc")),
        (basic("p@x:a:b"), Credentials("a:b", "p@x")),
        (basic("p"), None),
        (basic(":x"), None),
        ("Basic !!!", None),
        ("Basic /w==", None),
        ("Digest x", None),
        ("", None),
        (None, None),
    ],
)
def test_an_authorization_is_read_or_is_none(
    header: str | None, credentials: Credentials | None
) -> None:
    assert read_authorization(header) == credentials


def test_an_address_waits_after_too_many_wrong_tokens_and_others_do_not() -> None:
    throttle = Throttle()
    for number in range(ATTEMPTS):
        assert throttle.wait("a", number) == 0
        throttle.fail("a", number)
    assert throttle.wait("a", ATTEMPTS) == WINDOW - ATTEMPTS
    assert throttle.wait("b", ATTEMPTS) == 0
    assert throttle.wait("a", WINDOW) == 0


def test_many_addresses_are_not_remembered_for_ever() -> None:
    throttle = Throttle()
    for number in range(20_000):
        throttle.fail(str(number), 0)
    assert len(throttle._wrong) == 10_000


def test_a_clock_that_goes_back_makes_nobody_wait_for_longer() -> None:
    throttle = Throttle()
    for _ in range(ATTEMPTS):
        throttle.fail("a", 1000 * WINDOW)
    assert throttle.wait("a", 1000 * WINDOW) == WINDOW
    assert throttle.wait("a", 0) == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_an_address_of_ipv6_counts_by_its_network(address: str, network: str) -> None:
    assert origin(address) == network
