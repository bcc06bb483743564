"""What may block or never end is no evidence, whatever it is called."""

import os
import socket
import sys
from pathlib import Path

import pytest

from sidelight.evidence import opening
from sidelight.evidence.host.trees import read_tree
from sidelight.evidence.inventory import survey
from sidelight.evidence.opening import open_regular

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "version.dll"
    os.mkfifo(path)
    return path


def test_a_pipe_is_not_waited_for(pipe: Path) -> None:
    with pytest.raises(OSError, match="is not a regular file"):
        open_regular(str(pipe))


def test_pipes_sockets_and_devices_in_a_folder_are_passed_over_and_said(pipe: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(pipe.with_name("s.log")))
    (pipe.parent / "zero").symlink_to("/dev/zero")
    (pipe.parent / "a.json").write_text("{}\n")
    found = survey([str(pipe.parent)])
    assert [Path(each.path).name for each in found.inputs] == ["a.json"]
    told = {Path(gap.source).name: gap.text for gap in found.gaps if gap.reason == "foreign"}
    assert {"version.dll", "s.log"} == {n for n, text in told.items() if "pipe, socket" in text}
    assert "is a link" in told["zero"]


def test_a_pipe_that_is_named_is_no_file(pipe: Path) -> None:
    [gap] = survey([str(pipe)]).gaps
    assert (gap.reason, gap.text) == ("unsupported", "is not a regular file")


@linux
@pytest.mark.parametrize("path", ["/proc", "/proc/", "/proc/kmsg", "/proc/self/task", "/sys"])
def test_what_the_kernel_shows_is_no_evidence(path: str) -> None:
    found = survey([path])
    assert (found.inputs, found.tasks) == ([], [])
    assert [(gap.source, gap.reason) for gap in found.gaps] == [(path, "unsupported")]


@linux
def test_a_mount_of_it_inside_a_tree_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("etc", "usr", "var/lib/box/rootfs/proc"):
        (tmp_path / name).mkdir(parents=True)
    inner = tmp_path / "var/lib/box/rootfs/proc"
    (inner / "kmsg.so").write_bytes(b"\x7fELF")
    proc = os.lstat("/proc").st_dev
    seen = os.lstat

    def lstat(path: str | Path) -> os.stat_result:
        status = seen(path)
        inside = str(path).startswith(str(inner))
        return os.stat_result((*status[:2], proc, *status[3:])) if inside else status

    monkeypatch.setattr(os, "lstat", lstat)
    opened: list[str] = []
    monkeypatch.setattr(opening, "_opener", lambda path, _: opened.append(path))
    found = survey([str(tmp_path)])
    assert [gap.reason for gap in found.gaps if gap.source == str(inner)] == ["foreign"]
    tree, gaps = read_tree(str(tmp_path))
    assert (gaps, opened) == ([], [])
    assert str(inner)[len(str(tmp_path)) :] not in tree.folders


def test_mounts_are_told_by_their_type() -> None:
    lines = (
        rb"22 1 0:21 / /proc rw,nosuid - proc proc rw",
        rb"23 1 0:22 /a\040b /x\040y rw shared:7 master:2 - tracefs none rw",
        rb"24 1 254:1 / / rw - ext4 /dev/vda1 rw",
        b"broken",
        b"",
    )
    found = set(opening._shown(b"\n".join(lines)))
    assert found == {os.makedev(0, 21), os.makedev(0, 22)}
