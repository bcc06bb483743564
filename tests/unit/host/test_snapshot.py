"""Files of /proc in one object."""

import pytest

from sidelight.host.process import Region
from sidelight.host.record import RecordError
from sidelight.host.snapshot import is_snapshot, snapshot_of

SHOT: dict[str, object] = {
    "pid": 7,
    "exe": "/usr/bin/tool",
    "comm": "tool",
    "cmdline": ["tool", "-d"],
    "environ": ["PATH=/bin", "LD_PRELOAD=/tmp/a.so"],
    "status": {"PPid": "1", "Uid": "5\t5\t5\t5", "TracerPid": "0"},
    "stat_starttime": "99",
    "maps": ["1000-2000 r-xp 00000000 fe:00 9  /usr/bin/tool", "3000-4000 rw-p 0 00:00 0"],
    "tasks": {"7": {"syscall": "34 0x0 0x0 0x1010"}, "8": {"syscall": "running"}},
}


def test_a_snapshot_becomes_a_process() -> None:
    process = snapshot_of(SHOT)
    assert (process.pid, process.ppid, process.uid, process.start) == (7, 1, 5, 99)
    assert process.regions == (Region(0x1000, 0x2000, "r-xp", "/usr/bin/tool"),)
    assert process.loader == {"LD_PRELOAD": "/tmp/a.so"}
    assert process.halted == ((7, 0x1010),)
    assert process.packets is None


def test_what_is_missing_is_not_known() -> None:
    process = snapshot_of({"pid": 7, "exe": "/a", "maps": []})
    assert (process.argv, process.loader, process.start) == (None, None, -1)


def test_recognised_by_its_members() -> None:
    assert is_snapshot(SHOT)
    assert not is_snapshot({"pid": 7, "exe": "/a"})
    with pytest.raises(RecordError):
        snapshot_of({**SHOT, "comm": 5})
