"""What somebody named as evidence, and whether it is there."""

import os
from collections.abc import Sequence
from typing import Final

from sidelight.schema import Gap

STDIN: Final = "-"
ABSENT: Final = "there is no such file or folder"


def present(paths: Sequence[str], gaps: list[Gap]) -> Sequence[str]:
    """Leave out what does not exist, and say so in *gaps*; all stay where nothing exists."""
    there = [path for path in paths if path == STDIN or os.path.lexists(path)]
    if there:
        missing = dict.fromkeys(path for path in paths if path not in there)
        gaps += [Gap(path, 0, "denied", ABSENT) for path in missing]
    return there or paths
