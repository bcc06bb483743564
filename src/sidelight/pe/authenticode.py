"""Whether the Authenticode signature of a PE file holds, without a network.

Source: Microsoft, "Windows Authenticode Portable Executable Signature Format"; RFC 2315, RFC 3161.
Not looked at: revocation lists and answers of the issuers, which need a network.
"""

import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from sidelight.pe.certificate import Certificate, read_certificate
from sidelight.pe.cms import Message, read_message
from sidelight.pe.der import DerError
from sidelight.pe.digest import image_digest
from sidelight.pe.layout import Layout, certificates
from sidelight.pe.timestamp import Stamp, seconds, stamp_of
from sidelight.pe.trust import Trust, flaw_of_chain, text_of
from sidelight.values import dataclass

if TYPE_CHECKING:
    import lief

Status: TypeAlias = Literal[
    "ok",  # it holds, and a trusted root stands behind it
    "unsigned",
    "bad digest",  # the file is not the one that was signed
    "untrusted",  # no trusted root stands behind it
    "self-signed",
    "revoked",  # others had the key
    "expired",  # made after its certificate had ended
    "broken",  # cannot be read, or does not hold
    "catalog",  # a catalog at hand lists the file
    "unknown",  # Windows signs such files by catalogs, and none at hand lists it
]

HOLDS: Final[frozenset[Status]] = frozenset({"ok", "catalog"})

_LONGEST: Final = 4 << 20
_ENTRY: Final = struct.Struct("<IHH")
_PKCS7: Final = 2  # WIN_CERT_TYPE_PKCS_SIGNED_DATA
CODE: Final = frozenset({"1.3.6.1.5.5.7.3.3"})
"""The purpose, id-kp-codeSigning, that a certificate for code has."""

_WEAK_PARTS: Final = ("CERT_EXPIRED", "CERT_FUTURE")


@dataclass(frozen=True, slots=True)
class Signature:
    """What became of verifying a signature.

    Args:
        signer: common name; the organisation where there is none.
        organisation: of the signer.
        issuer: common name of who issued its certificate.
        serial: of the certificate, hexadecimal digits.
        signed: when a trusted timestamp says it was made, UTC seconds; 0 where none does.
        until: when the certificate ends, UTC seconds; 0 where not known.
        note: what a person should know of the status.
        unstamped: why a timestamp that it has does not count; empty where one does or none is.
    """

    status: Status
    signer: str = ""
    organisation: str = ""
    issuer: str = ""
    serial: str = ""
    signed: int = 0
    until: int = 0
    note: str = ""
    unstamped: str = ""

    @property
    def holds(self) -> bool:
        """Whether somebody whom Windows trusts vouches for these very bytes."""
        return self.status in HOLDS


UNSIGNED: Final = Signature("unsigned")


def verify(data: bytes, layout: Layout, trust: Trust) -> Signature:
    """Verify the first signature of a file."""
    offset, size = certificates(data, layout)
    if not offset:
        return UNSIGNED
    length, _, sort = _ENTRY.unpack_from(data, offset)
    if sort != _PKCS7 or not _ENTRY.size < length <= min(size, _LONGEST):
        return Signature("broken", note="the certificate table holds no signature")
    import lief  # noqa: PLC0415 - only where there is something to verify

    lief.logging.disable()
    blob = data[offset + _ENTRY.size : offset + length]
    parsed = lief.PE.Signature.parse(list(blob))
    try:
        message = read_message(blob)
    except DerError:
        message = None
    if message is None or not isinstance(parsed, lief.PE.Signature) or not len(parsed.signers):
        return Signature("broken", note="the signature cannot be read")
    return _verified(parsed, message, data, layout, trust)


def _verified(
    parsed: "lief.PE.Signature", message: Message, data: bytes, layout: Layout, trust: Trust
) -> Signature:
    certificate, value = parsed.signers[0].cert, bytes(parsed.signers[0].encrypted_digest)
    if certificate is None:
        return Signature("broken", note="the signer's certificate is missing")
    signers = (each for each in message.signers if each.value == value)
    found = describe(certificate, stamp_of(next(signers, None), message.certificates, trust))
    if not _is_about(parsed, data, layout):
        return replace(found, status="bad digest", note="the file is not the one that was signed")
    if _failed(parsed):
        return replace(found, status="broken", note="the signature does not hold")
    made = layout.linked if _is_time(layout) else 0
    return judge(found, certificate, message.certificates, made, trust)


def describe(certificate: "lief.PE.x509", stamp: Stamp) -> Signature:
    """Say who signed, and when; the status says nothing yet."""
    names = _names(text_of(certificate.subject))
    return Signature(
        "broken",
        names.get("CN") or names.get("O", ""),
        names.get("O", ""),
        _names(text_of(certificate.issuer)).get("CN", ""),
        bytes(certificate.serial_number).hex(),
        stamp.time,
        seconds(certificate.valid_to),
        unstamped=stamp.flaw,
    )


def judge(  # noqa: PLR0913
    found: Signature,
    certificate: "lief.PE.x509",
    others: Sequence[Certificate],
    made: int,
    trust: Trust,
    purposes: frozenset[str] = CODE,
) -> Signature:
    """Give a signature whose value holds the status that its signer deserves.

    Args:
        found: as `describe` gives it.
        certificate: of the signer.
        others: certificates that came along.
        made: when what was signed says that it was made, UTC seconds; 0 where it does not.
        trust: what signatures are held against.
        purposes: of which the certificate must have one, if it names any.
    """
    usage = frozenset(certificate.ext_key_usage)
    if usage and not usage & purposes:
        return replace(found, status="untrusted", note="the certificate is not for code")
    if flaw := flaw_of_chain(read_certificate(bytes(certificate.raw)), others, trust):
        own = certificate.subject == certificate.issuer
        status: Status = "self-signed" if own else "untrusted"
        return replace(found, status=status, note=flaw)
    gone, stamp = trust.revocation(found.serial, text_of(certificate.issuer)), found.signed
    if gone and not (gone.since and 0 < stamp < gone.since):
        return replace(found, status="revoked", note=gone.source)
    if stamp > found.until > 0 or (not stamp and 0 < found.until < made):
        return replace(found, status="expired", note="it was made after its certificate had ended")
    return replace(found, status="ok")


def _is_time(layout: Layout) -> bool:
    """Tell whether the link time may be one: reproducible builds put a digest there."""
    return 631_152_000 < layout.linked < 1_900_000_000


def _is_about(parsed: "lief.PE.Signature", data: bytes, layout: Layout) -> bool:
    content = parsed.content_info
    algorithm = content.digest_algorithm.name.replace("_", "").lower()
    try:
        return image_digest(data, layout, algorithm) == bytes(content.digest).hex()
    except ValueError:
        return False


def _failed(parsed: "lief.PE.Signature") -> bool:
    import lief  # noqa: PLC0415

    flags = lief.PE.Signature.VERIFICATION_FLAGS
    masked = 0
    for name in _WEAK_PARTS:  # whether it had ended is judged by the timestamp
        masked |= int(getattr(flags, name).value)
    return bool(int(parsed.check().value) & ~masked)


def _names(subject: str) -> dict[str, str]:
    """Split a distinguished name as lief writes it: commas in values have a backslash."""
    found: dict[str, str] = {}
    for part in subject.replace("\\,", "\0").split(", "):
        name, sign, value = part.partition("=")
        if sign:
            found[name.strip()] = value.replace("\0", ",").strip()
    return found
