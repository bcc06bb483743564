"""Who is let in, and what becomes of those who are not.

Whatever holds is listened to always, also from an address that others guess from: it is too long
to be guessed, and an address may be that of many allies.
"""

from collections.abc import Mapping
from dataclasses import field
from threading import Lock
from typing import Final

from sidelight.exchange.certificate import read_certificate
from sidelight.exchange.instants import Instant
from sidelight.exchange.issuer import read_signed
from sidelight.exchange.keyring import Keyring
from sidelight.exchange.login import Credentials, Throttle, origin, read_authorization
from sidelight.exchange.shelf import Caller
from sidelight.exchange.store.certificates import Ended, Holder
from sidelight.exchange.store.library import Library
from sidelight.exchange.turnstile import too_many
from sidelight.values import dataclass

_MINUTE: Final[Instant] = 60_000_000
_NOTES: Final = 60
"""So many refusals a minute are written down one by one; the next says how many were not."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request shows of who it is from.

    Args:
        authorization: the header.
        address: where the connection comes from.
        certificates: what the client showed in TLS, in PEM; its own first.
    """

    authorization: str | None = field(default=None, repr=False)
    address: str = ""
    certificates: tuple[str, ...] = ()


@dataclass(slots=True)
class Gate:
    """Lets in; threads may share it.

    Args:
        keyrings: those of issuers, by their names.
    """

    library: Library
    keyrings: Mapping[str, Keyring] = field(default_factory=dict)
    _throttle: Throttle = field(default_factory=Throttle)
    _lock: Lock = field(default_factory=Lock)
    _noted: tuple[Instant, int] = (0, 0)
    _passed_over: int = 0

    def caller(self, shown: Shown, now: Instant) -> Caller | None:
        """Give who is asking; None for somebody who shows nothing.

        Raises:
            Refused: 429, there were too many wrong tokens from there.
        """
        caller = self.known(shown, now)
        credentials = read_authorization(shown.authorization)
        if caller is not None or credentials is None:
            return caller
        with self._lock:
            address = origin(shown.address)
            wait = self._throttle.wait(address, now)
            if wait:
                raise too_many("too many wrong tokens came from this address", wait / 1_000_000)
            self._throttle.fail(address, now)
            note = self._worth_a_note(now)
        if note is not None:
            self.library.note(address, "login refused", _said(credentials, note), now)
        return None

    def known(self, shown: Shown, now: Instant) -> Caller | None:
        """Give who is asking if all they show holds now, and says the same."""
        bearer = self._bearer(shown, now)
        if isinstance(bearer, Ended):
            return None
        if shown.authorization is None:
            return bearer
        credentials = read_authorization(shown.authorization)
        if credentials is None:
            return None
        caller = self._holder(credentials, now)
        if caller and bearer and caller.organisation != bearer.organisation:
            return None
        return caller

    def _holder(self, credentials: Credentials, now: Instant) -> Caller | None:
        """Give who holds a token of ours, or of an issuer that is believed."""
        signed = read_signed(credentials.token) if self.keyrings else None
        if signed is None:
            return self.library.holder(credentials.token, credentials.person, now)
        ring = self.keyrings.get(signed.issuer)
        found = ring.entitled(signed, now / 1_000_000) if ring else None
        if found is None or credentials.person not in {"", found.person}:
            return None
        organisation = self.library.register().named(found.organisation)
        if organisation is None:
            return None
        return Caller(organisation.id, found.person, found.scopes, signed.issuer)

    def _bearer(self, shown: Shown, now: Instant) -> Holder:
        """Give whom the certificate of a client stands for."""
        if not shown.certificates:
            return None
        certificate = read_certificate(shown.certificates[0])
        return self.library.bearer(certificate, now) if certificate else Ended()

    def _worth_a_note(self, now: Instant) -> int | None:
        """Tell how many refusals went without a note before this one; None if this one does, too.

        The log cannot be shortened, so strangers do not decide how long it grows.
        """
        since, count = self._noted
        if not 0 <= now - since < _MINUTE:
            since, count = now, 0
        if count >= _NOTES:
            self._passed_over += 1
            return None
        self._noted, passed_over = (since, count + 1), self._passed_over
        self._passed_over = 0
        return passed_over


def _said(credentials: Credentials, passed_over: int) -> dict[str, object]:
    more = {"others since the last note": passed_over} if passed_over else {}
    return {"person": credentials.person[:250], **more}
