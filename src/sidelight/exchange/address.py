"""Addresses of servers: whether there could be such a one at all.

What never becomes an address is said before anything waits to be sent there.

Source: RFC 3986, section 3.2.2; RFC 1123, section 2.1 (names), RFC 1035, section 2.3.4 (lengths).
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, TypeAlias

import httpx

from sidelight.errors import UsageError

Address: TypeAlias = IPv4Address | IPv6Address

LONGEST: Final = 2000
"""Characters that an address may have."""
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_NAME: Final = 253
_PORT: Final = 65535


class NoAddressError(UsageError):
    """Something is no address, and never becomes one."""


def check(url: str) -> None:
    """Make sure that a request to *url* could be made; nobody is asked.

    Raises:
        NoAddressError: it could not.
    """
    if len(url) > LONGEST:
        raise NoAddressError(f"has more than {LONGEST} characters", where=url[:80])
    if not url.isprintable() or "\\" in url or " " in url:
        raise NoAddressError("is no address: it has what none may have", where=url)
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise NoAddressError(f"is no address: {error}", where=url) from None
    host = read.raw_host.decode("ascii").strip("[]")
    if not (read.port is None or 0 < read.port <= _PORT) or not is_host(host):
        raise NoAddressError("is no address of a host", where=url)


def is_host(text: str) -> bool:
    """Tell whether there could be a host of that name; *text* is in lower case.

    What ends in a number is an address or nothing (WHATWG URL, section 3.5).
    """
    if literal(text) is not None:
        return True
    labels = text.removesuffix(".").split(".")
    numeric = labels[-1].isdecimal() or labels[-1].startswith("0x")
    fit = all(_LABEL.fullmatch(each) for each in labels)
    return len(text) <= _NAME and fit and not numeric


def literal(host: str) -> Address | None:
    """Give the address that a host is itself; None where it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
