"""The file tree of a Linux host, as far as the dynamic loader is concerned, and how to ask it.

Paths are those of the host, from its root on. Sources: ld.so(8); ldconfig(8); hier(7).
"""

import re
from collections.abc import Iterator
from dataclasses import field
from posixpath import basename, dirname, normpath
from typing import Final

from sidelight.host.collect import Owners
from sidelight.host.elf_file import ElfFile
from sidelight.host.places import is_closed, place_of
from sidelight.host.process import File
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

SETUID: Final = 0o6000
_OTHERS: Final = 0o002
_DEFAULTS: Final = re.compile(r"(?:/usr)?/lib(?:32|64|x32)?(?:/[\w-]+-linux-[\w-]+)?")
_COMMENT: Final = re.compile(rb"#.*")
_MANY: Final = 64


@dataclass(frozen=True, slots=True)
class Node:
    """An ELF file.

    Args:
        mode: permissions, and whether it is setuid or setgid.
        uid: of its owner; -1 where that says nothing.
        modified: UTC nanoseconds, or `NO_TIME`.
    """

    path: str
    elf: ElfFile
    mode: int = 0o755
    uid: int = -1
    modified: int = NO_TIME


@dataclass(slots=True)
class Tree:
    """What a tree holds.

    Args:
        nodes: ELF files by path.
        folders: permissions and owner of those folders that are known.
        preload: what /etc/ld.so.preload holds; None where there is none.
        settings: /etc/ld.so.conf and the files that it includes, by path.
        owners: package databases; without one, who owns what is not known.
    """

    host: str | None = None
    nodes: dict[str, Node] = field(default_factory=dict)
    folders: dict[str, tuple[int, int]] = field(default_factory=dict)
    preload: bytes | None = None
    settings: dict[str, bytes] = field(default_factory=dict)
    owners: Owners | None = None
    _named: dict[tuple[str, str], Node] = field(default_factory=dict)

    def add(self, node: Node) -> None:
        """Add a file; it is found by its own name and by the one that others ask for it by."""
        self.nodes[node.path] = node
        folder = _merged(dirname(node.path))
        for name in {basename(node.path), node.elf.soname} - {""}:
            self._named.setdefault((folder, name), node)

    def find(self, path: str) -> Node | None:
        """Find a library by its path, through the links that packages and ldconfig set."""
        return self.nodes.get(path) or self._named.get((_merged(dirname(path)), basename(path)))

    def file(self, path: str) -> File:
        """Give what is known of a file."""
        node = self.find(path)
        mode, uid = self.folders.get(dirname(node.path if node else path), (None, None))
        owner = None if self.owners is None else self.owners.of(node.path if node else path)
        permissions = node.mode if node else None
        return File(
            path,
            "same" if node else "none",
            owner,
            permissions,
            mode,
            uid,
            uid=node.uid if node else None,
            folders=self._above(dirname(node.path if node else path)),
        )

    def _above(self, folder: str) -> tuple[tuple[int, int], ...] | None:
        """Give permissions and owner of a folder and all above it; None where one is not known."""
        known: list[tuple[int, int]] = []
        while folder in self.folders:
            known.append(self.folders[folder])
            if folder == "/":
                return tuple(reversed(known))
            folder = dirname(folder)
        return None

    def is_open(self, folder: str) -> bool:
        """Tell whether everybody may write into a folder, or make it where there is none."""
        place, above = place_of(f"{folder}/"), self._above(folder)
        if place != "other":
            return place == "memory" or above is None or not is_closed(above)
        while folder not in self.folders and folder not in {"/", ""}:
            folder = dirname(folder)
        return bool(self.folders.get(folder, (0, 0))[0] & _OTHERS)

    def is_writable(self, node: Node, by: frozenset[int]) -> bool:
        """Tell whether somebody else than the users *by* may change a file or put another there."""
        folder = self.folders.get(dirname(node.path), (0, 0))
        return any(mode & _OTHERS or uid not in by for mode, uid in (folder, (node.mode, node.uid)))

    def searched(self) -> list[tuple[str, str]]:
        """Give the folders that ld.so.conf names, each with the file that names it."""
        found: list[tuple[str, str]] = []
        for path, text in sorted(self.settings.items()):
            for line in _COMMENT.sub(b"", text).splitlines():
                words = re.split("[:,\\s]+", line.decode("utf-8", "backslashreplace").strip())
                if words[0] not in {"include", "hwcap"}:
                    found += [(normpath(word), path) for word in words if word[:1] == "/"]
        return found

    def preloads(self) -> list[str]:
        """Give the libraries that /etc/ld.so.preload names."""
        words = re.split(rb"[\s:]+", _COMMENT.sub(b"", self.preload or b""))
        names = [word.decode("utf-8", "backslashreplace") for word in words if word][:_MANY]
        return [self._anywhere(name) if "/" not in name else name for name in names]

    def _anywhere(self, name: str) -> str:
        """Find a library that is named without its folder."""
        folders = [*(folder for folder, _ in self.searched()), *self._defaults()]
        found = (self._named.get((_merged(folder), name)) for folder in folders)
        return next((node.path for node in found if node is not None), name)

    def _defaults(self) -> list[str]:
        return sorted({folder for folder, _ in self._named if is_default(folder)})

    def of(self, node: Node, name: str, folders: list[str]) -> Node | None:
        """Find the library *name* as the loader does for *node*.

        That is in the folders of the file, then in *folders*, then where libraries are by default.
        """
        own = [folder for folder in own_folders(node) if folder.startswith("/")]
        places = [*own, *folders, *self._defaults()]
        candidates = (self._named.get((_merged(each), name)) for each in places)
        return next((found for found in candidates if found is not None), None)


def own_folders(node: Node) -> Iterator[str]:
    """Give where a file has libraries searched for; what is relative stays so."""
    for folder in node.elf.folders:
        text = re.sub(r"\$\{?ORIGIN\}?", lambda _: dirname(node.path), folder)
        text = re.sub(r"\$\{?LIB\}?", "lib", text)
        yield normpath(text) if text.startswith("/") else text


def is_default(folder: str) -> bool:
    """Tell whether the loader looks into a folder without being told to."""
    return _DEFAULTS.fullmatch(folder) is not None


def _merged(folder: str) -> str:
    """Give one name for /lib and /usr/lib, which are the same folder on merged systems."""
    return folder.removeprefix("/usr") if is_default(folder) else folder
