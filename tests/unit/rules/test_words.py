import pytest

from sidelight.rules.atoms import atom
from sidelight.rules.expr import Cidr, Compare, Glob, Null, Regex, Test, Wild
from sidelight.rules.words import MOST, words_of

ANY, ONE = Wild.ANY, Wild.ONE


def words(*tests: Test) -> frozenset[str] | None:
    return words_of(map(atom, tests))


def test_the_longest_text_without_wildcard_is_the_word() -> None:
    assert words(Glob((ANY, "ping", ANY, "privilege::", ANY))) == {"privilege::"}
    assert words(Glob(("Whole",), cased=True)) == {"whole"}
    assert words(Glob((ANY, "pong", ONE, "ok"))) == {"pong"}
    assert words(Glob((ANY, "öffnen jetzt", ANY))) == {"ffnen jetzt"}
    assert words(Glob((ANY, "kiwi" * 20, ANY))) == {"kiwi" * 8}
    assert words(Glob((ANY, "zwei", ANY)), Glob((ANY, "kiwi", ANY))) == {"zwei", "kiwi"}


def test_an_expression_needs_one_of_its_texts() -> None:
    assert words(Regex("(golden|kiwi)+[0-9]", "")) == {"golden", "kiwi"}


@pytest.mark.parametrize(
    "test",
    [
        Glob((ANY, "abc", ANY)),
        Glob((ANY, "deadbeef", ANY)),
        Glob((ANY, "false", ANY)),
        Glob(()),
        Glob((ANY,)),
        Glob((ANY, "жук", ANY)),
        Regex("k.w", ""),
        Regex("kiwi", "i"),
        Regex("(?i)kiwi", ""),
        Regex("kiwi|[a-z]{9}", ""),
        Cidr("10.0.0.0/8"),
        Compare("lt", 3.0),
        Null(),
    ],
    ids=repr,
)
def test_a_test_that_may_hold_without_a_word_leaves_none(test: Test) -> None:
    assert words(test) is None
    assert words(Glob((ANY, "privilege::", ANY)), test) is None


def test_no_test_needs_no_word_and_very_many_are_not_looked_for() -> None:
    assert words() == frozenset()
    many = [Glob((ANY, f"kiwi{number}", ANY)) for number in range(MOST + 1)]
    assert words(*many) is None
    assert len(words(*many[1:]) or ()) == MOST
