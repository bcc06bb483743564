"""How much a finding matters, from 0 to 100."""

from typing import Final

from sidelight.schema import LEVELS, Level

BASE: Final[dict[Level, int]] = {
    "informational": 5,
    "low": 20,
    "medium": 45,
    "high": 70,
    "critical": 90,
}
STATUS: Final = {"stable": 3, "experimental": -5, "unsupported": -10, "deprecated": -10}
EACH_RULE: Final = 3
MOST_RULES: Final = 9
ONE_HOST: Final = 2
SPEAKING: Final = frozenset(LEVELS[LEVELS.index("medium") :])
"""Levels whose rules support each other."""


def score(level: Level, status: str, others: int, *, alone: bool) -> int:
    """Weigh a finding: the level's base, adjusted, within 0 to 100.

    The base is 5, 20, 45, 70 or 90 by level. The rule's status adds 3 (stable) or takes 5
    (experimental) or 10 (deprecated, unsupported). Each other rule of level medium or above
    that matched the same process lineage adds 3, 9 at most: rules that agree on one process
    are rarely all wrong. *alone* adds 2: of three or more hosts with findings, this rule has
    one. The weights are a judgement, not a fit to data.
    """
    points = BASE[level] + STATUS.get(status, 0) + min(EACH_RULE * others, MOST_RULES)
    return max(0, min(100, points + ONE_HOST * alone))
