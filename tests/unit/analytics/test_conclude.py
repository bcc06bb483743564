import pytest

from analytic_cases import (
    SECOND,
    START,
    Event,
    conclude_events,
    conclude_frames,
    frames_of,
    load,
    placed,
    write,
)

SYSTEM = "C:\\Windows\\System32\\"
CLR = r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\clr.dll"
FOLDER = "C:\\ProgramData\\Helper\\"
PLAYER = FOLDER + "player.exe"
EDITOR = SYSTEM + "notepad.exe"
STARTED = {"is": "start", "Image": PLAYER, "OriginalFileName": "x.exe", "Company": "Acme"}

APART: dict[str, list[Event]] = {
    "the same runtime in two processes, and another signer": [
        load(EDITOR, CLR, "Microsoft"),
        load(EDITOR, CLR, "Microsoft") | {"ProcessGuid": "{2}"},
        load(EDITOR, CLR, "Microsoft Corporation") | {"ProcessGuid": "{3}"},
    ],
    "starts of one program that say more and less": [
        STARTED,
        {**STARTED, "OriginalFileName": "-"},
        {**STARTED, "Company": "-", "OriginalFileName": "player.exe"},
        load(PLAYER, FOLDER + "codec.dll", "-", Company="-", OriginalFileName="-"),
    ],
    "blobs of one process in one folder": [
        write(EDITOR, FOLDER + "a.dat"),
        write(EDITOR, FOLDER + "b.dat"),
        write(EDITOR, FOLDER + "version.dll"),
        load(PLAYER, FOLDER + "version.dll", "-"),
    ],
    "genuine libraries loaded again and again": [
        load(PLAYER, SYSTEM + "version.dll", "Microsoft Windows"),
        load(PLAYER, SYSTEM + "version.dll", "Microsoft Windows"),
        load(PLAYER, FOLDER + "version.dll", "-"),
    ],
}


@pytest.mark.parametrize("name", APART)
def test_what_a_scan_keeps_once_for_each_frame_counts_once(name: str) -> None:
    """As one frame and as a frame for each event."""
    events = placed(APART[name])
    whole = conclude_frames(frames_of(events))
    assert whole
    assert conclude_frames([frame for event in events for frame in frames_of([event])]) == whole


def test_a_host_is_shown_as_events_spell_it() -> None:
    event = load(PLAYER, FOLDER + "version.dll", "-")
    [one] = conclude_events([{**event, "host": "Ws-17.Operator.example"}])
    assert one.host == "Ws-17.Operator.example"
    several = [{**event, "host": name, "record": n} for n, name in enumerate(("ws1", "WS1"))]
    [both] = conclude_events(several)
    assert both.host == "WS1"


def test_the_process_that_leads_is_looked_up_with_its_ancestors() -> None:
    guid = "{AAAAAAAA-0000-0000-0000-000000000001}"
    start = {
        "is": "start", "ProcessGuid": guid, "ProcessId": "77", "Image": PLAYER,
        "CommandLine": "player.exe /x", "ParentImage": EDITOR, "ParentProcessId": "5",
    }  # fmt: skip
    loaded = load(PLAYER, FOLDER + "version.dll", "-") | {"ProcessGuid": guid, "ProcessId": "77"}
    [finding] = conclude_events([start, loaded])
    assert [(each.image, each.pid) for each in finding.process] == [(PLAYER, 77), (EDITOR, 5)]
    assert finding.process[0].command_line == "player.exe /x"


def test_nothing_gives_nothing() -> None:
    assert conclude_frames([]) == ()


def test_a_load_that_only_compares_does_not_move_when_it_began() -> None:
    genuine = load(EDITOR, SYSTEM + "version.dll", "Microsoft Windows", at=0)
    stray = load(EDITOR, FOLDER + "version.dll", "-", at=9_000)
    (found,) = conclude_events([genuine, stray])
    assert found.first_seen == found.last_seen == START + 9_000 * SECOND
    assert found.count == 1
    (passing,) = (each for each in found.weights if "passes calls on" in each.text)
    assert passing.events == (("case.evtx", 2), ("case.evtx", 1))


def test_processes_that_load_a_library_weeks_apart_are_listed() -> None:
    days = [0, 30]
    loads = [
        load(EDITOR, FOLDER + "version.dll", "-", at=day * 86_400) | {"ProcessGuid": f"{{{day}}}"}
        for day in days
    ]
    (found,) = conclude_events(loads)
    assert found.instances
    assert found.instances.count == 2
    seen = [one.seen for one in found.instances.listed]
    assert seen == [START + day * 86_400 * SECOND for day in days]
