"""Keys of issuers: read from a file, or fetched where somebody asked for that, and kept a while."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from threading import Lock
from typing import Final

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import Key, RSAKey, import_key

from sidelight.errors import SidelightError, UsageError
from sidelight.exchange.issuer import Claims, Entitled, Issuer, Signed, entitled, fitting, verify
from sidelight.values import dataclass

_log = logging.getLogger(__name__)
_FRESH_S: Final = 3600.0
_STALE_S: Final = 86_400.0
_AGAIN_S: Final = 60.0
_SMALLEST_RSA: Final = 2048


def read_keys(data: bytes, where: str) -> tuple[Key, ...]:
    """Read the public keys of a JWK set (RFC 7517, section 5); kinds that are not known are left.

    Raises:
        UsageError: it is none, has none of use, or holds what is secret or too weak.
    """
    try:
        listed = orjson.loads(data)["keys"]
        found = [import_key(each) for each in listed if _is_known(each)]
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        reason = f"is no set of keys in JWK: {type(error).__name__}"
        raise UsageError(reason, where=where) from None
    if any(isinstance(each, dict) and each.get("kty") == "oct" for each in listed):
        raise UsageError("holds a key that is no public one", where=where)
    if not found:
        raise UsageError("holds no key that can be used", where=where)
    for key in found:
        if key.is_private:
            raise UsageError("holds a private key", where=where, hint="put the public one there")
        if isinstance(key, RSAKey) and key.raw_value.key_size < _SMALLEST_RSA:
            raise UsageError(f"holds a key below {_SMALLEST_RSA} bits", where=where)
    return tuple(found)


def _is_known(each: object) -> bool:
    return isinstance(each, dict) and each.get("kty") in {"RSA", "EC", "OKP"}


@dataclass(slots=True)
class Keyring:
    """The keys of one issuer; threads may share it.

    Keys that were fetched are fetched again after an hour, or when a token names one that is not
    there, once a minute at most. Where that fails they are good for a day.

    Args:
        fetch: gives what is at an address.
        keys: those of a file; with them, nothing is fetched.
    """

    issuer: Issuer
    fetch: Callable[[str], bytes]
    keys: Sequence[Key] = ()
    _fetched: float | None = None
    _tried: float | None = None
    _lock: Lock = field(default_factory=Lock)

    def entitled(self, signed: Signed, now_s: float) -> Entitled | None:
        """Say whom a token stands for now; None where it does not hold."""
        if signed.algorithm not in self.issuer.algorithms:
            return None
        key = fitting(signed, self._current(now_s, wanted=False))
        key = key or fitting(signed, self._current(now_s, wanted=True))
        claims: Claims | None = verify(signed, self.issuer, key, now_s) if key else None
        return entitled(claims, self.issuer) if claims is not None else None

    def _current(self, now_s: float, *, wanted: bool) -> Sequence[Key]:
        if not self.issuer.jwks_url:
            return self.keys
        fresh = self._fetched is not None and 0 <= now_s - self._fetched < _FRESH_S
        tried = self._tried is not None and 0 <= now_s - self._tried < _AGAIN_S
        # Who has keys does not wait for the one that fetches newer ones.
        if (wanted or not fresh) and not tried and self._lock.acquire(blocking=not self.keys):
            try:
                self._fetch(now_s)
            finally:
                self._lock.release()
        good = self._fetched is not None and 0 <= now_s - self._fetched < _STALE_S
        return self.keys if good else ()

    def _fetch(self, now_s: float) -> None:
        if self._tried is not None and 0 <= now_s - self._tried < _AGAIN_S:
            return
        self._tried = now_s
        try:
            self.keys = read_keys(self.fetch(self.issuer.jwks_url), self.issuer.jwks_url)
        except SidelightError as error:
            _log.warning("keys of %s: %s", self.issuer.name, error)
            return
        self._fetched = now_s


def renewed(old: Mapping[str, Keyring], fresh: Mapping[str, Keyring]) -> dict[str, Keyring]:
    """Give keyrings as they are to be now; keys that were fetched for the same issuer stay."""
    found = dict(fresh)
    for name, each in fresh.items():
        before = old.get(name)
        if before and before.issuer == each.issuer and not each.keys:
            found[name] = before
    return found
