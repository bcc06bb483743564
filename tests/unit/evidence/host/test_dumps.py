"""Minidumps as frames and gaps: what is marked, and what only looks like it."""

import io
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from minidump_writer import (
    BASE,
    IMAGE,
    KERNEL,
    MAPPED,
    NTDLL,
    PAGE,
    PRIVATE,
    PROGRAM,
    QUIET,
    RW,
    RWX,
    RX,
    Dump,
    Loaded,
    Part,
    R,
    image_bytes,
    minidump_of,
)
from shared_paths import SHARED, needs_shared
from sidelight.evidence.formats import recognise
from sidelight.evidence.host import dumps
from sidelight.evidence.stream import Stream
from sidelight.schema import Event, Frame, Gap, want_all

SPOT = 0x20000000
PE = image_bytes()


def read(data: bytes, beside: tuple[str, ...] = ()) -> tuple[list[Event], list[Gap]]:
    events: list[Event] = []
    gaps: list[Gap] = []
    for item in dumps.read([Stream("a.dmp", io.BytesIO(data), beside=beside)], want_all):
        if isinstance(item, Frame):
            events += item.detail(np.arange(len(item)))
        else:
            gaps.append(item)
    return sorted(events, key=lambda event: "ImageLoaded" in event), gaps


def points(dump: Dump, beside: tuple[str, ...] = ()) -> dict[str, int]:
    (event, *_), gaps = read(minidump_of(dump), beside)
    assert {gap.reason for gap in gaps} <= {"unjudged"}
    return {mark["id"]: mark["points"] for mark in json.loads(str(event.get("Marks", "[]")))}


def test_a_dump_is_known_and_names_its_process_and_modules() -> None:
    data = minidump_of(
        Dump(modules=[Loaded(BASE, PAGE, "C:\\a\\b.exe", version=(0x10002, 3 << 16))])
    )
    assert recognise(data) == "minidump"
    assert recognise(b"MDMQ" + data[4:]) == ""
    (process, module), _ = read(data)
    assert process["Image"] == "C:\\a\\b.exe"
    assert (process["ProcessId"], process["SystemVersion"]) == ("4711", "10.0.19045")
    assert process["DumpTime"] == "2023-11-14T22:15:00+00:00"
    assert (module["ImageLoaded"], module["FileVersion"]) == ("C:\\a\\b.exe", "1.2.3.0")


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("protection", [RX, RWX])
def test_an_image_in_private_code_is_marked(protection: int, whole: bool) -> None:
    found = points(Dump([Part(SPOT, len(PE), protection, PRIVATE, PE)], whole=whole))
    assert found["pe-in-memory"] == 70
    assert found["executable-private"] in {20, 25}


def test_an_image_is_of_the_whole_allocation() -> None:
    """A loader protects the header and the code apart."""
    parts = [
        Part(SPOT, PAGE, R, PRIVATE, PE[:PAGE], SPOT),
        Part(SPOT + PAGE, PAGE, RX, PRIVATE, PE[PAGE : 2 * PAGE], SPOT),
    ]
    assert points(Dump(parts))["pe-in-memory"] == 70
    assert points(Dump([parts[0]])) == {"pe-as-data": 0}


def test_a_file_in_memory_is_no_image_that_runs() -> None:
    assert points(Dump([Part(SPOT, len(PE), RW, PRIVATE, PE)])) == {"pe-as-data": 0}
    assert points(Dump([Part(SPOT, len(PE), R, MAPPED, PE)])) == {"pe-as-data": 0}


def test_many_files_in_memory_crowd_out_no_image_that_runs() -> None:
    data = PE[:PAGE] * 300
    parts = [
        Part(SPOT, len(data), RW, PRIVATE, data),
        Part(SPOT + 4096 * PAGE, len(PE), RX, PRIVATE, PE),
    ]
    assert points(Dump(parts))["pe-in-memory"] == 70


def test_memory_that_the_dump_does_not_hold_is_told() -> None:
    parts = [Part(SPOT, PAGE, RX), Part(SPOT + 2 * PAGE, PAGE, RX, PRIVATE, bytes(PAGE))]
    _, gaps = read(minidump_of(Dump(parts)))
    assert any("does not hold 1 of 2 stretches" in gap.text for gap in gaps)


def test_an_image_of_a_shared_section_that_runs_is_marked() -> None:
    assert points(Dump([Part(SPOT, len(PE), RX, MAPPED, PE)]))["pe-in-memory"] == 70


def test_an_image_that_is_mapped_and_not_listed_weighs_little() -> None:
    part = Part(SPOT, len(PE), RX, IMAGE, PE)
    assert points(Dump([part])) == {"pe-unlisted": 20}
    listed = Loaded(SPOT, len(PE), "C:\\Windows\\System32\\a.dll")
    assert points(Dump([part], modules=[*QUIET, listed])) == {}
    assert points(Dump([part], modules=[], leave_out=[4])) == {}


def test_an_image_without_marks_is_marked_in_code_alone() -> None:
    wiped = bytes(132) + PE[132:]
    assert points(Dump([Part(SPOT, len(PE), RX, PRIVATE, wiped)]))["wiped-pe-in-memory"] == 65
    assert points(Dump([Part(SPOT, len(PE), RW, PRIVATE, wiped)])) == {}


def test_a_table_of_imports_in_private_code_is_marked() -> None:
    words = [NTDLL.start + 16 * n for n in range(8)] + [0]
    words += [KERNEL.start + 16 * n for n in range(8)] + [0]
    table = struct.pack(f"<{len(words)}Q", *words).ljust(PAGE, b"\0")
    parts = [
        Part(SPOT, PAGE, RW, PRIVATE, table, SPOT),
        Part(SPOT + PAGE, PAGE, RX, PRIVATE, b"\x90" * PAGE, SPOT),
    ]
    assert points(Dump(parts)) == {"imports-in-memory": 30, "executable-private": 20}
    assert points(Dump(parts[:1])) == {}


def test_without_protections_an_image_outside_the_modules_weighs_little() -> None:
    dump = Dump([Part(SPOT, len(PE), RX, PRIVATE, PE)], areas=False)
    assert points(dump) == {"pe-outside-modules": 20}
    _, gaps = read(minidump_of(dump))
    assert any("MemoryInfoListStream" in gap.text for gap in gaps)
    assert points(Dump(dump.parts, modules=[], areas=False, leave_out=[4])) == {}


def test_executable_private_memory_alone_is_low() -> None:
    assert points(Dump([Part(SPOT, PAGE, RWX, PRIVATE, b"\x90" * PAGE)])) == {
        "executable-private": 25
    }
    assert points(Dump([Part(SPOT, PAGE, RW, PRIVATE, b"\x90" * PAGE)])) == {}


@pytest.mark.parametrize("architecture", [0, 9, 12])
def test_threads_in_private_code_are_marked(architecture: int) -> None:
    part = Part(SPOT, PAGE, RX, PRIVATE, b"\x90" * PAGE)
    inside = Dump([part], threads=[(11, SPOT + 8)], architecture=architecture)
    assert points(inside)["thread-in-memory"] == 30
    behind = Dump([part], threads=[(11, SPOT + PAGE)], architecture=architecture)
    assert "thread-in-memory" not in points(behind)
    calm = [(11, 64)]
    started = Dump([part], threads=calm, starts={11: SPOT}, architecture=architecture)
    assert points(started)["thread-started-in-memory"] == 50
    elsewhere = Dump([part], threads=calm, starts={11: NTDLL.start}, architecture=architecture)
    assert "thread-started-in-memory" not in points(elsewhere)


def test_a_thread_says_what_was_unloaded_there() -> None:
    part = Part(SPOT, PAGE, RX, PRIVATE, b"\x90" * PAGE)
    gone = Loaded(SPOT, PAGE, "C:\\Temp\\gone.dll")
    (event, *_), _ = read(minidump_of(Dump([part], threads=[(11, SPOT)], unloaded=[gone])))
    assert "gone.dll was unloaded" in str(event["Marks"])
    assert event["ImagesUnloaded"] == ["C:\\Temp\\gone.dll"]


def test_a_runtime_excuses_code_where_only_administrators_write() -> None:
    part = Part(SPOT, PAGE, RWX, PRIVATE, b"\x90" * PAGE)
    clr = "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\clr.dll"
    threads = [(11, SPOT)]
    trusted = Dump([part], modules=[*QUIET, Loaded(0x7FFC00000000, PAGE, clr)], threads=threads)
    assert points(trusted) == {"thread-in-made-code": 0, "made-by-runtime": 0}
    assert any(".NET" in gap.text for gap in read(minidump_of(trusted))[1])
    posing = Loaded(0x7FFC00000000, PAGE, "C:\\Windows\\Temp\\clr.dll")
    loose = Dump([part], modules=[*QUIET, posing], threads=threads)
    assert points(loose) == {"thread-in-memory": 15, "executable-private": 10}


def test_a_runtime_does_not_excuse_an_image() -> None:
    clr = Loaded(0x7FFC00000000, PAGE, "C:\\Windows\\System32\\clr.dll")
    dump = Dump([Part(SPOT, len(PE), RX, PRIVATE, PE)], modules=[*QUIET, clr])
    assert points(dump)["pe-in-memory"] == 70


def test_an_assembly_in_private_code_weighs_little() -> None:
    """.NET programs in one file unpack theirs so."""
    part = Part(SPOT, len(PE), RX, PRIVATE, image_bytes(managed=True))
    assert points(Dump([part])) == {"assembly-in-memory": 10, "executable-private": 20}


@pytest.mark.parametrize(("sort", "marked"), [(PRIVATE, True), (MAPPED, True), (IMAGE, False)])
def test_a_module_in_memory_of_its_own_is_marked(sort: int, marked: bool) -> None:
    dump = Dump([Part(BASE, PROGRAM.size, RX, sort)])
    assert points(dump) == ({"module-not-of-file": 65} if marked else {})


def compared(tmp_path: Path, memory: bytes, file: bytes = PE) -> dict[str, int]:
    tmp_path.joinpath("sub").mkdir()
    tmp_path.joinpath("sub", "TOOL.exe").write_bytes(file)
    program = Loaded(BASE, 3 * PAGE, "C:\\Program Files\\Tool\\tool.exe")
    dump = Dump([Part(BASE, len(memory), RX, IMAGE, memory)], modules=[program])
    return points(dump, (str(tmp_path),))


def test_code_that_is_as_in_its_file_is_not_marked(tmp_path: Path) -> None:
    assert compared(tmp_path, PE) == {}
    program = Loaded(BASE, 3 * PAGE, "C:\\Program Files\\Tool\\tool.exe")
    dump = Dump([Part(BASE, len(PE), RX, IMAGE, PE)], modules=[program])
    (event, *_), _ = read(minidump_of(dump), (str(tmp_path),))
    assert (event["ModulesCompared"], event["CodeCompared"]) == (["tool.exe"], str(PAGE))


@pytest.mark.parametrize(("count", "mark"), [(5, "module-patched"), (64, "module-rewritten")])
def test_code_that_is_not_as_in_its_file_is_marked(tmp_path: Path, count: int, mark: str) -> None:
    memory = PE[: PAGE + 100] + b"\xe9" * count + PE[PAGE + 100 + count :]
    assert list(compared(tmp_path, memory)) == [mark]


def test_another_build_of_a_file_is_not_compared(tmp_path: Path) -> None:
    assert compared(tmp_path, PE[:PAGE] + bytes(range(256)) * 16, image_bytes(stamp=9)) == {}


def test_a_page_that_is_stored_as_zeros_was_not_there(tmp_path: Path) -> None:
    assert compared(tmp_path, PE[:PAGE] + bytes(PAGE) + PE[2 * PAGE :]) == {}


def test_what_the_loader_changes_is_not_marked(tmp_path: Path) -> None:
    """Addresses are moved with the base; those of imported functions are written."""
    body = struct.pack("<QQ", 0x400005, 1).ljust(PAGE, b"\x90")
    file = image_bytes(body, base=0x400000, relocations=[PAGE], imports=(PAGE + 8, 8))
    memory = file[:PAGE] + struct.pack("<QQ", BASE + 5, NTDLL.start) + file[PAGE + 16 :]
    assert compared(tmp_path, memory, file) == {}


def test_a_process_of_another_system_is_not_judged() -> None:
    dump = Dump([Part(SPOT, len(PE), RX, PRIVATE, PE)], platform=0x8201)
    assert points(dump) == {}
    (frame,) = [
        item
        for item in dumps.read([Stream("a", io.BytesIO(minidump_of(dump)))], want_all)
        if isinstance(item, Frame)
    ]
    assert frame.kind.product == "linux"


LOUD = minidump_of(
    Dump(
        [
            Part(SPOT, PAGE, RX, PRIVATE, bytes(range(256)) * 16),
            Part(SPOT + 16 * PAGE, len(PE), RWX, PRIVATE, PE),
            Part(BASE, 3 * PAGE, RX, IMAGE, PE),
        ],
        threads=[(11, SPOT), (12, NTDLL.start)],
        starts={11: SPOT},
        unloaded=[Loaded(SPOT, PAGE, "C:\\Temp\\gone.dll")],
    )
)
FINE = minidump_of(Dump([Part(BASE, 3 * PAGE, RX, IMAGE, PE), Part(SPOT, PAGE, RW, PRIVATE, PE)]))


@pytest.mark.parametrize("part", range(50))
@pytest.mark.parametrize("data", [LOUD, FINE], ids=["loud", "fine"])
def test_a_dump_that_is_cut_short_is_a_gap_and_accuses_nobody_else(part: int, data: bytes) -> None:
    events, gaps = read(data[: len(data) * part // 50])
    assert any(gap.reason in {"damaged", "truncated"} for gap in gaps)
    marks = json.loads(str(events[0].get("Marks", "[]"))) if events else []
    assert {mark["id"] for mark in marks if mark["points"] > 25} <= (
        {"pe-in-memory", "thread-started-in-memory"} if data is LOUD else set()
    )


def test_absurd_numbers_end() -> None:
    """Counts of 2^32, places behind the end, stretches that overlap: no crash, nothing slow."""
    for at in range(32, 32 + 12 * 8, 4):
        changed = bytearray(LOUD)
        changed[at : at + 4] = b"\xff\xff\xff\xff"
        read(bytes(changed))
    count = struct.pack("<I", 1 << 31)
    for sort in (3, 4, 9, 16, 17, 14):
        at = next(
            place
            for kind, _, place in struct.iter_unpack("<III", LOUD[32 : 32 + 12 * 8])
            if kind == sort
        )
        read(LOUD[:at] + count + LOUD[at + 4 :])
        read(LOUD[: at + 8] + count * 2 + LOUD[at + 16 :])


def test_stretches_that_overlap_are_looked_at_once_and_told() -> None:
    part = Part(SPOT, PAGE, RW, PRIVATE, bytes(PAGE))
    data = bytearray(
        minidump_of(Dump([part, Part(SPOT + PAGE, PAGE, RW, PRIVATE, bytes(PAGE))], whole=False))
    )
    rows = struct.pack("<QI", SPOT + PAGE, PAGE)
    at = data.index(rows) + len(rows)
    (place,) = struct.unpack("<I", data[at : at + 4])
    data[at : at + 4] = struct.pack("<I", place - 1)
    _, gaps = read(bytes(data))
    assert any("inside others" in gap.text for gap in gaps)


def test_lists_that_claim_more_than_they_have_are_told() -> None:
    for sort in (3, 4, 9, 14, 16, 17):
        rows = struct.iter_unpack("<III", LOUD[32 : 32 + 12 * 8])
        place = next(at for kind, _, at in rows if kind == sort)
        at = place + (8 if sort in {14, 16, 17} else 0)
        (count,) = struct.unpack("<I", LOUD[at : at + 4])
        _, gaps = read(LOUD[:at] + struct.pack("<I", count + 1) + LOUD[at + 4 :])
        assert any("claims more rows" in gap.text for gap in gaps), sort


def test_streams_behind_memory_that_is_not_kept_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory that was passed over on the way to them is no silent loss."""
    monkeypatch.setattr(dumps, "FRONT_BYTES", 200)
    data = bytearray(minidump_of(Dump([Part(SPOT, PAGE, RX, PRIVATE, bytes(PAGE))])))
    rows = list(struct.iter_unpack("<III", data[32 : 32 + 12 * 6]))
    number, size, place = next((n, row[1], row[2]) for n, row in enumerate(rows) if row[0] == 4)
    data[32 + 12 * number + 8 : 32 + 12 * number + 12] = struct.pack("<I", len(data))
    data += data[place : place + size]
    _, gaps = read(bytes(data))
    assert any("they were not looked at" in gap.text for gap in gaps)


def test_a_huge_dump_is_not_held_in_memory() -> None:
    """4 GiB of zeros pass by; only the front is kept."""
    part = Part(SPOT, PAGE, RW, PRIVATE, b"\x90" * PAGE)
    data = minidump_of(Dump([part])).replace(
        struct.pack("<QQ", SPOT, PAGE), struct.pack("<QQ", SPOT, 1 << 28)
    )

    class Long:
        asked = 0

        def read(self, size: int, /) -> bytes:
            self.asked = max(self.asked, size)
            here = data[self.place : self.place + size] if self.place < len(data) else b""
            self.place += size
            return here.ljust(size, b"\0") if self.place < 1 << 28 else here

        place = 0

    raw = Long()
    list(dumps.read([Stream("a", raw)], want_all))
    assert raw.asked <= 1 << 20


@needs_shared
@pytest.mark.parametrize("name", ["test.dmp", "simple-crashpad.dmp"])
def test_real_dumps_are_read_and_not_accused(name: str) -> None:
    path = os.path.join(SHARED, "evidence", "rust-minidump", name)
    with open(path, "rb") as file:
        events, gaps = read(file.read())
    assert events
    assert int(str(events[0].get("Points", "0"))) < 40
    assert {gap.reason for gap in gaps} <= {"unjudged"}
