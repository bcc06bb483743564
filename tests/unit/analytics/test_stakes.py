from dataclasses import replace

import pytest

from sample_run import findings
from sidelight.analytics.stakes import raised
from sidelight.findings.assets import Assets, Listed, roles

STORY = replace(findings()[0], score=50, level="medium")


@pytest.mark.parametrize(
    ("score", "level", "after"),
    [
        (50, "medium", (65, "high")),
        (40, "medium", (55, "medium")),
        (95, "critical", (100, "critical")),
    ],
)
def test_the_level_follows_the_score(score: int, level: str, after: tuple[int, str]) -> None:
    story = replace(STORY, score=score, level=level)  # type: ignore[arg-type]
    found = raised(story, Assets([Listed("ws-17", roles()["hlr-hss"])]))
    assert (found.score, found.level) == after
    assert found.asset is not None


def test_elsewhere_nothing_changes() -> None:
    assert raised(STORY, Assets()) == STORY
