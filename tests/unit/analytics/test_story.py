import pyarrow as pa

from analytic_cases import SECOND, START, facts_in, frames_of, load
from sidelight.analytics.conclude import suspicions_of
from sidelight.analytics.story import tell
from sidelight.findings.hits import HITS
from sidelight.findings.processes import process_rows

GUID = "{AAAAAAAA-0000-0000-0000-000000000001}"
PLAYER = r"C:\ProgramData\Helper\player.exe"
SHELL = r"C:\Windows\System32\cmd.exe"
LOADED = load(PLAYER, r"C:\ProgramData\Helper\version.dll", "-") | {
    "ProcessGuid": GUID, "ProcessId": "500", "at": 2,
}  # fmt: skip
STARTED = {
    "is": "start", "ProcessGuid": GUID, "ProcessId": "500", "Image": PLAYER, "at": 0,
    "OriginalFileName": "player.exe",
}  # fmt: skip
LOGGED = {
    "is": "start-4688", "NewProcessId": "0x1f4", "NewProcessName": PLAYER, "ProcessId": "0x10",
    "at": 1, "source": "security.evtx",
}  # fmt: skip
REUSED = {**LOGGED, "NewProcessName": SHELL, "at": 100, "record": 77}


def hit(process, at, host="WS1", record=900, image=""):
    return {
        "rule": "r", "host": host, "process": process, "time": START + at * SECOND,
        "source": "security.evtx", "record": record, "channel": "Security", "event_id": "4688",
        "image": image, "window": "",
    }  # fmt: skip


def told(events, *hits):
    """Give, of each story, the titles of its suspicions and the rows of its hits."""
    frames = frames_of(events)
    starts = [process_rows(frame) for frame in frames]
    table = pa.Table.from_pylist(list(hits), schema=HITS)
    stories = tell(suspicions_of(facts_in(frames), starts), table, starts)
    return [(len(story.suspicions), story.hits) for story in stories]


def test_a_pid_of_one_log_is_the_process_that_another_names_by_guid():
    """Security tells a PID, Sysmon a GUID; both saw the start."""
    events = [STARTED, LOGGED, LOADED]
    assert told(events, hit("pid:500", 3, image=PLAYER)) == [(1, (0,))]
    assert told(events, hit("pid:501", 3, image=PLAYER)) == [(1, ())]
    assert told(events, hit("pid:500", 3, host="WS2", image=PLAYER)) == [(1, ())]


def test_a_pid_that_is_used_again_belongs_to_its_new_process():
    events = [STARTED, LOGGED, LOADED, REUSED]
    assert told(events, hit("pid:500", 50), hit("pid:500", 150, record=901)) == [(1, (0,))]


def test_children_belong_to_the_story_and_strangers_do_not():
    child = {
        "is": "start", "ProcessGuid": "{C}", "ProcessId": "7", "Image": SHELL, "at": 5,
        "ParentProcessGuid": GUID, "ParentProcessId": "500", "ParentImage": PLAYER,
    }  # fmt: skip
    stranger = {**child, "ProcessGuid": "{D}", "ProcessId": "8", "ParentProcessGuid": "{E}"}
    found = told([STARTED, LOADED, child, stranger], hit("C", 6), hit("D", 7, record=901))
    assert found == [(2, (0,))]  # a shell that it starts is told of, too


def test_a_suspicious_child_is_one_story_with_its_suspicious_parent():
    other = r"C:\ProgramData\Other\tool.exe"
    child = {
        "is": "start", "ProcessGuid": "{C}", "ProcessId": "7", "Image": other, "at": 5,
        "ParentProcessGuid": GUID, "ParentProcessId": "500", "ParentImage": PLAYER,
    }  # fmt: skip
    loaded = load(other, r"C:\ProgramData\Other\winhttp.dll", "-") | {
        "ProcessGuid": "{C}", "ProcessId": "7", "at": 6,
    }  # fmt: skip
    assert told([STARTED, LOADED, child, loaded]) == [(2, ())]
    orphan = {**child, "ParentProcessGuid": "{E}", "ParentProcessId": "9"}
    assert told([STARTED, LOADED, orphan, loaded]) == [(1, ()), (1, ())]


def test_what_was_written_and_what_was_loaded_is_one_story():
    drop = {
        "is": "write", "ProcessGuid": "{W}", "Image": SHELL,
        "TargetFilename": r"C:\ProgramData\Helper\VERSION.dll", "at": 1,
    }  # fmt: skip
    assert told([STARTED, drop, LOADED]) == [(2, ())]
    elsewhere = {**drop, "host": "WS2"}
    assert told([STARTED, elsewhere, LOADED]) == [(1, ()), (1, ())]


def test_no_suspicion_is_no_story():
    assert told([STARTED], hit(GUID, 1)) == []
