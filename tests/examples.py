"""How many examples heavy properties try; ``EXAMPLES=10 make test`` tries ten times so many."""

import os

from hypothesis import settings


def examples(count: int) -> settings:
    """Try *count* examples, times what the environment says; each run tries others."""
    factor = float(os.environ.get("EXAMPLES", "1"))
    return settings(max_examples=max(1, round(count * factor)), deadline=None)
