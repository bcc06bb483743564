"""The digest that an Authenticode signature is about.

Source: Microsoft, "Windows Authenticode Portable Executable Signature Format", "Calculating the
PE Image Hash": everything but the checksum, the directory entry of the certificate table, and the
table itself.
"""

import hashlib

from sidelight.pe.layout import Layout, certificates


def image_digest(data: bytes, layout: Layout, algorithm: str) -> str:
    """Give the digest of *data* in hexadecimal digits.

    Raises:
        ValueError: the algorithm is not known.
    """
    digest, view = hashlib.new(algorithm, usedforsecurity=False), memoryview(data)
    offset, size = certificates(data, layout)
    end = offset or len(data)
    for begin, stop in _kept(layout, end):
        digest.update(view[begin:stop])
    if offset:
        digest.update(view[offset + size :])
    elif len(data) % 8:  # signers fill up with zeros before they put the table behind
        digest.update(b"\0" * (-len(data) % 8))
    return digest.hexdigest()


def _kept(layout: Layout, end: int) -> list[tuple[int, int]]:
    if not layout.security:
        return [(0, layout.checksum), (layout.checksum + 4, end)]
    return [
        (0, layout.checksum),
        (layout.checksum + 4, layout.security),
        (layout.security + 8, end),
    ]
