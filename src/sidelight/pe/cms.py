"""Signed messages (PKCS #7, CMS), and whether a signer's value is about one.

Source: RFC 2315, clause 9; RFC 5652, clause 5. The digest is of the content without its tag and
length in both.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from sidelight.pe.certificate import Certificate, read_certificate
from sidelight.pe.der import OCTETS, OID, SEQUENCE, SET, DerError, Element, element
from sidelight.pe.keys import DIGESTS, mismatch
from sidelight.values import dataclass

_SIGNED: Final = bytes.fromhex("2a864886f70d010702")
_CONTENT_TYPE: Final = bytes.fromhex("2a864886f70d010903")
_MESSAGE_DIGEST: Final = bytes.fromhex("2a864886f70d010904")
_CHOSEN_0, _CHOSEN_1 = 0xA0, 0xA1
_KEY_ID: Final = 0x80


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed.

    Args:
        issuer: of the certificate, DER; empty where a key is named instead.
        serial: of the certificate, the bytes of the number; or the key identifier.
        digest: name of the algorithm; empty for one that is not known.
        signed: signed attributes, DER of the set; empty where there are none.
        attributes: values of the signed attributes by the bytes of their identifier.
        method: identifier of the signature's algorithm, its bytes.
        value: of the signature.
        unsigned: attributes that nobody signed.
    """

    issuer: bytes
    serial: bytes
    digest: str
    signed: bytes
    attributes: Mapping[bytes, Element]
    method: bytes
    value: bytes
    unsigned: tuple[tuple[bytes, Element], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A signed message.

    Args:
        sort: identifier of the content's type, its bytes.
        content: the element that was signed.
    """

    sort: bytes
    content: Element
    certificates: tuple[Certificate, ...]
    signers: tuple[Signer, ...]


def read_message(data: bytes | Element) -> Message:
    """Read a signed message; what lies behind it is left alone.

    Raises:
        DerError: it is none.
    """
    outer = (data if isinstance(data, Element) else element(data)).of(SEQUENCE)
    sort, wrapped, *_ = outer.parts(2)
    if sort.of(OID).body != _SIGNED:
        raise DerError("is no signed message")
    parts = wrapped.of(_CHOSEN_0).parts(1)[0].of(SEQUENCE).parts(4)
    kind, held, *_ = parts[2].of(SEQUENCE).parts(2)
    content = held.of(_CHOSEN_0).parts(1)[0]
    given = next((part for part in parts[3:] if part.tag == _CHOSEN_0), None)
    signers = parts[-1].of(SET).parts()
    # Certificates of attributes may be among them (RFC 5652, 10.2.2); they have no key.
    plain = [each for each in given.parts() if each.tag == SEQUENCE] if given else []
    return Message(
        kind.of(OID).body,
        content,
        tuple(map(read_certificate, plain)),
        tuple(map(read_signer, signers)),
    )


def read_signer(info: Element) -> Signer:
    """Read a signer.

    Raises:
        DerError: it is none.
    """
    parts = info.of(SEQUENCE).parts(5)
    who, algorithm = parts[1], parts[2]
    if who.tag == _KEY_ID:
        issuer, serial = b"", who.body
    else:
        name, number, *_ = who.of(SEQUENCE).parts(2)
        issuer, serial = name.raw, number.body
    signed = info.parts(6)[3] if parts[3].tag == _CHOSEN_0 else None
    method, value, *rest = parts[4 if signed else 3 :]
    return Signer(
        issuer,
        serial,
        digest_named(algorithm),
        b"\x31" + signed.raw[1:] if signed else b"",
        dict(reversed(_attributes(signed))) if signed else {},
        _algorithm(method),
        value.of(OCTETS).body,
        tuple(each for part in rest if part.tag == _CHOSEN_1 for each in _attributes(part)),
    )


def _attributes(some: Element) -> list[tuple[bytes, Element]]:
    """List attributes by the bytes of their identifier, each with its first value."""
    found = []
    for attribute in some.parts():
        name, values, *_ = attribute.of(SEQUENCE).parts(2)
        found.append((name.of(OID).body, values.of(SET).parts(1)[0]))
    return found


def digest_named(identifier: Element) -> str:
    """Give the name of a digest; empty for one that is not accepted, such as MD5."""
    return DIGESTS.get(_algorithm(identifier), "")


def _algorithm(identifier: Element) -> bytes:
    return identifier.of(SEQUENCE).parts(1)[0].of(OID).body


def certificate_of(signer: Signer, some: Iterable[Certificate]) -> Certificate | None:
    """Find the certificate that a signer names."""
    return next(
        (each for each in some if (each.issuer, each.serial) == (signer.issuer, signer.serial)),
        None,
    )


def flaw_of(signer: Signer, sort: bytes, content: bytes, key: bytes) -> str:
    """Say why a signer's value is not about *content*; empty where it is.

    Args:
        signer: whose value it is.
        sort: identifier of the content's type, which signed attributes repeat.
        content: without its tag and length.
        key: public key of the signer, DER (SubjectPublicKeyInfo).
    """
    if not signer.digest:
        return "its digest is of a kind that is not accepted"
    if signer.signed:
        named = signer.attributes.get(_CONTENT_TYPE)
        digest = signer.attributes.get(_MESSAGE_DIGEST)
        if named is None or named.body != sort:
            return "its attributes are about something else"
        if digest is None or digest.body != hashlib.new(signer.digest, content).digest():
            return "its content is not what was signed"
    elif sort != DATA:
        return "its attributes are missing"
    text = signer.signed or content
    return mismatch(signer.value, signer.method, signer.digest, text, key)


DATA: Final = bytes.fromhex("2a864886f70d010701")
"""The type of content that is plain bytes: it alone is signed without attributes."""
