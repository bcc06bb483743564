import json
from dataclasses import replace

import pytest
from joserfc.jwk import OctKey, RSAKey

from issuing import GRANTS, Login, key_named
from sidelight.errors import UsageError
from sidelight.exchange.issuer import Issuer, read_issuers, read_signed
from sidelight.exchange.keyring import Keyring, read_keys

NOW = 1_800_000_000.0
URL = "https://login.b.example/keys"


def remote() -> Issuer:
    (issuer,) = read_issuers(GRANTS, "x")
    return replace(issuer, jwks_file="", jwks_url=URL)


class Site:
    """Counts how often it is asked, and can be away."""

    def __init__(self, data: bytes) -> None:
        self.data, self.asked, self.away = data, 0, False

    def __call__(self, url: str) -> bytes:
        assert url == URL
        self.asked += 1
        if self.away:
            raise UsageError("cannot be fetched")
        return self.data


def lets_in(ring: Keyring, login: Login, now_s: float) -> bool:
    signed = read_signed(login.token(now_s))
    assert signed
    return ring.entitled(signed, now_s) is not None


def test_keys_of_a_file_are_all_there_are() -> None:
    (issuer,) = read_issuers(GRANTS, "x")
    login, site = Login(), Site(b"")
    ring = Keyring(issuer, site, read_keys(login.keys(), "keys.json"))
    assert lets_in(ring, login, NOW)
    assert not lets_in(ring, Login(key_named("two")), NOW)
    assert site.asked == 0


def test_fetched_keys_are_kept_and_a_new_one_is_found() -> None:
    login, later = Login(), Login(key_named("two"))
    site = Site(login.keys())
    ring = Keyring(remote(), site)
    assert site.asked == 0
    for _ in range(5):
        assert lets_in(ring, login, NOW)
    assert site.asked == 1
    site.data = login.keys(later.key)
    assert not lets_in(ring, later, NOW + 59)
    assert lets_in(ring, later, NOW + 61)
    assert site.asked == 2


def test_unknown_keys_make_nobody_fetch_more_than_once_a_minute() -> None:
    login = Login()
    site = Site(login.keys())
    ring = Keyring(remote(), site)
    for second in range(120):
        assert not lets_in(ring, Login(key_named(f"key {second}")), NOW + second)
    assert site.asked == 2


def test_while_keys_cannot_be_had_the_old_ones_are_good_for_a_day() -> None:
    login = Login()
    site = Site(login.keys())
    ring = Keyring(remote(), site)
    assert lets_in(ring, login, NOW)
    site.away = True
    assert lets_in(ring, login, NOW + 86_000)
    assert not lets_in(ring, login, NOW + 86_400)
    site.away = False
    assert lets_in(ring, login, NOW + 86_400 + 61)


def test_without_keys_nobody_is_let_in_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    login = Login()
    site = Site(b"<html>")
    assert not lets_in(Keyring(remote(), site), login, NOW)
    assert "is no set of keys" in caplog.text
    site.away = True
    assert not lets_in(Keyring(remote(), site), login, NOW)


def test_a_key_that_was_taken_away_is_known_no_more() -> None:
    login, later = Login(), Login(key_named("two"))
    site = Site(login.keys())
    ring = Keyring(remote(), site)
    assert lets_in(ring, login, NOW)
    site.data = later.keys()
    assert not lets_in(ring, login, NOW + 3601)


def secret() -> object:
    return OctKey.generate_key(256).as_dict(private=True)


@pytest.mark.parametrize(
    "listed",
    [
        [],
        [{}],
        [7],
        [{"kty": "EC", "crv": "P-256"}],
        [Login().key.as_dict(private=True)],
        [Login().key.as_dict(private=False), secret()],
    ],
)
def test_a_set_without_safe_keys_is_refused(listed: object) -> None:
    with pytest.raises(UsageError):
        read_keys(json.dumps({"keys": listed}).encode(), "keys.json")


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_weak_key_is_refused() -> None:
    weak = RSAKey.generate_key(1024).as_dict(private=False)
    with pytest.raises(UsageError, match="2048"):
        read_keys(json.dumps({"keys": [weak]}).encode(), "keys.json")


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"keys":1}', b"[" * 100_000, b"\xff"])
def test_what_is_no_set_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError):
        read_keys(data, "keys.json")
