"""Which folders are the root of a Linux host, and where in it no log can be."""

from collections.abc import Iterable
from dataclasses import field
from typing import Final

from sidelight.values import dataclass

FOLDERS: Final = frozenset({"etc", "usr", "var"})
"""Names that lie in every root (Filesystem Hierarchy Standard 3.0, chapter 3)."""


def is_root(names: Iterable[str]) -> bool:
    """Tell whether folders of these names lie in the root of a Linux host."""
    return FOLDERS.issubset(names)


@dataclass(slots=True)
class Names:
    """The names of all members of an archive, as far as they tell which folders are roots.

    Args:
        archive: its name, with which those of its members begin.
    """

    archive: str
    _seen: dict[str, set[str]] = field(default_factory=dict)

    def add(self, member: str) -> None:
        """Take the name of a member, or of one of an archive in this archive."""
        for name in member.removeprefix(self.archive).split("!")[1:]:
            first, _, below = name.removeprefix("./").lstrip("/").partition("/")
            self._seen.setdefault("", set()).add(first)
            self._seen.setdefault(f"/{first}", set()).add(below.partition("/")[0])

    def roots(self) -> list[str]:
        """Give the folders that are roots, "" for the archive itself, in order of name."""
        return sorted(root for root, names in self._seen.items() if is_root(names))


_PROGRAMS: Final = (
    *("bin", "boot", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "sys"),
    *("usr/bin", "usr/include", "usr/lib", "usr/lib32", "usr/lib64", "usr/libexec", "usr/libx32"),
    *("usr/sbin", "usr/share", "usr/src"),
)


def without_logs(root: str) -> frozenset[str]:
    """Give the folders of a host that hold what packages install, or what the kernel shows.

    There are a hundred times as many files as elsewhere, and some of the kernel's never end.
    """
    return frozenset(f"{root.rstrip('/')}/{name}" for name in _PROGRAMS)
