"""Catalogs: signed lists of the files that a signature covers without standing in them.

Source: Microsoft, [MS-CAT]-like certificate trust lists in PKCS #7 (RFC 2315), the Authenticode
specification, "SpcIndirectDataContent"; ASN.1 in DER (ITU-T X.690).
"""

from collections.abc import Iterator
from typing import Final

_CONTENT: Final = bytes.fromhex("2b060104018237 0a01".replace(" ", ""))  # szOID_CTL
_INDIRECT: Final = bytes.fromhex("2b060104018237020104")  # SPC_INDIRECT_DATA_OBJID
_DIGESTS: Final = {20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
_OCTETS: Final = 0x04
_SEQUENCE: Final = 0x30
MOST: Final = 1 << 20
"""So many members at most."""


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
