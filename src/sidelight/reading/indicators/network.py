"""Addresses: IP, URL, e-mail, domain."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from sidelight.reading.indicators.context import Context
from sidelight.reading.indicators.names import is_domain
from sidelight.reading.indicators.tokens import Token

_IPV4: Final = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})(/\d{1,2})?(?::\d{1,5})?", re.ASCII)
_IPV6: Final = re.compile(r"\[?([0-9a-fA-F:.]{2,45})\]?(/\d{1,3})?(?::\d{1,5})?", re.ASCII)
_URL: Final = re.compile(r"(https?|ftps?|tcp|udp|wss?|socks5?)://[^\s/?#]+\S*", re.IGNORECASE)
_EMAIL: Final = re.compile(r"([\w.+%-]{1,64})@([\w.-]{3,253})")
_PORT: Final = re.compile(r"(.+?):\d{1,5}", re.ASCII)

Found = tuple[str, str]


def network(token: Token, around: Context) -> Iterator[Found]:
    """Yield kind and value of the address that *token* is, if it is one."""
    plain = token.plain
    if _URL.match(plain):
        yield "url", _url(plain)
    elif match := _EMAIL.fullmatch(plain):
        if is_domain(match[2], sure=token.defanged):
            yield "email", plain
    elif match := _IPV4.fullmatch(plain):
        yield from _ipv4(match, token, around)
    elif plain.count(":") >= 2 and (match := _IPV6.fullmatch(plain)):
        yield from _ipv6(match)
    else:
        yield from _domain(token, around)


def _url(plain: str) -> str:
    scheme, _, rest = plain.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{host.lower() if '@' not in host else host}{slash}{path}"


def _ipv4(match: re.Match[str], token: Token, around: Context) -> Iterator[Found]:
    try:
        ipaddress.IPv4Address(match[1])
    except ValueError:
        return
    value = match[1] + (match[2] or "")
    if token.defanged or ":" in token.plain:
        yield "ipv4", value
    elif not around.is_version:
        small = all(int(part) < 64 for part in match[1].split("."))
        if not small or around.is_network or around.is_listed or match[2]:
            yield "ipv4", value


def _ipv6(match: re.Match[str]) -> Iterator[Found]:
    try:
        ipaddress.IPv6Address(match[1])
    except ValueError:
        return
    if len(match[1].replace(":", "")) >= 3:
        yield "ipv6", match[1].lower() + (match[2] or "")


def _domain(token: Token, around: Context) -> Iterator[Found]:
    plain = token.plain
    port = _PORT.fullmatch(plain)
    host = (port[1] if port else plain).partition("/")[0]
    rest = "" if port else plain[len(host) :]
    if not is_domain(host, sure=token.defanged):
        return
    if rest and (token.defanged or around.is_network or around.is_listed):
        yield "url", f"{host.lower()}{rest}"
    elif not rest and not host.startswith("."):
        yield "domain", host.lower().rstrip(".")
