"""Lines of the collector, and lines that are none."""

import pytest

from sidelight.host.process import Bent, Change, File, PacketSocket, Region, Sign
from sidelight.host.record import (
    Files,
    RecordError,
    check_header,
    file_of,
    process_of,
    time_of,
)
from sidelight.schema import NO_TIME

LINE = {
    "pid": 7,
    "start": 5,
    "started": "2026-01-02T03:04:05.50Z",
    "exe": "/usr/bin/tool",
    "exe_file": 0,
    "argv": ["tool"],
    "env": {"LD_PRELOAD": "a"},
    "regions": [
        ["1000", "2000", "r-xp", 9, "/usr/bin/tool", 0],
        ["3000", "4000", "r-xp", 9, "/usr/lib/a.so (deleted)", 1],
        ["5000", "6000", "rwxp", 0, "", None],
    ],
    "threads": {"count": 1, "running": 0, "odd": [[7, "5010"]], "returns": [[8, "5020"]]},
    "bent": [["1800", "read", "5030", 0]],
    "digests": [[0, False], [1, True], [7, False], [0, None]],
    "elf": [["5000", "header"]],
    "text": [["1010", 3, False, 0]],
    "early": [["/usr/lib/a.so", 1]],
    "packets": [{"protocol": "0003", "filter": [1]}, {"protocol": "0800", "filter": None}],
    "denied": ["mem"],
    "seen": 2,
}


def test_a_line_becomes_a_process() -> None:
    files = Files()
    files.add({"id": 0, "path": "/usr/bin/tool", "now": "same", "owner": "tool", "mode": "755"})
    process = process_of(LINE, files)
    tool = File("/usr/bin/tool", "same", "tool", 0o755, unchanged=False)
    assert process.exe_file == tool
    assert process.started == 1_767_323_045_500_000_000
    assert process.regions == (
        Region(0x1000, 0x2000, "r-xp", "/usr/bin/tool", tool),
        Region(0x3000, 0x4000, "r-xp", "/usr/lib/a.so (deleted)", File("/usr/lib/a.so")),
        Region(0x5000, 0x6000, "rwxp"),
    )
    assert process.halted == ((7, 0x5010),)
    assert process.returning == ((8, 0x5020),)
    assert process.bent == (Bent(0x1800, "read", 0x5030, "/usr/bin/tool"),)
    assert files.known[0].unchanged is None, "another process may see another file there"
    assert process.signs == (Sign(0x5000, "header"),)
    assert process.changes == (Change(0x1010, 3, False, "/usr/bin/tool"),)
    assert process.early == (("/usr/lib/a.so", None),)
    assert process.packets == (PacketSocket("0003", (1,)), PacketSocket("0800"))
    assert (process.looks, process.denied) == (2, ("mem",))


def test_sockets_that_may_not_be_seen_are_not_none() -> None:
    assert process_of({"pid": 1, "denied": ["fd"]}, Files()).packets is None
    assert process_of({"pid": 1}, Files()).packets == ()


@pytest.mark.parametrize(
    "change",
    [
        {"pid": "7"},
        {"pid": True},
        {"pid": 1 << 63},
        {"exe": 7},
        {"regions": {}},
        {"regions": [["1000"]]},
        {"regions": [["x", "2000", "r-xp", 9, "", None]]},
        {"regions": [["1000", "2000", 5, 9, "", None]]},
        {"elf": [["zz", "header"]]},
        {"threads": {"odd": [7]}},
        {"text": [["1010", "3", False, 0]]},
        {"early": [["/a"]]},
        {"bent": [["1800", "read", "x", 0]]},
        {"threads": {"returns": [[7, 5]]}},
        {"digests": [7]},
        {"packets": [3]},
    ],
)
def test_a_member_of_another_type_is_an_error(change: dict[str, object]) -> None:
    with pytest.raises(RecordError):
        process_of({**LINE, **change}, Files())


def test_headers() -> None:
    """Of this version or an older one."""
    assert check_header({"schema": "sidelight-host", "version": 1, "host": "a"}) == "a"
    with pytest.raises(RecordError, match="newer"):
        check_header({"schema": "sidelight-host", "version": 2, "host": "a"})
    with pytest.raises(RecordError, match="no header"):
        check_header({"schema": "other"})


def test_what_is_not_known_of_a_file_stays_unknown() -> None:
    assert file_of({"path": "/a", "owner": None, "mode": "9"}) == File("/a")
    assert file_of({"path": "/a", "owner": ""}).owner == ""


@pytest.mark.parametrize("text", ["", "2026-13-01T00:00:00.00Z", "9999-12-31T23:59:59.99Z", "x"])
def test_no_time(text: str) -> None:
    assert time_of(text) == NO_TIME
