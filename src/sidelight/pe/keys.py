"""Whether a signature value was made with a key.

Source: RFC 8017, clause 8.2.2 (PKCS #1 v1.5); RFC 3279, RFC 5754 (identifiers of algorithms).
"""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from sidelight.pe.der import BITS, INTEGER, OID, SEQUENCE, DerError, element

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

DIGESTS: Final[Mapping[bytes, str]] = {
    bytes.fromhex("2b0e03021a"): "sha1",
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
"""Digests by the bytes of their identifier; MD5 is not accepted."""

LEAST_RSA: Final = 1024
"""Windows trusts no RSA key with fewer bits (Microsoft Security Advisory 2661254)."""

_RSA: Final = bytes.fromhex("2a864886f70d0101")
_ECDSA: Final = bytes.fromhex("2a8648ce3d04")
_RSA_ALONE: Final = b"\x01"
_BY_RSA: Final = {b"\x05": "sha1", b"\x0b": "sha256", b"\x0c": "sha384", b"\x0d": "sha512"}
_BY_ECDSA: Final = {
    b"\x01": "sha1", b"\x03\x02": "sha256", b"\x03\x03": "sha384", b"\x03\x04": "sha512",
}  # fmt: skip


def digest_of(method: bytes) -> str:
    """Give the digest that a signature algorithm names; empty where it names none we accept."""
    if method.startswith(_RSA):
        return _BY_RSA.get(method[len(_RSA) :], "")
    return _BY_ECDSA.get(method[len(_ECDSA) :], "") if method.startswith(_ECDSA) else ""


def weakness(key: bytes) -> int:
    """Give the bits of an RSA key that has too few to vouch for anything; 0 for any other key.

    Args:
        key: DER (SubjectPublicKeyInfo; RFC 3279, clause 2.3.1, has the key in it).
    """
    try:
        algorithm, value = element(key).of(SEQUENCE).parts(2)[:2]
        if algorithm.of(SEQUENCE).parts(1)[0].of(OID).body != _RSA + _RSA_ALONE:
            return 0
        modulus = element(value.of(BITS).body[1:]).of(SEQUENCE).parts(2)[0].of(INTEGER)
    except DerError:
        return 0  # no signature holds with it
    bits = int.from_bytes(modulus.body, "big").bit_length()
    return bits if bits < LEAST_RSA else 0


def mismatch(value: bytes, method: bytes, digest: str, text: bytes, key: bytes) -> str:
    """Say why *value* was not made over *text* with a key; empty where it was.

    Args:
        value: the signature.
        method: identifier of its algorithm, the bytes; it may leave the digest open.
        digest: name of the digest.
        text: what was signed.
        key: the public key, DER (SubjectPublicKeyInfo).
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    by_rsa = method == _RSA + _RSA_ALONE or (method.startswith(_RSA) and digest_of(method))
    try:
        match load_der_public_key(key):
            case rsa.RSAPublicKey() as public if by_rsa and digest:
                _verify_rsa(public, value, digest, text)
            case ec.EllipticCurvePublicKey() as public if method.startswith(_ECDSA) and digest:
                public.verify(value, text, ec.ECDSA(_hash(digest)))
            case _:
                return "its algorithm is not accepted"
    except InvalidSignature:
        return "its value does not hold"
    except (ValueError, UnsupportedAlgorithm):
        return "its key cannot be used"
    return ""


def _verify_rsa(public: "RSAPublicKey", value: bytes, digest: str, text: bytes) -> None:
    """Verify a value of PKCS #1 v1.5; that of some old timestamps does not name its digest.

    Raises:
        InvalidSignature: it was not made over *text*.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415

    try:
        public.verify(value, text, PKCS1v15(), _hash(digest))
    except InvalidSignature:
        bare = public.recover_data_from_signature(value, PKCS1v15(), None)
        if bare != hashlib.new(digest, text).digest():
            raise


def _hash(name: str) -> "HashAlgorithm":
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

    known = (hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512())  # noqa: S303
    return next(each for each in known if each.name == name)
