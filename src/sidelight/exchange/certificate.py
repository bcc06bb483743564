"""Certificates that clients show in TLS: what they are called, and until when they hold.

TLS has verified that an authority named with ``--client-ca`` signed one. Whom it stands for is
said by a binding that somebody made, never by the certificate itself.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal, TypeAlias, get_args

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from sidelight.exchange.instants import Instant
from sidelight.values import dataclass

Kind: TypeAlias = Literal["sha256", "dns", "email", "uri", "subject"]
KINDS: Final = get_args(Kind)
_LIST: Final = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)
_FINGERPRINT: Final = re.compile("[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says.

    Args:
        fingerprint: SHA-256 of its DER, as 64 digits in lower case.
        names: kind and value of its subject (RFC 4514) and its alternative names (RFC 5280,
            section 4.2.1.6); those of DNS and mail in lower case.
        begins: the first instant it holds.
        ends: the first instant it does not.
    """

    fingerprint: str
    names: frozenset[tuple[str, str]]
    begins: Instant
    ends: Instant


@lru_cache(maxsize=4096)
def read_certificate(pem: str) -> Certificate | None:
    """Read a certificate in PEM; None for what is none."""
    try:
        found = x509.load_pem_x509_certificate(pem.encode("ascii"))
        names = frozenset(_names(found))
        begins, ends = found.not_valid_before_utc, found.not_valid_after_utc
    except ValueError:  # what x509 cannot parse is one, too
        return None
    # The last second still counts (RFC 5280, section 4.1.2.5).
    last = _instant(ends) + 1_000_000
    return Certificate(found.fingerprint(SHA256()).hex(), names, _instant(begins), last)


@dataclass(frozen=True, slots=True)
class Revocations:
    """What authorities took back (RFC 5280, section 5).

    TLS asks no list where a session is resumed, nor while a connection is open.
    """

    lists: tuple[x509.CertificateRevocationList, ...]

    def holds(self, pem: str, now: datetime) -> bool:
        """Tell whether a certificate is taken back by none, by lists that are in force."""
        try:
            found = x509.load_pem_x509_certificate(pem.encode("ascii"))
        except ValueError:
            return False
        mine = [each for each in self.lists if each.issuer == found.issuer]
        last = max(mine, key=lambda each: each.last_update_utc, default=None)
        if last is None or (last.next_update_utc is not None and now > last.next_update_utc):
            return False
        return last.get_revoked_certificate_by_serial_number(found.serial_number) is None


def read_revocations(data: bytes) -> Revocations:
    """Read revocation lists in PEM.

    Raises:
        ValueError: there is none, or one cannot be read.
    """
    lists = tuple(x509.load_pem_x509_crl(each) for each in _LIST.findall(data))
    if not lists:
        raise ValueError("there is no revocation list in it")
    return Revocations(lists)


def read_name(kind: str, text: str) -> str | None:
    """Spell a name as certificates are looked up by it; None for what is no such name."""
    match kind:
        case "sha256":
            digits = text.replace(":", "").strip().lower()
            return digits if _FINGERPRINT.fullmatch(digits) else None
        case "dns" | "email":
            return text.strip().lower() or None
        case "uri" | "subject":
            return text.strip() or None
        case _:
            return None


def _names(found: x509.Certificate) -> list[tuple[str, str]]:
    names = [("subject", found.subject.rfc4514_string())]
    try:
        more = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return names
    names += [("dns", each.lower()) for each in more.get_values_for_type(x509.DNSName)]
    names += [("email", each.lower()) for each in more.get_values_for_type(x509.RFC822Name)]
    names += [("uri", each) for each in more.get_values_for_type(x509.UniformResourceIdentifier)]
    return names


def _instant(at: datetime) -> Instant:
    return int(at.timestamp()) * 1_000_000
