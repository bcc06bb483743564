"""Where a server can be made to go by an ally: nowhere that its operator did not list."""

import socket

import pytest

from sidelight.errors import ExchangeError, UsageError
from sidelight.exchange.reachable import Reachable, Target, read_reachable

LISTED = read_reachable(
    "soc.example, odd.example:8443 10.1.0.0/16, 127.0.0.1:9000 [2001:db8::1]:9", where="x"
)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://soc.example", Target("https", "soc.example", 443, "/")),
        ("https://SOC.example/a?b=c", Target("https", "soc.example", 443, "/a?b=c")),
        ("https://odd.example:8443/a", Target("https", "odd.example", 8443, "/a")),
        ("https://10.1.2.3:99/", Target("https", "10.1.2.3", 99, "/")),
        ("http://127.0.0.1:9000/in", Target("http", "127.0.0.1", 9000, "/in")),
        ("https://[2001:db8::1]:9/", Target("https", "2001:db8::1", 9, "/")),
    ],
)
def test_what_is_listed_is_reached(url: str, target: Target) -> None:
    assert LISTED.target(url) == target


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/",
        "https://soc.example.evil.example/",
        "https://soc.example:444/",
        "https://odd.example/",
        "http://soc.example:443/",
        "http://soc.example/",
        "http://10.1.2.3/",
        "https://10.2.0.1/",
        "http://127.0.0.1:9001/",
        "https://soc.example@10.1.2.3/",
        "https://user:pw@soc.example/",
        "https://@soc.example/",
        "https://soc.example\\@evil.example/",
        "https://soc.example/#x",
        "https://soc.example\n.evil.example/",
        "https://0x0a010203/",
        "https://2130706433/",
        "https://127.1/",
        "ftp://soc.example/",
        "file:///etc/passwd",
        "https://",
        "https://soc.example:99999/",
        "https://söc.example/",
    ],
)
def test_what_is_not_listed_or_not_safe_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        LISTED.target(url)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.2.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1",
     "fe80::1", "fd00::1", "::ffff:10.2.0.1", "64:ff9b::a02:1", "2002:a02:1::1", "224.0.0.1",
     "198.51.100.7"],
)  # fmt: skip
def test_a_listed_name_that_leads_inside_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def resolve(*arguments: object, **named: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", (each, 443)) for each in ("8.8.8.8", address)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    target = LISTED.target("https://soc.example/")
    with pytest.raises(ExchangeError, match="leads to"):
        LISTED.address(target)


def test_a_listed_name_may_lead_to_public_addresses_and_to_listed_networks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(*arguments: object, **named: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", (each, 443)) for each in ("10.1.9.9", "8.8.8.8")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert LISTED.address(LISTED.target("https://soc.example/")) == "10.1.9.9"


def test_nothing_is_listed_by_default() -> None:
    with pytest.raises(UsageError, match="not listed"):
        Reachable().target("https://soc.example/")


@pytest.mark.parametrize("text", ["10.0.0.1/8", "a/b", "soc.example:x", "u@h", "-x", "ü"])
def test_what_is_no_list_is_said(text: str) -> None:
    with pytest.raises(UsageError):
        read_reachable(text, where="x")
