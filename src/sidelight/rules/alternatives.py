"""A condition that joins rules by and, or and not, as alternatives.

Source: the extension of temporal correlations that Sigma's specification has accepted for the
version after 2.1 ("Condition Extension in Temporal Correlation Rules").
"""

import re
from collections.abc import Sequence
from itertools import product
from typing import Final, TypeAlias

from sidelight.errors import RuleError
from sidelight.rules.condition import parse
from sidelight.rules.expr import And, Exists, Expr, Match, Not, Or
from sidelight.rules.rule import Alternative

LIMIT: Final = 64
"""A condition that comes to more alternatives is refused: each is looked for by itself."""

_OPERATORS: Final = frozenset({"and", "or", "not", "(", ")"})

_Way: TypeAlias = tuple[frozenset[int], frozenset[int]]


def read_alternatives(condition: str, rules: Sequence[str]) -> tuple[Alternative, ...]:
    """Give the ways in which *condition* can hold, sorted; none of them is a contradiction.

    Raises:
        RuleError: it is no condition over all of *rules*, can never hold, or could hold without
            any event.
    """
    words = re.findall(r"[()]|[^\s()]+", condition)
    for word in words:
        if word.lower() not in _OPERATORS and word not in rules:
            raise RuleError(f"the condition names {word!r}, which the correlation does not list")
    for rule in rules:
        if rule not in words:
            raise RuleError(f"the condition leaves out {rule!r}")
    expr = parse(condition, {rule: Match(rule, Exists()) for rule in rules})
    found = {way for way in _ways(expr, rules, holds=True) if not way[0] & way[1]}
    if not found:
        raise RuleError("the condition can never hold")
    if not all(present for present, _ in found):
        raise RuleError("the condition holds without any event")
    return tuple(sorted(Alternative(tuple(sorted(p)), tuple(sorted(n))) for p, n in found))


def _ways(expr: Expr, rules: Sequence[str], *, holds: bool) -> set[_Way]:
    """Give the ways in which *expr* holds, or does not."""
    match expr:
        case Match(name, _):
            number = frozenset({rules.index(name)})
            return {(number, frozenset()) if holds else (frozenset(), number)}
        case Not(child):
            return _ways(child, rules, holds=not holds)
        case And(children) | Or(children):
            every = [_ways(child, rules, holds=holds) for child in children]
            return _joined(every) if isinstance(expr, And) is holds else set[_Way]().union(*every)


def _joined(every: Sequence[set[_Way]]) -> set[_Way]:
    known: set[_Way] = {(frozenset(), frozenset())}
    for ways in every:
        known = {(p | q, n | m) for (p, n), (q, m) in product(known, ways)}
        if len(known) > LIMIT:
            raise RuleError(f"the condition comes to more than {LIMIT} alternatives")
    return known
