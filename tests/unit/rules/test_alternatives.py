import pytest

from sidelight.errors import RuleError
from sidelight.rules.alternatives import LIMIT, read_alternatives
from sidelight.rules.rule import Alternative


@pytest.mark.parametrize(
    ("condition", "alternatives"),
    [
        ("a and b", [((0, 1), ())]),
        ("a or b", [((0,), ()), ((1,), ())]),
        ("a AND NOT b", [((0,), (1,))]),
        ("not a and b", [((1,), (0,))]),
        ("a and not (b and a)", [((0,), (1,))]),
        ("a and not (not b)", [((0, 1), ())]),
        ("(a or b) and not (a and b)", [((0,), (1,)), ((1,), (0,))]),
        ("not not a and b", [((0, 1), ())]),
        ("a or a and b", [((0,), ()), ((0, 1), ())]),
    ],
)
def test_a_condition_becomes_the_ways_in_which_it_holds(
    condition: str, alternatives: list[tuple[tuple[int, ...], tuple[int, ...]]]
) -> None:
    expected = tuple(Alternative(*each) for each in alternatives)
    assert read_alternatives(condition, ["a", "b"]) == expected


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("a and c", "names 'c'"),
        ("1 of a", "names '1'"),
        ("a", "leaves out 'b'"),
        ("a and b and", "lacks a name"),
        ("(a and b", "closing parenthesis"),
        ("a and b b", "goes on"),
        ("not a and not b", "without any event"),
        ("a or not b", "without any event"),
        ("a and b and not a", "never hold"),
    ],
)
def test_what_is_no_condition_over_rules_is_refused(condition: str, reason: str) -> None:
    with pytest.raises(RuleError, match=reason):
        read_alternatives(condition, ["a", "b"])


def test_a_condition_of_too_many_alternatives_is_refused() -> None:
    rules = [f"r{number}" for number in range(14)]
    pairs = [f"({one} or {two})" for one, two in zip(rules[::2], rules[1::2], strict=True)]
    assert len(read_alternatives(" and ".join(pairs[:6]), rules[:12])) == LIMIT
    with pytest.raises(RuleError, match="more than 64"):
        read_alternatives(" and ".join(pairs), rules)
