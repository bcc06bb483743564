"""Archives are read in place; hostile ones become gaps."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pytest

from sidelight.evidence import archive
from sidelight.evidence.archive import Member, expand, expand_zip
from sidelight.evidence.stream import Stream
from sidelight.schema import Gap

TEXT = b'{"a": 1}\n' * 1000


def _zip(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, data in members.items():
            writer.writestr(name, data)
    return file.getvalue()


def _tar(name: str, data: bytes, kind: bytes = tarfile.REGTYPE) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as writer:
        info = tarfile.TarInfo(name)
        info.size, info.type, info.linkname = len(data), kind, "/etc/passwd"
        writer.addfile(info, io.BytesIO(data))
    return file.getvalue()


def _contents(data: bytes) -> list[tuple[str, bytes] | Gap]:
    found: list[tuple[str, bytes] | Gap] = []
    for item in expand("x", io.BytesIO(data)):
        if isinstance(item, Gap):
            found.append(item)
        else:
            stream = Stream(item.name, item.raw)
            found.append((item.name, stream.read(1 << 30)))
            found += stream.gaps
    return found


def _zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(data)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, _zstd])
def test_a_compressed_file_is_read_under_its_own_name(pack) -> None:
    assert _contents(pack(TEXT)) == [("x", TEXT)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_a_member_of_a_tar_is_named_behind_an_exclamation_mark(pack) -> None:
    assert _contents(pack(_tar("logs/a.json", TEXT))) == [("x!logs/a.json", TEXT)]


def test_archives_in_archives_are_read() -> None:
    assert _contents(_zip(outer=_zip(inner=gzip.compress(TEXT)))) == [("x!outer!inner", TEXT)]


def test_archives_too_deep_in_archives_are_refused() -> None:
    data = TEXT
    for _ in range(archive.DEPTH + 1):
        data = gzip.compress(data)
    (gap,) = _contents(data)
    assert isinstance(gap, Gap)
    assert gap.reason == "refused"


def test_a_zip_bomb_is_refused_where_it_passes_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FLOOR", 1 << 20)
    name, data, packed = "x", b"", gzip.compress(bytes(8 << 20))
    for item in _contents(packed):
        if isinstance(item, Gap):
            assert (item.reason, item.source) == ("refused", name)
            break
        data = item[1]
    else:
        pytest.fail("the bomb was read to its end")
    assert len(data) <= archive.RATIO * len(packed)


def test_below_the_floor_any_ratio_is_allowed() -> None:
    assert _contents(gzip.compress(bytes(1 << 20))) == [("x", bytes(1 << 20))]


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../../b", "..\\evil", "C:\\evil"])
def test_a_member_that_leaves_the_archive_is_refused(name: str) -> None:
    for data in (_zip(**{name: TEXT}), _tar(name, TEXT)):
        (gap,) = _contents(data)
        assert isinstance(gap, Gap)
        assert (gap.reason, gap.source) == ("refused", f"x!{name}")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_link_or_device_in_a_tar_is_refused(kind: bytes) -> None:
    (gap,) = _contents(_tar("link", b"", kind))
    assert isinstance(gap, Gap)
    assert gap.reason == "refused"


def test_a_link_in_a_zip_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as writer:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        writer.writestr(info, "/etc/passwd")
    (gap,) = _contents(file.getvalue())
    assert isinstance(gap, Gap)
    assert gap.reason == "refused"


def test_a_cut_archive_gives_what_is_there_and_a_gap() -> None:
    packed = gzip.compress(bytes(range(256)) * 4096)
    (name, data), gap = _contents(packed[: len(packed) // 2])
    assert name == "x"
    assert (bytes(range(256)) * 4096).startswith(data)
    assert isinstance(gap, Gap)
    assert gap.reason == "truncated"


def test_a_damaged_member_does_not_hide_its_neighbours() -> None:
    data = bytearray(_zip(a=TEXT, b=TEXT))
    packed = zlib.compressobj(wbits=-15)
    body = packed.compress(TEXT) + packed.flush()
    data[data.index(body[:8]) + 4] ^= 0xFF
    names = {
        item[0] if not isinstance(item, Gap) else item.reason for item in _contents(bytes(data))
    }
    assert "x!b" in names
    assert "damaged" in names


def test_any_cut_or_flipped_archive_is_members_or_gaps() -> None:
    for data in (_zip(a=TEXT, b=TEXT), _tar("a", TEXT), gzip.compress(_tar("a", TEXT))):
        for at in range(0, len(data), max(1, len(data) // 97)):
            flipped = bytearray(data)
            flipped[at] ^= 0x55
            for mangled in (data[:at], bytes(flipped)):
                assert isinstance(_contents(mangled), list)


def test_only_the_asked_members_of_a_zip_are_given(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(_zip(a=TEXT, b=TEXT))
    names = [
        item.name
        for item in expand_zip(str(path), frozenset({"b"}), name="x.zip")
        if isinstance(item, Member)
    ]
    assert names == ["x.zip!b"]


def test_a_stub_that_is_cut_to_nothing_is_one_gap() -> None:
    (gap,) = _contents(gzip.compress(TEXT)[:12])
    assert isinstance(gap, Gap)
    assert (gap.offset, gap.reason) == (0, "truncated")
