import numpy as np

from sidelight.rules.members import Watch, member_rows, taking_part, watches
from sidelight.rules.rule import Correlation, Meta
from sidelight.schema import NO_TIME, Frame, Kind, constant, encode


def correlation(name, rules, group_by, aliases=(), **more):
    meta = Meta(name, name, "high", "", "", 1)
    return Correlation(meta, "temporal", rules, group_by, 10, aliases=aliases, **more)


def frame(times, **columns):
    size = len(times)
    return Frame(
        Kind("windows", "Security", "4625"),
        ("s",),
        np.zeros(size, np.int32),
        np.arange(size),
        np.array(times, np.int64),
        constant("h", size),
        {name: encode(cells) for name, cells in columns.items()},
        lambda _: [],
    )


def members(watch, some):
    rows = taking_part(watch, some, np.arange(len(some), dtype=np.intp), some.columns.get)
    return member_rows(watch, some, rows, some.columns.get).to_pylist()


def test_each_base_rule_is_watched_with_its_own_field_for_an_alias():
    """Sigma correlation rules specification, "Field Name Aliases"."""
    aliases = (("ip", (("a", "source.ip"), ("b", "destination.ip"))),)
    found = watches([correlation("C", ("a", "b"), ("ip", "User"), aliases)])
    assert found == {
        "a": (Watch("C", "a", ("source.ip", "User")),),
        "b": (Watch("C", "b", ("destination.ip", "User")),),
    }


def test_an_alias_that_leaves_a_rule_out_leaves_its_events_out():
    found = watches([correlation("C", ("a", "b"), ("ip",), (("ip", (("a", "x"),)),))])
    assert list(found) == ["a"]


def test_a_chain_watches_the_rules_at_its_bottom():
    below = correlation("A", ("a",), ("Host",))
    above = correlation("B", ("A", "b"), ("User",))
    assert watches([below, above]) == {
        "a": (Watch("A", "a", ("Host",)), Watch("B", "a", ("User",))),
        "b": (Watch("B", "b", ("User",)),),
    }


def test_correlations_that_refer_to_each_other_in_a_circle_end():
    one = correlation("A", ("B",), ())
    other = correlation("B", ("A", "b"), ())
    assert set(watches([one, other])) == {"b"}


def test_an_event_without_a_group_by_field_takes_no_part():
    some = frame([1, 2, 3], User=["Ann", None, "ANN"], Host=["h", "h", ""])
    rows = members(Watch("C", "a", ("User", "Host")), some)
    assert [(row["record"], row["group"]) for row in rows] == [
        (0, '["ann","h"]'),
        (2, '["ann",""]'),
    ]
    assert members(Watch("C", "a", ("Nowhere",)), some) == []


def test_an_event_without_a_time_takes_no_part():
    some = frame([NO_TIME, 2])
    assert [(r["record"], r["group"]) for r in members(Watch("C", "a", ()), some)] == [(1, "[]")]


def test_a_value_is_kept_as_it_is_and_an_absent_one_is_null():
    some = frame([1, 2], User=["u", "u"], Size=["0x10", None])
    rows = members(Watch("C", "a", ("User",), "Size"), some)
    assert [row["value"] for row in rows] == ["0x10", None]
