import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sidelight.evidence.evtx.memory import FEW, Memory


def squared(numbers: np.ndarray) -> np.ndarray:
    return numbers * numbers


@given(st.lists(st.lists(st.integers(0, 500), max_size=4 * FEW), max_size=8))
def test_answers_are_those_worked_out_anew(questions: list[list[int]]) -> None:
    memory = Memory(4)  # so small that most numbers lose their places to others
    memory.keep(np.arange(20), np.arange(20) ** 2)
    for asked in questions:
        numbers = np.array(asked, np.int64)
        assert memory.find(numbers, squared).tolist() == squared(numbers).tolist()


def test_what_is_known_is_not_asked_again() -> None:
    memory = Memory()
    memory.find(np.array([7, 7, 7]), squared)
    assert memory.find(np.array([7, 7]), lambda numbers: numbers * 0).tolist() == [49, 49]
