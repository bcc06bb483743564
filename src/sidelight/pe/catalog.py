"""Catalogs: signed lists of the files that a signature covers without standing in them.

Source: Microsoft, "Certificate Trust List" and "Catalog Files" (certificate trust lists in
PKCS #7, RFC 2315), the Authenticode specification, "SpcIndirectDataContent"; ASN.1 in DER
(ITU-T X.690).
"""

from collections.abc import Iterator
from typing import Final

from sidelight.pe.authenticode import CODE, Signature, describe, judge
from sidelight.pe.cms import Message, certificate_of, flaw_of, read_message
from sidelight.pe.der import OID, SEQUENCE, TIMES, DerError
from sidelight.pe.timestamp import stamp_of, time_of
from sidelight.pe.trust import Trust, described
from sidelight.values import dataclass

_CONTENT: Final = bytes.fromhex("2b0601040182370a01")  # szOID_CTL
_LIST: Final = bytes.fromhex("2b0601040182370c0101")  # szOID_CATALOG_LIST
_INDIRECT: Final = bytes.fromhex("2b060104018237020104")  # SPC_INDIRECT_DATA_OBJID
_DIGESTS: Final = {20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
_OCTETS: Final = 0x04
_SEQUENCE: Final = 0x30
MOST: Final = 1 << 20
"""So many members at most."""

_PURPOSES: Final = CODE | {
    "1.3.6.1.4.1.311.10.3.5",  # szOID_WHQL_CRYPTO
    "1.3.6.1.4.1.311.10.3.6",  # szOID_NT5_CRYPTO: components of Windows
}


@dataclass(frozen=True, slots=True)
class Catalog:
    """A catalog whose signature was looked at.

    Args:
        signature: of the catalog; never `unsigned` nor `catalog`.
        members: digests in the part that was signed, in hexadecimal digits.
    """

    signature: Signature
    members: frozenset[str] = frozenset()


def verify_catalog(data: bytes, trust: Trust) -> Catalog:
    """Verify the signature of a catalog, and give what it is about.

    Where the signature does not hold, so that nobody vouches for the list, there are no members.
    """
    try:
        message = read_message(data)
        made = _made(message)
    except DerError:
        return Catalog(Signature("broken", note="it cannot be read"))
    signature = _verified(message, made, trust)
    return Catalog(signature, members(message.content.body) if signature.holds else frozenset())


def _made(message: Message) -> int:
    """Give when a list says that it was made, UTC seconds; 0 where it does not.

    Raises:
        DerError: the message is no list of files.
    """
    if message.sort != _CONTENT:
        raise DerError("is no list")
    parts = message.content.of(SEQUENCE).parts()
    usages = next((part for part in parts if part.tag == SEQUENCE), None)
    if usages is None or _LIST not in [usage.of(OID).body for usage in usages.parts()]:
        raise DerError("is no list of files")
    told = next((part for part in parts if part.tag in TIMES), None)
    return time_of(told) if told else 0


def _verified(message: Message, made: int, trust: Trust) -> Signature:
    if not message.signers:
        return Signature("broken", note="nobody signed it")
    signer = message.signers[0]
    mine = certificate_of(signer, message.certificates)
    certificate = None if mine is None else described(mine)
    if mine is None or certificate is None:
        return Signature("broken", note="the signer's certificate is missing")
    found = describe(certificate, stamp_of(signer, message.certificates, trust))
    if flaw := flaw_of(signer, message.sort, message.content.body, mine.key):
        return Signature("broken", found.signer, note=flaw)
    return judge(found, certificate, message.certificates, made, trust, _PURPOSES)


def begins(head: bytes) -> bool:
    """Tell whether *head* begins a catalog."""
    return head[:1] == b"\x30" and _CONTENT in head[:80]


def members(data: bytes) -> frozenset[str]:
    """Give the digests of files that a catalog lists, in hexadecimal digits.

    Members carry their digest in an SpcIndirectDataContent; whoever looks for a file's digest
    finds it whatever tag the member has.
    """
    found: set[str] = set()
    at = data.find(_INDIRECT)
    while at >= 0 and len(found) < MOST:
        behind = at + len(_INDIRECT)
        if (digest := _digest(data, behind)) is not None:
            found.add(digest.hex())
        at = data.find(_INDIRECT, behind)
    return frozenset(found)


def _digest(data: bytes, at: int) -> bytes | None:
    """Give the message digest of the SpcIndirectDataContent that begins a set behind an OID."""
    last = None
    for tag, begin, end in _elements(data, at, min(len(data), at + 4096)):
        if tag == _OCTETS and end - begin in _DIGESTS:
            last = data[begin:end]
            break
        if last is None and tag not in {0x31, _SEQUENCE, 0x06, 0x05, 0xA0, 0xA2, 0x80, 0x1C, 0x03}:
            return None
    return last


def _elements(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Walk elements in order, into those that are made of others."""
    steps = 0
    while at + 2 <= end and steps < 64:
        steps += 1
        tag, length, begin = data[at], data[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4 or begin + count > len(data):
                return
            length, begin = int.from_bytes(data[begin : begin + count], "big"), begin + count
        yield tag, begin, begin + length
        at = begin if tag & 0x20 else begin + length
