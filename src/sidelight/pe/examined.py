"""What is known of a file that was looked at a second time."""

import struct
from collections.abc import Mapping
from dataclasses import field
from typing import Final

from sidelight.pe.authenticode import UNSIGNED, Signature, verify
from sidelight.pe.catalog import verify_catalog
from sidelight.pe.digest import image_digest
from sidelight.pe.exports import Exports, read_exports
from sidelight.pe.imports import functions
from sidelight.pe.layout import DEBUG, Layout, PeError, certificates, read_layout
from sidelight.pe.trust import Trust
from sidelight.values import dataclass

_DEBUG: Final = struct.Struct("<7I")
_REPRODUCIBLE: Final = 16  # IMAGE_DEBUG_TYPE_REPRO
_MOST_DEBUG: Final = 64
_LAST: Final = 1 << 33
"""A file system may tell any time; what lies behind the year 2242 tells none."""

CATALOGS: Final = ("sha256", "sha1")
"""Digests by which catalogs list files."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that was looked at a second time.

    Args:
        sha256: of the whole file.
        size: in bytes.
        signature: of one that is no PE file, unsigned.
        functions: that it asks for, by the folded name of their library.
        digests: by which catalogs would list it, where it has no signature in itself; of a
            catalog, what it lists where its signature holds.
        linked: when it was linked, UTC seconds; 0 where the header tells no time.
        modified: when the file was last written, UTC seconds; 0 where not known.
        zone: where it was downloaded from, as Windows marked it; empty where it did not.
    """

    sha256: str
    size: int
    signature: Signature = UNSIGNED
    exports: Exports = field(default_factory=Exports)
    functions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    digests: tuple[str, ...] = ()
    linked: int = 0
    modified: int = 0
    zone: str = ""


def examine(  # noqa: PLR0913
    data: bytes, sha256: str, trust: Trust, *, modified: int, zone: str, listed: bool
) -> Examined:
    """Look at *data* as a PE file; what is none has nothing but its digest and times.

    Args:
        data: the whole file.
        sha256: of it.
        trust: what signatures are held against.
        modified: when the file was last written, UTC seconds; 0 where not known.
        zone: the mark of where it was downloaded from.
        listed: there are catalogs that may list it.
    """
    modified = modified if 0 < modified < _LAST else 0
    try:
        layout = read_layout(data)
    except PeError:
        return Examined(sha256, len(data), modified=modified, zone=zone)
    bare = certificates(data, layout) == (0, 0)
    return Examined(
        sha256,
        len(data),
        verify(data, layout, trust),
        read_exports(data, layout),
        functions(data, layout),
        tuple(image_digest(data, layout, name) for name in CATALOGS) if bare and listed else (),
        0 if _is_reproducible(data, layout) else _time(layout.linked),
        modified,
        zone,
    )


def examine_catalog(data: bytes, sha256: str, trust: Trust, *, modified: int) -> Examined:
    """Look at *data* as a catalog; the parameters are those of `examine`."""
    found = verify_catalog(data, trust)
    modified = modified if 0 < modified < _LAST else 0
    return Examined(
        sha256, len(data), found.signature, digests=tuple(found.members), modified=modified
    )


def _time(linked: int) -> int:
    """Give a link time that can be one: some linkers write a constant or a digest instead."""
    return linked if 700_000_000 < linked < 2_000_000_000 else 0


def _is_reproducible(data: bytes, layout: Layout) -> bool:
    """Tell whether the link time is a digest of the file."""
    rva, size = layout.directory(DEBUG)
    at = layout.offset(rva) if rva else -1
    for number in range(min(size // _DEBUG.size, _MOST_DEBUG) if at >= 0 else 0):
        try:
            sort = _DEBUG.unpack_from(data, at + number * _DEBUG.size)[3]
        except struct.error:
            return False
        if sort == _REPRODUCIBLE:
            return True
    return False
