"""Whether the Authenticode signature of a PE file holds, without a network.

Source: Microsoft, "Windows Authenticode Portable Executable Signature Format"; RFC 2315, RFC 3161.
Not looked at: revocation lists and answers of the issuers, which need a network.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from sidelight.pe.digest import image_digest
from sidelight.pe.layout import Layout, certificates
from sidelight.pe.trust import Trust, is_chained, text_of

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
_CODE_SIGNING: Final = "1.3.6.1.5.5.7.3.3"
_IMPRINTS: Final = ("sha256", "sha1", "sha384", "sha512")
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
    """

    status: Status
    signer: str = ""
    organisation: str = ""
    issuer: str = ""
    serial: str = ""
    signed: int = 0
    until: int = 0
    note: str = ""

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
    parsed = lief.PE.Signature.parse(list(data[offset + _ENTRY.size : offset + length]))
    if not isinstance(parsed, lief.PE.Signature) or not len(parsed.signers):
        return Signature("broken", note="the signature cannot be read")
    return _verified(parsed, data, layout, trust)


def _verified(parsed: "lief.PE.Signature", data: bytes, layout: Layout, trust: Trust) -> Signature:
    signer = parsed.signers[0]
    certificate = signer.cert
    if certificate is None:
        return Signature("broken", note="the signer's certificate is missing")
    others = list(parsed.certificates)
    names = _names(text_of(certificate.subject))
    stamp = _stamp(signer, parsed, trust)
    until, linked = _seconds(certificate.valid_to), layout.linked
    serial = bytes(certificate.serial_number).hex()

    def result(status: Status, note: str = "") -> Signature:
        return Signature(
            status,
            names.get("CN") or names.get("O", ""),
            names.get("O", ""),
            _names(text_of(certificate.issuer)).get("CN", ""),
            serial,
            stamp,
            until,
            note,
        )

    if not _is_about(parsed, data, layout):
        return result("bad digest", "the file is not the one that was signed")
    if _failed(parsed):
        return result("broken", "the signature does not hold")
    usage = list(certificate.ext_key_usage)
    if usage and _CODE_SIGNING not in usage:
        return result("untrusted", "the certificate is not for code")
    if not is_chained(certificate, others, trust):
        own = certificate.subject == certificate.issuer
        return result("self-signed" if own else "untrusted", "no trusted root stands behind it")
    gone = trust.revocation(serial, text_of(certificate.issuer))
    if gone and not (gone.since and 0 < stamp < gone.since):
        return result("revoked", gone.source)
    if stamp > until > 0 or (not stamp and 0 < until < linked and _is_time(layout)):
        return result("expired", "it was made after its certificate had ended")
    return result("ok")


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


def _stamp(signer: "lief.PE.SignerInfo", parsed: "lief.PE.Signature", trust: Trust) -> int:
    """Give the time of a timestamp behind which a trusted root stands; 0 where there is none.

    A token of RFC 3161 must hold the digest of this very signature; its own is not verified.
    """
    import lief  # noqa: PLC0415

    others = list(parsed.certificates)
    for attribute in signer.unauthenticated_attributes:
        match attribute:
            case lief.PE.PKCS9CounterSignature():
                witness, near = attribute.signer, others
                times = (each for each in witness.authenticated_attributes)
                time = next((_seconds(t.time) for t in times if hasattr(t, "time")), 0)
            case lief.PE.MsCounterSign() if len(attribute.signers):
                witness, near = attribute.signers[0], [*attribute.certificates, *others]
                time = _generated(bytes(signer.encrypted_digest), bytes(parsed.raw_der))
            case _:
                continue
        serial = bytes(witness.serial_number)
        mine = [each for each in near if bytes(each.serial_number) == serial]
        if time and mine and is_chained(mine[0], near, trust):
            return time
    return 0


def _generated(value: bytes, raw: bytes) -> int:
    """Give the time that stands behind the digest of a signature in a TSTInfo (RFC 3161, 2.4.2).

    A serial number, an INTEGER, stands between the digest and the time, a GeneralizedTime.
    """
    for name in _IMPRINTS:
        imprint = hashlib.new(name, value).digest()
        at = raw.find(imprint)
        behind = raw[at + len(imprint) :][:128]
        if at < 0 or behind[:1] != b"\x02" or len(behind) < 4:
            continue
        begin = 2 + behind[1]
        if behind[begin : begin + 1] == b"\x18":
            text = behind[begin + 2 : begin + 16].decode("ascii", "replace")
            if text.isdecimal() and text.isascii():
                pairs = [int(text[:4]), *(int(text[n : n + 2]) for n in range(4, 14, 2))]
                return _seconds(pairs)
    return 0


def _seconds(parts: Sequence[int]) -> int:
    """Give UTC seconds of year, month, day, hour, minute, second; 0 for what no calendar has."""
    try:
        year, month, day, hour, minute, second = parts
        time = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        return max(0, int(time.timestamp()))
    except (TypeError, ValueError, OverflowError):
        return 0


def _names(subject: str) -> dict[str, str]:
    """Split a distinguished name as lief writes it: commas in values have a backslash."""
    found: dict[str, str] = {}
    for part in subject.replace("\\,", "\0").split(", "):
        name, sign, value = part.partition("=")
        if sign:
            found[name.strip()] = value.replace("\0", ",").strip()
    return found
