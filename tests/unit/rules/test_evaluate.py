"""What an engine does with frames; what it finds is in tests/property/test_evaluate.py."""

from dataclasses import replace

import numpy as np
import pytest

from sidelight.evidence.rows import Sheet
from sidelight.rules.evaluate import Engine
from sidelight.rules.expr import And, Cidr, Compare, Expr, Glob, Match, Not, Null, Regex, Wild
from sidelight.rules.plan import compile_plan
from sidelight.rules.rule import LogSource, Meta, Rule
from sidelight.schema import NO_TIME, Event, Frame, Kind, want_all

ANY = Wild.ANY
SYSMON = "Microsoft-Windows-Sysmon/Operational"
START = Kind("windows", SYSMON, "1")


def rule(condition: Expr, name: str = "r", **source: str) -> Rule:
    about = Meta(name, "t", "medium", "test", "p", 1)
    return Rule(about, LogSource(**(source or {"product": "windows"})), condition)


def frame(kind: Kind, *events: Event) -> Frame:
    sheet = Sheet(want_all)
    for number, event in enumerate(events):
        sheet.add(kind, "x", number, NO_TIME, None, event)
    return next(sheet.frames())


def rows(condition: Expr, *events: Event, kind: Kind = START) -> list[int]:
    found = Engine(compile_plan([rule(condition)])).scan(frame(kind, *events))
    return found.get("r", np.empty(0, np.intp)).tolist()


def contains(field: str, text: str) -> Match:
    return Match(field, Glob((ANY, text, ANY)))


def test_a_missing_field_makes_a_test_false_and_its_negation_true() -> None:
    """Sigma specification 2.1, "Field-Value Definitions"; a missing column is a missing field."""
    assert rows(contains("Nowhere", "abc"), {"Image": "a"}) == []
    assert rows(Not(contains("Nowhere", "abc")), {"Image": "a"}) == [0]


def test_null_is_absent_and_empty_is_not() -> None:
    """Sigma specification 2.1, "Special Field Values"."""
    events: tuple[Event, ...] = ({"StartModule": ""}, {"Image": "a"})
    assert rows(Match("StartModule", Null()), *events) == [1]
    assert rows(Match("StartModule", Glob(())), *events) == [0]


def test_one_of_several_values_is_enough_and_values_do_not_run_together() -> None:
    event: Event = {"Data": ["abc", "def"]}
    assert rows(Match("Data", Glob(("def",))), event) == [0]
    assert rows(contains("Data", "bcde"), event) == []
    assert rows(Match("Data", Glob((ANY, "a", ANY, "f"))), event) == []
    assert rows(Match("Data", Regex("^d.f$")), event) == [0]


def test_a_mapped_address_counts_as_ipv4_and_text_is_no_address() -> None:
    events: tuple[Event, ...] = (
        {"Ip": "10.0.0.9"},
        {"Ip": "::ffff:10.0.0.9"},
        {"Ip": "10.0.0.9x"},
        {"Ip": "fe80::1"},
    )
    assert rows(Match("Ip", Cidr("10.0.0.0/24")), *events) == [0, 1]


def test_numbers_compare_decimal_and_hexadecimal() -> None:
    events: tuple[Event, ...] = ({"N": "9"}, {"N": "0x10"}, {"N": "ten"}, {"N": "10.5"})
    assert rows(Match("N", Compare("gte", 10)), *events) == [1, 3]


def test_the_event_id_and_channel_need_no_column() -> None:
    condition = And((Match("EventID", Glob(("1",))), contains("Channel", "sysmon")))
    assert rows(condition, {"Image": "a"}) == [0]
    assert rows(condition, {"Image": "a"}, kind=Kind("windows", SYSMON, "2")) == []


def test_a_field_is_found_without_regard_to_case() -> None:
    assert rows(contains("commandline", "abc"), {"CommandLine": "xABCx"}) == [0]


def test_a_case_sensitive_expression_is_not_ruled_out_by_folding() -> None:
    """The required text is folded, so it must be looked for in folded cells."""
    assert rows(Match("C", Regex(r"\s-Hidden\s")), {"C": "x -Hidden y"}, {"C": "x -hidden y"}) == [
        0
    ]


def test_ignoring_case_reaches_as_far_as_re2_does() -> None:
    long_s = "\N{LATIN SMALL LETTER LONG S}ekurlsa"
    assert rows(Match("C", Regex("sekurlsa", "i")), {"C": long_s}) == [0]


def test_an_expression_that_would_backtrack_for_ever_is_done_in_linear_time() -> None:
    assert rows(Match("C", Regex("(a+)+$")), {"C": "a" * 50_000 + "!"}) == []


def test_a_process_start_in_the_security_log_is_read_by_its_own_names() -> None:
    """Sigma's process_creation covers Security 4688 too (taxonomy appendix 2.1)."""
    both = And((contains("Image", "evil.exe"), contains("IntegrityLevel", "high")))
    engine = Engine(compile_plan([rule(both, product="windows", category="process_creation")]))
    kind = Kind("windows", "Security", "4688")
    event: Event = {"NewProcessName": r"C:\evil.exe", "MandatoryLabel": "S-1-16-12288"}
    given = frame(kind, event)
    assert {name: found.tolist() for name, found in engine.scan(given).items()} == {"r": [0]}
    assert engine.wanted(kind) == {"newprocessname", "mandatorylabel", "4688.integritylevel"}
    assert engine.names("r", kind, ["Image"]) == {"newprocessname"}
    column = engine.columns("r", given)("Image")
    assert column is not None
    assert column.values.to_pylist() == [r"C:\evil.exe"]


def test_a_keyword_wants_every_column_and_finds_any_value() -> None:
    engine = Engine(compile_plan([rule(contains("", "sekurlsa"))]))
    assert engine.wanted(START) is None
    assert engine.scan(frame(START, {"A": "x"}, {"B": "SEKURLSA::"}))["r"].tolist() == [1]


def test_where_no_word_of_its_keywords_occurs_a_kind_needs_only_named_columns() -> None:
    both = And((contains("", "Sekurlsa"), contains("Image", "evil")))
    engine = Engine(compile_plan([rule(both)]))
    assert engine.wanted(START) is None
    assert engine.quiet(START) == {"image"}
    assert engine.words(START) == {"sekurlsa"}
    short = Engine(compile_plan([rule(both), rule(contains("", "a.b"), "short")]))
    assert short.quiet(START) is None
    assert short.words(START) == frozenset()


def test_a_keyword_is_looked_for_where_a_word_may_be_and_everywhere_without_words() -> None:
    both = rule(contains("", "sekurlsa")), rule(contains("", "a.b"), "short")
    given = frame(START, *[{"A": "sekurlsa::a.b"}] * 3)
    for rules, name, expected in ((both[:1], "r", [1]), (both, "short", [0, 1, 2])):
        engine = Engine(compile_plan(list(rules)))
        some = replace(given, loud=np.array([1]))
        assert engine.scan(some)[name].tolist() == expected


def test_a_rule_for_another_log_asks_for_nothing() -> None:
    engine = Engine(compile_plan([rule(contains("A", "abc"), product="linux", service="auditd")]))
    assert engine.wanted(START) == frozenset()
    assert engine.seen == set()


def test_a_rule_without_a_witness_is_dismissed_and_no_row_is_touched() -> None:
    both = And((contains("A", "there"), contains("B", "nowhere")))
    engine = Engine(compile_plan([rule(both)]))
    assert engine.scan(frame(START, {"A": "there", "B": "x"})) == {}
    assert (engine.counters.rules, engine.counters.dismissed, engine.counters.rows) == (0, 1, 0)


def test_only_values_that_a_rule_still_asks_about_are_judged() -> None:
    both = And((contains("A", "there"), Match("B", Regex(r"\d"))))
    events: list[Event] = [{"A": "x", "B": f"v{number}"} for number in range(100)]
    engine = Engine(compile_plan([rule(both)]))
    assert engine.scan(frame(START, *events, {"A": "there", "B": "7"}))["r"].tolist() == [100]
    assert engine.counters.judged == 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_matches_come_in_order_of_rule(order: tuple[int, int]) -> None:
    rules = [rule(contains("A", "abc"), f"r{number}") for number in order]
    assert list(Engine(compile_plan(rules)).scan(frame(START, {"A": "abc"}))) == [
        f"r{number}" for number in order
    ]


def test_the_cost_of_each_rule_is_kept() -> None:
    one, two = rule(contains("A", "abc"), "r"), rule(contains("A", "never"), "s")
    engine = Engine(compile_plan([one, two]))
    engine.scan(frame(START, {"A": "abc"}, {"A": "x"}))
    engine.scan(frame(START, {"A": "abc"}))
    assert list(engine.costs) == ["r"]
    assert (engine.costs["r"].rows, engine.costs["r"].hits) == (3, 2)
    assert engine.costs["r"].nanoseconds >= 0
