"""PE files with anything in them: read within bounds, or refused with a reason."""

import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from authenticode_writer import catalog, root, sign, signer, token
from pe_writer import Pe, write_pe
from sidelight.pe.authenticode import Signature, verify
from sidelight.pe.catalog import members, verify_catalog
from sidelight.pe.examined import examine
from sidelight.pe.exports import MOST, read_exports
from sidelight.pe.image import read_image
from sidelight.pe.imports import MOST_LIBRARIES, functions
from sidelight.pe.layout import PeError, begins, read_layout
from sidelight.pe.trust import read_trust

WHOLE = write_pe(
    Pe(
        imports={"a.dll": ["f", "#5"], "b.dll": ["g"]},
        delayed={"c.dll": ["h"]},
        exports={"x": 0, "y": "n.f", "z": 1},
        version={"OriginalFilename": "a.exe", "CompanyName": "A"},
        strings=b"\0d.dll\0",
    )
)
SIGNED = sign(WHOLE, signer(), stamp=partial(token, time=datetime(2020, 1, 1, tzinfo=UTC)))
CATALOG = catalog([b"\1" * 32, b"\2" * 20], signer())
TRUST = read_trust([root().pem])
NUMBERS = st.sampled_from([0, 1, 0x7F, 0xFF, 0x1000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF])
EDITS = st.lists(st.tuples(st.integers(0, len(SIGNED) - 4), NUMBERS), max_size=6)


def _edited(data: bytes, edits: list[tuple[int, int]]) -> bytes:
    changed = bytearray(data)
    for at, number in edits:
        struct.pack_into("<I", changed, min(at, len(changed) - 4), number)
    return bytes(changed)


def _look(data: bytes) -> None:
    with suppress(PeError):
        image = read_image(data)
        assert len(image.imports) + len(image.delayed) <= 2 * MOST_LIBRARIES
    found = examine(data, "", TRUST, modified=0, zone="", listed=True)
    assert found.exports.count <= MOST
    assert isinstance(found.signature, Signature)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    begins(data)
    _look(data)
    _look(WHOLE[:0x40] + data)
    members(data)


@given(EDITS, st.integers(0, len(SIGNED)))
def test_any_edit_and_any_cut_is_read_or_refused(edits: list[tuple[int, int]], cut: int) -> None:
    _look(_edited(SIGNED, edits))
    _look(SIGNED[:cut])


@given(st.integers(0, len(CATALOG) - 4), NUMBERS, st.integers(0, len(CATALOG)))
def test_any_catalog_is_read(at: int, number: int, cut: int) -> None:
    for data in (_edited(CATALOG, [(at, number)]), CATALOG[:cut]):
        members(data)
        verify_catalog(data, TRUST)


@given(EDITS.filter(bool))
def test_no_edit_of_what_was_signed_holds(edits: list[tuple[int, int]]) -> None:
    """Only the checksum and what lies in the certificate table may change."""
    data = _edited(SIGNED, edits)
    layout = read_layout(SIGNED)
    free = [(layout.checksum, layout.checksum + 4), (layout.security, layout.security + 8)]
    table = layout.directory(4)[0]
    same = all(SIGNED[at] == data[at] or any(a <= at < b for a, b in free) for at in range(table))
    try:
        found = verify(data, read_layout(data), TRUST)
    except PeError:
        return
    assert same or not found.holds


@settings(max_examples=20)
@given(st.sampled_from([0, 1, 13]))
def test_absurd_counts_are_bounded(directory: int) -> None:
    """A directory that leads into a sea of ones says no more than the limits allow."""
    data = bytearray(WHOLE + struct.pack("<I", 0x1001) * 600_000)
    layout = read_layout(bytes(data))
    table = layout.security - 8 * 4
    struct.pack_into("<II", data, table + 8 * directory, 0x2000, 0xFFFF_FFFF)
    section = table + 128
    struct.pack_into("<II", data, section + 8, 0x7000_0000, 0x1000)
    struct.pack_into("<I", data, section + 16, 0x7000_0000)
    begin = time.process_time()
    _look(bytes(data))
    assert time.process_time() - begin < 3


def test_forwarders_in_a_circle_are_only_texts() -> None:
    circle: Mapping[str, int | str] = {"a": "x.b", "b": "x.a"}
    data = write_pe(Pe(library=True, exports=circle))
    found = read_exports(data, read_layout(data))
    assert sorted(found.forwarders) == ["x.a", "x.b"]
    assert functions(data, read_layout(data)) == {}
