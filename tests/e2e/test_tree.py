"""A mounted file tree, and an archive of one, are hunted as a person does it."""

import json
import tarfile
from pathlib import Path

import pytest

from elf_writer import elf_of

from .conftest import CommandLine

QUIET = ("--quiet", "--format", "jsonl", "--no-times")
LOG = b"Jan  2 03:04:05 node7 sshd[7]: Accepted publickey for root from 192.0.2.1 port 1 ssh2\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "etc/hostname": b"node7\n",
        "etc/ld.so.preload": b"/usr/lib/q.so\n",
        "usr/lib/q.so": elf_of(soname="q"),
        "usr/lib/libz.so.1.3": elf_of(soname="libz.so.1"),
        "var/lib/dpkg/info/zlib1g.list": b"/usr/lib/libz.so.1.3\n",
        "var/log/auth.log": LOG,
    }
    for name, data in files.items():
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / name).write_bytes(data)
    return tmp_path / "root"


def test_a_tree_is_hunted_together_with_its_logs(
    sidelight: CommandLine, root: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "root.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(root, "node7")
    for path in (root, archive):
        ran = sidelight("hunt", path, *QUIET)
        told = [json.loads(line) for line in ran.out.splitlines()]
        (finding,) = [line for line in told if "host.tree-sideload" in str(line.get("rules"))]
        assert ran.code == 1
        assert finding["host"] == "node7"
        assert "loaded into every program; no package owns it" in json.dumps(finding)
        assert "auth.log" in json.dumps(told)


def test_a_tree_in_which_nothing_is_odd_was_looked_at(sidelight: CommandLine, root: Path) -> None:
    (root / "etc/ld.so.preload").unlink()
    (root / "usr/lib/q.so").unlink()
    (root / "var/log/auth.log").unlink()
    ran = sidelight("hunt", root)
    assert ran.code == 0
    assert b"1 event \xc2\xb7 1 host" in ran.out
    assert b"1 event was read: a look at hosts found nothing odd" in ran.out


def test_what_a_tree_tells_by_is_not_passed_over(sidelight: CommandLine, root: Path) -> None:
    """Neither what the loader is told nor a library; a file that nothing looks at is."""
    (root / "etc/motd").write_bytes(b"welcome")
    told = [json.loads(line) for line in sidelight("hunt", root, *QUIET).out.splitlines()]
    (coverage,) = (line for line in told if line["kind"] == "coverage")
    passed = {gap["source"] for gap in coverage["gaps"] if "no format" in gap["text"]}
    assert passed == {str(root / "etc/motd")}


def test_logs_alone_are_hunted_as_before(sidelight: CommandLine, root: Path) -> None:
    """A folder of logs has no tree in it, and nothing is said of one."""
    ran = sidelight("hunt", root / "var/log", *QUIET)
    assert ran.code == 0
    assert b"Linux file tree" not in ran.out
    assert b"host.tree" not in ran.out
