"""The files of folders, in order; no link is followed, and nothing of the kernel's is looked at."""

import os
from collections.abc import Iterator
from typing import Final

from sidelight.errors import UsageError
from sidelight.evidence.named import ABSENT, STDIN
from sidelight.evidence.opening import is_shown_by_kernel
from sidelight.evidence.roots import is_root, without_logs
from sidelight.schema import Gap, GapReason

SHOWN: Final = "is what the kernel shows of this machine, and no evidence; --live looks at hosts"


def files_under(
    path: str, gaps: list[Gap], roots: dict[str, None] | None = None
) -> Iterator[tuple[str, bool]]:
    """Yield the files under *path*, links among them, and whether they were named themselves.

    Args:
        path: a file, a folder, or standard input.
        gaps: takes folders that cannot be listed.
        roots: takes the roots of Linux hosts; their folders of programs are left out then.

    Raises:
        UsageError: there is no such file or folder.
    """
    if path == STDIN:
        yield path, True
        return
    if not os.path.lexists(path):
        raise UsageError(ABSENT, where=path)
    if not os.path.isdir(path):
        yield path, True
        return

    def deny(error: OSError) -> None:
        gaps.append(Gap(str(error.filename), 0, "denied", error.strerror or str(error)))

    passed: set[str] = set()
    for folder, folders, names in os.walk(path, onerror=deny):
        folders.sort()
        if _is_shown(folder, gaps, named=folder == path):
            folders.clear()
            continue
        if roots is not None and is_root(folders):
            roots[folder] = None
            passed |= without_logs(folder)
        if passed:
            folders[:] = _with_logs(folder, folders, passed, gaps)
        yield from ((os.path.join(folder, name), False) for name in sorted(names))


def _is_shown(folder: str, gaps: list[Gap], *, named: bool) -> bool:
    """Tell whether the kernel shows itself in a folder, and say so."""
    try:
        found = is_shown_by_kernel(os.lstat(folder).st_dev)
    except OSError:
        return False  # it cannot be listed either, which was said
    if found:
        reason: GapReason = "unsupported" if named else "foreign"
        gaps.append(Gap(folder, 0, reason, SHOWN))
    return found


def _with_logs(folder: str, folders: list[str], passed: set[str], gaps: list[Gap]) -> list[str]:
    """Leave out the folders that *passed* names, and say so."""
    kept = [name for name in folders if os.path.join(folder, name) not in passed]
    for name in folders:
        path = os.path.join(folder, name)
        if name not in kept and not os.path.islink(path):
            gaps.append(Gap(path, 0, "foreign", "holds programs, in which no logs are looked for"))
    return kept
