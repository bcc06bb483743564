import numpy as np
import pytest

from sidelight.findings.processes import process_columns, process_rows
from sidelight.schema import Frame, Kind, constant, encode


def frame(kind, **columns):
    size = len(next(iter(columns.values())))
    cells = {name: encode(values) for name, values in columns.items()}
    index = np.arange(size, dtype=np.int64)
    return Frame(
        kind,
        ("s",),
        np.zeros(size, np.int32),
        index,
        index * 10,
        constant("h", size),
        cells,
        lambda _: [],
    )


def test_a_4688_names_parent_and_child_the_other_way_round():
    rows = process_rows(
        frame(
            Kind("windows", "Security", "4688"),
            NewProcessId=["0x1a4"],
            NewProcessName=["C:\\c.exe"],
            ProcessId=["0x4"],
            ParentProcessName=["C:\\p.exe"],
            CommandLine=["c -x"],
            SubjectUserName=["ann"],
            TargetUserName=["-"],
        )
    ).to_pylist()
    assert rows == [
        {
            "host": "h",
            "key": "",
            "pid": 420,
            "time": 0,
            "ended": False,
            "image": "C:\\c.exe",
            "command_line": "c -x",
            "user": "ann",
            "parent_key": "",
            "parent_pid": 4,
            "parent_image": "C:\\p.exe",
            "parent_command_line": "",
            "source": "s",
            "record": 0,
        }
    ]


@pytest.mark.parametrize(
    ("kind", "ended"),
    [
        (Kind("windows", "Microsoft-Windows-Sysmon/Operational", "1"), False),
        (Kind("windows", "Microsoft-Windows-Sysmon/Operational", "5"), True),
        (Kind("linux", "Linux-Sysmon/Operational", "5"), True),
        (Kind("windows", "DeviceProcessEvents", "", "process_creation"), False),
    ],
)
def test_starts_and_ends_are_told_apart(kind, ended):
    (row,) = process_rows(frame(kind, ProcessGuid=["{g}"], Image=["/bin/x"])).to_pylist()
    assert (row["key"], row["pid"], row["ended"], row["image"]) == ("g", -1, ended, "/bin/x")


def test_an_event_that_identifies_no_process_tells_nothing():
    kind = Kind("windows", "Microsoft-Windows-Sysmon/Operational", "1")
    rows = process_rows(frame(kind, ProcessGuid=[None, ""], Image=["x", "y"]))
    assert rows.num_rows == 0


def test_other_kinds_have_no_processes():
    kind = Kind("windows", "Security", "4624")
    assert process_columns(kind) == frozenset()
    assert process_rows(frame(kind, ProcessId=["0x4"])).num_rows == 0
