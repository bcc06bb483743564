from itertools import pairwise, product

from sidelight.findings.score import score
from sidelight.schema import LEVELS


def test_a_score_rises_with_the_level():
    for status, others, alone in product(["", "stable", "experimental"], [0, 2, 9], [False, True]):
        scores = [score(level, status, others, alone=alone) for level in LEVELS]
        assert all(low < high for low, high in pairwise(scores))


def test_each_adjustment_is_as_written():
    assert score("high", "test", 0, alone=False) == 70
    assert score("high", "stable", 0, alone=False) == 73
    assert score("high", "experimental", 2, alone=True) == 73
    assert score("high", "test", 50, alone=False) == 79


def test_a_score_stays_between_0_and_100():
    assert score("informational", "deprecated", 0, alone=False) == 0
    assert score("critical", "stable", 9, alone=True) == 100
