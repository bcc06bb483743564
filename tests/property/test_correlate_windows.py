"""Correlations against brute force: every window of every group, looked at by itself."""

import math
from fractions import Fraction
from itertools import combinations, pairwise

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from examples import examples
from sidelight.errors import RuleError
from sidelight.findings.hits import MEMBERS, union
from sidelight.rules.alternatives import read_alternatives
from sidelight.rules.correlate import correlate
from sidelight.rules.rule import Correlation, Meta

SPAN = 10
KINDS = ["event_count", "value_count", "value_sum", "value_avg", "value_percentile"]
HOLDS = {
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
}

# Times one step from the ends of a window around earlier ones.
TIMES = st.lists(st.sampled_from([0, 0, 1, 9, 10, 10, 11, 20, 21]), min_size=1, max_size=9).map(
    lambda steps: [sum(steps[: end + 1]) for end in range(len(steps))]
)


def correlation(kind, rules, relation=(), **more):
    name = more.pop("id", "C")
    meta = Meta(name, name, "high", "", "", 1)
    return Correlation(meta, kind, tuple(rules), ("g",), SPAN, tuple(relation), **more)


def member(rule, time, record, group="g", value=None, correlation="C"):
    return {
        "correlation": correlation,
        "rule": rule,
        "group": group,
        "value": value,
        "time": time,
        "source": "s",
        "record": record,
        "host": "h",
        "process": "",
        "channel": "c",
        "event_id": "1",
        "image": "",
    }


SUBSETS = {
    rules: st.sampled_from([c for n in range(1, len(rules) + 1) for c in combinations(rules, n)])
    for rules in (("a", "b"), ("a", "b", "c"))
}


@st.composite
def member_lists(draw, rules=("a", "b", "c")):
    made = []
    for group in ("g", "h"):
        for record, time in enumerate(draw(TIMES)):
            for rule in draw(SUBSETS[rules]):
                value = draw(st.sampled_from(["0.1", "0.2", "1", "2", "2.0", "x", "X", None]))
                made.append(member(rule, time, f"{group}{record}", group, value))
    numbers = {name: n for n, name in enumerate(sorted({m["record"] for m in made}))}
    for each in made:
        each["record"] = numbers[each["record"]]
    return made


RELATIONS = st.lists(
    st.tuples(
        st.sampled_from(sorted(HOLDS)), st.sampled_from([0.1, 0.15, 0.3, 1.0, 2.0, 2.1, 3.0, 4.0])
    ),
    min_size=1,
    max_size=2,
)


def table(members):
    return union(pa.Table.from_pylist(members, schema=MEMBERS))


def fired(rule, members):
    found = {}
    for row in correlate([rule], table(members)).to_pylist():
        found.setdefault(row["window"], set()).add(row["record"])
    return sorted(sorted(records) for records in found.values())


def expected(rule, members):
    """Every window, one by one; those that fire and share an event are joined until none do."""
    joined = []
    for group in {each["group"] for each in members}:
        mine = [each for each in members if each["group"] == group and usable(rule, each)]
        firing = []
        for closing in mine:
            inside = [e for e in mine if closing["time"] - SPAN <= e["time"] <= closing["time"]]
            if holds(rule, inside):
                firing.append({each["record"] for each in inside})
        joined += join(firing)
    return sorted(sorted(records) for records in joined)


def join(sets):
    for number, one in enumerate(sets):
        for other in sets[number + 1 :]:
            if one & other:
                rest = [each for each in sets if each is not one and each is not other]
                return join([*rest, one | other])
    return sets


def usable(rule, each):
    if rule.kind == "value_count":
        return each["value"] is not None
    if rule.kind.startswith("value"):
        return each["value"] not in {None, "x", "X"}
    return True


def holds(rule, inside):
    amount = measure(rule, inside)
    relations = rule.relation or (("gte", len(rule.rules)),)
    return all(HOLDS[name](amount, number) for name, number in relations)


def measure(rule, inside):
    events = {(e["record"], (e["value"] or "").lower()) for e in inside}
    numbers = [
        Fraction(value)
        for _, value in events
        if rule.kind[:6] == "value_" and value not in {"", "x"}
    ]
    match rule.kind:
        case "event_count":
            return len({each["record"] for each in inside})
        case "value_count":
            return len({value for _, value in events})
        case "value_sum":
            return float(sum(numbers))
        case "value_avg":
            return float(sum(numbers) / len(numbers))
        case "value_percentile":
            rank = math.ceil(Fraction(rule.percentile) * len(numbers) / 100)
            return float(sorted(numbers)[max(rank, 1) - 1])
        case "temporal":
            return len({each["rule"] for each in inside})
        case _:
            return longest(rule, inside)


def longest(rule, inside):
    """Try every series of events whose rules rise and whose time does not fall."""

    def extend(last, left):
        return max(
            (
                1 + extend(e, left[n + 1 :])
                for n, name in enumerate(left)
                for e in inside
                if e["rule"] == name and (last is None or e["time"] >= last["time"])
            ),
            default=0,
        )

    return extend(None, list(rule.rules))


@examples(250)
@given(
    member_lists(),
    st.sampled_from(KINDS),
    RELATIONS,
    st.sampled_from([0.0, 1.0, 50.0, 90.0, 100.0]),
)
def test_counting_correlations_agree_with_brute_force(members, kind, relation, percentile):
    rule = correlation(kind, ["a", "b"], relation, field="v", percentile=percentile)
    mine = [each for each in members if each["rule"] != "c"]
    assert fired(rule, members) == expected(rule, mine)


@examples(200)
@given(
    member_lists(),
    st.sampled_from(["temporal", "temporal_ordered"]),
    st.permutations(["a", "b", "c"]),
    st.one_of(st.just([]), RELATIONS),
)
def test_temporal_correlations_agree_with_brute_force(members, kind, rules, relation):
    rule = correlation(kind, rules, relation)
    assert fired(rule, members) == expected(rule, members)


CONDITIONS = st.recursive(
    st.sampled_from(["a", "b", "c"]),
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
    ),
    max_leaves=5,
)


def written(condition):
    match condition:
        case ("not", child):
            return f"not ({written(child)})"
        case (word, first, second):
            return f"({written(first)}) {word} ({written(second)})"
    return condition


def choices(condition, wanted=True):
    """Every choice of events that must be there and rules that must not: (name, there) sets."""
    match condition:
        case ("not", child):
            return choices(child, not wanted)
        case (word, first, second):
            ones, others = choices(first, wanted), choices(second, wanted)
            if (word == "and") is wanted:
                return [one | other for one in ones for other in others]
            return ones + others
    return [{(condition, wanted)}]


def chosen(choice, rule, inside, mine):
    there = [name for name in rule.rules if (name, True) in choice]
    events = [each for each in inside if each["rule"] in there]
    if rule.kind == "temporal":
        if {each["rule"] for each in events} != set(there):
            return False
    elif longest(correlation(rule.kind, there), events) < len(there):
        return False
    barred = [each["time"] for each in mine if (each["rule"], False) in choice]
    first, last = (pick(each["time"] for each in events) for pick in (min, max))
    starts = range(last - SPAN, first + 1)
    return not any(start <= time <= start + SPAN for start in starts for time in barred)


@examples(250)
@given(
    member_lists(),
    st.sampled_from(["temporal", "temporal_ordered"]),
    st.permutations(["a", "b", "c"]),
    CONDITIONS,
)
def test_conditions_over_rules_agree_with_brute_force(members, kind, rules, condition):
    """Every window, every choice of literals, and every window that holds what was chosen."""
    named = [name for name in rules if name in written(condition).replace("and", "")]
    try:
        alternatives = read_alternatives(written(condition), named)
    except RuleError:
        fits = [each for each in choices(condition) if not _contradicts(each)]
        assert not fits or any(not any(there for _, there in each) for each in fits)
        return
    if any(each.absent for each in alternatives):
        kind = "temporal"
    rule = correlation(kind, named, alternatives=alternatives)
    joined = []
    for group in {each["group"] for each in members}:
        mine = [e for e in members if e["group"] == group and e["rule"] in named]
        firing = []
        for closing in mine:
            inside = [e for e in mine if closing["time"] - SPAN <= e["time"] <= closing["time"]]
            fits = [each for each in choices(condition) if not _contradicts(each)]
            if any(chosen(choice, rule, inside, mine) for choice in fits):
                firing.append({each["record"] for each in inside})
        joined += join(firing)
    wanted = [each for each in members if each["rule"] in named]
    assert fired(rule, wanted) == sorted(sorted(records) for records in joined)


def _contradicts(choice):
    return any((name, not there) in choice for name, there in choice)


@examples(100)
@given(member_lists(rules=("a", "b")), st.sampled_from([1.0, 2.0, 3.0]))
def test_a_chain_sees_each_event_that_completed_a_window(members, least):
    """Against brute force: A fires by event count, then b must follow within the span."""
    below = correlation("event_count", ["a"], [("gte", least)], id="A", silent=True)
    above = correlation("temporal_ordered", ["A", "b"])
    rows = [each | {"correlation": "A"} for each in members if each["rule"] == "a"]
    got = correlate([above, below], table([*rows, *members])).to_pylist()
    records = {row["record"] for row in got}
    want = set()
    for group in {each["group"] for each in members}:
        mine = [each for each in members if each["group"] == group]
        completes = [
            (e["time"], back)
            for e in mine
            if e["rule"] == "a"
            for back in [
                {
                    x["record"]
                    for x in mine
                    if x["rule"] == "a" and e["time"] - SPAN <= x["time"] <= e["time"]
                }
            ]
            if len(back) >= least
        ]
        for closing in {e["time"] for e in mine if e["rule"] == "b"} | {t for t, _ in completes}:

            def inside(time, closing=closing):
                return closing - SPAN <= time <= closing

            firsts = [(t, back) for t, back in completes if inside(t)]
            seconds = [e for e in mine if e["rule"] == "b" and inside(e["time"])]
            if any(t <= e["time"] for t, _ in firsts for e in seconds):
                want |= set().union(*(back for _, back in firsts)) | {e["record"] for e in seconds}
    assert records == want
    assert {row["rule"] for row in got} <= {"C"}


@examples(50)
@given(member_lists(), st.lists(st.integers(0, 30), max_size=3), st.randoms())
def test_cuts_of_the_members_do_not_matter(members, cuts, random):
    rule = correlation("event_count", ["a", "b", "c"], [("gte", 2.0)])
    whole = correlate([rule], table(members))
    edges = [0, *sorted(cuts), len(members)]
    parts = [members[a:b] for a, b in pairwise(edges)] * 2
    random.shuffle(parts)
    tables = [pa.Table.from_pylist(part, schema=MEMBERS) for part in parts]
    assert correlate([rule], union(*tables)).equals(whole)
