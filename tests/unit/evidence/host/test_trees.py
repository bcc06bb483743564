"""File trees: in a folder, in archives, one in another, and what only looks like one."""

import io
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from elf_writer import elf_of
from sidelight.evidence.formats import READERS, TREE
from sidelight.evidence.inventory import survey
from sidelight.evidence.reading import Digest, Item, read_task
from sidelight.evidence.stream import Stream
from sidelight.schema import Event, Frame, Gap, want_all

FILES = {
    "etc/hostname": b"node7\n",
    "etc/ld.so.preload": b"/usr/lib/q.so\n",
    "etc/ld.so.conf": b"include /etc/ld.so.conf.d/*.conf\n",
    "etc/ld.so.conf.d/a.conf": b"/tmp/lib\n",
    "usr/lib/q.so": elf_of(soname="q"),
    "usr/lib/libz.so.1.3": elf_of(soname="libz.so.1"),
    "usr/bin/tool": elf_of(2, needed=("libz.so.1",), rpath="/tmp/lib"),
    "usr/bin/broken": b"\x7fELF\x02\x01" + bytes(70),
    "var/lib/dpkg/info/zlib1g:amd64.list": b"/usr/lib/libz.so.1.3\n/usr/bin/tool\n",
    "var/log/notes.txt": b"no log\n",
    "dev/shm/x": elf_of(2),
}
EXPECTED = {
    "/usr/lib/q.so": ["preload-everywhere"],
    "/tmp/lib": ["search-path"],
    "/usr/bin/tool": ["search-path"],
    "/dev/shm/x": ["program-in-memory-folder"],
}


def plant(root: Path, files: dict[str, bytes] | None = None) -> Path:
    for name, data in (FILES if files is None else files).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
        (root / name).chmod(0o755 if data[:4] == b"\x7fELF" else 0o644)
    return root


def packed(root: Path, archive: Path, prefix: str = "") -> Path:
    with tarfile.open(archive, "w:gz" if archive.suffix == ".gz" else "w") as tar:
        for path in sorted(root.rglob("*")):
            tar.add(path, prefix + str(path.relative_to(root)), recursive=False)
    return archive


def read(*paths: Path) -> list[Item]:
    inventory = survey([str(path) for path in paths])
    items: list[Item] = list(inventory.gaps)
    for task in inventory.tasks:
        items += read_task(task, want_all)
    return items


def rows(items: Iterable[Item]) -> list[Event]:
    frames = [item for item in items if isinstance(item, Frame) and item.kind.channel]
    return [event for frame in frames for event in frame.detail(np.arange(len(frame)))]


def marked(items: Iterable[Item]) -> dict[str, list[str]]:
    return {str(row["Subject"]): list(row["MarkIds"]) for row in rows(items) if "MarkIds" in row}


def test_a_tree_in_a_folder(tmp_path: Path) -> None:
    items = read(plant(tmp_path / "root"))
    assert marked(items) == EXPECTED
    (frame,) = [item for item in items if isinstance(item, Frame)]
    assert frame.sources == (str(tmp_path / "root"),)
    assert frame.host.values.to_pylist() == ["node7"]
    modified = (tmp_path / "root/usr/bin/tool").stat().st_mtime_ns
    assert modified in frame.time.tolist()
    digests = [item for item in items if isinstance(item, Digest)]
    assert [(each.source, each.format) for each in digests] == [(str(tmp_path / "root"), TREE)]


@pytest.mark.parametrize("prefix", ["", "./", "node7/"])
@pytest.mark.parametrize("name", ["root.tar", "root.tar.gz"])
def test_a_tree_in_an_archive(tmp_path: Path, prefix: str, name: str) -> None:
    """As in a folder; that /tmp/lib is searched is told by its name."""
    items = read(packed(plant(tmp_path / "root"), tmp_path / name, prefix))
    assert marked(items) == EXPECTED
    said = {gap.source.rpartition("!")[2]: gap.text for gap in items if isinstance(gap, Gap)}
    assert set(said) == {f"{prefix}var/log/notes.txt", f"{prefix}usr/bin/broken"}


def test_two_hosts_in_one_archive(tmp_path: Path) -> None:
    plant(tmp_path / "all/a")
    plant(tmp_path / "all/b", {**FILES, "etc/hostname": b"node8"})
    plant(tmp_path / "all/c", {"tool": elf_of(2)})
    items = read(packed(tmp_path / "all", tmp_path / "all.tar"))
    frames = [item for item in items if isinstance(item, Frame)]
    hosts = {host for frame in frames for host in frame.host.values.to_pylist()}
    assert hosts == {"node7", "node8"}
    assert len(rows(items)) == 2 * (1 + len(EXPECTED)), "a row for each tree, and what is odd"
    assert {source for frame in frames for source in frame.sources} == {
        f"{tmp_path}/all.tar!a",
        f"{tmp_path}/all.tar!b",
    }
    gaps = {item.source for item in items if isinstance(item, Gap)}
    assert f"{tmp_path}/all.tar!c/tool" in gaps, "what belongs to no tree is read by nothing"


@pytest.mark.parametrize("inside", ["", "node7/"])
def test_a_tree_whose_folders_hold_only_logs_is_one(tmp_path: Path, inside: str) -> None:
    """Names of members that a reader takes count, as they do in a folder."""
    log = b"Jan  2 03:04:05 node7 sshd[7]: Accepted publickey for root from 192.0.2.1 port 1 ssh2\n"
    files = {"etc/ld.so.preload": b"/usr/lib/q.so\n", "usr/log": log, "var/log/syslog": log}
    root = plant(tmp_path / "root" / inside, files)
    items = read(packed(tmp_path / "root", tmp_path / "root.tar"))
    assert marked(items) == marked(read(root))
    assert marked(items)
    assert not any(isinstance(item, Gap) for item in items)


def test_an_archive_without_a_tree_is_as_it_was(tmp_path: Path) -> None:
    """Every program in it is a file that nothing reads."""
    some = {name: data for name, data in FILES.items() if not name.startswith("var/")}
    items = read(packed(plant(tmp_path / "logs", some), tmp_path / "logs.tar"))
    gaps = [gap for gap in items if isinstance(gap, Gap)]
    assert rows(items) == []
    assert {gap.source.rpartition("!")[2] for gap in gaps} == set(some)
    assert {gap.reason for gap in gaps} == {"foreign"}


def test_a_folder_without_a_tree_is_as_it_was(tmp_path: Path) -> None:
    some = {name: data for name, data in FILES.items() if not name.startswith("usr/")}
    assert rows(read(plant(tmp_path / "logs", some))) == []
    assert not any(isinstance(item, Digest) for item in read(tmp_path / "logs"))


def test_a_tree_in_another_is_read_apart(tmp_path: Path) -> None:
    """As a container's: its files are not those of the outer host."""
    outer = plant(tmp_path / "root", {"etc/hostname": b"outer", "usr/x": b"", "var/x": b""})
    inner = plant(outer / "var/lib/containers/one")
    items = read(tmp_path)
    assert marked(items) == EXPECTED
    sources = {item.source for item in items if isinstance(item, Digest)}
    assert sources == {str(outer), str(inner)}


def test_logs_are_not_looked_for_among_programs(tmp_path: Path) -> None:
    """It is said once a folder; where programs are put by hand, logs may be."""
    files = {
        "etc/x": b"",
        "usr/share/a.json": b"",
        "usr/local/a.log": b"",
        "var/a": b"",
        "lib/a": b"",
    }
    root = plant(tmp_path / "root", files)
    (root / "bin").symlink_to("usr/bin")
    inventory = survey([str(tmp_path)])
    looked_at = {Path(each.path).relative_to(root) for each in inventory.inputs}
    assert looked_at == {Path("etc/x"), Path("usr/local/a.log"), Path("var/a")}
    told = {gap.source: gap.reason for gap in inventory.gaps if "programs" in gap.text}
    assert told == {str(root / "usr/share"): "foreign", str(root / "lib"): "foreign"}


def test_links_and_pipes_are_left_alone(tmp_path: Path) -> None:
    """A link may lead out of the tree, and a pipe may never end."""
    root = plant(tmp_path / "root", {"etc/x": b"", "usr/lib/x": b"", "var/x": b""})
    elsewhere = tmp_path / "elsewhere.so"
    elsewhere.write_bytes(elf_of())
    (root / "usr/lib/liba.so").symlink_to(elsewhere)
    (root / "tmp").mkdir()
    (root / "tmp/.hidden").symlink_to("/usr/bin")
    os.mkfifo(root / "tmp/pipe.so", 0o755)
    assert marked(read(root)) == {}


def test_databases_that_are_not_of_the_tree_are_left_alone(tmp_path: Path) -> None:
    """A link to those of another host, a pipe that never ends; then nothing is called unowned."""
    root = plant(tmp_path / "root", {**FILES, "usr/lib/stray.so": elf_of()})
    info = root / "var/lib/dpkg/info"
    os.mkfifo(info / "evil.list")
    (info / "link.list").symlink_to("/dev/zero")
    assert "/usr/lib/stray.so" in marked(read(root))
    info.rename(tmp_path / "elsewhere")
    info.symlink_to(tmp_path / "elsewhere")
    assert "/usr/lib/stray.so" not in marked(read(root))


def test_what_may_not_be_read_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = plant(tmp_path / "root")
    real = os.lstat

    def lstat(path: str) -> os.stat_result:
        if str(path).endswith("q.so"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr("sidelight.evidence.host.trees.os.lstat", lstat)
    items = list(READERS[TREE].read(iter([_named(root)]), want_all))
    (gap,) = [item for item in items if isinstance(item, Gap)]
    assert (gap.source, gap.reason) == (str(root / "usr/lib/q.so"), "denied")


def _named(root: Path) -> Stream:
    return Stream(str(root), io.BytesIO())


def test_a_tree_that_is_gone_is_a_gap() -> None:
    items = list(READERS[TREE].read(iter([_named(Path("/nowhere/at/all"))]), want_all))
    assert [type(item) for item in items] == [Gap]


def test_a_setuid_program_in_an_archive_keeps_its_mode(tmp_path: Path) -> None:
    files = {**FILES, "usr/bin/su": elf_of(2, needed=("libz.so.1",), rpath="lib")}
    root = plant(tmp_path / "root", files)
    (root / "usr/bin/su").chmod(0o4755)
    (row,) = [
        row for row in rows(read(packed(root, tmp_path / "a.tar"))) if row["Image"] == "/usr/bin/su"
    ]
    assert row["Points"] == "50"
