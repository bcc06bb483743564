"""Signs PE files and catalogs with a test authority: DER written by hand, keys by cryptography."""

import hashlib
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sidelight.pe.digest import image_digest
from sidelight.pe.layout import read_layout

Stamp = Callable[[bytes], bytes]
"""Makes attributes that stand beside a signature, of its value."""

INDIRECT = "1.3.6.1.4.1.311.2.1.4"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_START = datetime(2015, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Authority:
    """A key and its certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


@cache
def _key(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _key_of(bits: int) -> rsa.RSAPrivateKey:
    """Give a key that no library makes any more."""
    half = bits // 2
    first, second = _prime(half, 0), _prime(bits - half, 1)
    secret = rsa.rsa_recover_private_exponent(65537, first, second)
    public = rsa.RSAPublicNumbers(65537, first * second)
    rest = secret % (first - 1), secret % (second - 1), pow(second, -1, first)
    return rsa.RSAPrivateNumbers(first, second, secret, *rest, public).private_key()


def _prime(bits: int, seed: int) -> int:
    """Give a number that is prime as far as Fermat's test tells."""
    found = int.from_bytes(hashlib.shake_256(bytes([seed])).digest(bits // 8), "big")
    found |= 3 << bits - 2 | 1
    while any(pow(base, found - 1, found) != 1 for base in (2, 3, 5, 7)) or found % 65537 == 1:
        found += 2
    return found


@cache
def root() -> Authority:
    """Give the authority that tests trust."""
    return _issue("Sidelight Test Root", 0, None, authority=True)


@cache
def signer(
    name: str = "Good Software Ltd", *, own: bool = False, days: int = 36_500, serial: int = 0
) -> Authority:
    """Give a signer; *own* is one that vouches for itself."""
    number = 1 + sum(name.encode()) % 3
    return _issue(name, number, None if own else root(), days=days, serial=serial)


@cache
def clock(
    name: str = "Sidelight Test Clock", *, own: bool = False, days: int = 36_500
) -> Authority:
    """Give an authority of timestamps; *own* is one that vouches for itself."""
    usage = ExtendedKeyUsageOID.TIME_STAMPING
    return _issue(name, 5, None if own else root(), days=days, usage=usage)


def issued(name: str, by: Authority, bits: int = 0, *, authority: bool = False) -> Authority:
    """Give a signer that *by* vouches for, with a key of *bits*, or an ordinary one."""
    return _issue(name, 4, by, key=_key_of(bits) if bits else None, authority=authority)


def _issue(
    name: str,
    number: int,
    issuer: Authority | None,
    *,
    authority: bool = False,
    days: int = 36_500,
    serial: int = 0,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING,
    key: rsa.RSAPrivateKey | None = None,
) -> Authority:
    key = key or _key(number)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
         x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(serial or 1000 + sum(name.encode()))
        .not_valid_before(_START)
        .not_valid_after(_START + timedelta(days=days))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
    )
    if not authority:
        critical = usage == ExtendedKeyUsageOID.TIME_STAMPING  # RFC 3161, 2.3
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=critical)
    return Authority(key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


def sign(
    data: bytes, by: Authority, *, stamped: datetime | None = None, stamp: Stamp | None = None
) -> bytes:
    """Give *data* with a signature, countersigned where a time is given; *stamp* makes others."""
    data += b"\0" * (-len(data) % 8)
    layout = read_layout(data)
    digest = bytes.fromhex(image_digest(data, layout, "sha256"))
    stamp = partial(countersignature, time=stamped) if stamped else stamp
    blob = _signed(_indirect(digest), INDIRECT, by, stamp)
    blob += b"\0" * (-len(blob) % 8)
    entry = struct.pack("<IHH", 8 + len(blob), 0x0200, 2) + blob
    head = bytearray(data)
    head[layout.security : layout.security + 8] = struct.pack("<II", len(data), len(entry))
    return bytes(head) + entry


def catalog(
    digests: Iterable[bytes],
    by: Authority,
    *,
    stamp: Stamp | None = None,
    usage: str = "1.3.6.1.4.1.311.12.1.1",
    made: datetime = datetime(2024, 1, 1, tzinfo=UTC),
) -> bytes:
    """Give a catalog of files with these digests."""
    members = b"".join(map(member, digests))
    content = _sequence(
        _sequence(_oid(usage)),
        _octets(b"\1" * 16),
        _der(0x17, made.strftime("%y%m%d%H%M%SZ").encode()),
        _sequence(_oid("1.3.6.1.4.1.311.12.1.2"), _NULL),
        _sequence(members),
    )
    return _signed(content, "1.3.6.1.4.1.311.10.1", by, stamp)


def member(digest: bytes) -> bytes:
    """Give a member of a catalog."""
    listed = _set(_sequence(_oid(INDIRECT), _set(_indirect(digest))))
    return _sequence(_octets(digest.hex().encode("utf-16-le")), listed)


def note(some: bytes) -> Stamp:
    """Put *some* bytes where a timestamp would be: beside a signature, and not signed."""
    return lambda _: _attribute("1.3.6.1.4.1.311.99.1", _octets(some))


def countersignature(value: bytes, time: datetime, by: Authority | None = None) -> bytes:
    """Give the attribute that says when a signature was made, in the old form."""
    data = "1.2.840.113549.1.7.1"
    return _attribute("1.2.840.113549.1.9.6", _signer(by or clock(), value, data, time, None))


def token(
    value: bytes,
    time: datetime,
    by: Authority | None = None,
    sort: str = "1.2.840.113549.1.9.16.1.4",
    *,
    alone: bool = False,
) -> bytes:
    """Give the attribute that holds a token of RFC 3161; *alone* is one without certificates."""
    by = by or clock()
    imprint = _sequence(_sequence(_oid(_SHA256), _NULL), _octets(hashlib.sha256(value).digest()))
    told = _der(0x18, time.strftime("%Y%m%d%H%M%SZ").encode())
    info = _sequence(_integer(1), _oid("1.3.6.1.4.1.311.99.2"), imprint, _integer(7), told)
    others = [] if alone else [by.der, root().der]
    return _attribute("1.3.6.1.4.1.311.3.3.1", _message(_octets(info), sort, by, None, others))


def _indirect(digest: bytes) -> bytes:
    link = _der(0xA0, _der(0xA2, _der(0x80, b"")))
    about = _sequence(_oid("1.3.6.1.4.1.311.2.1.15"), _sequence(_der(0x03, b"\0"), link))
    name = _SHA256 if len(digest) == 32 else "1.3.14.3.2.26"
    return _sequence(about, _sequence(_sequence(_oid(name), _NULL), _octets(digest)))


def _signed(content: bytes, sort: str, by: Authority, stamp: Stamp | None) -> bytes:
    others = [by.der, root().der, *([clock().der] if stamp else [])]
    return _message(content, sort, by, stamp, list(dict.fromkeys(others)))


def _message(
    content: bytes, sort: str, by: Authority, stamp: Stamp | None, others: list[bytes]
) -> bytes:
    info = _signer(by, content[_head(content) :], sort, None, stamp)
    body = _sequence(
        _integer(1),
        _set(_ALGORITHM),
        _sequence(_oid(sort), _der(0xA0, content)),
        *([_der(0xA0, b"".join(others))] if others else []),
        _set(info),
    )
    return _sequence(_oid("1.2.840.113549.1.7.2"), _der(0xA0, body))


def _signer(
    by: Authority, content: bytes, sort: str, time: datetime | None, stamp: Stamp | None
) -> bytes:
    attributes = [
        _attribute("1.2.840.113549.1.9.3", _oid(sort)),
        _attribute("1.2.840.113549.1.9.4", _octets(hashlib.sha256(content).digest())),
    ]
    if time:
        text = time.strftime("%y%m%d%H%M%SZ").encode()
        attributes.append(_attribute("1.2.840.113549.1.9.5", _der(0x17, text)))
    body = b"".join(sorted(attributes))
    value = by.key.sign(_der(0x31, body), padding.PKCS1v15(), hashes.SHA256())
    certificate = by.certificate
    parts = [
        _integer(1),
        _sequence(certificate.issuer.public_bytes(), _integer(certificate.serial_number)),
        _ALGORITHM,
        _der(0xA0, body),
        _sequence(_oid("1.2.840.113549.1.1.1"), _NULL),
        _octets(value),
    ]
    if stamp:
        parts.append(_der(0xA1, stamp(value)))
    return _sequence(*parts)


def _attribute(name: str, value: bytes) -> bytes:
    return _sequence(_oid(name), _set(value))


def _der(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def _head(der: bytes) -> int:
    return 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)


def _sequence(*parts: bytes) -> bytes:
    return _der(0x30, b"".join(parts))


def _set(*parts: bytes) -> bytes:
    return _der(0x31, b"".join(parts))


def _octets(body: bytes) -> bytes:
    return _der(0x04, body)


def _integer(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _oid(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    body = bytes([40 * first + second])
    for number in rest:
        some = [number & 0x7F]
        while number := number >> 7:
            some.append(0x80 | number & 0x7F)
        body += bytes(reversed(some))
    return _der(0x06, body)


_NULL = b"\x05\x00"
_ALGORITHM = _sequence(_oid(_SHA256), _NULL)
