"""What was unpacked before a cut or damage is kept: the usual tools are the oracle."""

import bz2
import gzip
import io
import lzma
import random
import shutil
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sidelight.evidence.archive import expand
from sidelight.evidence.stream import Stream
from sidelight.schema import Gap

_RANDOM = random.Random(7)
TEXT = b"".join(b"line %d says %d\n" % (n, _RANDOM.getrandbits(40)) for n in range(12_000))


def _zstd(data: bytes) -> bytes:
    return pa.Codec("zstd").compress(data, asbytes=True)


PACKED = {
    "gzip": gzip.compress(TEXT, mtime=0),
    "bzip2": bz2.compress(TEXT, 1),
    "xz": lzma.compress(TEXT),
    "zstd": _zstd(TEXT[:200_000]) + _zstd(TEXT[200_000:]),
}
_TOOLS = {"gzip": "gzip", "bzip2": "bzip2", "xz": "xz", "zstd": "zstd"}


def _read(data: bytes) -> tuple[bytes, list[Gap]]:
    parts, gaps = [], []
    for item in expand("log", io.BytesIO(data)):
        if isinstance(item, Gap):
            gaps.append(item)
            continue
        stream = Stream(item.name, item.raw)
        while part := stream.read(1 << 20):
            parts.append(part)
        gaps += stream.gaps
    return b"".join(parts), gaps


def _reference(kind: str, data: bytes) -> bytes:
    tool = shutil.which(_TOOLS[kind])
    if tool is None:
        pytest.skip(f"{_TOOLS[kind]} is not on this machine")
    return subprocess.run([tool, "-dc"], input=data, capture_output=True, check=False).stdout


def _byte_by_byte(data: bytes) -> bytes:
    """Feed single bytes; GNU gzip is no oracle of damage: it makes up what a distance lacks."""
    inflate, parts = zlib.decompressobj(wbits=31), bytearray()
    with suppress(zlib.error):
        for at in range(len(data)):
            parts += inflate.decompress(data[at : at + 1])
    return bytes(parts)


@pytest.mark.parametrize("kind", PACKED)
def test_the_whole_is_unpacked(kind: str) -> None:
    assert _read(PACKED[kind]) == (TEXT, [])


@pytest.mark.parametrize("kind", PACKED)
@settings(max_examples=15)
@given(data=st.data())
def test_a_cut_at_any_byte_keeps_what_the_reference_gives(kind: str, data: st.DataObject) -> None:
    whole = PACKED[kind]
    cut = whole[
        : data.draw(st.integers(12, len(whole) - 1) | st.integers(1, 40).map(len(whole).__sub__))
    ]
    found, gaps = _read(cut)
    assert TEXT.startswith(found)
    assert len(found) >= len(_reference(kind, cut))
    if kind != "zstd" or found != TEXT[:200_000]:  # else the cut may lie between two frames
        assert [(gap.offset, gap.reason) for gap in gaps] == [(len(found), "truncated")]


def _is_whole(data: bytes) -> bool:
    """Tell whether nothing is lost: the last bits of what is packed say nothing."""
    try:
        return gzip.decompress(data) == TEXT
    except (OSError, EOFError, zlib.error):
        return False


@settings(max_examples=20)
@given(st.integers(20, len(PACKED["gzip"]) - 1), st.integers(1, 255))
@example(len(PACKED["gzip"]) - 9, 0x80)
def test_damage_at_any_byte_keeps_what_zlib_gives(at: int, bits: int) -> None:
    damaged = bytearray(PACKED["gzip"])
    damaged[at] ^= bits
    found, gaps = _read(bytes(damaged))
    assert found == _byte_by_byte(bytes(damaged))
    assert [gap.offset for gap in gaps] == ([] if _is_whole(bytes(damaged)) else [len(found)])


@pytest.mark.parametrize("kind", PACKED)
def test_zeros_behind_are_padding(kind: str) -> None:
    if kind != "zstd":
        assert _read(PACKED[kind] + bytes(1024)) == (TEXT, [])


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("left", [600, 100_000, len(TEXT) - 1])
def test_a_cut_tar_keeps_what_there_is_of_its_member(
    pack: Callable[[bytes], bytes], left: int
) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as writer:
        info = tarfile.TarInfo("var/log/syslog")
        info.size = len(TEXT)
        writer.addfile(info, io.BytesIO(TEXT))
    cut = pack(file.getvalue()[: 512 + left])
    found, gaps = _read(cut)
    assert found == TEXT[:left]
    assert gaps
    if pack is gzip.compress:
        found, gaps = _read(gzip.compress(file.getvalue(), mtime=0)[:-20_000])
        assert TEXT.startswith(found)
        assert len(found) > len(TEXT) // 2
        assert gaps[0].offset == len(found)


@pytest.mark.parametrize("left", [0, 1, 511])
def test_a_tar_that_is_cut_at_a_header_says_so(left: int) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as writer:
        for name in ("a", "b"):
            info = tarfile.TarInfo(name)
            info.size = 512
            writer.addfile(info, io.BytesIO(b"x" * 512))
    found, gaps = _read(file.getvalue()[: 1024 + left])
    assert found == b"x" * 512
    assert len(gaps) == (left > 0)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2])
def test_a_member_with_a_wrong_checksum_is_given_whole(method: int) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as writer:
        writer.writestr("log", TEXT)
        crc = writer.getinfo("log").CRC
    data = file.getvalue().replace(crc.to_bytes(4, "little"), bytes(4))
    found, gaps = _read(data)
    assert found == TEXT
    assert [(gap.offset, gap.reason) for gap in gaps] == [(len(TEXT), "damaged")]
