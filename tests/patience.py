"""How long tests wait for what ends as soon as it happens."""

import time
from collections.abc import Callable

PATIENCE_S = 300
"""The most that a loaded machine takes; a test that waits as long has failed."""

SOON_S = 12
"""Less than what a stream says nothing for (15 s): what comes sooner came because it was there."""


def until(found: Callable[[], bool], look_s: float = 0.05) -> bool:
    """Wait until something is found; False where patience is over."""
    end = time.monotonic() + PATIENCE_S
    while not (there := found()) and time.monotonic() < end:
        time.sleep(look_s)
    return there
