import pytest

from sidelight.findings.resemblance import FAINT, Hypothesis, Line, Resemblance, in_words, percent


@pytest.mark.parametrize(
    ("probability", "shown", "words"),
    [
        (0.0, 1, "almost no chance"),
        (0.05, 5, "almost no chance"),
        (0.0549, 5, "almost no chance"),
        (0.06, 6, "very unlikely"),
        (0.2, 20, "very unlikely"),
        (0.204, 20, "very unlikely"),
        (0.21, 21, "unlikely"),
        (0.5, 50, "roughly even chance"),
        (0.56, 56, "likely"),
        (0.81, 81, "very likely"),
        (0.96, 96, "almost certain"),
        (1.0, 99, "almost certain"),
    ],
)
def test_words_fit_the_number_that_stands_beside_them(
    probability: float, shown: int, words: str
) -> None:
    assert (percent(probability), in_words(probability)) == (shown, words)


def test_what_is_faint_is_not_named_and_what_only_fits_is_listed_apart() -> None:
    line = Line("tool", "tool:x", 2.0, "x")
    named = Hypothesis("a", "A", (), FAINT, (line,), True)
    faint = Hypothesis("b", "B", (), FAINT - 0.001, (line,), True)
    fits = [Hypothesis(name, name, (), 0.01, (), False, fit) for name, fit in (("c", 2), ("d", 3))]
    unfit = Hypothesis("e", "E", (), 0.01, (), False, 1.0)
    whole = Resemblance((named, faint, *fits, unfit), 0.9, 3, ())
    assert whole.told == (named,)
    assert [each.id for each in whole.alike] == ["d", "c"]
