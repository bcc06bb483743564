import pyarrow as pa
import pytest

from analytic_cases import conclude_events
from sidelight.analytics.story import Story
from sidelight.analytics.suspicion import Cited, Reason, Suspicion
from sidelight.analytics.verdict import (
    EACH_ANALYTIC,
    EACH_RULE,
    LEVEL_FROM,
    MOST_RULES,
    Hit,
    level_of,
    story_name,
    verdicts,
)
from sidelight.findings.conclude import Limits, RuleInfo
from sidelight.findings.finding import RuleRef
from sidelight.findings.hits import EVENTS
from sidelight.findings.shelf import Shelf
from sidelight.schema import LEVELS

EMPTY = Shelf.of([])


def cited(record, time=5, process="P1"):
    return Cited("s", record, "c", "7", time, process, r"C:\x\a.exe", (("Signed", "false"),))


def suspicion(points=50, analytic="sideload.load", cls="sideload", records=(1,), **more):
    reasons = (Reason(points, f"{analytic} {points}.", tuple(cited(r) for r in records)),)
    whole = {"things": (), "actors": ("P1",), "reasons": reasons, "image": r"c:\x\a.exe"} | more
    return Suspicion(analytic=analytic, cls=cls, title=analytic, host="WS1", **whole)


def hit(row, level="medium", rule="", tags=(), record=None):
    name = rule or f"r{row}"
    place = 100 + row if record is None else record
    return Hit(
        row, RuleInfo(RuleRef(name, name.upper(), level), tags), name, "s", place, "c", "1", 9
    )


def judge(*suspicions, hits=(), shelf=EMPTY, limits=None):
    story = Story(tuple(sorted(suspicions, key=lambda s: -s.points)), tuple(h.row for h in hits))
    name = story_name(story)
    return list(verdicts(story, name, list(hits), shelf, limits or Limits(100, 10)))


@pytest.mark.parametrize(
    ("score", "level"),
    [(0, "informational"), (19, "informational"), (20, "low"), (39, "low"), (40, "medium"),
     (59, "medium"), (60, "high"), (84, "high"), (85, "critical"), (100, "critical")],
)  # fmt: skip
def test_levels(score, level):
    assert level_of(score) == level
    assert [each for _, each in LEVEL_FROM] == list(reversed(LEVELS))


def test_a_score_is_the_lead_and_what_is_beside_it():
    thread = suspicion(30, "memory.thread-dropped", "memory", (2,))
    [sideload, memory] = judge(suspicion(50), thread)
    assert (sideload.finding.cls, sideload.finding.score) == ("sideload", 50 + EACH_ANALYTIC)
    assert (memory.finding.cls, memory.finding.score) == ("memory", 30 + EACH_ANALYTIC)
    assert sideload.finding.story == memory.finding.story
    assert sideload.finding.id != memory.finding.id
    assert sum(weight.points for weight in sideload.finding.weights) == sideload.finding.score


def test_rules_add_little_and_only_so_much():
    for number in (1, 2, 3, 9):
        [one] = judge(suspicion(50), hits=[hit(n) for n in range(number)])
        assert one.finding.score == 50 + min(MOST_RULES, EACH_RULE * number)
    [one] = judge(suspicion(50), hits=[hit(0, "informational"), hit(1, rule="r0")])
    assert one.finding.score <= 50 + EACH_RULE


def test_a_story_tells_hits_that_say_no_more_than_it_does():
    hits = [
        hit(0, "low"),
        hit(1, "critical"),
        hit(2, "critical", tags=("attack.t1574.001",)),
        hit(3, "medium"),
    ]
    [one] = judge(suspicion(40), hits=hits)
    assert one.told == (0, 1, 2, 3)
    assert {rule.id for rule in one.finding.rules} == {"sideload.load", "r0", "r1", "r2", "r3"}


def test_scores_stay_in_bounds():
    [high] = judge(suspicion(99), hits=[hit(n) for n in range(9)])
    [low] = judge(suspicion(-30))
    assert (high.finding.score, low.finding.score) == (100, 0)


def test_reasons_speak_for_and_counter_evidence_against_with_their_points():
    reasons = (
        Reason(60, "For.", (cited(1),), (cited(8),)),
        Reason(-10, "Against.", (cited(2),)),
        Reason(0, "Remark.", (cited(1),)),
    )
    [one] = judge(suspicion(reasons=reasons, refute=("Ask.", "Ask.")))
    assert one.finding.reasons == ("For. (+60)",)
    assert one.finding.counter_evidence == ("Against. (-10)", "Remark.")
    assert one.finding.weights[0].events == (("s", 1), ("s", 8))
    assert one.finding.refute == ("Ask.",)
    assert [each.record for each in one.finding.evidence] == [1, 2], "context is no evidence"


def test_evidence_is_in_order_of_time_counted_in_full_and_listed_in_part():
    rows = tuple(cited(n, time=100 - n) for n in range(10))
    [one] = judge(suspicion(reasons=(Reason(50, "x", rows),)), limits=Limits(4, 10))
    assert one.finding.count == 10
    assert [each.time for each in one.finding.evidence] == [91, 92, 93, 94]
    assert (one.finding.first_seen, one.finding.last_seen) == (91, 100)


def test_one_event_that_several_speak_of_is_listed_once_with_all_of_them():
    [one] = judge(suspicion(50, records=(7,)), hits=[hit(0, record=7)])
    [event] = one.finding.evidence
    assert event.rules == ("sideload.load", "r0")
    assert one.finding.count == 1


def test_the_full_event_stands_where_it_was_kept():
    rows = [{"source": "s", "record": 1, "fields": b'{"Image":"whole"}'}]
    shelf = Shelf.of([pa.Table.from_pylist(rows, schema=EVENTS)])
    [one] = judge(suspicion(50, records=(1, 2)), shelf=shelf)
    assert [e.fields for e in one.finding.evidence] == [{"Image": "whole"}, {"Signed": "false"}]


def test_ids_follow_from_what_it_is_about_and_not_from_points_or_spelling():
    [a], [b] = judge(suspicion(50)), judge(suspicion(70))
    assert (a.finding.id, a.finding.story) == (b.finding.id, b.finding.story)
    [c] = judge(suspicion(50, things=("c:\\x\\l.dll",)))
    [d] = judge(suspicion(50, image=r"c:\x\b.exe"))
    assert len({each.finding.id for each in (a, c, d)}) == 3


def test_the_leading_process_is_named_by_guid_or_pid():
    [by_guid], [by_pid], [nobody] = (
        judge(suspicion(actors=actors)) for actors in (("P1",), ("pid:44",), ())
    )
    assert [(v.finding.process[0].guid, v.finding.process[0].pid) for v in
            (by_guid, by_pid, nobody)] == [("P1", -1), ("", 44), ("", -1)]  # fmt: skip


def test_matches_of_one_rule_in_two_files_are_findings_of_their_own():
    match = {"is": "match", "Rule": "r", "RuleFile": "r.yar", "Level": "high", "at": None}
    files = [
        {**match, "Target": name, "source": f"yara:{name}", "record": 1} for name in ("/a", "/b")
    ]
    one, other = conclude_events(files)
    assert one.id != other.id
