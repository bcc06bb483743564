"""Exit codes of every command."""

from typing import Final

FOUND: Final = 1
"""Something was found: findings at or above the fail level, issues, failed samples."""

USAGE: Final = 2
"""An option, a configuration value or a path is wrong; but see 3 for paths of evidence."""

UNREADABLE: Final = 3
"""Some evidence could not be read or is not there, or no event was in it; findings in the rest
are written all the same."""

UNHEARD: Final = 141
"""Whoever read the output has left before its end, as in ``| head``; as a signal would say it."""

INTERRUPTED: Final = 130
"""Ctrl-C; what had been found until then is written, and marked as partial."""
