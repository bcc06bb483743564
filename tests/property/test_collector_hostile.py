"""The collector on hosts where somebody expects it: it ends, costs little, and believes nothing."""

import inspect
import io
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from patience import PATIENCE_S
from sidelight.evidence.host import lines
from sidelight.evidence.stream import Stream
from sidelight.host import collect
from sidelight.host.judge import HIGH
from sidelight.schema import Event, Frame, Gap, want_all
from stand_ins import Workshop, workshop

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("hostile")) as found:
        yield found


def looked_at(pid: int, *words: str) -> list[dict[str, Any]]:
    """Look at one process as a program does, which has to end in time."""
    program = [sys.executable, "-I", inspect.getfile(collect), f"--pid={pid}", "--max-cpu=100"]
    ran = subprocess.run([*program, *words], capture_output=True, check=True, timeout=PATIENCE_S)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def process(found: list[dict[str, Any]]) -> dict[str, Any]:
    [one] = [line for line in found if line["type"] == "process"]
    return one


def read_back(found: list[dict[str, Any]]) -> tuple[list[Event], list[Gap]]:
    """Read what was collected, as a hunt does."""
    data = b"".join(json.dumps(line).encode() + b"\n" for line in found)
    events: list[Event] = []
    gaps: list[Gap] = []
    for item in lines.read([Stream("host.jsonl", io.BytesIO(data))], want_all):
        if isinstance(item, Frame):
            events += item.detail(np.arange(len(item)))
        else:
            gaps.append(item)
    return events, gaps


def test_a_pipe_in_the_place_of_a_program_is_not_waited_for(shop: Workshop, tmp_path: Path) -> None:
    """The code was written to, so the file is wanted; what stands there now waits for a writer."""
    program = shop.copy(tmp_path, "gone")
    pid = shop.start([program, "patch"])
    program.unlink()
    os.mkfifo(program)
    found = process(looked_at(pid))
    assert found["exe"].endswith("gone (deleted)")
    assert found["text"], "it was found by map_files"


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket"))
        link = tmp_path / "link"
        link.symlink_to("/dev/zero")
        for path in (pipe, tmp_path / "socket", link, tmp_path, Path("/dev/null")):
            with pytest.raises(OSError, match=r"no regular file"):
                collect.read_file(str(path))
    assert not list(collect.opened([str(pipe)], pipe.stat().st_ino))
    plain = tmp_path / "plain"
    plain.write_bytes(b"x")
    assert collect.read_file(str(plain)) == b"x"


def test_a_list_of_preloads_that_is_none_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = collect.read_file
    monkeypatch.setattr(collect, "read_file", lambda path, size=0: real(str(tmp_path)))
    look = collect.Look(io.StringIO())
    collect.write_preload(look)
    assert look.denied == {"preload": 1}


@pytest.mark.parametrize("sign", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_a_name_makes_no_lines_of_maps_and_mounts(sign: str, tmp_path: Path) -> None:
    lie = "7f0000000000-7f0000001000 r-xp 00000000 fd:01 1234 /usr/lib/libc.so.6"
    [region] = collect.parse_maps(f"1000-2000 r-xp 00000000 00:01 5  /tmp/x{sign}{lie}\n")
    assert (region.start, region.inode) == (0x1000, 5)
    mount = f"20 1 0:5 / /mnt/x{sign}21 1 0:5 / /proc/1 rw - proc proc rw - ext4 a rw\n"
    (tmp_path / "mountinfo").write_text(mount)
    assert collect.Space(str(tmp_path), "").covered == []


def test_variables_behind_much_else_are_seen(shop: Workshop) -> None:
    padding = {f"A{number}": "x" * 100_000 for number in range(8)}
    pid = shop.start([shop.program, "plain"], variables={**padding, "LD_PRELOAD": "/none.so"})
    assert process(looked_at(pid))["env"] == {"LD_PRELOAD": "/none.so"}


def test_a_long_argument_is_cut_and_not_dropped(shop: Workshop) -> None:
    pid = shop.start([shop.program, "plain", "y" * 100_000])
    argv = process(looked_at(pid))["argv"]
    assert argv[1] == "plain"
    assert set(argv[2]) == {"y"}
    assert len("".join(argv)) + 2 == collect.TEXT_BYTES


@pytest.mark.parametrize("name", [b"a\nb", b"\xff\xfe", b"x\x1b[2Jy", b"ends (deleted)", b") R 1"])
def test_any_name_is_collected_and_read_back(name: bytes, shop: Workshop, tmp_path: Path) -> None:
    program = os.fsencode(tmp_path) + b"/" + name
    shop.copy(tmp_path, "plain").rename(os.fsdecode(program))
    pid = shop.start([os.fsdecode(program), "plain"], title="t\x1b\n")
    found = looked_at(pid)
    assert process(found)["exe"] == collect.text_of(program)
    assert process(found)["comm"] == collect.text_of(name)
    [event], gaps = read_back(found)
    assert not gaps
    assert int(str(event.get("Points", "0"))) < HIGH


MANY_REGIONS = """
import ctypes, mmap, sys
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
place = libc.mmap(None, 4096 * 30000, 3, 0x22, -1, 0)
for page in range(0, 30000, 2):
    ctypes.memset(place + page * 4096, page & 255, 4096)
    libc.mprotect(ctypes.c_void_p(place + page * 4096), 4096, 7)
print("ready", flush=True)
sys.stdin.read()
"""
MANY_THREADS = """
import sys, threading
threading.stack_size(65536)
for _ in range(1500):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""
LOOK_ALIKES = """
import ctypes, mmap, struct, sys
memory = mmap.mmap(-1, 48 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
memory[:] = struct.pack("<QQ", 11, 24) * (48 << 16)
ctypes.CDLL(None).mprotect(
    ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(memory))), 4096, 5
)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Iterator[int]:
    child = subprocess.Popen(
        [sys.executable, "-c", request.param], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert child.stdout
        assert child.stdout.readline() == b"ready\n"
        yield child.pid
    finally:
        child.communicate()


@pytest.mark.parametrize("running", [MANY_REGIONS, MANY_THREADS, LOOK_ALIKES], indirect=True)
def test_who_makes_a_look_costly_pays_for_it_alone(running: int) -> None:
    found = looked_at(running)
    end = found[-1]
    assert (end["type"], end["processes"]) == ("end", 1)
    assert end["cpu"] < 15  # two looks of two seconds, package databases, a loaded machine
    events, gaps = read_back(found)
    assert len(events) == 1
    cut = process(found).get("cut", False)
    assert [gap.reason for gap in gaps] == ["unjudged"] * cut


def test_what_takes_too_long_is_cut_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = collect.Memory("/proc/self", 5.0)
    some = bytearray(64)
    place = id(some)
    assert memory.take(place, 8)
    now = time.process_time()
    monkeypatch.setattr(collect.time, "process_time", lambda: now + 60)
    assert memory.take(place, 8) == b""
    assert memory.cut
    memory.close()


def test_a_database_that_never_ends_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "RPM_STEPS", 3)
    folder = tmp_path / "var/lib/rpm"
    folder.mkdir(parents=True)
    base = sqlite3.connect(folder / "rpmdb.sqlite")
    base.execute(
        "CREATE VIEW Packages AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i AS blob FROM n WHERE i < 0"
    )
    base.commit()
    base.close()
    assert collect.Owners(str(tmp_path)).names == []


def test_more_files_than_any_host_has_are_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "MANY_PATHS", 50)
    info = tmp_path / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    (info / "a.list").write_text("".join(f"/bin/{number}\n" for number in range(40)))
    (info / "a.md5sums").write_text(f"{'0' * 32}  bin/1\n" * 60)
    few = collect.Owners(str(tmp_path))
    assert (few.of("/bin/1"), few.of("/bin/x"), few.digest("/bin/1")) == ("a", "", "")
    (info / "b.list").write_text("".join(f"/sbin/{number}\n" for number in range(40)))
    many = collect.Owners(str(tmp_path))
    assert (many.names, many.of("/bin/x"), len(many.paths) <= 50) == ([], None, True)


@pytest.mark.parametrize("place", ["var/lib/dpkg/info/a.list", "lib/apk/db/installed"])
def test_a_database_that_is_a_pipe_is_none(place: str, tmp_path: Path) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    assert collect.Owners(str(tmp_path)).names == []
