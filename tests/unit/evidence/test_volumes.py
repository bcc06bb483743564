"""Disk images, where the optional library is there, and what is said where it is not."""

import shutil
import struct
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from sidelight.evidence import volumes
from sidelight.evidence.inventory import survey
from sidelight.evidence.reading import read_task
from sidelight.evidence.reopening import Opened, reopen
from sidelight.schema import Frame, Gap, want_all
from triad_cases import lay, triads


def _table(*rows: tuple[int, int, int]) -> bytes:
    table = b"".join(struct.pack("<BBHBBHII", 0, 0, 0, sort, 0, 0, a, b) for sort, a, b in rows)
    return b"\0" * 446 + table.ljust(64, b"\0") + b"\x55\xaa" + b"\0" * (1 << 16)


@pytest.mark.parametrize(
    ("head", "sort"),
    [
        (b"QFI\xfb\0\0\0\3", "qcow2"),
        (b"KDMV\1\0\0\0", "vmdk"),
        (b"vhdxfile", "vhdx"),
        (b"EVF\x09\x0d\x0a\xff\x00", "E01"),
        (b"\xeb\x52\x90NTFS    ", "raw"),
        (b"\0" * 1080 + b"\x53\xef", "raw"),
        (_table((7, 2048, 4096)), "raw"),
        (_table(), ""),
        (_table((0, 2048, 4096)), ""),
        (b"", ""),
    ],
)
def test_images_are_known_by_their_first_bytes(head: bytes, sort: str) -> None:
    assert volumes.image_sort(head) == sort


def test_without_the_library_an_image_is_a_gap_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dissect.target", None)
    path = tmp_path / "a.qcow2"
    path.write_bytes(b"QFI\xfb" + b"\0" * 600)
    (gap,) = volumes.files(str(path))
    assert isinstance(gap, Gap)
    assert (gap.reason, "'.[dissect]'" in gap.text) == ("unsupported", True)


def test_an_image_that_nobody_named_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidelight.evidence.inventory.can_open", lambda: False)
    (tmp_path / "a.qcow2").write_bytes(b"QFI\xfb" + b"\0" * 600)
    found = survey([str(tmp_path)])
    assert [gap.reason for gap in found.gaps] == ["foreign"]
    named = survey([str(tmp_path / "a.qcow2")])
    assert [span.format for task in named.tasks for span in task.spans] == ["image"]


@pytest.mark.skipif(
    not find_spec("dissect") or not volumes.can_open(), reason="dissect.target is not installed"
)
@pytest.mark.skipif(not shutil.which("mkfs.ext4"), reason="mkfs.ext4 is not installed")
def test_an_image_gives_the_files_that_were_put_into_it(tmp_path: Path) -> None:
    files = triads()["renamed"]
    lay(tmp_path / "tree" / "Users", {"a": files})
    image = tmp_path / "a.raw"
    with image.open("wb") as file:
        file.truncate(8 << 20)
    command = ["mkfs.ext4", "-q", "-d", str(tmp_path / "tree"), str(image)]
    subprocess.run(command, check=True, capture_output=True)
    found = survey([str(image)])
    items = [item for task in found.tasks for item in read_task(task, want_all)]
    frames = [item for item in items if isinstance(item, Frame)]
    sources = {name for frame in frames for name in frame.sources}
    assert {name.rpartition("/")[2] for name in sources} == set(files)
    again = [each for each in reopen(sources, found.inputs) if isinstance(each, Opened)]
    assert {each.source.rpartition("/")[2]: each.data for each in again} == files
    assert all(each.modified for each in again)
