"""Collections as frames and gaps."""

import io
import json

import numpy as np

from sidelight.evidence.formats import recognise
from sidelight.evidence.host import lines
from sidelight.evidence.host.rows import HOST, PROCESSES
from sidelight.evidence.stream import Stream
from sidelight.schema import NO_TIME, Event, Frame, Gap, Kind, decode, want_all

HEADER = {
    "schema": "sidelight-host",
    "version": 1,
    "type": "host",
    "host": "node1",
    "time": "2026-01-02T03:04:05.00Z",
}
SHELL = {"type": "process", "pid": 1, "exe": "/bin/sh", "argv": ["sh", "-c", "a b"]}
CHILD = {
    "type": "process",
    "pid": 7,
    "ppid": 1,
    "exe": "/memfd:x (deleted)",
    "started": "2026-01-02T03:04:04.00Z",
    "user": "root",
    "seen": 2,
}
END = {"type": "end", "processes": 2, "gone": 0, "denied": {}}
TIME = 1_767_323_045_000_000_000


def text_of(*records: object) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def read(data: bytes) -> tuple[list[tuple[Kind, int, int, Event]], list[Gap]]:
    rows: list[tuple[Kind, int, int, Event]] = []
    gaps = []
    for item in lines.read([Stream("host.jsonl", io.BytesIO(data))], want_all):
        if isinstance(item, Gap):
            gaps.append(item)
            continue
        assert isinstance(item, Frame)
        details = item.detail(np.arange(len(item)))
        for number, time, event in zip(item.record, item.time, details, strict=True):
            rows.append((item.kind, int(number), int(time), event))
        assert set(decode(item.host)) <= {"node1", "node2", None}
    return rows, gaps


def test_a_collection_is_known_by_its_first_line_before_other_json() -> None:
    assert recognise(text_of(HEADER, END)) == "host"
    assert recognise(text_of({"schema": "other"})) == "json"


def test_a_process_is_a_row_of_a_start_with_its_marks() -> None:
    rows, gaps = read(text_of(HEADER, SHELL, CHILD, END))
    assert gaps == []
    assert [(kind, record, time) for kind, record, time, _ in rows] == [
        (PROCESSES, 2, NO_TIME),
        (PROCESSES, 3, TIME - 10**9),
    ]
    shell, child = rows[0][3], rows[1][3]
    assert shell["CommandLine"] == "sh -c a b"
    assert shell["Arguments"] == ["sh", "-c", "a b"]
    assert "Arguments" not in child  # no argument hides where it ends
    assert "Marks" not in shell
    assert child["ParentImage"] == "/bin/sh"
    assert child["ParentCommandLine"] == "sh -c a b"
    assert child["User"] == "root"
    (mark,) = json.loads(str(child["Marks"]))
    assert set(mark) == {"id", "points", "for", "against"}
    assert (mark["id"], mark["points"], child["Points"]) == ("memfd-program", 70, "70")


def test_what_belongs_to_the_host_is_a_row_too() -> None:
    rows, gaps = read(
        text_of(
            HEADER,
            {"type": "hidden", "pid": 9, "view": "getsid"},
            {"type": "preload", "path": "/tmp/a.so", "now": "same", "owner": ""},
            {"type": "packet", "net": "net:[1]", "inode": 5},
            END,
        )
    )
    assert gaps == []
    assert [(kind, time, event["Subject"]) for kind, _, time, event in rows] == [
        (HOST, TIME, "process 9"),
        (HOST, TIME, "/tmp/a.so"),
        (HOST, TIME, "packet socket"),
    ]
    assert all("Marks" in event for *_, event in rows)


def test_kernel_threads_and_files_are_no_rows() -> None:
    file = {"type": "file", "id": 0, "path": "/bin/sh"}
    thread = {"type": "process", "pid": 2, "kernel": True}
    assert read(text_of(HEADER, file, thread, END)) == ([], [])


def test_denied_is_a_gap() -> None:
    end = {**END, "denied": {"maps": 3}, "gone": 2}
    _, gaps = read(text_of(HEADER, end))
    assert [(gap.reason, gap.text) for gap in gaps] == [
        ("denied", "the collector was denied maps of 3 processes"),
        ("changed", "2 processes ended while they were looked at"),
    ]


def test_a_collection_without_an_end_was_cut_short() -> None:
    _, gaps = read(text_of(HEADER, SHELL))
    assert [gap.reason for gap in gaps] == ["truncated"]
    rows, gaps = read(text_of(HEADER, SHELL, {**HEADER, "host": "node2"}, SHELL, END))
    assert len(rows) == 2
    assert [gap.reason for gap in gaps] == ["truncated"]


def test_why_a_collection_has_no_end_is_said_by_whoever_fetched_it() -> None:
    why = {"type": "trouble", "text": "the line was cut"}
    for before, text in (
        ([], "the host was not looked at: the line was cut"),
        ([SHELL], "the collection has no end: the line was cut"),
    ):
        rows, (gap,) = read(text_of(HEADER, *before, why))
        assert (len(rows), gap.text, gap.reason) == (len(before), text, "truncated")
    # It came to its end, and ssh ended badly all the same; and another collection follows.
    _, gaps = read(text_of(HEADER, SHELL, END, why, HEADER, SHELL))
    assert [gap.text for gap in gaps] == ["the collection has no end: it was cut short"]


def test_lines_that_are_none_are_losses() -> None:
    data = text_of(SHELL, HEADER, {"type": "new"}, [1]) + b"{broken\n" + text_of(SHELL, END)
    rows, gaps = read(data)
    assert len(rows) == 1
    assert [gap.reason for gap in gaps] == ["damaged"] * 2
    assert sum(gap.events or 0 for gap in gaps) == 4


def test_no_separator_of_cells_gets_in() -> None:
    rows, _ = read(text_of(HEADER, {**SHELL, "argv": ["a\0b"], "comm": "\ud800"}, END))
    assert "\0" not in str(rows)


def test_files_are_those_of_their_own_collection() -> None:
    """Numbers begin anew with each header, and so do processes."""
    owned = {"type": "file", "id": 0, "path": "/bin/sh", "now": "other", "owner": "dash"}
    shell = {**SHELL, "exe": "/bin/sh (deleted)", "exe_file": 0}
    rows, _ = read(text_of(HEADER, owned, shell, END, HEADER, shell, {**CHILD, "ppid": 9}, END))
    assert [event.get("MarkIds") for *_, event in rows] == [
        ["restart-needed"],
        ["deleted-program"],
        ["memfd-program"],
    ]
    assert "ParentImage" not in rows[2][3]
