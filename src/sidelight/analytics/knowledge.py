"""What is known before a run: nothing, unless the user hands it in."""

from dataclasses import dataclass
from typing import Final

from sidelight.analytics.baseline import Baseline


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What analytics may hold evidence against.

    Args:
        baseline: what was loaded on quiet days; None where there is none.
    """

    baseline: Baseline | None = None


NOTHING: Final = Knowledge()
