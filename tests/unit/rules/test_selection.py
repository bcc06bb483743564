from dataclasses import replace

import pytest

from sidelight.cli.rulesets import own
from sidelight.errors import UsageError
from sidelight.rules.expr import And
from sidelight.rules.load import load_rules
from sidelight.rules.rule import Correlation, LogSource, Meta, Rule, RuleSet
from sidelight.rules.selection import Selection, require_known, select


def _rule(
    name: str, level: str, product: str, tag: str = "attack.t1", status: str = "test"
) -> Rule:
    meta = Meta(f"id-{name}", name, level, status, f"{name}.yml", 1, tags=(tag,), name=name)  # type: ignore[arg-type]
    return Rule(meta, LogSource(product), And(()))


A = _rule("a", "low", "windows", "attack.t1574.001")
B = _rule("b", "high", "linux", status="stable")
C = _rule("c", "medium", "")
MANY = Correlation(
    Meta("id-many", "many", "critical", "test", "z.yml", 1), "event_count", ("id-a",), (), 1
)
RULES = RuleSet((A, B, C), (), (), "digest")


def _names(rules: RuleSet) -> str:
    return "".join(rule.meta.name for rule in rules.rules)


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        (Selection(), "abc"),
        (Selection(level="medium"), "bc"),
        (Selection(level="critical"), ""),
        (Selection(statuses=frozenset({"Stable"})), "b"),
        (Selection(tags=frozenset({"attack.T1574"})), "a"),
        (Selection(tags=frozenset({"attack.t157"})), ""),
        (Selection(products=frozenset({"linux"})), "bc"),
        (Selection(include=frozenset({"ID-A", "b"})), "ab"),
        (Selection(exclude=frozenset({"a", "id-b"})), "c"),
        (Selection(include=frozenset({"a", "b"}), exclude=frozenset({"a"})), "b"),
    ],
)
def test_rules_are_chosen_by_what_they_say(selection: Selection, names: str) -> None:
    assert _names(select(RULES, selection)) == names


def test_a_correlation_keeps_its_rules_whatever_their_level() -> None:
    rules = RuleSet((replace(A, silent=True), B), (MANY,), (), "")
    found = select(rules, Selection(level="critical"))
    assert [rule.meta.name for rule in found.rules] == ["a"]
    assert found.rules[0].silent
    assert found.correlations == (MANY,)


def test_a_rule_kept_only_for_a_correlation_is_silent() -> None:
    found = select(RuleSet((A, B), (MANY,), (), ""), Selection(level="critical"))
    assert [(rule.meta.name, rule.silent) for rule in found.rules] == [("a", True)]


def test_a_silent_rule_goes_with_its_correlation() -> None:
    rules = RuleSet((replace(A, silent=True), B), (MANY,), (), "")
    found = select(rules, Selection(exclude=frozenset({"id-many"})))
    assert _names(found) == "b"


def test_the_product_of_a_correlation_is_that_of_its_rules() -> None:
    rules = RuleSet((replace(A, silent=True), B), (MANY,), (), "")
    assert select(rules, Selection(products=frozenset({"windows"}))).correlations == (MANY,)
    assert select(rules, Selection(products=frozenset({"linux"}))).correlations == ()


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
