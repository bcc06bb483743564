"""What a regular expression requires is in every text that it matches."""

import re2
from hypothesis import given
from hypothesis import strategies as st

from sidelight.errors import RuleError
from sidelight.rules.literals import required
from sidelight.rules.patterns import fold
from sidelight.rules.regex import translated

LONG_S, KELVIN, FINAL_SIGMA = "\u017f", "\u212a", "\u03c2"
PIECES = [
    "a", "s", "K", KELVIN, LONG_S, "\u03c3", r"\.", ".", "a+", "s?", "k*", "(a|b)", "(?i)",
    "(?:as)?", "[^a]", "[]a]", "[[:alpha:]k]", "[[:alpha:]]", r"\x41", r"\x{6b}", r"\012", r"\pL",
    r"\p{Lu}", r"\d", "^", "$", "a{2}", "a{,2}", "a{0}", "ks{0,1}", "|", "(?s)", "(?-i)", "ab+?",
    "(?i:k)", r"\Qa|b\E", "[Ss]", "[[a]", "[a&&b]", "[a--b]",
]  # fmt: skip
TEXTS = [*"askKSAb.\n1x{}2,|]", KELVIN, LONG_S, FINAL_SIGMA]


def _holds(pattern: str, flags: str, text: str) -> bool:
    folded = fold(text)
    return all(any(each in folded for each in one) for one in required(pattern, flags))


@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join),
    st.sampled_from(["", "i", "ims"]),
    st.lists(st.sampled_from(TEXTS), max_size=10).map("".join),
)
def test_a_text_that_matches_has_what_is_required(pattern: str, flags: str, text: str) -> None:
    try:
        pattern = translated(pattern)
        found = re2.search(f"(?{flags})" * bool(flags) + pattern, text)
    except (RuleError, re2.error):
        return
    assert found is None or _holds(pattern, flags, text)


def test_long_s_and_kelvin_count_as_re2_counts_them() -> None:
    for pattern in ("(?i)mask", "(?i)ma[Ss]k"):
        assert re2.search(pattern, f"ma{LONG_S}{KELVIN}")
        assert _holds(pattern, "", f"ma{LONG_S}{KELVIN}")


def test_a_named_class_is_no_text() -> None:
    assert re2.search("[[:alpha:]]x", "ax")
    assert _holds("[[:alpha:]]x", "", "ax")
