"""Lines of memory images as frames and gaps."""

import io

import numpy as np
import orjson

from sidelight.evidence.formats import recognise
from sidelight.evidence.host import memory_images, volatility
from sidelight.evidence.stream import Stream
from sidelight.schema import Event, Frame, Gap, Kind, want_all

HEAD: dict[str, object] = {"schema": "sidelight-volatility", "version": 1}
END: dict[str, object] = {"type": "end"}


def image(system: str) -> dict[str, object]:
    return {"type": "image", "image": "/evidence/mem.lime", "system": system}


def plugin(name: str, *rows: dict[str, object]) -> dict[str, object]:
    return {"type": "plugin", "plugin": name, "rows": list(rows)}


def read(*lines: dict[str, object]) -> tuple[list[tuple[Kind, Event]], list[Gap]]:
    data = b"".join(orjson.dumps(line) + b"\n" for line in lines)
    events, gaps = [], []
    for item in volatility.read([Stream("memory-1.jsonl", io.BytesIO(data))], want_all):
        if isinstance(item, Frame):
            assert item.sources == ("/evidence/mem.lime",)
            assert len(set(item.record.tolist())) == len(item)
            events += [(item.kind, event) for event in item.detail(np.arange(len(item)))]
        else:
            gaps.append(item)
    return events, gaps


def test_lines_are_known_and_so_are_images() -> None:
    assert recognise(orjson.dumps(HEAD)) == "volatility"
    assert recognise(b"EMiL" + bytes(99)) == "memory"
    assert recognise(b"PAGEDU64" + bytes(99)) == "memory"
    assert recognise(b"EMIL" + bytes(99)) != "memory"


def test_an_image_that_was_not_asked_for_says_how_to_ask() -> None:
    (gap,) = memory_images.read([Stream("mem.lime", io.BytesIO(b"EMiL"))], want_all)
    assert isinstance(gap, Gap)
    assert (gap.reason, "--memory-image" in gap.text) == ("unsupported", True)


def test_tasks_of_linux_are_rows_of_a_host() -> None:
    events, gaps = read(
        HEAD,
        image("linux"),
        plugin("pslist", {"PID": 700, "PPID": 1, "COMM": "x", "UID": 0}),
        plugin("elfs", {"PID": 700, "Start": 4096, "End": 8192, "File Path": "/memfd:x (deleted)"}),
        plugin("check_syscall", {"Index": 1, "Handler Symbol": "UNKNOWN", "Handler Address": 9}),
        END,
    )
    assert gaps == []
    (host, process) = sorted(events, key=lambda pair: pair[0].category)
    assert (process[1]["ProcessId"], process[1]["Origin"]) == ("700", "image")
    assert "memfd-program" in process[1]["MarkIds"]
    assert host[1]["MarkIds"] == ["system-call-redirected"]


def test_tasks_of_windows_are_starts_and_loads() -> None:
    task = {"PID": 4, "PPID": 1, "ImageFileName": "a.exe", "CreateTime": "2024-01-01T00:00:00"}
    events, gaps = read(
        HEAD,
        image("windows"),
        plugin("pslist", task),
        plugin("ldrmodules", {"Pid": 4, "MappedPath": "\\a\\a.exe", "InLoad": True}),
        plugin("cmdline", {"PID": 4, "Args": "a.exe /x"}),
        END,
    )
    assert gaps == []
    assert [kind.category for kind, _ in events] == ["image_load", "process_creation"]
    assert events[1][1]["CommandLine"] == "a.exe /x"
    assert events[0][1]["ImageLoaded"] == "\\a\\a.exe"


def test_an_empty_list_is_a_failure_and_no_clean_host() -> None:
    for system in ("linux", "windows"):
        events, (gap,) = read(HEAD, image(system), plugin("pslist"), END)
        assert events == []
        assert gap.reason == "damaged"
        assert "no clean host" in gap.text


def test_rows_without_a_pid_are_those_of_another_release() -> None:
    for system in ("linux", "windows"):
        events, (gap,) = read(HEAD, image(system), plugin("pslist", {"Pid": 4}), END)
        assert events == []
        assert (gap.reason, "columns" in gap.text) == ("unsupported", True)


def test_what_failed_is_a_gap_and_an_image_without_an_end_is_cut() -> None:
    failed = {"type": "gap", "reason": "unsupported", "text": "no symbols"}
    assert read(HEAD, image(""), failed, END)[1] == [
        Gap("/evidence/mem.lime", 0, "unsupported", "no symbols")
    ]
    assert [gap.reason for gap in read(HEAD, image("linux"))[1]] == ["truncated"]
    assert [gap.reason for gap in read(HEAD, END, {"type": "x"})[1]] == ["damaged"] * 1
    odd = {"type": "plugin", "plugin": "pslist", "rows": [5, {"PID": "x"}, {"PID": 1 << 62}]}
    assert read(HEAD, image("linux"), odd, END)[1] == []
