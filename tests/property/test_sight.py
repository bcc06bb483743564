"""A rule that is said to lack a field cannot match, whatever values the other fields take."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from row_oracle import conditions_over, holds
from sidelight.rules.expr import And, Exists, Expr, FieldRef, Glob, Match, Null, Or
from sidelight.rules.plan import compile_plan
from sidelight.rules.rule import LogSource, Meta, Rule
from sidelight.rules.sight import fieldless
from sidelight.schema import Kind

FIELDS = ("A", "B", "C")
CELLS = (None, "", "1", "2")
KIND = Kind("windows", "Test", "1")

leaves = st.builds(
    Match,
    st.sampled_from((*FIELDS, "")),
    st.one_of(
        st.sampled_from(["1", "2"]).map(lambda text: Glob((text,))),
        st.just(Null()),
        st.just(Exists()),
        st.builds(FieldRef, st.sampled_from(FIELDS), st.just("equals"), st.just(value=False)),
    ),
).filter(lambda leaf: leaf.field or isinstance(leaf.test, Glob))
conditions = conditions_over(leaves, max_leaves=6)


def lacking(condition: Expr, occurring: set[str]) -> tuple[str, ...]:
    meta = Meta("r", "t", "medium", "test", "p", 1)
    plan = compile_plan([Rule(meta, LogSource(product="windows"), condition)])
    return fieldless(plan, {KIND: occurring}).get(0, ())


def can_match(condition: Expr, occurring: set[str]) -> bool:
    """Try every event there is, of four cells a field."""
    names = sorted(occurring)
    return any(
        holds(condition, {name: cell for name, cell in zip(names, row, strict=True) if cell})
        or holds(
            condition,
            {name: cell for name, cell in zip(names, row, strict=True) if cell is not None},
        )
        for row in itertools.product(CELLS, repeat=len(names))
    )


@settings(max_examples=500, deadline=None)
@given(conditions, st.sets(st.sampled_from(FIELDS)))
def test_a_rule_that_lacks_a_field_matches_no_event(condition: Expr, occurring: set[str]) -> None:
    missing = lacking(condition, occurring)
    assert not {name.lower() for name in missing} & {name.lower() for name in occurring}
    if missing:
        assert not can_match(condition, occurring)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(FIELDS), min_size=1, max_size=4),
    st.booleans(),
    st.sets(st.sampled_from(FIELDS)),
)
def test_of_tests_joined_once_the_answer_is_exact(
    names: list[str], every: bool, occurring: set[str]
) -> None:
    parts = tuple(Match(name, Glob(("1",))) for name in names)
    condition = And(parts) if every else Or(parts)
    assert bool(lacking(condition, occurring)) is not can_match(condition, occurring)
