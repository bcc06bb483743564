"""STIX patterns, as ways in which they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.errors import RuleError
from sidelight.exchange.received.pattern import LONGEST, Comparison, Series, Way, read_pattern


def test_and_binds_more_than_or() -> None:
    ways = read_pattern("[file:name = 'a' OR file:name = 'b' AND file:size = 3]")

    a, b = (Comparison("file", "name", "=", (value,)) for value in "ab")
    assert ways == [(a,), (b, Comparison("file", "size", "=", ("3",)))]


@pytest.mark.parametrize(
    ("pattern", "path", "value"),
    [
        (r"[file:hashes.'SHA-256' = 'it\'s \\ so']", "hashes.SHA-256", r"it's \ so"),
        ("[windows-registry-key:values[*].data = 'x']", "values.data", "x"),
        ("  [ x-own:a[0].'b c' == 'x' ]  ", "a.b c", "x"),
    ],
)
def test_paths_lose_quotes_and_indices(pattern: str, path: str, value: str) -> None:
    [way] = read_pattern(pattern)
    assert not isinstance(way, Series)
    (found,) = way

    assert (found.path, found.operator, found.values) == (path, "=", (value,))


@pytest.mark.parametrize(
    ("inner", "negated"),
    [
        ("a:b != 'x'", True),
        ("a:b <> 'x'", True),
        ("a:b NOT = 'x'", True),
        ("a:b NOT != 'x'", False),
        ("a:b NOT IN ('x')", True),
    ],
)
def test_every_spelling_of_not_is_understood(inner: str, negated: bool) -> None:
    [way] = read_pattern(f"[{inner}]")
    assert not isinstance(way, Series)
    (found,) = way

    assert found.negated is negated


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("[a:b = 'x'] FOLLOWEDBY [a:b = 'y']", "WITHIN what time"),
        ("[a:b = 'x'] AND [a:b = 'y']", "WITHIN what time"),
        ("[a:b = 'x'] AND [a:b = 'y'] WITHIN 5 SECONDS", "WITHIN what time"),
        ("[a:b = 'x'] REPEATS 5 TIMES", "how often"),
        ("([a:b = 'x'] AND [a:b = 'y']) START t'2026' STOP t'2027'", "how often"),
        ("([a:b = 'x'] AND [a:b = 'y'] FOLLOWEDBY [a:b = 'z']) WITHIN 5 SECONDS", "several others"),
        (
            "([a:b = 'x'] FOLLOWEDBY ([a:b = 'y'] FOLLOWEDBY [a:b = 'z'])) WITHIN 5 SECONDS",
            "several others",
        ),
        ("([a:b = 'x'] AND [a:b = 'y']) WITHIN 0 SECONDS", "whole seconds"),
        ("([a:b = 'x'] AND [a:b = 'y']) WITHIN 1.5 SECONDS", "whole seconds"),
        ("([a:b = 'x'] AND [a:b = 'y']) WITHIN -5 SECONDS", "whole seconds"),
        ("([a:b = 'x'] AND [a:b = 'y']) WITHIN 5 MINUTES", "wanted"),
        ("([a:b = 'x'] AND [a:b = 'y']) WITHIN 12345678901 SECONDS", "more seconds"),
        ("[EXISTS a:b]", "EXISTS"),
        ("[a:b = h'ff']", "hexadecimal"),
        ("[a:b = 'x'", "wanted"),
        ("[a:b = 'x']]", "goes on"),
        ("", "wanted"),
        ("[" * 100, "wanted"),
        ("(" * 100, "deep"),
        ("[" + "(" * 100 + "a:b = 'x']", "deep"),
        ("[NOT a:b = 'x']", "property is wanted"),
        ("[" + "(a:b = 'x' OR a:b = 'y') AND " * 12 + "a:b = 'z']", "ways"),
        ("[a:b = '" + "x" * LONGEST + "']", "KiB"),
    ],
)
def test_what_cannot_be_run_is_refused_in_words(pattern: str, why: str) -> None:
    with pytest.raises(RuleError, match=why):
        read_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "ordered", "counts", "within"),
    [
        ("([a:b = 'x'] AND [a:b = 'y']) WITHIN 5 SECONDS", False, [1, 1], 5),
        ("([a:b = 'x'] FOLLOWEDBY [a:b = 'y']) WITHIN 5.0 SECONDS", True, [1, 1], 5),
        ("([a:b = 'x'] FOLLOWEDBY [a:b = 'y'] FOLLOWEDBY [a:b = 'z']) WITHIN 5 SECONDS",
         True, [1, 1, 1], 5),
        ("([a:b = 'x'] FOLLOWEDBY ([a:b = 'y'] OR [a:b = 'z'])) WITHIN 5 SECONDS",
         True, [1, 2], 5),
        ("(([a:b = 'x'] AND [a:b = 'y']) WITHIN 9 SECONDS) WITHIN 5 SECONDS", False, [1, 1], 5),
        ("([a:b = 'x'] WITHIN 2 SECONDS AND [a:b = 'y']) WITHIN 5 SECONDS", False, [1, 1], 5),
        # FOLLOWEDBY binds less than OR: each of the two is one of two.
        ("([a:b = 'x'] OR [a:b = 'y'] FOLLOWEDBY [a:b = 'z']) WITHIN 5 SECONDS", True, [2, 1], 5),
    ],
)  # fmt: skip
def test_events_that_belong_together_are_a_series(
    pattern: str, ordered: bool, counts: list[int], within: int
) -> None:
    [found] = read_pattern(pattern)
    assert isinstance(found, Series)
    assert ([len(part) for part in found.parts], found.ordered) == (counts, ordered)
    assert found.within_s == within


def test_one_event_takes_no_time_and_a_series_may_be_one_of_several_ways() -> None:
    text = "[a:b = 'x'] WITHIN 5 SECONDS"
    assert read_pattern(text) == read_pattern("[a:b = 'x']")
    joined = "([a:b = 'y'] AND [a:b = 'z']) WITHIN 5 SECONDS"
    one, other = read_pattern(f"{text} OR {joined}")
    assert (isinstance(one, Series), [other]) == (False, read_pattern(joined))


Tree = tuple[str, ...] | tuple[object, ...]


def _trees() -> st.SearchStrategy[Tree]:
    leaves = st.tuples(st.sampled_from(["is", "is not"]), st.sampled_from("pqrs"))
    return st.recursive(
        leaves,
        lambda inner: st.tuples(st.sampled_from(["AND", "OR"]), inner, inner),
        max_leaves=8,
    )


def _text(tree: Tree) -> str:
    match tree:
        case ("is", name):
            return f"a:{name} = '1'"
        case ("is not", name):
            return f"a:{name} NOT = '1'"
        case (word, left, right):
            return f"({_text(left)}) {word} ({_text(right)})"  # type: ignore[arg-type]
    raise AssertionError(tree)


def _holds(tree: Tree, true: set[str]) -> bool:
    match tree:
        case ("is", name):
            return name in true
        case ("is not", name):
            return name not in true
        case ("AND", left, right):
            return _holds(left, true) and _holds(right, true)  # type: ignore[arg-type]
        case (_, left, right):
            return _holds(left, true) or _holds(right, true)  # type: ignore[arg-type]
    raise AssertionError(tree)


@given(_trees(), st.sets(st.sampled_from("pqrs")))
def test_the_ways_hold_when_the_pattern_does(tree: Tree, true: set[str]) -> None:
    """The oracle evaluates the pattern as it is nested."""
    ways: list[Way] = []
    for each in read_pattern(f"[{_text(tree)}]"):
        assert not isinstance(each, Series)
        ways.append(each)

    held = any(all((each.path in true) is not each.negated for each in way) for way in ways)
    assert held == _holds(tree, true)


@given(_trees(), st.integers(0, 200), st.sampled_from(["", "(", ")", "'", "]", "[", " AND ", "="]))
def test_what_is_read_is_a_pattern_for_oasis_too(tree: Tree, at: int, put: str) -> None:
    """One edit away from a pattern: it is refused here, or taken by the validator of OASIS."""
    from stix2patterns.validator import run_validator

    whole = f"[{_text(tree)}]"
    text = whole[:at] + put + whole[at + 1 :]
    try:
        read_pattern(text)
    except RuleError:
        return
    assert run_validator(text, stix_version="2.1") == []
