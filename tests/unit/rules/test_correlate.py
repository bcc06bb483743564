"""The readings of the specification, one by one; brute force is in tests/property."""

import pyarrow as pa

from sidelight.findings.hits import HITS, MEMBERS, union
from sidelight.rules.correlate import correlate
from sidelight.rules.rule import Correlation, Meta


def correlation(kind, rules, relation=(), name="C", **more):
    meta = Meta(name, name, "high", "", "", 1)
    return Correlation(meta, kind, tuple(rules), ("g",), 10, tuple(relation), **more)


def member(rule, time, record=None, **known):
    row = {
        "correlation": "C",
        "rule": rule,
        "group": '["g"]',
        "value": None,
        "time": time,
        "source": "s",
        "record": time if record is None else record,
        "host": "h",
        "process": "p",
        "channel": "c",
        "event_id": "1",
        "image": "i",
    }
    return row | known


def firings(rules, *members):
    rules = rules if isinstance(rules, list) else [rules]
    found = {}
    table = union(pa.Table.from_pylist(list(members), schema=MEMBERS))
    for row in correlate(rules, table).to_pylist():
        found.setdefault(row["window"], []).append(row["record"])
    return sorted(sorted(records) for records in found.values())


def test_nothing_in_nothing_out():
    rule = correlation("event_count", ["a"], [("gte", 1.0)])
    assert correlate([rule], MEMBERS.empty_table()).equals(HITS.empty_table())
    assert (
        correlate([], union(pa.Table.from_pylist([member("a", 1)], schema=MEMBERS))).num_rows == 0
    )


def test_both_ends_of_a_window_count():
    rule = correlation("event_count", ["a"], [("gte", 2.0)])
    assert firings(rule, member("a", 0), member("a", 10)) == [[0, 10]]
    assert firings(rule, member("a", 0), member("a", 11)) == []


def test_firing_windows_that_share_an_event_are_one():
    rule = correlation("event_count", ["a"], [("gte", 2.0)])
    times = [0, 8, 16, 40, 41]
    assert firings(rule, *(member("a", time) for time in times)) == [[0, 8, 16], [40, 41]]


def test_a_range_has_two_ends():
    rule = correlation("event_count", ["a"], [("gt", 1.0), ("lte", 2.0)])
    assert firings(rule, member("a", 0), member("a", 1)) == [[0, 1]]
    assert firings(rule, *(member("a", n) for n in (0, 0, 0, 30))) == []


def test_silence_fires_nothing():
    rule = correlation("event_count", ["a"], [("lt", 2.0)])
    assert firings(rule, member("a", 0), member("a", 50)) == [[0], [50]]


def test_an_event_that_two_rules_matched_counts_once():
    rule = correlation("event_count", ["a", "b"], [("gte", 2.0)])
    assert firings(rule, member("a", 0), member("b", 0)) == []


def test_groups_are_apart():
    rule = correlation("event_count", ["a"], [("gte", 2.0)])
    assert firings(rule, member("a", 0), member("a", 1, group='["h"]')) == []


def test_values_count_without_case():
    rule = correlation("value_count", ["a"], [("gte", 2.0)], field="User")
    assert firings(rule, member("a", 0, value="Ann"), member("a", 1, value="ANN")) == []
    assert firings(rule, member("a", 0, value="Ann"), member("a", 1, value="Bob")) == [[0, 1]]


def test_sums_leave_out_what_is_no_number():
    rule = correlation("value_sum", ["a"], [("gte", 0.3)], field="Size")
    cells = ["0.1", "0.2", "nan", "inf", "x", None]
    rows = [member("a", n, value=cell) for n, cell in enumerate(cells)]
    assert firings(rule, *rows) == [[0, 1]]


def test_numbers_may_be_hexadecimal():
    rule = correlation("value_sum", ["a"], [("eq", 17.0)], field="Size")
    assert firings(rule, member("a", 0, value="0x10"), member("a", 1, value="1")) == [[0, 1]]


def test_a_percentile_is_by_nearest_rank():
    rule = correlation("value_percentile", ["a"], [("gte", 3.0)], field="v", percentile=75.0)
    rows = [member("a", n, value=str(n + 1)) for n in range(4)]
    assert firings(rule, *rows) == [[0, 1, 2, 3]]


def test_temporal_wants_all_rules_in_any_order():
    rule = correlation("temporal", ["a", "b"])
    assert firings(rule, member("b", 0), member("a", 10)) == [[0, 10]]
    assert firings(rule, member("b", 0), member("b", 10)) == []


def test_ordered_wants_the_order_written_and_takes_equal_times():
    rule = correlation("temporal_ordered", ["a", "b"])
    assert firings(rule, member("b", 0), member("a", 10)) == []
    assert firings(rule, member("a", 0), member("b", 10)) == [[0, 10]]
    assert firings(rule, member("b", 5, 1), member("a", 5, 2)) == [[1, 2]]


def test_a_condition_of_a_temporal_type_counts_rules():
    rule = correlation("temporal", ["a", "b", "c"], [("gte", 2.0)])
    assert firings(rule, member("a", 0), member("c", 1)) == [[0, 1]]


def failed_then_succeeded():
    below = correlation("event_count", ["a"], [("gte", 2.0)], name="A", silent=True)
    above = correlation("temporal_ordered", ["A", "b"])
    return [above, below]


def test_failed_logons_and_then_one_that_succeeds():
    """Sigma correlation rules specification, "Failed Logins Followed by Successful Login"."""
    fails = [member("a", time, correlation=name) for time in (0, 1) for name in "AC"]
    assert firings(failed_then_succeeded(), *fails, member("b", 5)) == [[0, 1, 5]]
    assert firings(failed_then_succeeded(), *fails[:2], member("b", 5)) == []


def test_failures_that_go_on_after_the_success_do_not_hide_it():
    fails = [member("a", time, correlation=name) for time in (0, 1, 9, 12) for name in "AC"]
    assert firings(failed_then_succeeded(), *fails, member("b", 5)) == [[0, 1, 5, 9]]


def test_counting_types_see_each_firing_below_once():
    below = correlation("event_count", ["a"], [("gte", 2.0)], name="A", silent=True)
    above = correlation("event_count", ["A"], [("gte", 2.0)])
    burst = [member("a", time, correlation=name) for time in (0, 1, 2, 3) for name in "AC"]
    assert firings([below, above], *burst) == []


def test_a_chain_groups_by_its_own_fields():
    """The failures agree on the host ("A"), the whole on the user ("C")."""
    fails = [member("a", 0, correlation="A"), member("a", 1, correlation="A")]
    users = [member("a", 0, group='["ann"]'), member("a", 1, group='["bob"]')]
    success = member("b", 5, group='["bob"]')
    assert firings(failed_then_succeeded(), *fails, *users, success) == [[0, 1, 5]]
    assert firings(failed_then_succeeded(), *fails, *users, member("b", 5, group='["ann"]')) == []


def test_correlations_that_refer_to_each_other_in_a_circle_end():
    one = correlation("event_count", ["B"], [("gte", 1.0)], name="A")
    other = correlation("event_count", ["A"], [("gte", 1.0)], name="B")
    assert firings([one, other], member("a", 1, correlation="A")) == []


def test_hits_carry_the_place_of_each_event():
    rule = correlation("event_count", ["a"], [("gte", 1.0)])
    table = union(pa.Table.from_pylist([member("a", 7)], schema=MEMBERS))
    assert correlate([rule], table).to_pylist() == [
        {
            "rule": "C",
            "host": "h",
            "process": "p",
            "time": 7,
            "source": "s",
            "record": 7,
            "channel": "c",
            "event_id": "1",
            "image": "i",
            "window": '["g"]@7',
        }
    ]
