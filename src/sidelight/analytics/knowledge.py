"""What is known before a run: nothing, unless the user hands it in."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from sidelight.analytics.baseline import Baseline
from sidelight.analytics.hijacks import Hijack
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What analytics may hold evidence against.

    Args:
        baseline: what was loaded on quiet days; None where there is none.
        hijacks: libraries that are known to be hijacked, by folded name.
    """

    baseline: Baseline | None = None
    hijacks: Mapping[str, Hijack] = field(default_factory=dict)


NOTHING: Final = Knowledge()
