"""Addresses that nothing can ever be sent to are known before anything waits for them."""

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sidelight.errors import UsageError
from sidelight.exchange.address import LONGEST, NoAddressError, check, is_host

HOSTS = st.text(st.sampled_from("ab1.0-_%[]: é"), max_size=12)


@pytest.mark.parametrize(
    "url",
    [
        "https://cert.example",
        "https://CERT.example:8443/taxii2/",
        "https://cert.example./x?y=z",
        "http://127.0.0.1:9/",
        "https://[2001:db8::1]:9/",
        "https://söc.example/",
        "https://a_b.example/",
        f"https://{'a' * 63}.example/",
    ],
)
def test_what_could_be_somewhere_is_an_address(url: str) -> None:
    check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https://a..b/",
        "https://.a/",
        "https://-a.example/",
        "https://a-.example/",
        "https://999.1.1.1/",
        "https://1.2.3/",
        "https://1.2.3.4.5/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://[v1.x]/",
        "https://[::1/",
        "https://a b.example/",
        "https://a%41.example/",
        "https://ⓐ.example/",
        "https://a.example:99999/",
        "https://a.example:0/",
        "https://a.example:x/",
        "https://a.example/\x00",
        "https://a.example\\b/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 127}example/",
        "https://a.example/" + "a" * LONGEST,
    ],
)
def test_what_never_is_an_address_is_refused(url: str) -> None:
    with pytest.raises(NoAddressError):
        check(url)


@given(HOSTS)
@example("999.1.1.1")
@example("[v1.x]")
@example("ⓐ.example")
def test_a_client_can_make_a_request_to_whatever_passes(host: str) -> None:
    url = f"https://{host}/in"
    try:
        check(url)
    except UsageError:
        return
    httpx.Request("POST", httpx.URL(url))


@given(HOSTS)
def test_hosts_are_what_a_resolver_can_be_asked(host: str) -> None:
    if host.isascii() and is_host(host) and ":" not in host:
        host.encode("idna")
