import pytest
import yaml

from sidelight.rules.files import RuleFile
from sidelight.rules.load import compile_documents
from sidelight.rules.rule import RuleSet
from sigma_rows import holds


def _load(**body: object) -> RuleSet:
    rule = {
        "title": "one",
        "id": "ID-1",
        "name": "one",
        "logsource": {"product": "windows", "category": "process_creation"},
        "detection": {"sel": {"Image": "a"}, "condition": "sel"},
    }
    each = {
        "title": "administrators",
        "id": "ID-2",
        "logsource": {"product": "windows"},
        "filter": {
            "rules": ["id-1"],
            "selection": {"User|startswith": "adm_"},
            "condition": "selection",
            **body,
        },
    }
    text = yaml.safe_dump_all([each, rule])
    return compile_documents([RuleFile("f.yml", text.encode())], digest="")


def _verdicts(rules: RuleSet) -> list[bool]:
    condition = rules.rules[0].condition
    users = ({"Image": "a", "User": "adm_x"}, {"Image": "a", "User": "x"}, {"Image": "a"})
    return [holds(condition, event) for event in users]


@pytest.mark.parametrize("condition", ["selection", "not selection", "not 1 of selection*"])
def test_a_filter_leaves_out_what_it_describes(condition: str) -> None:
    rules = _load(condition=condition)
    assert _verdicts(rules) == [False, True, True]
    assert rules.refused == ()


@pytest.mark.parametrize("target", [["ID-1"], ["one"], "one", "any", "ANY"])
def test_a_filter_finds_its_rules_by_id_name_or_logsource(target: object) -> None:
    assert _verdicts(_load(rules=target)) == [False, True, True]


def test_a_filter_for_another_logsource_is_refused_and_the_rule_left() -> None:
    text = _load(rules=["one", "two"])
    assert [refusal.reason for refusal in text.refused] == [
        "the filter names rule 'two', which is not among the rules"
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"rules": []}, "names no rules"),
        ({"condition": "other"}, "names 'other'"),
        ({"selection": {"User|x": "a"}}, "no modifier 'x'"),
    ],
)
def test_a_filter_that_cannot_run_is_refused_and_the_rule_left(
    body: dict[str, object], reason: str
) -> None:
    rules = _load(**body)
    assert reason in rules.refused[0].reason
    assert _verdicts(rules) == [True, True, True]
