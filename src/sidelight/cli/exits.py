"""Exit codes of every command."""

from collections.abc import Iterable
from typing import Final

FOUND: Final = 1
"""Something was found: findings at or above the fail level, issues, failed samples, refusals."""

USAGE: Final = 2
"""An option, a configuration value or a path is wrong; of evidence, if none of it is there."""

UNREADABLE: Final = 3
"""Some evidence could not be read, or some of what was named is not there, or no event was in it;
findings in the rest are written all the same."""

UNHEARD: Final = 141
"""Whoever read the output has left before its end, as in ``| head``; as a signal would say it."""

INTERRUPTED: Final = 130
"""Ctrl-C; what had been found until then is written, and marked as partial."""

TERMINATED: Final = 143
"""A request to end (SIGTERM); otherwise as with Ctrl-C."""

HUNG_UP: Final = 129
"""The terminal is gone (SIGHUP); otherwise as with Ctrl-C."""


def worst(codes: Iterable[int]) -> int:
    """Give the code of a command that did several things: what a person has to look at first."""
    came = set(codes)
    return next((each for each in (INTERRUPTED, FOUND, USAGE, UNREADABLE) if each in came), 0)
