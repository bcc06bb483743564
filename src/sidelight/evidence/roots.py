"""Which folders are the root of a Linux host, and where in it no log can be."""

from collections.abc import Iterable
from typing import Final

FOLDERS: Final = frozenset({"etc", "usr", "var"})
"""Names that lie in every root (Filesystem Hierarchy Standard 3.0, chapter 3)."""


def is_root(names: Iterable[str]) -> bool:
    """Tell whether folders of these names lie in the root of a Linux host."""
    return FOLDERS.issubset(names)


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
