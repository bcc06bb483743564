import pytest
import yaml

from sidelight.rules.files import RuleFile
from sidelight.rules.load import compile_documents
from sidelight.rules.rule import Alternative, RuleSet


def _rule(name: str) -> dict[str, object]:
    return {
        "title": name,
        "name": name,
        "id": f"id-{name}",
        "logsource": {"product": "windows"},
        "detection": {"sel": {"F": "a"}, "condition": "sel"},
    }


def _correlation(name: str, **body: object) -> dict[str, object]:
    return {
        "title": name,
        "name": name,
        "id": f"id-{name}",
        "correlation": {
            "type": "event_count",
            "rules": ["one"],
            "group-by": ["User"],
            "timespan": "5m",
            "condition": {"gte": 3},
            **body,
        },
    }


def _load(*content: dict[str, object]) -> RuleSet:
    text = yaml.safe_dump_all(content)
    return compile_documents([RuleFile("c.yml", text.encode())], digest="")


def test_a_correlation_knows_its_rules_by_id_and_silences_them() -> None:
    rules = _load(_rule("one"), _rule("two"), _correlation("many", rules=["one", "ID-TWO"]))
    (many,) = rules.correlations
    assert many.rules == ("id-one", "id-two")
    assert (many.kind, many.group_by, many.timespan_ns) == ("event_count", ("User",), 300 * 10**9)
    assert many.relation == (("gte", 3.0),)
    assert [rule.silent for rule in rules.rules] == [True, True]
    assert not many.silent


@pytest.mark.parametrize("where", ["top", "inside"])
def test_generate_lets_the_rules_speak(where: str) -> None:
    document = _correlation("many", **({"generate": True} if where == "inside" else {}))
    if where == "top":
        document["generate"] = True
    assert [rule.silent for rule in _load(_rule("one"), document).rules] == [False]


def test_correlations_chain_in_any_order() -> None:
    rules = _load(
        _correlation("upper", type="temporal_ordered", rules=["lower", "one"], condition=None),
        _correlation("lower"),
        _rule("one"),
    )
    silent = {each.meta.title: each.silent for each in rules.correlations}
    assert silent == {"upper": False, "lower": True}
    assert rules.refused == ()


def test_a_ring_of_correlations_is_refused() -> None:
    rules = _load(
        _rule("one"), _correlation("a", rules=["b"]), _correlation("b", rules=["a", "one"])
    )
    assert rules.correlations == ()
    assert [refusal.title for refusal in rules.refused] == ["a", "b"]
    assert not rules.rules[0].silent


def test_a_rule_that_is_missing_or_refused_refuses_the_correlation() -> None:
    broken = _rule("one") | {"detection": {"condition": "x"}}
    rules = _load(broken, _correlation("many"))
    assert "refers to 'one'" in rules.refused[1].reason
    assert rules.correlations == ()


def test_aliases_give_a_field_for_each_rule() -> None:
    aliases = {"ip": {"one": "Src", "two": "Dst"}}
    rules = _load(
        _rule("one"),
        _rule("two"),
        _correlation("both", type="temporal", rules=["one", "two"], aliases=aliases),
    )
    assert rules.correlations[0].aliases == (("ip", (("id-one", "Src"), ("id-two", "Dst"))),)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("10s", 10),
        ("2m", 120),
        ("1h", 3600),
        ("3d", 259_200),
        ("1w", 604_800),
        ("1M", 2_629_746),
        ("1y", 31_556_952),
    ],
)
def test_timespans_have_units(written: str, seconds: int) -> None:
    rules = _load(_rule("one"), _correlation("many", timespan=written))
    assert rules.correlations[0].timespan_ns == seconds * 10**9


def test_both_ends_of_a_range_are_kept() -> None:
    rules = _load(_rule("one"), _correlation("many", condition={"gt": 100, "lte": 200}))
    assert rules.correlations[0].relation == (("lte", 200.0), ("gt", 100.0))


def test_value_types_look_at_a_field() -> None:
    body = {"type": "value_percentile", "condition": {"field": "Size", "percentile": 95, "gt": 9}}
    (found,) = _load(_rule("one"), _correlation("big", **body)).correlations
    assert (found.field, found.percentile, found.relation) == ("Size", 95.0, (("gt", 9.0),))


def test_joining_all_rules_by_and_is_what_temporal_means() -> None:
    body = {"type": "temporal", "rules": ["one", "two"], "condition": "one and two"}
    rules = _load(_rule("one"), _rule("two"), _correlation("both", **body))
    assert rules.correlations[0].relation == ()


def test_a_condition_over_rules_is_kept_as_its_alternatives() -> None:
    body = {"type": "temporal", "rules": ["one", "two"], "condition": "one and not two"}
    (found,) = _load(_rule("one"), _rule("two"), _correlation("lone", **body)).correlations
    assert (found.alternatives, found.relation) == ((Alternative((0,), (1,)),), ())
    body = {"type": "temporal_ordered", "rules": ["two", "one"], "condition": "one or two"}
    (found,) = _load(_rule("one"), _rule("two"), _correlation("any", **body)).correlations
    assert found.alternatives == (Alternative((0,)), Alternative((1,)))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"type": "guess"}, "no correlation type 'guess'"),
        ({"rules": []}, "names no rules"),
        ({"timespan": "5"}, "no timespan"),
        ({"timespan": "0m"}, "out of range"),
        ({"timespan": "999999999y"}, "out of range"),
        ({"condition": None}, "no condition"),
        ({"condition": {"field": "F"}}, "compares nothing"),
        ({"condition": {"gte": "many"}}, "no number"),
        ({"condition": {"gte": "nan"}}, "no number"),
        ({"condition": {"above": 3}}, "has no 'above'"),
        ({"type": "value_count"}, "exactly one field"),
        ({"type": "value_percentile", "condition": {"field": "F", "gt": 1}}, "no number"),
        (
            {"type": "value_percentile", "condition": {"field": "F", "percentile": 101, "gt": 1}},
            "between 0 and 100",
        ),
        ({"type": "temporal", "condition": "one and not two"}, "names 'two'"),
        ({"condition": "one"}, "rules it does not join"),
        (
            {"type": "temporal_ordered", "rules": ["one", "b"], "condition": "one and not b"},
            "says 'not'",
        ),
        ({"aliases": ["x"]}, "not a map"),
        ({"aliases": {"ip": "Src"}}, "field for each rule"),
        ({"aliases": {"ip": {"three": "Src"}}}, "refers to 'three'"),
    ],
)
def test_what_is_no_correlation_is_refused(body: dict[str, object], reason: str) -> None:
    rules = _load(_rule("one"), _correlation("many", **body))
    assert rules.correlations == ()
    assert len(rules.refused) == 1
    assert reason in rules.refused[0].reason
    assert not rules.rules[0].silent
