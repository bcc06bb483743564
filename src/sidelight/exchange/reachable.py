"""Where webhooks may go: to what the operator of the server listed, and nowhere else.

An ally names the address, and the server is inside the operator's network: without a list it
could be made to ask what only it can reach. A name that is listed may still lead to an address
inside (whoever has the name decides that), so that is looked at each time, and the connection goes
to the very address that was looked at.
"""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from sidelight.errors import ExchangeError, UsageError
from sidelight.exchange.address import Address, NoAddressError, check, is_host, literal
from sidelight.values import dataclass

_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook goes."""

    scheme: str
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Reachable:
    """Hosts, each with its port, and networks that webhooks may go to."""

    hosts: frozenset[tuple[str, int]] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def target(self, url: str) -> Target:
        """Read an address that is listed.

        Raises:
            NoAddressError: it is no address, and never becomes one.
            UsageError: it is no safe address, or is not listed.
        """
        found = _target(url)
        itself = literal(found.host)
        inside = itself is not None and self._lists(itself)
        if not inside and (found.host, found.port) not in self.hosts:
            hint = 'the operator of the server lists it in config.toml: [share] hooks = "HOST"'
            raise UsageError("is not listed as somewhere webhooks may go", where=url, hint=hint)
        loopback = itself is not None and itself.is_loopback
        if found.scheme != "https" and not loopback:
            raise UsageError("only https keeps what is shared to itself", where=url)
        return found

    def address(self, target: Target) -> str:
        """Look up where a target is now.

        Raises:
            ExchangeError: it is nowhere, or inside a network that is not listed.
        """
        try:
            rows = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise ExchangeError(f"cannot be found: {error}", where=target.host) from None
        found = [str(row[4][0]).partition("%")[0] for row in rows]
        for each in found:
            if not self._may(ip_address(each), target):
                why = f"leads to {each}, which is no public address and not listed"
                raise ExchangeError(why, where=target.host)
        return found[0]

    def _may(self, address: Address, target: Target) -> bool:
        if self._lists(address) or (str(address), target.port) in self.hosts:
            return True
        inner = None
        if isinstance(address, IPv6Address):
            inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
            if address in _NAT64:
                inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        public = address.is_global and not address.is_multicast
        return public and (inner is None or self._may(inner, target))

    def _lists(self, address: Address) -> bool:
        return any(address in each for each in self.networks)


_NAT64: Final = IPv6Network("64:ff9b::/96")


def read_reachable(text: str, *, where: str) -> Reachable:
    """Read a list of ``HOST``, ``HOST:PORT`` and networks, with commas or blanks between.

    Raises:
        UsageError: an entry is none of these.
    """
    hosts, networks = set[tuple[str, int]](), []
    for entry in text.replace(",", " ").split():
        try:
            if "/" in entry:
                networks.append(ip_network(entry))
                continue
        except ValueError as error:
            raise UsageError(f"{entry!r} is no network: {error}", where=where) from None
        try:
            parts = urlsplit(f"//{entry}")
            host, port = (parts.hostname or "").lower(), parts.port or 443
        except ValueError:
            host, port = "", 0
        if not is_host(host) or parts.path or parts.username:
            raise UsageError(f"{entry!r} is no host, HOST:PORT or network", where=where)
        hosts.add((host, port))
    return Reachable(frozenset(hosts), tuple(networks))


def _target(url: str) -> Target:
    check(url)
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = _PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    if not (url.isascii() and port and parts.scheme in _PORTS) or parts.username is not None:
        raise NoAddressError("is no http or https address", where=url)
    if parts.fragment:
        raise NoAddressError("is no address of a host", where=url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path)
