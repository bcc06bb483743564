import re

import pytest
import re2

from sidelight.errors import RuleError
from sidelight.rules.regex import translated


@pytest.mark.parametrize(
    "pattern",
    [r"a.c$", r"(?i)a|b{2,3}", r"[^\w\\-]", r"\\d\d", "[]a]", "[^]a]", r"\(\?#", "[[:alpha:]_]"],
)
def test_what_re2_takes_is_left_alone(pattern: str) -> None:
    assert translated(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "text", "other"),
    [
        (r"a\Z", "ba\n", "ab"),
        (r"a\h+b", "a \tb", "ab"),
        (r"a[\h_]b", "a_b", "ahb"),
        (r"^a\Rb", "a\r\nb", "ab"),
        (r"^\Nb", "ab", "\nb"),
        (r"\e\[", "\x1b[", "e["),
        (r"\u00e9", "é", "u00e9"),
        (r"[\u00e9x]", "é", "u"),
        (r"\é", "é", "e"),
        (r"a(?#a note)b", "ab", "a"),
        (r"(?'n'a)b", "ab", "n"),
        (r"[(?#)]b", "#b", "ab"),
        (r"[[]b", "[b", "b"),
        (r"\Qa.b\E", "a.b", "acb"),
    ],
)
def test_what_re2_spells_otherwise_is_rewritten(pattern: str, text: str, other: str) -> None:
    compiled = re2.compile(translated(pattern))
    assert [bool(compiled.search(text)), bool(compiled.search(other))] == [True, False]


@pytest.mark.parametrize(
    "pattern",
    ["a(?=b)", "a(?!b)", "(?<=a)b", "(?<!a)b", r"(a)\1", "(?P<n>a)(?P=n)", "(?>a)", "a++b", r"\Ka"],
)
def test_what_needs_backtracking_is_refused(pattern: str) -> None:
    with pytest.raises(RuleError, match="backtracking engine"):
        translated(pattern)


@pytest.mark.parametrize("pattern", ["(a", "a)", "[a", "*", "a{1001}", r"\p{Nothing}", "a\\"])
def test_what_is_no_expression_is_refused(pattern: str) -> None:
    with pytest.raises(RuleError, match="is wrong"):
        translated(pattern)


def test_a_doubled_backslash_before_a_digit_is_no_reference() -> None:
    assert re.search(translated(r"\\1"), "\\1")
