import json

import orjson
import pyarrow as pa
import pytest

from analytic_cases import SECOND, START, conclude_frames, facts_in, frames_of, load
from sidelight.analytics.conclude import conclude_facts, suspicions_of
from sidelight.analytics.witnesses import witness_loads
from sidelight.findings.clocks import Looks
from sidelight.findings.conclude import Limits, RuleInfo
from sidelight.findings.finding import RuleRef
from sidelight.findings.hits import EVENTS, HITS
from sidelight.findings.processes import process_rows
from sidelight.findings.shelf import Shelf

PLAYER = r"C:\ProgramData\Helper\player.exe"
CODEC = r"C:\ProgramData\Helper\codec.dll"
PLAIN = r"C:\Program Files\Player\codec.dll"
RULE = RuleInfo(RuleRef("r", "A file appears", "medium"), ("attack.persistence",))


def look(*files, mark="deleted-library", points=45, origin="live", at=50, **fields):
    """Make a process as a look at its host shows it, with one mark about *files*."""
    marks = [{"id": mark, "points": points, "for": "odd", "against": "", "files": list(files)}]
    return {
        "is": "process", "ProcessId": "500", "Image": "/usr/bin/tool", "Origin": origin, "at": at,
        "source": "look.jsonl", "Marks": json.dumps(marks), **fields,
    }  # fmt: skip


def logged(library, signed=None, **fields):
    return load(PLAYER, library, signed, at=10, **fields)


def hit(text, host="WS1", record=900, process="pid:77"):
    """Make a hit of `RULE`, and its event, which has *text*."""
    row = {
        "rule": "r", "host": host, "process": process, "time": START + 5 * SECOND,
        "source": "a.log", "record": record, "channel": "auditd", "event_id": "PATH",
        "image": "/usr/bin/cp", "window": "",
    }  # fmt: skip
    event = {"source": "a.log", "record": record, "fields": orjson.dumps({"name": text})}
    return row, event


def conclude(events, *hits, looks=None):
    frames = frames_of(events)
    return conclude_facts(
        facts_in(frames),
        pa.Table.from_pylist([row for row, _ in hits], schema=HITS),
        Shelf.of([pa.Table.from_pylist([event for _, event in hits], schema=EVENTS)]),
        [process_rows(frame) for frame in frames],
        {"r": RULE},
        Limits(100, 10),
        looks or Looks(),
    )


def test_a_library_that_a_log_and_a_look_tell_of_is_one_finding():
    [one] = conclude_frames(frames_of([logged(CODEC, "-"), look(CODEC)]))
    assert [(seen.surface, seen.events) for seen in one.surfaces] == [("log", 1), ("live", 1)]
    text = f"Event logs and the running host tell of the same file, {CODEC}."
    [weight] = [weight for weight in one.weights if weight.text == text]
    assert weight.points == 6
    assert {event.source for event in one.evidence} == {"case.evtx", "look.jsonl"}
    apart = conclude_frames(frames_of([logged(CODEC, "-"), look(r"C:\ProgramData\other.dll")]))
    assert sorted(len(finding.surfaces) for finding in apart) == [0, 1]


def test_classes_are_united_where_surfaces_tell_of_one_file_only():
    changed = look(CODEC, mark="changed-code", origin="core", points=65)
    [one] = conclude_frames(frames_of([logged(CODEC, "-"), changed]))
    assert {"T1574.001", "T1620"} <= set(one.techniques)
    assert [seen.surface for seen in one.surfaces] == ["log", "memory"]
    apart = conclude_frames(frames_of([logged(CODEC, "-"), look(PLAIN, mark="changed-code")]))
    assert sorted(finding.cls for finding in apart) == ["memory", "sideload"]


def test_a_load_that_is_in_order_is_cited_beside_what_a_look_suspects():
    fine = logged(PLAIN, "Player Ltd", Hashes="SHA256=" + "AB" * 32)
    own = look(PLAIN, mark="changed-code", points=65, Image=PLAYER)
    [one] = conclude_frames(frames_of([fine, own]))
    assert f"Event logs tell that {PLAYER} loaded {PLAIN}." in one.counter_evidence
    assert [seen.surface for seen in one.surfaces] == ["log", "live"]
    assert one.disagreements == (
        f"{PLAIN} is validly signed for event logs, and its code in memory is another.",
    )
    assert one.score == 65
    [alone] = conclude_frames(frames_of([{**fine, "host": "WS2"}, look(PLAIN)]))
    assert [seen.surface for seen in alone.surfaces] == ["live"]


@pytest.mark.parametrize("mark", ["changed-code", "module-patched", "module-not-of-file"])
def test_other_programs_tell_nothing_of_a_library_that_one_has_otherwise_in_memory(mark):
    [one] = conclude_frames(frames_of([logged(PLAIN, "Player Ltd"), look(PLAIN, mark=mark)]))
    assert (one.score, one.counter_evidence, one.disagreements) == (45, (), ())


@pytest.mark.parametrize(("programs", "joins"), [(20, True), (21, False)])
def test_a_library_that_many_programs_load_joins_nothing(programs, joins):
    loads = [load(rf"C:\p{n}.exe", PLAIN, "Player Ltd", at=n, record=n) for n in range(programs)]
    [one] = conclude_frames(frames_of([*loads, look(PLAIN)]))
    assert [seen.surface for seen in one.surfaces] == (["log", "live"] if joins else ["live"])


def test_modules_of_a_dump_are_not_what_event_logs_tell():
    listed = {**logged(PLAIN), "is": "module", "source": "a.dmp"}
    [one] = conclude_frames(frames_of([listed, look(PLAIN, origin="minidump", source="a.dmp")]))
    assert (one.score, one.counter_evidence) == (45, ())
    assert [(seen.surface, seen.events) for seen in one.surfaces] == [("memory", 1)]


@pytest.mark.parametrize(("processes", "joined"), [(20, 20), (21, 0)])
def test_a_path_that_hits_of_many_processes_name_joins_none(processes, joined):
    hits = [hit("/tmp/libx.so", record=n, process=f"pid:{n}") for n in range(processes)]
    assert len(conclude([look("/tmp/libx.so")], *hits).told) == joined
    one = [hit("/tmp/libx.so", record=n) for n in range(processes)]
    assert len(conclude([look("/tmp/libx.so")], *one).told) == processes


@pytest.mark.parametrize(("record", "joins"), [(1, True), (2, False)])
def test_a_rule_that_matches_the_event_of_a_look_without_a_time_belongs_to_it(record, joins):
    row, event = hit("x", record=record, process="pid:500")
    row, event = ({**each, "source": "look.jsonl"} for each in (row, event))
    core = look("/memfd:x (deleted)", origin="core", at=None, record=1)
    assert conclude([core], (row, event)).told == ((0,) if joins else ())


def test_a_path_is_found_as_json_spells_it():
    assert conclude([look('/tmp/a "b".so')], hit('cp x /tmp/a "b".so')).told == (0,)


def test_nothing_is_added_where_only_logs_speak():
    frames = frames_of([logged(CODEC, "-")])
    facts = facts_in(frames)
    found = suspicions_of(facts, [])
    assert found
    assert witness_loads(found, facts.loads) == found


@pytest.mark.parametrize(
    ("text", "host", "joins"),
    [
        ("/tmp/libx.so", "WS1", True),
        ("/tmp/libx.so", "ws1", True),
        ("cp a /tmp/libx.so;id", "WS1", True),
        ("/tmp/libx.so", "WS2", False),
        ("/tmp/libx.so", "", False),
        ("/tmp/libx.so.1", "WS1", False),
        ("/var/tmp/libx.so", "WS1", False),
        ("/tmp/libx-so", "WS1", False),
    ],
)
def test_a_rule_that_names_the_file_belongs_to_its_finding(text, host, joins):
    concluded = conclude([look("/tmp/libx.so")], hit(text, host))
    assert concluded.told == ((0,) if joins else ())
    [one] = concluded.findings
    assert ("A file appears" in [rule.title for rule in one.rules]) is joins


def test_evidence_without_a_host_is_not_taken_for_one_host():
    nameless = look("/tmp/libx.so", host="")
    assert conclude([nameless], hit("/tmp/libx.so", "")).told == ()
    fine = logged(PLAIN, "Player Ltd", host="")
    [one] = conclude_frames(frames_of([fine, look(PLAIN, host="")]))
    assert [seen.surface for seen in one.surfaces] == ["live"]


def test_a_rule_that_names_a_windows_path_belongs_to_its_finding():
    concluded = conclude([look("/ProgramData/Helper/codec.dll")], hit(CODEC))
    assert concluded.told == (0,)


def test_what_names_a_file_whose_code_was_changed_in_memory_is_about_something_else():
    assert conclude([look("/tmp/libx.so", mark="changed-code")], hit("/tmp/libx.so")).told == ()


def test_a_process_of_a_look_is_that_of_the_logs_in_spite_of_its_clock():
    started = {
        "is": "start-4688", "NewProcessId": "0x1f4", "NewProcessName": "/usr/bin/tool", "at": 50,
        "ProcessId": "0x1",
    }  # fmt: skip
    mine = hit("nothing", process="pid:500")
    mine[0].update(time=START + 51 * SECOND, image="/usr/bin/tool")
    behind = look("/tmp/libx.so", at=50 - 3_600)
    assert conclude([started, behind], mine).told == ()
    looks = Looks(frozenset({"look.jsonl"}), {"ws1": -3_600 * SECOND})
    assert conclude([started, behind], mine, looks=looks).told == (0,)


def match(source, pid="500", **fields):
    event = {
        "is": "match", "Rule": "r", "RuleFile": "r.yar", "Level": "high", "at": None,
        "Target": source, "Region": "0x1000-0x2000 rwx", "Origin": "memory",
        "ProcessId": pid, "Image": "/usr/bin/tool", "source": f"yara:{source}",
    }  # fmt: skip
    return {**event, **fields}


def stories(events):
    return len({finding.story for finding in conclude(events).findings})


@pytest.mark.parametrize(
    ("found", "joins"),
    [
        (match("a.core"), True),
        (match("b.core"), False),
        (match("a.core", pid="501"), False),
        (match("a.core", host="WS2"), False),
    ],
)
def test_a_match_in_a_core_without_a_time_is_of_its_process(found, joins):
    core = look("/tmp/x", origin="core", at=None, source="a.core")
    assert stories([core, found]) == 1 + (not joins)


def test_a_match_in_a_running_process_is_of_the_one_look_at_its_host():
    found = match("/proc/500/mem")
    assert stories([look("/tmp/x"), found]) == 1
    assert stories([look("/tmp/x", Image="/usr/bin/other"), found]) == 2
    looks = [look("/tmp/x", record=1), look("/tmp/y", source="old.jsonl", at=300_000, record=2)]
    assert stories([*looks, found]) == stories(looks) + 1
