"""A zip without its directory gives what lies before the damage, and says that it has none."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.evidence import archive
from sidelight.evidence.archive import Member, expand, expand_zip
from sidelight.evidence.inventory import survey
from sidelight.evidence.stream import Stream
from sidelight.evidence.zip_remains import remains
from sidelight.schema import Gap

MEMBERS = {f"logs/{name}.log": f"{name} is well\n".encode() * 300 for name in "abc"}
METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]


class _Pipe(io.BytesIO):
    """Takes a zip whose writer cannot go back, so lengths stand behind the members."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise OSError("no")

    def tell(self) -> int:
        raise OSError("no")


def packed(method: int, members: dict[str, bytes] = MEMBERS, *, piped: bool = False) -> bytes:
    file = _Pipe() if piped else io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as writer:
        for name, data in members.items():
            writer.writestr(name, data)
    return file.getvalue()


def undirected(data: bytes) -> bytes:
    """Leave the directory out."""
    return data[: data.index(b"PK\x01\x02")]


def read(data: bytes) -> tuple[dict[str, bytes], list[Gap]]:
    found, gaps = {}, []
    for item in expand("x", io.BytesIO(data)):
        if isinstance(item, Gap):
            gaps.append(item)
        else:
            stream = Stream(item.name, item.raw)
            found[item.name.removeprefix("x!")] = stream.read(1 << 30)
            gaps += stream.gaps
    return found, gaps


@pytest.mark.parametrize("method", METHODS)
def test_without_a_directory_all_members_are_read_and_that_is_said(method: int) -> None:
    found, (gap,) = read(undirected(packed(method)))
    assert found == MEMBERS
    assert (gap.source, gap.offset, gap.reason) == ("x", 0, "damaged")
    assert "directory is damaged or missing" in gap.text
    assert "3 members were found" in gap.text


@pytest.mark.parametrize("at", [0, 16, 24, 46])
def test_a_damaged_directory_is_none(at: int) -> None:
    data = bytearray(packed(zipfile.ZIP_DEFLATED))
    data[data.index(b"PK\x01\x02") + at] ^= 0xFF
    found, gaps = read(bytes(data))
    assert found == MEMBERS or gaps
    assert all(MEMBERS[name].startswith(text) for name, text in found.items())


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_lengths_behind_members_are_not_needed_to_unpack(method: int) -> None:
    assert read(undirected(packed(method, piped=True)))[0] == MEMBERS


def test_a_stored_member_without_a_length_is_a_gap_of_its_own() -> None:
    found, gaps = read(undirected(packed(zipfile.ZIP_STORED, piped=True)))
    assert found == {}
    assert [gap.source for gap in gaps] == [*(f"x!{name}" for name in MEMBERS), "x"]
    assert "nothing tells where it ends" in gaps[0].text


@pytest.mark.parametrize("method", METHODS)
@given(st.data())
def test_cut_at_any_byte_what_lies_before_is_read(method: int, data: st.DataObject) -> None:
    whole = packed(method)
    ends = [match - 1 for match in _starts(whole)[1:]] + [whole.index(b"PK\x01\x02") - 1]
    at = data.draw(st.integers(4, len(whole) - 1))
    found, gaps = read(whole[:at])
    for (name, text), end in zip(MEMBERS.items(), ends, strict=True):
        if end < at:
            assert found[name] == text
        else:
            assert text.startswith(found.get(name, b""))
    assert gaps


def _starts(data: bytes) -> list[int]:
    return [at for at in range(len(data)) if data.startswith(b"PK\x03\x04", at)]


@given(st.sampled_from(METHODS), st.data())
def test_flipped_anywhere_it_is_members_and_gaps(method: int, data: st.DataObject) -> None:
    whole = bytearray(undirected(packed(method)))
    at = data.draw(st.integers(4, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    found, gaps = read(bytes(whole))
    assert gaps
    # One header and one member at most are touched by it.
    assert sum(found.get(name) == text for name, text in MEMBERS.items()) >= 2


def test_a_zip_in_a_zip_that_is_cut_does_not_stand_for_it() -> None:
    inner = packed(zipfile.ZIP_STORED, {"deep.log": b"deep\n" * 9})
    whole = packed(zipfile.ZIP_STORED, {"a.log": b"first\n" * 9, "b.zip": inner})
    found, gaps = read(undirected_outer(whole, inner))
    assert found == {"a.log": b"first\n" * 9, "b.zip!deep.log": b"deep\n" * 9}
    assert [gap.source for gap in gaps] == ["x"]


def undirected_outer(whole: bytes, inner: bytes) -> bytes:
    return whole[: whole.index(inner) + len(inner)]


def test_a_zip_in_a_cut_zip_is_read_as_far_as_it_goes() -> None:
    inner = packed(zipfile.ZIP_DEFLATED)
    outer = packed(zipfile.ZIP_DEFLATED, {"in.zip": inner})
    found, gaps = read(outer[: outer.index(b"PK\x01\x02") - 40])
    assert found["in.zip!logs/a.log"] == MEMBERS["logs/a.log"]
    assert {gap.source for gap in gaps} >= {"x", "x!in.zip"}


def test_members_may_lie_behind_a_program(tmp_path: Path) -> None:
    """As in an archive that unpacks itself: none stands at the beginning, and none is missing."""
    path = tmp_path / "x.exe"
    path.write_bytes(b"MZ" + bytes(100) + packed(zipfile.ZIP_DEFLATED))
    assert archive.zip_members(str(path)) == [(name, len(data)) for name, data in MEMBERS.items()]


def test_what_is_refused_of_a_whole_zip_is_refused_of_its_remains(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archive, "FLOOR", 1 << 16)
    data = packed(zipfile.ZIP_DEFLATED, {"../up": b"up", "bomb": bytes(8 << 20), "z": b"end\n"})
    found, gaps = read(undirected(data))
    assert found["z"] == b"end\n"
    assert len(found["bomb"]) < 8 << 20
    assert "../up" not in found
    assert [gap.reason for gap in gaps] == ["refused", "refused", "damaged"]


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(undirected(packed(zipfile.ZIP_STORED, {"a": b"secret"})))
    data[6] |= 1
    found, gaps = read(bytes(data))
    assert (found, "encrypted" in gaps[0].text) == ({}, True)


def test_an_unknown_method_is_refused() -> None:
    data = bytearray(undirected(packed(zipfile.ZIP_STORED, {"a": b"text", "b": b"text"})))
    struct.pack_into("<H", data, 8, 93)
    found, gaps = read(bytes(data))
    assert found == {"b": b"text"}
    assert "method 93" in gaps[0].text


def test_a_wrong_checksum_is_told() -> None:
    data = bytearray(undirected(packed(zipfile.ZIP_STORED, {"a": b"text"})))
    assert struct.unpack_from("<I", data, 14)[0] == zlib.crc32(b"text")
    data[14] ^= 1
    found, gaps = read(bytes(data))
    assert found == {"a": b"text"}
    assert "checksum" in gaps[0].text


def test_a_length_beyond_4_gib_stands_in_the_extra_field() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as writer, writer.open("a", "w", force_zip64=True) as member:
        member.write(b"long")
    data = file.getvalue()
    assert struct.unpack_from("<I", data, 18)[0] == 0xFFFFFFFF
    assert read(undirected(data))[0] == {"a": b"long"}


def test_what_is_no_zip_beyond_its_first_bytes_is_one_gap() -> None:
    found, (gap,) = read(b"PK\x03\x04" + b"rubbish" * 9)
    assert (found, gap.reason) == ({}, "damaged")


def test_it_is_surveyed_and_read_again_by_name(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(undirected(packed(zipfile.ZIP_DEFLATED)))
    inventory = survey([str(path)])
    assert [span.only for task in inventory.tasks for span in task.spans] == [frozenset()]
    assert inventory.gaps == []
    found = expand_zip(str(path), frozenset({"logs/b.log"}), name="x")
    assert [each.name for each in found if isinstance(each, Member)] == ["x!logs/b.log"]


def test_members_that_lie_in_each_other_are_not_read_without_end() -> None:
    """Each unpacks all that follows, as a quoted block, and fails at its end only."""
    data, count = b"", 300
    for number in range(count):
        name = b"%d" % number
        fields = 20, 8, 8, 0, 0, 0, 0, 0, len(name), 0
        head = struct.pack("<4s5H3I2H", b"PK\x03\x04", *fields) + name
        data = head + struct.pack("<BHH", 0, len(data), len(data) ^ 0xFFFF) + data
    found, gaps = read(data)
    assert len(found) < count
    assert sum(map(len, found.values())) < 8 * len(data)
    assert gaps[-1].reason == "refused"
    assert "lie in each other" in gaps[-1].text


@pytest.mark.parametrize("length", [1 << 40, 1 << 62, 1 << 63, (1 << 64) - 1])
def test_a_length_that_no_file_has_hides_nothing_behind_it(length: int, tmp_path: Path) -> None:
    data = bytearray(undirected(packed(zipfile.ZIP_STORED, {"a": b"text", "b": b"more"})))
    struct.pack_into("<I", data, 18, 0xFFFFFFFF)
    struct.pack_into("<H", data, 28, 20)
    data[31:31] = struct.pack("<2H2Q", 1, 16, 4, length)
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    found = {
        each.name.removeprefix("x!"): Stream(each.name, each.raw).read(1 << 20)
        for each in expand_zip(str(path), frozenset("ab"), name="x")
        if isinstance(each, Member)
    }
    assert found == {"a": b"text", "b": b"more"}


def test_members_that_lie_close_are_not_searched_for_in_all_that_follows() -> None:
    """That would take time by the square of their number, up to a large block."""
    data = undirected(packed(zipfile.ZIP_STORED, {str(each): b"" for each in range(2000)}))
    file = _Metered(data)
    assert len(list(remains(file, archive.Bounded))) == 2000
    assert file.given < 20 * len(data)


class _Metered(io.BytesIO):
    given = 0

    def read(self, size: int | None = -1, /) -> bytes:
        part = super().read(size)
        self.given += len(part)
        return part
