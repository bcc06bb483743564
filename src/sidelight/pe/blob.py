"""Whether bytes that nothing else explains look encrypted.

Encrypted bytes have nearly eight bits of entropy each, wherever one looks; so have compressed ones,
which begin with a mark of their format. What was encrypted and then given such a mark is not found
here, except behind a PNG's that no picture follows.
"""

import zlib
from typing import Final

import numpy as np

SAMPLE: Final = 1 << 16
"""So many bytes are looked at, at the begin and in the middle."""

LEAST: Final = 1024
MOST: Final = 256 << 20
"""Shorter and longer files are not looked at: no payload that was told of was."""

RANDOM: Final = 7.2
"""Bits a byte from which bytes look encrypted."""

_DIVERSE: Final = 160
"""So many different values stand in 512 bytes that look random: 221 on average in random ones."""

_MARKS: Final[tuple[tuple[int, bytes], ...]] = (
    (0, b"\xff\xd8\xff"),  # JPEG
    (0, b"GIF8"),
    (0, b"RIFF"),  # WebP, AVI, WAV
    (0, b"OggS"),
    (0, b"fLaC"),
    (0, b"ID3"),
    (0, b"\xff\xfb"),  # MPEG audio
    (0, b"\x1aE\xdf\xa3"),  # Matroska
    (0, b"OTTO"),  # fonts
    (0, b"wOFF"),
    (0, b"wOF2"),
    (0, b"\x00\x01\x00\x00\x00"),
    (0, b"ttcf"),
    (0, b"\x00\x00\x01\x00"),  # icon
    (0, b"%PDF"),
    (0, b"%!PS"),
    (0, b"{\\rtf"),
    (0, b"MSCF"),  # cabinets and what is packed like them
    (0, b"ISc("),
    (0, b"MSWIM"),
    (0, b"SZDD"),
    (0, b"Rar!"),
    (0, b"7z\xbc\xaf"),
    (0, b"PK"),
    (0, b"\x1f\x8b"),
    (0, b"BZh"),
    (0, b"\xfd7zXZ"),
    (0, b"\x28\xb5\x2f\xfd"),  # Zstandard
    (0, b"\x04\x22\x4d\x18"),  # LZ4
    (0, b"LZIP"),
    (0, b"!<arch>"),
    (0, b"xar!"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),  # OLE2: installers, documents
    (0, b"ITSF"),  # compiled help
    (0, b"FWS"),
    (0, b"CWS"),
    (0, b"ZWS"),
    (0, b"\x7fELF"),
    (0, b"MZ"),
    (0, b"\xca\xfe\xba\xbe"),
    (0, b"\xce\xfa\xed\xfe"),
    (0, b"\xcf\xfa\xed\xfe"),
    (0, b"\x00asm"),
    (0, b"BC\xc0\xde"),
    (0, b"SQLite format 3\0"),
    (0, b"Microsoft C/C++"),  # debug information
    (0, b"BSJB"),
    (0, b"\x30\x82"),  # DER: certificates, keys, signatures
    (0, b"-----BEGIN"),
    (0, b"\x04\x00\x00\x00"),  # asar; Chromium's pak, versions 4 and 5
    (0, b"\x05\x00\x00\x00"),
    (0, b"CrAU"),
    (0, b"Cr24"),
    (0, b"regf"),
    (0, b"ElfFile"),
    (0, b"MDMP"),
    (0, b"KDMV"),
    (0, b"COWD"),
    (0, b"QFI\xfb"),
    (0, b"conectix"),
    (0, b"vhdxfile"),
    (0, b"EVF\x09"),
    (4, b"ftyp"),  # MPEG-4, HEIF, AVIF
    (4, b"JP2 "),
    (4, b"JXL "),
    (4, b"moov"),
    (4, b"mdat"),
    (8, b"ustar"),
    (257, b"ustar"),
)
_PNG: Final = b"\x89PNG\r\n\x1a\n"


def is_known(head: bytes) -> bool:
    """Tell whether *head* begins with the mark of a format that may hold dense bytes."""
    if head.startswith(_PNG):
        return _is_png(head)
    return any(head.startswith(mark, at) for at, mark in _MARKS)


def _is_png(head: bytes) -> bool:
    """Tell whether a picture follows the mark: its first chunk bears the right sum."""
    chunk, (total,) = head[12:29], np.frombuffer(head[29:33].ljust(4, b"\0"), ">u4").tolist()
    return chunk[:4] == b"IHDR" and zlib.crc32(chunk) == total


def entropy(sample: bytes) -> float:
    """Give the bits a byte of *sample*; 0 for none."""
    if not sample:
        return 0.0
    counts = np.bincount(np.frombuffer(sample, np.uint8), minlength=256)
    shares = counts[counts > 0] / len(sample)
    return float(-(shares * np.log2(shares)).sum())


def is_dense(sample: bytes) -> bool:
    """Tell whether *sample* looks encrypted."""
    return entropy(sample[:SAMPLE]) > RANDOM


def may_be_blob(head: bytes, size: int) -> bool:
    """Tell from its first bytes whether a file is worth a look at its middle."""
    if not LEAST <= size <= MOST or len(set(head[:512])) < _DIVERSE:
        return False
    return not is_known(head) and is_dense(head)


def middle(size: int) -> int:
    """Give the offset of the sample in the middle of a file of *size* bytes."""
    return max(0, size // 2 - SAMPLE // 2)
