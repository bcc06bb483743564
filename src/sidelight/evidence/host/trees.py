"""File trees of Linux hosts: mounted, unpacked, or in an archive.

A folder is taken for the root of one where it has ``etc``, ``usr`` and ``var``. What is looked
at are ELF files, what the dynamic loader is told, and package databases; logs in a tree are read
like any other. No link is followed out of it.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field, replace
from typing import Final

from sidelight.evidence.archive import Member
from sidelight.evidence.host.rows import HOST, file_event
from sidelight.evidence.opening import is_shown_by_kernel, open_regular
from sidelight.evidence.roots import Names, is_root
from sidelight.evidence.rows import Sheet, clean
from sidelight.evidence.stream import Stream
from sidelight.host.collect import Owners
from sidelight.host.elf_file import MAGIC, read_elf
from sidelight.host.tree import Node, Tree
from sidelight.host.tree_marks import judge_tree
from sidelight.schema import NO_TIME, Frame, Gap, Wanted
from sidelight.values import dataclass

_KERNEL: Final = frozenset({"proc", "sys"})
_OPEN: Final = ("/tmp", "/var/tmp", "/dev/shm", "/run")  # noqa: S108 - names to look for
_PRELOAD: Final = "/etc/ld.so.preload"
_SETTINGS: Final = re.compile(r"/etc/ld\.so\.conf(?:\.d/[^/]+\.conf)?")
_LISTED: Final = re.compile(r"/var/lib/dpkg/info/([^/]+)\.list")
_INSTALLED: Final = "/lib/apk/db/installed"
_DATABASES: Final = (
    "var/lib/dpkg/info",
    "lib/apk/db/installed",
    "var/lib/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
)
_TEXT_BYTES: Final = 64 << 20
_ELF_BYTES: Final = 64 << 20


def sniff(head: bytes) -> bool:
    """Recognise nothing: a tree is no file."""
    del head
    return False


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield a row for each tree that a stream names, and for everything odd in it.

    Streams are empty. Rows are of the host, at the time that the file was last written.
    """
    sheet = Sheet(wanted)
    for stream in streams:
        tree, gaps = read_tree(stream.source)
        yield from gaps
        if tree.folders:
            add_rows(sheet, stream.source, tree)
    yield from sheet.frames()


def add_rows(sheet: Sheet, source: str, tree: Tree) -> None:
    """Add a row for *tree*, so that one in which nothing is odd was looked at, and what is odd."""
    sheet.add(HOST, source, 0, NO_TIME, tree.host, file_event("/", ()))
    for number, (path, marks) in enumerate(judge_tree(tree), 1):
        node = tree.nodes.get(path)
        time = node.modified if node is not None else NO_TIME
        sheet.add(HOST, source, number, time, tree.host, file_event(path, marks))


def read_tree(root: str) -> tuple[Tree, list[Gap]]:
    """Read the tree below the folder *root*; what may not be read is a gap."""
    gaps: list[Gap] = []

    def deny(error: OSError) -> None:
        gaps.append(Gap(str(error.filename), 0, "denied", error.strerror or str(error)))

    tree = Tree(owners=_owners(root))
    real = _uid(root) == 0
    for folder, folders, names in os.walk(root, onerror=deny):
        at = folder[len(root.rstrip("/")) :] or "/"
        if at != "/" and is_root(folders):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if at != "/" or name not in _KERNEL)
        with _told(deny):
            status = os.lstat(folder)
            if is_shown_by_kernel(status.st_dev):
                folders.clear()
                continue
            tree.folders[at] = (status.st_mode, status.st_uid if real else -1)
        for name in sorted(names):
            with _told(deny):
                _take(tree, f"{folder}/{name}", f"{at.rstrip('/')}/{name}", real=real)
    return tree, gaps


def _owners(root: str) -> Owners | None:
    """Read the package databases, unless links lead to those of this host."""
    real = os.path.realpath(root).rstrip("/")
    places = [os.path.realpath(f"{root}/{name}") for name in _DATABASES]
    if not all(place.startswith(f"{real}/") for place in places):
        return None
    owners = Owners(root)
    return owners if owners.names else None


@contextmanager
def _told(tell: Callable[[OSError], None]) -> Iterator[None]:
    """Hand an error of the file system on."""
    try:
        yield
    except OSError as error:
        tell(error)


def _uid(path: str) -> int:
    try:
        return os.lstat(path).st_uid
    except OSError:
        return -1


def _take(tree: Tree, file: str, path: str, *, real: bool) -> None:
    """Take a file of a folder that may matter."""
    status = os.lstat(file)
    setting = _is_setting(path)
    if not stat.S_ISREG(status.st_mode):
        return
    if not (setting or status.st_mode & 0o111 or ".so" in path or path.startswith(_OPEN)):
        return
    with open_regular(file) as opened:
        if setting:
            _take_setting(tree, path, opened.read(_TEXT_BYTES))
            return
        number = opened.fileno()
        elf = read_elf(lambda offset, size: os.pread(number, size, offset))
    if elf is not None:
        owner = status.st_uid if real else -1
        tree.add(Node(path, elf, status.st_mode & 0o7777, owner, status.st_mtime_ns))


def _is_setting(path: str) -> bool:
    known = path in {_PRELOAD, "/etc/hostname"}
    return known or (path.startswith("/etc/ld.so.conf") and _SETTINGS.fullmatch(path) is not None)


def _take_setting(tree: Tree, path: str, data: bytes) -> None:
    if path == _PRELOAD:
        tree.preload = data
    elif path == "/etc/hostname":
        words = data[:256].decode("utf-8", "replace").split()
        tree.host = clean(words[0]) if words and not words[0].startswith("#") else None
    else:
        tree.settings[path] = data


@dataclass(slots=True)
class TreesInArchive:
    """The trees that the members of an archive make, if they make any.

    The root is that of the archive, or a folder in it. Links and folders are no members, so which
    folder everybody may write into is told by its name alone; of package databases those of dpkg
    and apk are read.

    Args:
        names: of all members, once they were all seen.
    """

    names: Names
    _nodes: list[Node] = field(default_factory=list)
    _texts: dict[str, bytes] = field(default_factory=dict)
    _unread: list[tuple[str, Gap]] = field(default_factory=list)

    def take(self, member: Member, gap: Gap) -> bool:
        """Take a member that may matter; *gap* says that nothing reads it, if no tree is found."""
        path = "/" + member.name.rpartition("!")[2].removeprefix("./").lstrip("/")
        below = path[1:].partition("/")[2]
        if member.head.startswith(MAGIC):
            data = Stream(member.name, member.raw).read(_ELF_BYTES)
            elf = read_elf(lambda offset, size: data[offset : offset + size])
            if elf is None:
                return False
            self._nodes.append(Node(path, elf, (member.mode or 0o755) & 0o7777))
        elif any(_is_setting(text) or _is_database(text) for text in (path, f"/{below}")):
            self._texts[path] = Stream(member.name, member.raw).read(_TEXT_BYTES)
        else:
            return False
        self._unread.append((path, gap))
        return True

    def finish(self, wanted: Wanted) -> Iterator[Frame | Gap]:
        """Yield what is odd in each tree, and that nothing reads members that belong to none."""
        roots, archive = self.names.roots(), self.names.archive
        inside = tuple(f"{root}/" for root in roots)
        yield from (gap for path, gap in self._unread if not path.startswith(inside))
        sheet = Sheet(wanted)
        for root in roots:
            source = f"{archive}!{root[1:]}" if root else archive
            add_rows(sheet, source, self._tree(root))
        yield from sheet.frames()

    def _tree(self, root: str) -> Tree:
        tree, owners = Tree(), Owners("/nowhere")
        for node in self._nodes:
            if node.path.startswith(f"{root}/"):
                tree.add(replace(node, path=node.path[len(root) :]))
        for path, data in self._texts.items():
            inner = path[len(root) :] if path.startswith(f"{root}/") else ""
            if found := _LISTED.fullmatch(inner):
                owners.add_dpkg(found[1], data)
                owners.names = ["dpkg"]
            elif inner == _INSTALLED:
                owners.add_apk(data)
                owners.names = ["apk"]
            elif _is_setting(inner):
                _take_setting(tree, inner, data)
        tree.owners = owners if owners.names else None
        return tree


def belongs(gap: Gap, roots: Iterable[str]) -> bool:
    """Tell whether what no reader of logs takes is looked at as a file of one of the *roots*."""
    inside = [root for root in roots if gap.source.startswith(f"{root.rstrip('/')}/")]
    if gap.reason != "foreign" or not inside or not os.path.isfile(gap.source):
        return False
    path = gap.source[len(max(inside, key=len).rstrip("/")) :]
    if _is_setting(path) or _is_database(path):
        return True
    try:
        with open(gap.source, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def _is_database(path: str) -> bool:
    return path == _INSTALLED or _LISTED.fullmatch(path) is not None
