"""The command line: each command parses, calls one public function and renders."""

import gc
import os
import sys
from typing import Final

_YOUNG: Final = 200_000
"""So many new objects before Python looks for cycles: loading modules makes many that stay."""


def main() -> None:
    """Run the command line and leave with its exit code.

    0 nothing at or above the fail level, 1 found, 2 usage, 3 some evidence unreadable,
    130 interrupted.
    """
    gc.set_threshold(_YOUNG)
    # NumPy's algebra is not used, and starting its threads takes 50 ms of each process.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from sidelight.cli.app import run  # noqa: PLC0415 - nothing is imported for a bare module
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(run(sys.argv[1:]))
