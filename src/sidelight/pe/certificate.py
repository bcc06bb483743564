"""Certificates, as far as chains are made of them.

Source: RFC 5280, clause 4.1. They are read here because lief refuses some that Windows accepts,
such as those with critical policies, by which Microsoft's own timestamps are issued.
"""

from typing import Final

from sidelight.pe.der import BITS, OCTETS, OID, SEQUENCE, Element, element
from sidelight.pe.keys import digest_of, mismatch
from sidelight.values import dataclass

_VERSION: Final = 0xA0
_EXTENSIONS: Final = 0xA3
_BASIC_CONSTRAINTS: Final = bytes.fromhex("551d13")
_TRUE: Final = (0x01, b"\xff")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate.

    Args:
        der: all of it.
        serial: the bytes of the number.
        issuer: DER of the name; so is `subject`.
        key: public key, DER.
        text: what the issuer signed.
        method: identifier of the algorithm by which it did, its bytes.
        value: of the issuer's signature.
        authority: it may issue others.
    """

    der: bytes
    serial: bytes
    issuer: bytes
    subject: bytes
    key: bytes
    text: bytes
    method: bytes
    value: bytes
    authority: bool

    def is_issued_by(self, other: "Certificate") -> bool:
        """Tell whether *other* signed this; its name, times and rights are not looked at."""
        digest = digest_of(self.method)
        return not mismatch(self.value, self.method, digest, self.text, other.key)


def read_certificate(data: bytes | Element) -> Certificate:
    """Read a certificate.

    Raises:
        DerError: it is none.
    """
    whole = (element(data) if isinstance(data, bytes) else data).of(SEQUENCE)
    text, algorithm, value = whole.parts(3)[:3]
    parts = text.of(SEQUENCE).parts(6)
    parts = text.parts(7)[1:] if parts[0].tag == _VERSION else parts
    serial, _, issuer, _, subject, key, *rest = parts
    return Certificate(
        whole.raw,
        serial.body,
        issuer.raw,
        subject.raw,
        key.raw,
        text.raw,
        algorithm.of(SEQUENCE).parts(1)[0].of(OID).body,
        value.of(BITS).body[1:],
        any(_says_authority(each) for each in rest if each.tag == _EXTENSIONS),
    )


def _says_authority(extensions: Element) -> bool:
    for extension in extensions.parts(1)[0].of(SEQUENCE).parts():
        name, *_, value = extension.of(SEQUENCE).parts(2)
        if name.of(OID).body == _BASIC_CONSTRAINTS:
            said = element(value.of(OCTETS).body).of(SEQUENCE).parts()
            return bool(said) and (said[0].tag, said[0].body) == _TRUE
    return False
