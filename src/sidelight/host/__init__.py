"""What a host shows of its processes, live or in a core, and what is odd about it."""

from typing import Final

MEDIUM: Final = 40
"""So many points are worth a look, of a process as of any other signs."""
