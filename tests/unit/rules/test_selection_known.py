"""What a selection names must be there, else a slip of the pen chooses in silence."""

import pytest

from sidelight.cli.rulesets import own
from sidelight.errors import UsageError
from sidelight.rules.load import load_rules
from sidelight.rules.rule import RuleSet
from sidelight.rules.selection import Selection, require_known


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules([own()])


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        (Selection(statuses=frozenset({"stabel"})), "--status: .*'stabel'.*mean stable"),
        (Selection(statuses=frozenset({"foo"})), "--status: .*stable, test"),
        (Selection(products=frozenset({"windos"})), "--product: .*mean windows"),
        (Selection(tags=frozenset({"attack.t99999"})), "--tag: "),
        (Selection(tags=frozenset({"attack.t157"})), "--tag: "),
        (Selection(include=frozenset({"nosuch"})), "--include: .*rules list"),
        (Selection(exclude=frozenset({"nosuch"})), "--exclude: "),
    ],
)
def test_what_no_rule_has_is_refused(rules: RuleSet, selection: Selection, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        require_known(rules, selection)


def test_what_some_rule_has_is_taken(rules: RuleSet) -> None:
    some = rules.rules[0].meta.id
    require_known(
        rules,
        Selection(
            statuses=frozenset({"Stable", "unsupported"}),
            tags=frozenset({"attack.t1574", "ATTACK"}),
            also=frozenset({"nobody.has.this"}),
            products=frozenset({" Windows"}),
            include=frozenset({some.upper()}),
        ),
    )
