"""What single texts of events say about code in memory: scripts, command lines, call traces.

Pure functions of texts and columns of texts. Every sign is worth points; what adds up to
`MEDIUM` is worth a person's look, less only speaks beside other evidence.
"""

from typing import Final

MEDIUM: Final = 40
"""Points from which signs make a finding of level medium."""
