import orjson
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from process_starts import start
from sidelight.findings.assets import Assets, Listed, roles
from sidelight.findings.conclude import Limits, RuleInfo, conclude
from sidelight.findings.finding import RuleRef
from sidelight.findings.hits import EVENTS, HITS, PROCESSES, union
from sidelight.findings.shelf import Shelf
from sidelight.schema import LEVELS, NO_TIME

RULES = {
    "r": RuleInfo(RuleRef("r", "Odd load", "high", "stable"), ("attack.t1574.002",)),
    "q": RuleInfo(RuleRef("q", "Odd thread", "critical"), ("attack.t1055",)),
    "i": RuleInfo(RuleRef("i", "Started", "informational")),
}


def hit(record, rule="r", process="", **known):
    row = {
        "rule": rule,
        "host": "H",
        "process": process,
        "time": record,
        "source": "s",
        "record": record,
        "channel": "c",
        "event_id": "7",
        "image": "",
        "window": "",
    }
    return row | known


def findings(*hits, processes=(), events=(), limits=None, assets=None):
    table = union(pa.Table.from_pylist(list(hits), schema=HITS))
    starts = [pa.Table.from_pylist(list(processes), schema=PROCESSES)]
    full = [{"source": "s", "record": n, "fields": orjson.dumps({"n": str(n)})} for n in events]
    kept = Shelf.of([pa.Table.from_pylist(full, schema=EVENTS)])
    concluded = conclude(table, kept, starts, RULES, limits or Limits(), assets or Assets())
    return list(concluded)


def test_no_hits_give_no_findings():
    assert findings() == []


def test_many_hits_of_one_process_are_one_finding_with_a_count():
    (found,) = findings(*(hit(n, process="P") for n in range(500)), events=range(20))
    assert (found.count, found.first_seen, found.last_seen) == (500, 0, 499)
    assert [e.record for e in found.evidence] == list(range(100))
    assert [e.record for e in found.evidence if e.fields] == list(range(10))
    assert found.evidence[3].fields == {"n": "3"}


def test_short_lived_processes_started_alike_are_one_finding_that_shows_the_earliest():
    family = [start(host="h", key="P", image="p.exe", command_line="p")]
    family += [
        start(host="h", key=f"K{n}", image="K.EXE", command_line=f"k {n}", parent_key="P", time=n)
        for n in range(40)
    ]
    (found,) = findings(*(hit(n, process=f"K{n}") for n in range(40)), processes=family)
    assert found.count == 40
    assert [process.command_line for process in found.process] == ["k 0", "p"]
    assert found.instances
    assert found.instances.count == 40
    assert [one.process.command_line for one in found.instances.listed[:2]] == ["k 0", "k 1"]


def test_the_same_program_started_otherwise_is_another_finding():
    family = [
        start(host="h", key="A", image="k.exe", parent_image="explorer.exe"),
        start(host="h", key="B", image="k.exe", parent_image="winword.exe"),
    ]
    found = findings(hit(1, process="A"), hit(2, process="B"), processes=family)
    assert len({each.id for each in found}) == len(found) == 2


def test_where_the_process_is_unknown_host_and_rule_make_the_group():
    found = findings(hit(1), hit(2, host="h"), hit(3, host="k"))
    assert sorted((each.host, each.count) for each in found) == [("H", 2), ("k", 1)]


def test_the_most_severe_comes_first():
    found = findings(hit(1, "i"), hit(2, "r"), hit(3, "q"), hit(0, "i", host="a"))
    assert [(each.level, each.first_seen) for each in found] == [
        ("critical", 3),
        ("high", 2),
        ("informational", 0),
        ("informational", 1),
    ]


def test_rules_that_agree_on_a_process_raise_the_score_and_are_named():
    alone = findings(hit(1, "r", "P", image="p.exe"))[0]
    beside = [hit(2, "q", "P", image="p.exe"), hit(3, "i", "P", image="p.exe")]
    both = findings(hit(1, "r", "P", image="p.exe"), *beside)[1]
    assert both.score == alone.score + 3
    assert "Also matched on the same process lineage: Odd thread; Started." in both.reasons
    assert both.id == alone.id


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(RULES)), st.sampled_from("hHk"), st.sampled_from(["", "P", "Q"])
        ),
        max_size=9,
    )
)
def test_rules_are_named_beside_each_other_where_host_and_known_lineage_are_one(rows):
    found = findings(
        *(hit(n, rule, key, host=host, image=key) for n, (rule, host, key) in enumerate(rows))
    )
    for each in found:
        image = each.process[0].image if each.process else ""
        beside = [
            RULES[rule].ref
            for rule in {rule for rule, host, key in rows if host.lower() == each.host.lower()
                         and key == image != ""} - {each.rules[0].id}
        ]  # fmt: skip
        beside.sort(key=lambda ref: (-LEVELS.index(ref.level), ref.title))
        named = "; ".join(ref.title for ref in beside)
        said = [text for text in each.reasons if text.startswith("Also matched")]
        assert said == [f"Also matched on the same process lineage: {named}."] * bool(beside)


def test_class_and_techniques_come_from_the_tags():
    (found,) = findings(hit(1))
    assert (found.cls, found.techniques, found.tags) == (
        "sideload",
        ("T1574.001",),
        ("attack.t1574.002",),
    )


def test_evidence_names_every_rule_that_matched_the_event():
    found = findings(hit(1, "r"), hit(1, "q"), hit(2, "r"))
    assert [e.rules for e in found[1].evidence] == [("q", "r"), ("r",)]


def test_events_without_a_time_do_not_set_the_span():
    (found,) = findings(hit(1, time=NO_TIME), hit(2, time=5))
    assert (found.first_seen, found.last_seen, found.count) == (5, 5, 2)
    (found,) = findings(hit(1, time=NO_TIME))
    assert (found.first_seen, found.last_seen) == (NO_TIME, NO_TIME)


def test_each_firing_of_a_correlation_is_one_finding_across_hosts_and_processes():
    first = [hit(1, window="g@1", process="P"), hit(2, window="g@1", host="k", process="Q")]
    found = findings(*first, hit(9, window="g@9"))
    assert [(each.count, each.host) for each in found] == [(2, "H"), (1, "H")]
    assert "The events are from 2 hosts: H; k." in found[0].reasons


def test_what_the_events_of_a_correlation_share_is_named():
    rules = {"r": RuleInfo(RuleRef("r", "Guessing", "high"), (), ("User", "Host"))}
    table = union(pa.Table.from_pylist([hit(1, window='["ann@x",""]@1')], schema=HITS))
    (found,) = conclude(table, Shelf.of([]), [], rules)
    assert "The events share User = ann@x; Host = (empty)." in found.reasons


def test_limits_are_the_callers():
    limits = Limits(evidence=2, fields=1)
    (found,) = findings(*(hit(n) for n in range(5)), events=range(5), limits=limits)
    assert [e.fields is not None for e in found.evidence] == [True, False]


def test_a_rule_nobody_describes_is_still_reported():
    (found,) = findings(hit(1, "unheard-of"))
    assert (found.title, found.level, found.cls) == ("unheard-of", "medium", "other")


def test_hosts_that_matter_come_first_among_equals():
    assets = Assets([Listed("h2", roles()["hlr-hss"])])
    both = [hit(1, process="P", host=host) for host in ("H1", "H2")]
    before = {each.host: each.score for each in findings(*both)}
    found = findings(*both, assets=assets)
    assert [each.host for each in found] == ["H2", "H1"]
    assert found[0].score == before["H2"] + 15
    assert (found[0].level, found[0].asset.role) == ("high", "hlr-hss")
    assert found[1].asset is None
