"""Who a request says it is from, and how often it may be wrong (TAXII 2.1, section 1.6.9)."""

from base64 import b64decode
from binascii import Error
from collections.abc import Iterable
from dataclasses import field
from ipaddress import IPv6Address, ip_address
from typing import Final

from sidelight.exchange.instants import Instant
from sidelight.values import dataclass

ATTEMPTS: Final = 10
"""So many wrong tokens may come from one address in a minute."""
WINDOW: Final[Instant] = 60_000_000
_MOST_ADDRESSES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token, and the person it is said to be from where the scheme names one."""

    token: str
    person: str = ""


def read_authorization(header: str | None) -> Credentials | None:
    """Read an ``Authorization`` header.

    Bearer (RFC 6750) and Token carry a token; Basic (RFC 7617) a person and a token as password.
    None stands for no header and for one that cannot be read.
    """
    scheme, _, rest = (header or "").strip().partition(" ")
    rest = rest.strip()
    match scheme.lower():
        case "bearer" | "token":
            return Credentials(rest)
        case "basic":
            try:
                person, colon, token = b64decode(rest, validate=True).decode().partition(":")
            except (Error, ValueError):
                return None
            return Credentials(token, person) if colon and person.isprintable() and person else None
        case _:
            return None


def origin(address: str) -> str:
    """Give what is counted as one address: of IPv6 the first 64 bits, which are one subscriber's.

    Whoever has such a network has more addresses in it than can be remembered.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return f"{IPv6Address(int(found) >> 64 << 64)}/64"


@dataclass(slots=True)
class Throttle:
    """Remembers which addresses came with wrong tokens."""

    _wrong: dict[str, list[Instant]] = field(default_factory=dict)

    def wait(self, address: str, now: Instant) -> Instant:
        """Give how long an address is to wait before it is listened to; 0 for not at all."""
        wrong = _recent(self._wrong.get(address, []), now)
        return wrong[-ATTEMPTS] + WINDOW - now if len(wrong) >= ATTEMPTS else 0

    def fail(self, address: str, now: Instant) -> None:
        """Remember a wrong token."""
        wrong = _recent(self._wrong.pop(address, []), now)
        self._wrong[address] = [*wrong, now][-ATTEMPTS:]
        if len(self._wrong) > _MOST_ADDRESSES:
            self._wrong.pop(next(iter(self._wrong)))


def _recent(wrong: Iterable[Instant], now: Instant) -> list[Instant]:
    """Give those of the last minute; after a clock went back, none is of the future."""
    return [each for each in wrong if 0 <= now - each < WINDOW]
