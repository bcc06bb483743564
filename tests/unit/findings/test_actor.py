import numpy as np
import pytest

from sidelight.findings.actor import actor_columns, images, pid_of, process_keys
from sidelight.schema import Frame, Kind, constant, decode, encode

SYSMON = "Microsoft-Windows-Sysmon/Operational"
GUID = "365abb72-1d20-5c40-0000-0010a1b2c3d4"


def frame(kind, size=1, **columns):
    cells = {name: encode(values) for name, values in columns.items()}
    zeros = np.zeros(size, np.int64)
    return Frame(
        kind, ("s",), zeros.astype(np.int32), zeros, zeros, constant("h", size), cells, lambda _: []
    )


def keys(channel, event_id, **columns):
    size = len(next(iter(columns.values())))
    kind = Kind("windows", channel, event_id)
    return decode(process_keys(frame(kind, size, **columns)))


def test_a_guid_is_folded_and_loses_its_braces():
    spelled = [f"{{{GUID}}}", GUID.upper(), GUID]
    assert keys(SYSMON, "1", ProcessGuid=spelled) == [GUID.upper()] * 3


def test_an_identifier_that_is_no_guid_keeps_its_case():
    assert keys("x", "1", ProcessGuid=["aGVsbG8"]) == ["aGVsbG8"]


def test_the_zero_guid_gives_way_to_the_pid():
    zero = "{00000000-0000-0000-0000-000000000000}"
    got = keys(SYSMON, "3", ProcessGuid=[zero, GUID, None], ProcessId=["4", "5", "0x1a4"])
    assert got == ["pid:4", GUID.upper(), "pid:420"]


@pytest.mark.parametrize("spelling", ["SourceProcessGuid", "SourceProcessGUID"])
def test_access_and_remote_threads_are_acts_of_the_source(spelling):
    columns = {spelling: [GUID], "TargetProcessGUID": ["x"], "ProcessGuid": ["y"]}
    assert keys(SYSMON, "10", **columns) == keys(SYSMON, "8", **columns) == [GUID.upper()]


def test_a_created_process_is_the_actor_of_its_own_creation():
    got = keys("Security", "4688", NewProcessId=["0x1a4"], ProcessId=["0x4"])
    assert got == ["pid:420"]


def test_the_writer_of_an_event_acts_only_where_the_provider_lives_in_the_process():
    writer = {"Execution_ProcessID": ["77"]}
    assert keys("Microsoft-Windows-PowerShell/Operational", "4104", **writer) == ["pid:77"]
    assert keys(SYSMON, "1", **writer) == [""]
    assert keys("Security", "4624", **writer) == [""]


@pytest.mark.parametrize("text", ["", "-", "0x", "x", "-1", "4294967296", "1.0", "0"])
def test_what_is_no_pid_names_nobody(text):
    assert keys("Security", "4663", ProcessId=[text]) == [""]


def test_pids_are_read_decimal_and_hexadecimal():
    assert [pid_of(text) for text in ("420", "0x1a4", "0X1A4", "4294967295")] == [
        420,
        420,
        420,
        4294967295,
    ]


def test_images_come_from_whatever_names_the_actor():
    kind = Kind("windows", "Security", "4663")
    some = frame(kind, 2, ProcessName=["C:\\a.exe", "-"], Image=[None, None])
    assert decode(images(some)) == ["C:\\a.exe", ""]
    assert decode(images(some, np.array([1]))) == [""]


def test_column_names_match_without_case():
    assert keys("auditd", "SYSCALL", PID=["12"]) == ["pid:12"]


def test_what_is_read_is_asked_for():
    kind = Kind("windows", SYSMON, "10")
    assert {"SourceProcessGuid", "SourceProcessId", "SourceImage"} <= actor_columns(kind)
