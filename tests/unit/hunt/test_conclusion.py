"""Findings of stories and of hits alone, in one order."""

from collections.abc import Iterator
from dataclasses import replace
from heapq import merge

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_run import findings
from sidelight.findings.conclude import Outline
from sidelight.findings.finding import Finding
from sidelight.hunt import conclusion
from sidelight.hunt.conclusion import Drawing

(SAMPLE, *_) = findings()


class Drawn:
    """Stands for an outline: findings that are there already."""

    def __init__(self, found: list[Finding]) -> None:
        self.ranks, self.found = [each.rank for each in found], found

    def __len__(self) -> int:
        return len(self.found)

    def drawn(self, begin: int, end: int) -> list[Finding]:
        return self.found[begin:end]


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conclusion, "STRETCH", 3)
        yield


some_scores = st.lists(st.integers(0, 9), max_size=12)


@given(told=some_scores, scores=some_scores)
def test_stretches_in_a_row_are_all_findings_in_their_order(
    told: list[int], scores: list[int]
) -> None:
    alone = [replace(SAMPLE, score=score, id="alone") for score in sorted(scores, reverse=True)]
    some = [replace(SAMPLE, score=score, id="story") for score in sorted(told, reverse=True)]
    outline: Outline = Drawn(alone)  # type: ignore[assignment]
    drawing = Drawing.of(some, outline)
    drawn = [each for number in range(len(drawing)) for each in drawing.stretch(number)]
    whole = list(merge(some, alone, key=lambda each: each.rank))
    assert [(each.score, each.id) for each in drawn] == [(each.score, each.id) for each in whole]
    assert len(drawing) == max(1, -(-len(alone) // 3))
