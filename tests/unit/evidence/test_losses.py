from sidelight.evidence.losses import GAPS_PER_SOURCE, Losses
from sidelight.schema import Gap


def test_neighbours_are_one_gap() -> None:
    losses = Losses("a.json")
    for number in (3, 4, 5, 9):
        losses.add(number, number * 10, "damaged", "is no JSON")
    assert list(losses.finish()) == [
        Gap("a.json", 30, "damaged", "is no JSON (3 lines, from number 3 on)", 3),
        Gap("a.json", 90, "damaged", "is no JSON", 1),
    ]


def test_a_gap_that_is_complete_is_given_once() -> None:
    losses = Losses("a.json")
    losses.add(1, 0, "damaged", "x")
    assert list(losses.ready()) == []
    losses.add(3, 5, "refused", "y")
    assert [gap.offset for gap in losses.ready()] == [0]
    assert [gap.offset for gap in losses.finish()] == [5]


def test_many_gaps_are_counted_in_one() -> None:
    losses = Losses("a.json")
    for number in range(0, 2 * GAPS_PER_SOURCE + 10, 2):
        losses.add(number, number, "damaged", "x")
    gaps = list(losses.finish())
    assert len(gaps) == GAPS_PER_SOURCE + 1
    assert (gaps[-1].offset, gaps[-1].events) == (2 * GAPS_PER_SOURCE, 5)
