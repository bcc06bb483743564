"""Rows of Volatility's plugins, as processes and marks."""

import pytest

from sidelight.host.judge import judge
from sidelight.host.process import Mark
from sidelight.host.volatility import (
    Row,
    first_bytes,
    linux_processes,
    redirected_calls,
    windows_tasks,
)

ELF = "7f 45 4c 46 02 01 01 00\t.ELF...."
LISTED: list[Row] = [
    {"PID": 1, "PPID": 0, "COMM": "systemd", "UID": 0},
    {"PID": 2, "PPID": 0, "COMM": "kthreadd", "UID": 0},
    {"PID": 40, "PPID": 2, "COMM": "kworker/0:1", "UID": 0},
    {"PID": 700, "PPID": 1, "COMM": "mediation", "UID": 1000},
]
FILES: list[Row] = [
    {"PID": 700, "Start": 0x7F0000000000, "End": 0x7F0000100000, "File Path": "/usr/lib/libc.so.6"},
    {"PID": 700, "Start": 0x55000000, "End": 0x55001000, "File Path": "/usr/bin/mediation"},
    {"PID": 1, "Start": 0x56000000, "End": 0x56001000, "File Path": "/usr/lib/systemd/systemd"},
]


def odd(hexdump: str) -> Row:
    return {
        "PID": 700,
        "Start": 0x7E0000000000,
        "End": 0x7E0000001000,
        "Protection": "rwx",
        "Hexdump": hexdump,
    }


def marks(**rows: list[Row]) -> dict[int, set[str]]:
    found = linux_processes({"pslist": LISTED, "elfs": FILES, **rows})
    return {each.pid: {mark.id for mark in judge(each)} for each in found if not each.kernel}


def test_processes_have_their_files_and_threads_of_the_kernel_are_left_out() -> None:
    rows = {"pslist": LISTED, "elfs": FILES, "psaux": [{"PID": 700, "ARGS": "mediation -d"}]}
    found = {each.pid: each for each in linux_processes(rows)}
    assert (found[700].exe, found[700].argv) == ("/usr/bin/mediation", ("mediation", "-d"))
    assert {pid for pid, each in found.items() if each.kernel} == {2, 40}
    without = {each.pid for each in linux_processes({"pslist": LISTED}) if each.kernel}
    assert without == {2, 40}


def test_an_image_in_loose_memory_is_marked_and_loose_memory_alone_less() -> None:
    assert marks(malfind=[odd(ELF)])[700] == {"image-in-memory", "executable-anonymous"}
    assert marks(malfind=[odd(ELF.replace("7f", "7e"))])[700] == {"executable-anonymous"}
    assert marks()[700] == set()


def test_a_program_that_exists_in_memory_only_is_marked() -> None:
    memfd: Row = {"PID": 700, "Start": 1 << 20, "End": 1 << 21, "File Path": "/memfd:x (deleted)"}
    assert "memfd-program" in marks(elfs=[memfd])[700]


@pytest.mark.parametrize(("count", "points"), [(0, []), (1, [60]), (63, [60]), (64, [15])])
def test_system_calls_without_a_function_are_marked(count: int, points: list[int]) -> None:
    """All of them at once are more likely symbols of another kernel."""
    good: Row = {"Index": 0, "Handler Address": 5, "Handler Symbol": "__x64_sys_read"}
    bad: list[Row] = [
        {"Index": n, "Handler Address": 1 << 40, "Handler Symbol": "UNKNOWN"} for n in range(count)
    ]
    found = redirected_calls({"check_syscall": [good, *bad]})
    assert [mark.points for mark in found] == points


TASK: Row = {"PID": 4, "PPID": 0, "ImageFileName": "tool.exe", "Threads": 3}
TOOL: Row = {
    "Pid": 4,
    "MappedPath": "\\Program Files\\tool.exe",
    "InLoad": True,
    "InInit": False,
    "InMem": True,
}
CODE: Row = {
    "PID": 4,
    "Start VPN": 0x1000,
    "Protection": "PAGE_EXECUTE_READWRITE",
    "Hexdump": "4d 5a 90 00",
}


def windows(**rows: list[Row]) -> dict[int, tuple[Mark, ...]]:
    given = {"pslist": [TASK], "ldrmodules": [TOOL], **rows}
    return {task.pid: task.marks for task in windows_tasks(given)}


def ids(found: tuple[Mark, ...]) -> dict[str, int]:
    return {mark.id: mark.points for mark in found}


def test_a_quiet_task_has_no_marks_and_its_image_is_found() -> None:
    (task,) = windows_tasks({"pslist": [TASK], "ldrmodules": [TOOL]})
    assert (task.marks, task.image) == ((), "\\Program Files\\tool.exe")


def test_odd_memory_of_a_task_is_marked() -> None:
    assert ids(windows(malfind=[CODE])[4]) == {"pe-in-memory": 70, "executable-private": 25}
    plain = {**CODE, "Hexdump": "4d 5b 90 00"}
    assert ids(windows(malfind=[plain])[4]) == {"executable-private": 25}


def test_a_runtime_excuses_code_of_a_task() -> None:
    plain = {**CODE, "Hexdump": "90 90"}
    clr: Row = {**TOOL, "MappedPath": "\\Windows\\Microsoft.NET\\Framework64\\v4\\clr.dll"}
    assert ids(windows(malfind=[plain], ldrmodules=[clr])[4]) == {"made-by-runtime": 0}
    posing: Row = {**TOOL, "MappedPath": "\\Users\\a\\clr.dll"}
    assert ids(windows(malfind=[plain], ldrmodules=[posing])[4]) == {"executable-private": 10}


def test_a_library_that_no_list_has_weighs_little() -> None:
    none = {"InLoad": False, "InInit": False, "InMem": False}
    library: Row = {**none, "Pid": 4, "MappedPath": "\\Windows\\System32\\a.dll"}
    assert ids(windows(ldrmodules=[TOOL, library])[4]) == {"pe-unlisted": 20}
    assert ids(windows(ldrmodules=[TOOL, {**library, "InMem": True}])[4]) == {}
    assert ids(windows(ldrmodules=[TOOL, {**library, "MappedPath": "\\a.mui"}])[4]) == {}


def test_a_task_that_only_a_scan_finds_is_marked_unless_it_ended() -> None:
    other: Row = {**TASK, "PID": 8}
    assert ids(windows(psscan=[TASK, other])[8]) == {"hidden-process": 45}
    assert set(windows(psscan=[TASK, {**other, "ExitTime": "2024-01-01T00:00:00"}])) == {4}
    assert set(windows(psscan=[TASK, {**other, "Threads": 0}])) == {4}


@pytest.mark.parametrize(
    ("dump", "begins"),
    [("4d 5a 90 00", b"MZ"), ("\n4d 5a 90\tMZ.", b"MZ"), ("N/A", b""), ("4d5a", b"MZ"), ("", b"")],
)
def test_dumps_are_read(dump: str, begins: bytes) -> None:
    assert first_bytes(dump)[:2] == begins
