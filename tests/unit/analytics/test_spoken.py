import orjson
import pyarrow as pa

from sidelight.analytics.estate import Estate
from sidelight.analytics.spoken import suspect_signals
from sidelight.findings.facts import SIGNALS

ROW = {
    "host": "WS1", "process": "A", "image": r"C:\x\tool.exe", "time": 5, "source": "s",
    "record": 1, "channel": "c", "event_id": "8", "signal": "memory.thread-unbacked",
    "points": 75, "subject": "", "other": "B", "said": "It did.", "against": "", "files": "",
    "fields": "{}",
}  # fmt: skip


def suspect(*rows):
    table = pa.Table.from_pylist([{**ROW, **r} for r in rows], schema=SIGNALS)
    return list(suspect_signals(table, Estate()))


def test_repetition_is_counted_and_not_weighed():
    [one] = suspect({"record": 1}, {"record": 2}, {"record": 3, "other": "C"})
    assert one.points == 75
    assert one.reasons[0].text == "It did. There are 3 such events."
    assert (one.actors, one.things) == (("A",), ("B", "C"))
    assert [row.record for row in one.rows] == [1, 2, 3]


def test_processes_are_apart_unless_they_are_many():
    few = [{"record": n, "process": f"p{n}"} for n in range(20)]
    assert len(suspect(*few)) == 20
    [one] = suspect(*few, {"record": 20, "process": "p20"})
    assert len(one.actors) == 21


def test_a_day_of_silence_parts_events_without_a_process():
    day = 86_400 * 10**9
    times = [0, day, 2 * day + 1, 2 * day + 2]
    rows = [{"record": at, "process": "", "time": time} for at, time in enumerate(times)]
    assert [[row.record for row in one.rows] for one in suspect(*rows)] == [[0, 1], [2, 3]]


def test_the_heaviest_speaks_and_what_is_against_it_stands_beside():
    [one] = suspect({"points": 20, "said": "Light."}, {"record": 2, "against": "Some tools do so."})
    assert [reason.text for reason in one.reasons] == [
        "It did. There are 2 such events.",
        "Some tools do so.",
    ]
    assert [reason.points for reason in one.reasons] == [75, 0]


def test_hosts_signals_programs_and_subjects_are_apart_whatever_their_case():
    rows = [
        {},
        {"record": 2, "host": "ws1", "image": r"c:\X\TOOL.exe"},
        {"record": 3, "host": "WS2"},
        {"record": 4, "signal": "memory.thread-loader"},
        {"record": 5, "image": r"C:\x\other.exe"},
        {"record": 6, "subject": "x"},
    ]
    found = suspect(*rows)
    assert sorted(len(one.rows) for one in found) == [1, 1, 1, 1, 2]


def test_where_no_process_is_known_a_day_of_silence_is_an_end():
    day = 86_400_000_000_000
    apart = [{"record": n, "process": "", "time": at} for n, at in enumerate((0, day, 2 * day + 1))]
    assert [len(one.rows) for one in suspect(*apart)] == [2, 1]


def test_fields_of_the_event_are_shown_and_the_title_names_the_program():
    [one] = suspect({"fields": orjson.dumps({"StartAddress": "0x1"}).decode()})
    assert one.rows[0].fields == (("StartAddress", "0x1"),)
    assert one.title == "A thread that runs code no file holds: tool.exe"
    [nameless] = suspect({"image": "", "fields": ""})
    assert nameless.title == "A thread that runs code no file holds"


def test_what_is_cited_is_bounded():
    [one] = suspect(*({"record": n, "process": f"p{n}", "other": f"o{n}"} for n in range(300)))
    assert (len(one.rows), len(one.actors), len(one.things)) == (60, 50, 50)
    assert "300 such events; the 60 that weigh most are listed." in one.reasons[0].text
