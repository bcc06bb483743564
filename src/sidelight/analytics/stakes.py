"""Stories on hosts that matter, raised."""

from dataclasses import replace

from sidelight.analytics.verdict import level_of
from sidelight.findings.assets import Assets, marked
from sidelight.findings.finding import Finding
from sidelight.schema import LEVELS


def raised(story: Finding, assets: Assets) -> Finding:
    """Raise the score of a finding that an analytic weighed, and its level with it.

    Only what was weighed has a level that follows from its score; the level of a rule's finding
    is its author's, and its score is raised while findings are put in order.
    """
    score = min(100, story.score + assets.points(story.host))
    level = max(story.level, level_of(score), key=LEVELS.index)
    return replace(marked(story, assets), score=score, level=level)
