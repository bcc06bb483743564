"""The engine agrees with the obvious evaluator, however the events are cut into frames."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from examples import examples
from row_oracle import conditions_over, holds
from sidelight.evidence.rows import Sheet
from sidelight.rules.evaluate import Engine
from sidelight.rules.expr import (
    And,
    Cidr,
    Compare,
    Exists,
    Expr,
    FieldRef,
    Glob,
    Match,
    Not,
    Null,
    Or,
    Regex,
    Test,
    Wild,
)
from sidelight.rules.patterns import folded, joined
from sidelight.rules.plan import compile_plan
from sidelight.rules.rule import LogSource, Meta, Rule
from sidelight.schema import NO_TIME, Event, Frame, Kind, want_all

FIELDS = ("Image", "CommandLine", "User")
WORDS = ("a", "ab", "abc", "Ba", "-x", "\\", ".", "ß", "İ", "é", "K", "10", "0x1f", "\n")
ADDRESSES = ("10.0.0.1", "10.0.1.0", "::ffff:10.0.0.7", "fe80::1", "10.0.0.256")
KIND = Kind("windows", "Test", "1")

words = st.sampled_from(WORDS)
texts = st.lists(words, min_size=1, max_size=2).map("".join)
tokens = st.lists(st.one_of(texts, st.sampled_from(Wild)), max_size=4).map(joined)


@st.composite
def globs(draw: st.DrawFn) -> Glob:
    cased = draw(st.booleans())
    pattern = draw(tokens)
    return Glob(pattern if cased else folded(pattern), cased)


regexes = st.builds(
    Regex,
    st.sampled_from(
        ["a+b", "^ab", "ab$", r"\.|x", "(a|b)c?", "[aA]b", r"\\", "ab?c", "a.c", "x{1,2}"]
    ),
    st.sampled_from(["", "i", "s"]),
)
tests: st.SearchStrategy[Test] = st.one_of(
    globs(),
    globs(),
    regexes,
    st.just(Null()),
    st.just(Exists()),
    st.just(Cidr("10.0.0.0/24")),
    st.builds(Compare, st.sampled_from(["lt", "lte", "gt", "gte"]), st.sampled_from([10.0, 31.0])),
    st.builds(
        FieldRef,
        st.sampled_from(FIELDS),
        st.sampled_from(["equals", "contains", "startswith", "endswith"]),
        st.booleans(),
    ),
)
leaves = st.one_of(
    st.builds(Match, st.sampled_from(FIELDS), tests),
    st.builds(Match, st.sampled_from(FIELDS), tests),
    st.builds(Match, st.just(""), st.one_of(globs(), regexes)),
)
conditions = conditions_over(leaves, max_leaves=8)
cells = st.one_of(
    st.just(""),
    texts,
    texts.map(str.upper),
    st.sampled_from(ADDRESSES),
    st.lists(texts, min_size=2, max_size=2),
)
events: st.SearchStrategy[Event] = st.dictionaries(
    st.sampled_from((*FIELDS, "user", "USER")), cells, max_size=4
)


def frames(some: list[Event], cuts: list[int]) -> list[Frame]:
    edges = sorted({0, len(some), *(cut % (len(some) + 1) for cut in cuts)})
    made: list[Frame] = []
    for begin, end in itertools.pairwise(edges):
        sheet = Sheet(want_all)
        for number, event in enumerate(some[begin:end], begin):
            sheet.add(KIND, "x", number, NO_TIME, None, event)
        made += sheet.frames()
    return made


def rule(number: int, condition: Expr) -> Rule:
    meta = Meta(f"rule-{number}", "t", "medium", "test", "p", 1)
    return Rule(meta, LogSource(product="windows"), condition)


@examples(200)
@given(
    st.lists(conditions, min_size=1, max_size=4),
    st.lists(events, max_size=6),
    st.lists(st.integers(0, 6), max_size=2),
)
def test_the_engine_agrees_with_the_obvious_evaluator(
    some: list[Expr], batch: list[Event], cuts: list[int]
) -> None:
    """And it does so however the batch is cut, and whatever is scanned together."""
    engine = Engine(compile_plan([rule(number, each) for number, each in enumerate(some)]))
    found: dict[str, list[int]] = {f"rule-{number}": [] for number in range(len(some))}
    every = frames(batch, cuts)
    for frame, matches in zip(every, engine.scan_all(every), strict=True):
        for name, rows in matches.items():
            assert np.all(np.diff(rows) > 0)
            found[name] += frame.record[rows].tolist()

    shown = [{"EventID": "1", "Channel": "Test", **event} for event in batch]
    expected = {
        f"rule-{number}": [
            index
            for index, event in enumerate(shown if not _has_keyword(each) else batch)
            if holds(each, event)
        ]
        for number, each in enumerate(some)
    }
    assert {name: sorted(rows) for name, rows in found.items()} == expected


def _has_keyword(expr: Expr) -> bool:
    match expr:
        case Match(field, _):
            return not field
        case Not(child):
            return _has_keyword(child)
        case And(children) | Or(children):
            return any(map(_has_keyword, children))
