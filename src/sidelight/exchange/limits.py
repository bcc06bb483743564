"""How much one organisation, or one address, may ask for.

Rates are token buckets: so many a second in the long run, and a burst on top. Every process of a
server counts for itself.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import field, fields, replace
from typing import Any, Final

from sidelight.errors import UsageError
from sidelight.values import dataclass

_MOST_KEYS: Final = 10_000
_MOST: Final = 1e12


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one organisation may have.

    Args:
        requests: so many a second in the long run.
        requests_burst: so many at once, on top.
        octets: of bodies, a second.
        octets_burst: of bodies, on top; one body may go beyond it, the next then waits.
        at_once: requests that are worked at; more wait for their turn.
        streams: streams that are open.
    """

    requests: float = 200
    requests_burst: float = 2000
    octets: float = 20 << 20
    octets_burst: float = 200 << 20
    at_once: int = 8
    streams: int = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """What everybody may have.

    Args:
        each: an organisation for which nothing else is said.
        organisations: others, by name or id.
        address_requests: a second from one address, by whoever shows nothing that holds.
        address_burst: so many at once, on top.
        address_connections: connections from one address.
        connections: connections from all.
    """

    each: Allowance = field(default_factory=Allowance)
    organisations: Mapping[str, Allowance] = field(default_factory=dict)
    address_requests: float = 20
    address_burst: float = 200
    address_connections: int = 1000
    connections: int = 2000

    def of(self, *names: str) -> Allowance:
        """Give what an organisation may have that has these names."""
        found = (self.organisations[name] for name in names if name in self.organisations)
        return next(found, self.each)


def read_limits(text: str, where: str) -> Limits:
    """Read limits that a person wrote in TOML; what is left out stays as it is.

    *where* names the text in errors.

    Raises:
        UsageError: it is no TOML, or has a key or value that is none of these.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"is no TOML: {error}", where=where) from None
    known = {"each", "organisation", "server"}
    if unknown := sorted(document.keys() - known):
        hint = f"known: {', '.join(sorted(known))}"
        raise UsageError(f"unknown key {unknown[0]!r}", where=where, hint=hint)
    each = Allowance(**_numbers(document, "each", _NAMES, where))
    named = _table(document, "organisation", where)
    others = {name: replace(each, **_numbers(named, name, _NAMES, where)) for name in named}
    return Limits(each, others, **_numbers(document, "server", _SERVER_NAMES, where))


_NAMES: Final = {each.name: each.type for each in fields(Allowance)}
_SERVER_NAMES: Final = {
    each.name: each.type for each in fields(Limits) if each.name not in {"each", "organisations"}
}


def _table(document: Mapping[str, object], name: str, where: str) -> Mapping[str, object]:
    found = document.get(name, {})
    if not isinstance(found, dict):
        raise UsageError(f"{name} is no table", where=where)
    return found


def _numbers(
    document: Mapping[str, object], name: str, known: Mapping[str, object], where: str
) -> dict[str, Any]:
    found = _table(document, name, where)
    for key, value in found.items():
        if key not in known:
            hint = f"known: {', '.join(sorted(known))}"
            raise UsageError(f"unknown key {key!r} in {name}", where=where, hint=hint)
        whole = known[key] is int
        kinds = (int,) if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < _MOST:
            what = "whole number" if whole else "number"
            raise UsageError(f"{name}: {key} is no {what} greater than zero", where=where)
    return dict(found)


@dataclass(slots=True)
class Meter:
    """A bucket for each key: it fills by *rate* a second up to *burst*."""

    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait(self, key: str, rate: float, burst: float, now: float) -> float:
        """Give how many seconds *key* is to wait before it may take one; 0 for not at all."""
        left = self._filled(key, rate, burst, now)
        return 0 if left >= 1 else (1 - left) / rate

    def take(self, key: str, rate: float, burst: float, now: float, amount: float = 1) -> None:
        """Take out of a bucket; it may go below nothing, and has to fill again then."""
        left = self._filled(key, rate, burst, now) - amount
        self._left.pop(key, None)
        self._left[key] = (left, now)
        if len(self._left) > _MOST_KEYS:
            self._left.pop(next(iter(self._left)))

    def _filled(self, key: str, rate: float, burst: float, now: float) -> float:
        left, since = self._left.get(key, (burst, now))
        return min(burst, left + max(0.0, now - since) * rate)
