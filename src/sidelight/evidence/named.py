"""What somebody named as evidence, and whether it is there."""

import os
from collections.abc import Sequence
from typing import Final

from sidelight.errors import UsageError
from sidelight.schema import Gap

STDIN: Final = "-"
ABSENT: Final = "there is no such file or folder"


def present(paths: Sequence[str], gaps: list[Gap]) -> Sequence[str]:
    """Leave out what does not exist, and say so in *gaps*.

    Raises:
        UsageError: something was named, and nothing of it exists.
    """
    there = [path for path in paths if path == STDIN or os.path.lexists(path)]
    if paths and not there:
        raise UsageError(ABSENT, where=paths[0] or '""', hint=_advice(paths[0]))
    missing = dict.fromkeys(path for path in paths if path not in there)
    gaps += [Gap(path, 0, "denied", ABSENT) for path in missing]
    return there


def _advice(path: str) -> str:
    """Say what may have been meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - for a mistake only

    known, _, name = path.rstrip(os.sep).rpartition(os.sep)
    folder = (known or os.sep) if os.sep in path.rstrip(os.sep) else os.curdir
    try:
        names = os.listdir(folder)
    except OSError:
        return "" if os.path.lexists(folder) else f"nor is there {folder}"
    near = get_close_matches(name, sorted(names), n=1)
    return f"did you mean {os.path.join(known, near[0])}?" if near else ""
