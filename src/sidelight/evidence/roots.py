"""Which folders are the root of a Linux host."""

from collections.abc import Iterable
from typing import Final

FOLDERS: Final = frozenset({"etc", "usr", "var"})
"""Names that lie in every root (Filesystem Hierarchy Standard 3.0, chapter 3)."""


def is_root(names: Iterable[str]) -> bool:
    """Tell whether folders of these names lie in the root of a Linux host."""
    return FOLDERS.issubset(names)
