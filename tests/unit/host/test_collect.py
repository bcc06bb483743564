"""The collector: on stand-ins that run, on what /proc could hold, on old interpreters."""

import array
import ast
import base64
import ctypes
import hashlib
import inspect
import io
import json
import mmap
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patience import until
from sidelight.evidence.host import lines
from sidelight.evidence.stream import Stream
from sidelight.host import MEDIUM, collect
from sidelight.host.judge import HIGH
from sidelight.host.record import file_of
from sidelight.schema import Event, Frame, want_all
from stand_ins import Workshop, settled, workshop

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
SCRIPT = Path(inspect.getfile(collect))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("stand_ins")) as found:
        found.folder.chmod(0o777)  # whoever runs the tests: a folder that is open
        yield found


def looked_at(pids: Sequence[int], *, deep: bool = True) -> bytes:
    out = io.StringIO()
    collect.collect(out, list(pids), deep, 100)
    return out.getvalue().encode()


def rows(collection: bytes) -> dict[int, Event]:
    """Read a collection, and give the rows by process id; a gap of rights is allowed."""
    found: dict[int, Event] = {}
    for item in lines.read([Stream("host.jsonl", io.BytesIO(collection))], want_all):
        if isinstance(item, Frame):
            for event in item.detail(np.arange(len(item))):
                found[int(str(event["ProcessId"]))] = event
    return found


def marks(event: Event) -> dict[str, int]:
    return {mark["id"]: mark["points"] for mark in json.loads(str(event.get("Marks", "[]")))}


Start = Callable[[Workshop, Path], int]


def _unlinked(shop: Workshop, folder: Path) -> int:
    program = shop.copy(folder, "gone")
    pid = shop.start([program, "plain"])
    program.unlink()
    return pid


def _need_shared_memory() -> None:
    if not os.access("/dev/shm", os.W_OK) or os.statvfs("/dev/shm").f_flag & os.ST_NOEXEC:
        pytest.skip("/dev/shm may not be written, or nothing may be run from it")


def _in_shared_memory(shop: Workshop, folder: Path) -> int:
    _need_shared_memory()
    place = Path("/dev/shm") / f"stand-in-{os.getpid()}-{folder.name}"
    try:
        return shop.start([shop.copy(place, "worker"), "plain"])
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _library_in_shared_memory(shop: Workshop, folder: Path) -> int:
    _need_shared_memory()
    place = Path("/dev/shm") / f"stand-in-{os.getpid()}-{folder.name}.so"
    shutil.copy(shop.library, place)
    try:
        return shop.start([shop.program, "library", place])
    finally:
        place.unlink()


def _searching(shop: Workshop, folder: Path) -> int:
    del folder
    return shop.start([shop.folder / "searching", "plain"])


def _without_table(shop: Workshop, folder: Path) -> int:
    """As compilers make programs that have all addresses when they start."""
    del folder
    return shop.start([shop.folder / "without_table", "bend-to-library"])


def _given_to_the_loader(shop: Workshop, folder: Path) -> int:
    del folder
    with shop.program.open("rb") as file:
        found = re.search(rb"/lib\S*/ld-[\w.-]+\.so[\d.]*", file.read(1 << 16))
    assert found
    return shop.start([Path(os.fsdecode(found[0])), shop.program, "plain"])


def _memfd_by_an_interpreter(shop: Workshop, folder: Path) -> int:
    """As a script does that has a program in a variable."""
    del folder
    code = (
        "import os,sys; fd=os.memfd_create('x'); os.write(fd,open(sys.argv[1],'rb').read());"
        "os.execve(fd,['updater','plain'],{})"
    )
    return shop.start([sys.executable, "-c", code, shop.program])


def _library_unlinked(shop: Workshop, folder: Path) -> int:
    library = Path(shutil.copy(shop.library, folder / "gone.so"))
    pid = shop.start([shop.program, "library", library])
    library.unlink()
    return pid


def _named(mode: str, *words: str, title: str | None = None, **variables: str) -> Start:
    def start(shop: Workshop, folder: Path) -> int:
        del folder
        places = {"LIBRARY": str(shop.library), "FOLDER": str(shop.folder)}
        filled = [word.format(**places) for word in words]
        settings = {name: value.format(**places) for name, value in variables.items()}
        return shop.start([shop.program, mode, *filled], variables=settings, title=title)

    return start


STAND_INS: dict[str, tuple[Start, str, int]] = {
    "memfd": (_named("memfd"), "memfd-program", HIGH),
    "memfd by an interpreter": (_memfd_by_an_interpreter, "memfd-program", HIGH),
    "deleted program": (_unlinked, "deleted-program", 35),
    "program in shared memory": (_in_shared_memory, "program-in-memory-folder", MEDIUM),
    "image in memory": (_named("image", "{LIBRARY}"), "image-in-memory", HIGH),
    "image without its header": (
        _named("wiped-image", "{LIBRARY}"),
        "wiped-image-in-memory",
        HIGH,
    ),
    "thread in memory": (_named("thread"), "thread-in-memory", MEDIUM),
    "thread that returns into memory": (_named("caller"), "return-in-memory", MEDIUM),
    "call bent to a function of its own": (_named("bend"), "bent-call", HIGH),
    "call bent to another function": (_named("bend-to-library"), "bent-call", HIGH),
    "call bent to memory": (_named("bend-to-memory"), "bent-call", HIGH),
    "call bent where there is no table of procedures": (_without_table, "bent-call", HIGH),
    "preload": (_named("plain", LD_PRELOAD="{LIBRARY}"), "preload", MEDIUM),
    "audit": (_named("plain", LD_AUDIT="{LIBRARY}"), "preload", MEDIUM),
    "library path": (
        _named("library", "libmarker.so.1", LD_LIBRARY_PATH="{FOLDER}"),
        "library-path",
        MEDIUM,
    ),
    "program that is data": (_given_to_the_loader, "run-by-loader", 20),
    "path that is built in": (_searching, "library-path", MEDIUM),
    "deleted library": (_library_unlinked, "deleted-library", 35),
    "library in shared memory": (_library_in_shared_memory, "library-in-memory-folder", MEDIUM),
    "library in a memfd": (_named("memfd-library", "{LIBRARY}"), "executable-memfd", HIGH),
    "executable heap": (_named("heap"), "executable-heap", MEDIUM),
    "executable stack": (_named("stack"), "executable-stack", MEDIUM),
    "executable shared memory": (_named("shared"), "executable-shared", MEDIUM),
    "executable System V memory": (_named("sysv"), "executable-shared", MEDIUM),
    "changed code": (_named("patch"), "changed-code", HIGH),
    "preload that was forgotten": (
        _named("forget", LD_PRELOAD="{LIBRARY}"),
        "preload-unnamed",
        HIGH,
    ),
    "kernel thread": (_named("plain", title="[kworker/0:1]"), "kernel-thread-name", HIGH),
    "daemon": (_named("plain", title="/sbin/auditd"), "daemon-name", 30),
}


@pytest.mark.parametrize("name", STAND_INS)
def test_what_a_stand_in_does_is_found(name: str, shop: Workshop, tmp_path: Path) -> None:
    """Seen twice, with its reason, and at least as heavy as it should be."""
    start, wanted, points = STAND_INS[name]
    pid = start(shop, tmp_path)
    event = rows(looked_at([pid]))[pid]
    assert marks(event).get(wanted, -1) >= points, event
    assert int(str(event["Points"])) >= MEDIUM


def test_look_alikes_are_not_held_against_anybody(shop: Workshop) -> None:
    """Data in memory-only files and shared memory; a child that only sleeps."""
    sleep = subprocess.Popen(["sleep", "3600"])
    try:
        assert until(lambda: settled(sleep.pid))
        data = shop.start([shop.program, "data"])
        found = rows(looked_at([sleep.pid, data]))
    finally:
        sleep.kill()
        sleep.wait()
    assert marks(found[sleep.pid]) == {}
    assert marks(found[data]) == {"program-in-open-folder": 15}


def test_nothing_is_read_of_memory_when_shallow(shop: Workshop) -> None:
    pid = shop.start([shop.program, "image", shop.library])
    assert set(marks(rows(looked_at([pid], deep=False))[pid])) == {
        "program-in-open-folder",
        "executable-anonymous",
    }


def test_an_end_that_comes_meanwhile_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was in the list is gone; one that was never there is absent."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    last = json.loads(looked_at([ended.pid]).splitlines()[-1])
    assert (last["processes"], last["gone"], last["absent"]) == (0, 0, [ended.pid])
    monkeypatch.setattr(collect, "pids_listed", lambda: [ended.pid])
    last = json.loads(looked_at([ended.pid]).splitlines()[-1])
    assert (last["processes"], last["gone"], last["absent"]) == (0, 1, [])


def test_a_fork_storm_is_survived_and_nothing_high_comes_of_it() -> None:
    """Processes in the middle of an exec look like many things, once."""
    storm = subprocess.Popen(["sh", "-c", "while :; do /bin/true & /bin/true; wait; done"])
    try:
        for _ in range(10):
            listed = collect.pids_listed()
            pids = [pid for pid in listed if pid >= storm.pid and _descends(pid, storm.pid)]
            for event in rows(looked_at(pids)).values():
                assert sum(marks(event).values()) < HIGH, event
    finally:
        storm.kill()
        storm.wait()


def _descends(pid: int, ancestor: int) -> bool:
    try:
        fields = collect.read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    except OSError:
        return False
    return pid == ancestor or int(fields[1]) == ancestor


def test_what_may_not_be_read_is_denied_and_not_clean(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As for the process of another user."""
    real = collect.read

    def read(path: str, size: int = 1 << 26) -> bytes:
        if path.endswith(("/maps", "/environ")):
            raise PermissionError(13, "Permission denied")
        return real(path, size)

    monkeypatch.setattr(collect, "read", read)
    collection = looked_at([os.getpid()])
    assert json.loads(collection.splitlines()[-1])["denied"] == {"environ": 1, "maps": 1}
    assert rows(collection)[os.getpid()]["Denied"] == ["environ", "maps"]


def test_it_only_reads(shop: Workshop, tmp_path: Path) -> None:
    """No ptrace, no signal, no smaps, nothing opened for writing."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("needs strace")
    pid = shop.start([shop.program, "image", shop.library])
    trace = tmp_path / "trace"
    words = [strace, "-f", "-o", str(trace), sys.executable, "-I", str(SCRIPT), "--pid", str(pid)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace here")
    text = trace.read_text()
    assert f"/proc/{pid}/mem" in text
    # What was read is data, even if it is the source of the collector.
    bare = re.sub(r'"(?:[^"\\]|\\.)*"\.\.\.', "", text)
    calls = set(re.findall(r"^\d+ +(\w+)\(", bare, re.MULTILINE))
    assert "pread64" in calls
    assert not calls & {"ptrace", "kill", "tgkill", "process_vm_readv"}
    for word in ("smaps", "O_WRONLY", "O_RDWR"):
        assert word not in bare


def test_the_source_names_no_way_to_write_or_to_stop_a_process() -> None:
    """What strace shows where there is strace, as far as the source shows it."""
    text = SCRIPT.read_text(encoding="utf-8")
    tree = ast.parse(text)
    (tracer,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Tracer")
    tree.body.remove(tracer)
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    made = [node for node in ast.walk(tree) if getattr(node, "id", "") == "Tracer"]
    assert len(made) == 2, "an annotation, and the one place that asks whether it may"
    assert "Tracer() if ptrace and" in text
    assert not names & {"kill", "killpg", "system", "popen", "Popen", "remove", "unlink", "ptrace"}
    opened = [
        node.args[1].value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "open"
        and isinstance(node.args[1], ast.Constant)
    ]
    assert opened
    assert set(opened) == {"rb"}
    flags = {name for name in names if name.startswith("O_")}
    assert flags <= {"O_RDONLY", "O_NONBLOCK", "O_PATH", "O_WRONLY"}
    assert re.findall(r".*O_WRONLY.*", text) == [
        "        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)"
        "  # what is held back cannot be written either"
    ]


def test_running_threads_are_seen_when_they_may_be_stopped(shop: Workshop) -> None:
    """They run on afterwards, and nobody traces them; otherwise they are counted, no more."""
    if os.uname().machine not in collect.REGISTERS:
        pytest.skip("registers of this machine are not known")
    pid = shop.start([shop.program, "spinner"])
    out = io.StringIO()
    collect.collect(out, [pid], True, 100, False, True)
    asked = out.getvalue().encode()
    before = _ticks(pid)
    if '"odd":[]' in out.getvalue():
        pytest.skip("tracing is denied here")
    assert marks(rows(asked)[pid])["thread-in-memory"] == 50
    plain = looked_at([pid])
    assert "thread-in-memory" not in marks(rows(plain)[pid])
    (record,) = [line for line in map(json.loads, plain.splitlines()) if "threads" in line]
    assert record["threads"]["running"] == 1
    assert until(lambda: _ticks(pid) > before)
    assert "TracerPid:\t0\n" in Path(f"/proc/{pid}/status").read_text()


def _ticks(pid: int) -> int:
    return int(collect.read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[11])


def test_a_signal_that_comes_while_a_thread_stands_still_is_handed_on() -> None:
    asked: list[tuple[int, ...]] = []
    tracer = collect.Tracer()
    tracer.libc = SimpleNamespace(ptrace=lambda *words: asked.append(words))
    tracer.let_go(7, 10 << 8 | 0x7F)
    tracer.let_go(7, 128 << 16 | 5 << 8 | 0x7F)
    tracer.let_go(7, 0)
    assert asked == [(17, 7, None, 10), (17, 7, None, 0)]


def test_the_collector_runs_on_old_interpreters(shop: Workshop) -> None:
    """Read from standard input, as over ssh; the grammar is that of Python 3.6."""
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 6))
    pid = shop.start([shop.program, "thread"])
    tried = 0
    for name in ("python3.6", "python3.7", "python3.8", "python3.9", "python3"):
        python = shutil.which(name)
        known = [python or "false", "-V"]
        if subprocess.run(known, capture_output=True, check=False).returncode:
            continue
        with SCRIPT.open("rb") as script:
            ran = subprocess.run(
                [str(python), "-I", "-", "--pid", str(pid)],
                stdin=script,
                capture_output=True,
                check=False,
            )
        assert (ran.returncode, ran.stderr) == (0, b""), name
        assert "thread-in-memory" in marks(rows(ran.stdout)[pid]), name
        tried += 1
    assert tried


def test_imports_are_of_the_standard_library_alone() -> None:
    for node in ast.walk(ast.parse(SCRIPT.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
        assert all(name.partition(".")[0] in sys.stdlib_module_names for name in names)


NAMESPACES = ["unshare", "-Urpfmn", "--mount-proc"]


@pytest.fixture
def namespaces() -> list[str]:
    if (
        shutil.which("unshare") is None
        or subprocess.run([*NAMESPACES, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("namespaces are denied here")
    return NAMESPACES


LISTENER = """
import ctypes, socket, struct, sys, time
held = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
steps = [(0x28, 0, 0, 12), (0x15, 0, 1, 0x1234), (6, 0, 0, 0xFFFF), (6, 0, 0, 0)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
held.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HL", len(steps), ctypes.addressof(code)))
print("ready", flush=True)
time.sleep(3600)
"""


def test_a_packet_socket_is_found_with_what_its_filter_looks_for(namespaces: list[str]) -> None:
    program = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
subprocess.run([sys.executable, {str(SCRIPT)!r}])
child.kill()
"""
    ran = subprocess.run(
        [*namespaces, sys.executable, "-c", program, LISTENER], capture_output=True, check=False
    )
    found = [event for event in rows(ran.stdout).values() if "packet-socket" in marks(event)]
    assert len(found) == 1, ran.stderr
    assert "looks for 0x1234" in str(found[0]["Marks"])
    assert int(str(found[0]["Points"])) >= MEDIUM


def test_a_packet_socket_of_another_network_namespace_is_found(namespaces: list[str]) -> None:
    """The collector does not enter it."""
    program = f"""
import subprocess, sys
words = ["unshare", "-n", sys.executable, "-c", sys.argv[1]]
child = subprocess.Popen(words, stdout=subprocess.PIPE)
child.stdout.readline()
subprocess.run([sys.executable, {str(SCRIPT)!r}])
child.kill()
"""
    ran = subprocess.run(
        [*namespaces, sys.executable, "-c", program, LISTENER], capture_output=True, check=False
    )
    events = rows(ran.stdout).values()
    (found,) = [event for event in events if "packet-socket" in marks(event)]
    others = {str(event["Namespace.net"]) for event in events if event is not found}
    assert str(found["Namespace.net"]) not in others, ran.stderr


def test_ld_so_preload_is_found_and_also_when_it_is_gone_again(
    namespaces: list[str], shop: Workshop, tmp_path: Path
) -> None:
    """In a mount namespace with an /etc of its own."""
    etc = tmp_path / "etc"
    etc.mkdir()
    shutil.copy("/etc/passwd", etc / "passwd")
    (etc / "ld.so.preload").write_text(f"{shop.library}\n")
    script = (
        f"mount --bind {etc} /etc && {{ {shop.program} plain > {tmp_path}/said & "
        f"until grep -q ready {tmp_path}/said; do sleep 0.1; done; }}"
        f" && {sys.executable} -I {SCRIPT} && echo && rm /etc/ld.so.preload"
        f" && {sys.executable} -I {SCRIPT} --pid $!; kill $!"
    )
    ran = subprocess.run([*namespaces, "sh", "-c", script], capture_output=True, check=False)
    before, _, after = ran.stdout.partition(b"\n\n")
    named = [
        json.loads(line)
        for line in before.splitlines()
        if b"ld.so" not in line and b'"preload"' in line
    ]
    assert [line["path"] for line in named] == [str(shop.library)], ran.stderr
    found = [event for event in rows(after).values() if "preload-unnamed" in marks(event)]
    assert [str(event["Image"]) for event in found] == [str(shop.program)]


@pytest.mark.parametrize("cover", ["--bind /proc/1", "-t tmpfs none"])
def test_a_process_under_a_mount_is_found(cover: str, namespaces: list[str]) -> None:
    """Once, and neither as a process that is gone nor as another one."""
    script = f"sleep 3600 & mount {cover} /proc/$! && {sys.executable} {SCRIPT}; kill $!"
    ran = subprocess.run([*namespaces, "sh", "-c", script], capture_output=True, check=False)
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    hidden = [line for line in told if line.get("type") == "hidden"]
    assert [line["view"] for line in hidden] == ["mount"], ran.stderr
    assert [line["type"] for line in told if line.get("pid") == hidden[0]["pid"]] == ["hidden"]
    assert told[-1]["gone"] == 0


def region(start: int, end: int, perms: str, inode: int = 0, path: str = "") -> collect.Region:
    return collect.Region(start, end, perms, "00:00", inode, path)


def test_runs_hold_neighbours_without_a_file_and_one_that_is_executable() -> None:
    plain, code = region(0x1000, 0x2000, "rw-p"), region(0x2000, 0x3000, "r-xp")
    file = region(0x3000, 0x4000, "r-xp", 7, "/usr/bin/x")
    far, memory = region(0x9000, 0xA000, "r-xp"), region(0xA000, 0xB000, "r-xp", 9, "/memfd:x")
    vdso = region(0xB000, 0xC000, "r-xp", 0, "[vdso]")
    regions = [plain, code, file, far, memory, vdso]
    assert list(collect.executable_runs(regions)) == [[plain, code], [far]]
    assert list(collect.executable_runs([plain, file])) == []
    assert list(collect.executable_runs([plain, far])) == [[far]]


def test_maps_are_read_with_names_that_hold_blanks_and_line_ends() -> None:
    text = "00400000-00401000 r-xp 00000000 fe:00 5  /tmp/a b\\012c (deleted)\nnonsense\n"
    expected = collect.Region(0x400000, 0x401000, "r-xp", "fe:00", 5, "/tmp/a b\nc (deleted)")
    assert collect.parse_maps(text) == [expected]


def test_all_of_a_stack_is_named() -> None:
    """The kernel names the top alone where permissions differ; memory further away is no part."""
    text = "1000-2000 rw-p 0 0:0 0\n3000-4000 rwxp 0 0:0 0\n4000-5000 rw-p 0 0:0 0   [stack]"
    assert [found.path for found in collect.parse_maps(text)] == ["", "[stack]", "[stack]"]


PRESENT, SWAPPED, OF_FILE = 1 << 63, 1 << 62, 1 << 61


@given(
    st.lists(
        st.sampled_from([0, PRESENT, SWAPPED, OF_FILE]).map(lambda bit: bit | 99)
        | st.integers(0, (1 << 64) - 1),
        max_size=300,
    )
)
def test_pages_are_those_with_the_bits(entries: list[int]) -> None:
    """Against the plain reading of each entry (pagemap.rst)."""
    data = struct.pack(f"={len(entries)}Q", *entries)
    there = [bool(e & PRESENT and not e & SWAPPED) for e in entries]
    copied = [bool(t and not e & OF_FILE) for t, e in zip(there, entries, strict=True)]
    for wanted, table in ((there, collect.IN_MEMORY), (copied, collect.COPIED)):
        runs = list(collect.page_runs(data, 0x10000, table))
        pages = [page for run in runs for page in range(*run, collect.PAGE)]
        assert pages == [0x10000 + i * collect.PAGE for i, found in enumerate(wanted) if found]
        assert all(end < begin for (_, end), (begin, _) in pairwise(runs))


HEADER = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, 62)


def test_signs_of_images() -> None:
    """A header counts at a page alone, a dynamic section outside code alone."""
    page = HEADER + bytes(collect.PAGE - len(HEADER))
    dynamic = struct.pack("<6Q", 5, 0x1000, 11, 24, 6, 0x2000)
    assert collect.elf_signs(page, 0x4000, True) == [(0x4000, "header")]
    assert collect.elf_signs(b"abc" + page, 0x4000, True) == []
    assert collect.elf_signs(dynamic, 0x4000, False) == [(0x4010, "dynamic")]
    assert collect.elf_signs(dynamic, 0x4000, True) == []
    assert collect.elf_signs(b"x" + dynamic, 0x4000, False) == []
    alone = struct.pack("<6Q", 5, 0x1000, 11, 24, 5, 0x2000)
    assert collect.elf_signs(alone, 0x4000, False) == [], "two numbers that stand so by chance"
    core = HEADER[:16] + struct.pack("<HH", 4, 62)
    assert collect.elf_signs(core, 0x4000, True) == []


def test_packages_own_files(tmp_path: Path) -> None:
    """Databases of dpkg, apk and rpm; merged /usr; no database is not the same as no owner."""
    (tmp_path / "dpkg/var/lib/dpkg/info").mkdir(parents=True)
    (tmp_path / "dpkg/var/lib/dpkg/info/tool.list").write_text("/.\n/bin/tool\n")
    (tmp_path / "apk/lib/apk/db").mkdir(parents=True)
    (tmp_path / "apk/lib/apk/db/installed").write_text("P:tool\nF:bin\nR:tool\n\n")
    (tmp_path / "rpm/var/lib/rpm").mkdir(parents=True)
    base = sqlite3.connect(tmp_path / "rpm/var/lib/rpm/rpmdb.sqlite")
    base.execute("CREATE TABLE Packages (hnum INTEGER, blob BLOB)")
    base.execute("INSERT INTO Packages VALUES (1, ?)", [_rpm_header("tool", "/bin/", "tool")])
    base.commit()
    base.close()
    right = hashlib.sha1(b"").digest()
    (tmp_path / "apk/lib/apk/db/installed").write_text(
        f"P:tool\nF:bin\nR:tool\nZ:Q1{base64.b64encode(right).decode()}\n\n"
    )
    (tmp_path / "dpkg/var/lib/dpkg/info/tool.md5sums").write_text(
        f"{'0' * 32}  bin/tool\n{'1' * 32}  bin/moved\n"
    )
    (tmp_path / "dpkg/var/lib/dpkg/diversions").write_text("/bin/moved\n/bin/there\nother\n")
    digests = {"dpkg": "0" * 32, "apk": right.hex(), "rpm": "2" * 64}
    for kind in ("dpkg", "apk", "rpm"):
        owners = collect.Owners(str(tmp_path / kind))
        assert owners.names == [kind]
        assert owners.of("/usr/bin/tool") == "tool"
        assert owners.of("/usr/bin/other") == ""
        assert owners.of("/usr/share/other") == (None if kind == "dpkg" else "")
        assert owners.digest("/usr/bin/tool") == digests[kind]
        assert owners.digest("/usr/bin/moved") == owners.digest("/usr/bin/other") == ""
    assert collect.Owners(str(tmp_path / "none")).of("/usr/bin/tool") is None


def _rpm_header(name: str, folder: str, file: str) -> bytes:
    data, entries = b"", b""
    texts = [(1000, 6, name.encode()), (1117, 8, file.encode()), (1118, 8, folder.encode())]
    texts.append((1035, 8, b"2" * 64))
    for tag, kind, text in texts:
        entries += struct.pack(">IIII", tag, kind, len(data), 1)
        data += text + b"\0"
    entries += struct.pack(">IIII", 1116, 4, len(data), 1)
    data += struct.pack(">I", 0)
    return struct.pack(">II", 5, len(data)) + entries + data


def test_of_two_looks_what_both_show_is_kept() -> None:
    """Of a process that became another program, the first look alone."""
    file = ["1000", "2000", "r-xp", 5, "/bin/a", 0]
    brief, later = ["3000", "4000", "rwxp", 0, "", None], ["5000", "6000", "rwxp", 0, "", None]
    first = {
        "start": 5,
        "exe": "/bin/a",
        "regions": [file, brief],
        "elf": [["3000", "header"]],
        "threads": {"odd": [[7, "3001"], [8, "3002"]]},
        "seen": 1,
    }
    second = {**first, "regions": [file, later], "elf": [], "threads": {"odd": [[8, "5000"]]}}
    both = collect.again(first, json.loads(json.dumps(second)))
    assert (both["seen"], both["regions"], both["elf"]) == (2, [file], [])
    assert both["threads"]["odd"] == [[8, "5000"]]
    for changed in (None, {**second, "exe": "/bin/b"}, {**second, "start": 6}):
        assert collect.again(first, changed) is first


def test_a_second_look_asks_only_for_what_the_first_found_odd(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost of the first, and what is asked and not seen again is gone."""
    pid = shop.start([shop.program, "bend"])
    look = collect.Look(io.StringIO())
    first = look.process(pid)
    assert first is not None
    assert first["bent"]
    asked: list[str] = []
    monkeypatch.setattr(collect, "loaded", lambda *_: asked.append("early"))
    monkeypatch.setattr(collect, "add_images", lambda *_: asked.append("elf"))
    second = look.process(pid, first)
    assert second is not None
    assert asked == []
    second["state"] = first["state"]
    assert collect.again(first, second) == {**first, "seen": 2}
    monkeypatch.setattr(collect, "add_calls", lambda *_: None)
    later = look.process(pid, first)
    assert later is not None
    assert "bent" not in collect.again(first, later)
    quiet = look.process(pid, {**first, "bent": []})
    assert quiet is not None
    assert quiet["slots"] == first["slots"]


def test_a_process_that_the_list_leaves_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a library hides it from programs that list /proc; a thread is no process."""
    child = subprocess.Popen(["sleep", "3600"])
    listed = [pid for pid in collect.pids_listed() if pid != child.pid]
    monkeypatch.setattr(collect, "pids_listed", lambda: listed)
    monkeypatch.setattr(collect, "MANY_PIDS", child.pid + 1)
    out = io.StringIO()
    try:
        collect.write_hidden(collect.Look(out), listed)
    finally:
        child.kill()
        child.wait()
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    assert {"type": "hidden", "pid": child.pid, "view": "getsid"} in found


def test_what_is_in_swap_is_left_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "is_present", lambda base, start, end: start == 16)
    record: dict[str, object] = {"denied": []}
    look = collect.Look(io.StringIO())
    look.add_words(record, f"/proc/{os.getpid()}", True, [16, 32, 48, 64])
    assert record["swapped"] == ["environ"]
    assert record["argv"]
    assert record["env"] is None


def test_it_sleeps_until_its_share_of_a_processor_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    look = collect.Look(io.StringIO(), max_cpu=25)
    look.spent, look.begun = 5.0, 70.0
    clock = SimpleNamespace(process_time=lambda: 5.125, sleep=slept.append)
    monkeypatch.setattr(collect, "time", clock)
    clock.monotonic = lambda: 70.125
    look.rest()
    clock.monotonic = lambda: 130.0
    look.rest()
    assert slept == [0.375, 0]


def test_the_folders_on_the_way_to_a_file_are_written(tmp_path: Path) -> None:
    """From the root on, each as it is; none where the last is not there."""
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    folder.chmod(0o1770)
    (folder / "x").touch()
    space = collect.Space("/proc/self", "")
    told = space.describe(region(0, 1, "r-xp", 5, str(folder / "x")), "")
    ways = [*reversed(folder.parents), folder]
    expected = [(f"{path.stat().st_mode:o}", path.stat().st_uid) for path in ways]
    assert told["folders"] == expected
    assert told["folders"][-1] == ("41770", os.getuid())
    record = json.loads(json.dumps({"owner": None, **told}))
    assert file_of(record).folders == tuple((int(mode, 8), uid) for mode, uid in expected)
    assert "folders" not in space.describe(region(0, 1, "r-xp", 5, str(tmp_path / "c/x")), "")


def test_paths_without_end_are_no_burden(tmp_path: Path) -> None:
    """As deep as names go: what lies there is taken for unknown, in little time and memory."""
    deep = tmp_path
    for count in (60, 900):
        deep = deep.joinpath(*["d"] * count)
        deep.mkdir(parents=True)
        space = collect.Space("/proc/self", "")
        assert space.describe(region(0, 1, "r-xp", 5, str(deep / "x")), "")["now"] == "none"
        assert space.folders("", str(deep)) == []
        assert len(space.seen) == collect.MANY_FOLDERS
    assert len(space.folders("", "/")) == 1
    assert len(space.folders("", str(tmp_path))) == len(tmp_path.parts)


def test_names_without_end_are_no_burden() -> None:
    """A file may hold a million symbols, each with a name that ends nowhere."""
    raw = struct.pack("<IBBHQQ", 1, 2, 0, 1, 7, 0) * (collect.MANY_NAMES + 5)
    symbols = collect.Symbols(raw, b"\0" + b"n" * 5000)
    found = symbols.named_at({7})
    assert len(found[7]) == collect.MANY_NAMES
    assert set(map(len, found[7])) == {collect.NAME_BYTES}
    assert symbols.name(len(raw)) == b""


MOUNTS = """\
20 1 0:5 / /proc rw - proc proc rw,hidepid=2
21 20 8:1 /1 /proc/4711 rw shared:1 - ext4 /dev/sda1 rw
22 1 0:35 / /data rw - nfs4 filer:/data rw
24 1 0:37 / /tmp/y rw - fuse /dev/fuse rw,user_id=1000
23 1 0:36 / /home/a/x rw - fuse.sshfs a:/ rw
24 1 8:1 / / rw - ext4 /dev/sda1 rw
"""


def test_mounts_tell_what_is_hidden_and_what_is_far_away(tmp_path: Path) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTS)
    space = collect.Space(str(tmp_path), "")
    assert space.covered == [4711]
    assert space.hides
    assert space.is_remote(collect.Region(0, 1, "r-xp", "00:23", 5, "/data/a.so"))
    assert space.is_remote(collect.Region(0, 1, "r-xp", "00:24", 5, "/home/a/x/a.so"))
    assert space.is_remote(collect.Region(0, 1, "r-xp", "00:25", 5, "/tmp/y/a.so"))
    assert not space.is_remote(collect.Region(0, 1, "r-xp", "08:01", 5, "/a.so"))
    far = space.describe(collect.Region(0, 1, "r-xp", "00:23", 5, "/data/a.so"), "")
    assert far == {"path": "/data/a.so", "now": "unknown", "remote": True}


def test_what_stands_at_the_path_of_a_mapped_file(tmp_path: Path) -> None:
    (tmp_path / "mountinfo").write_text("24 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
    space = collect.Space(str(tmp_path), "")
    file = tmp_path / "a (deleted)"
    file.write_text("")

    def described(inode: int, path: str) -> tuple[str, str]:
        region = collect.Region(0, 1, "r-xp", "08:01", inode, path)
        facts = space.describe(region, str(tmp_path))
        return facts["path"], facts["now"]

    inode = file.stat().st_ino
    other = tmp_path / "other"
    other.write_text("")
    nowhere = other.stat().st_ino
    assert described(inode, "/a (deleted)") == ("/a (deleted)", "same")
    assert described(nowhere, "/a (deleted)") == ("/a", "none")
    (tmp_path / "a").write_text("")
    assert described(nowhere, "/a (deleted)") == ("/a", "other")
    assert described((tmp_path / "a").stat().st_ino, "/a (deleted)") == ("/a", "same")
    assert described(inode, "/a (deleted)") == ("/a (deleted)", "same")


def test_other_users_see_what_they_may(shop: Workshop) -> None:
    """Without rights on a process: its name and arguments; the rest is denied and said so."""
    python = shutil.which("python3", path=os.defpath)
    if os.geteuid() or python is None:
        pytest.skip("needs root, to become somebody else, and an interpreter for everybody")
    pid = shop.start([shop.program, "image", shop.library])
    ran = subprocess.run(
        [python, "-I", "-", "--pid", str(pid)],
        input=SCRIPT.read_bytes(),
        capture_output=True,
        check=True,
        user=65534,
        group=65534,
        cwd="/",
    )
    end = json.loads(ran.stdout.splitlines()[-1])
    assert set(end["denied"]) >= {"exe", "maps", "environ"}
    event = rows(ran.stdout)[pid]
    assert str(event["CommandLine"]).startswith(str(shop.program))
    assert "Marks" not in event


def _tags_near(data: bytes, at: int) -> set[int]:
    """The first words of the three entries before and after an entry, as far as they are there."""
    places = [at + 16 * step for step in (-3, -2, -1, 1, 2, 3)]
    whole = [place for place in places if 0 <= place <= len(data) - 8]
    return {int.from_bytes(data[place : place + 8], "little") for place in whole}


@given(
    st.lists(st.sampled_from([0, 5, 6, 10, 11, 24, 11 << 8, 1 << 63]), max_size=40),
    st.integers(0, 20),
)
def test_dynamic_sections_are_found_as_the_plain_search_finds_them(
    words: list[int], skew: int
) -> None:
    data = bytes(skew) + struct.pack(f"<{len(words)}Q", *words)
    plain = (
        at
        for at in range(len(data))
        if (0x4003 + at) % 8 == 0
        and data[at : at + 16] == collect.DYNAMIC
        and len(_tags_near(data, at) & {5, 6, 10}) >= 2
    )
    expected = [(0x4003 + at, "dynamic") for at in plain][:1]
    assert collect.elf_signs(data, 0x4003, False) == expected


class Hostile(collect.Memory):
    """Memory that holds what it likes wherever it is looked at."""

    def __init__(self, base: str, draw: Callable[[], int]) -> None:
        self.base, self.draw = base, draw

    def words(self, start: int, count: int) -> tuple[int, ...]:
        return tuple(self.draw() for _ in range(min(count, 500)))

    def text(self, start: int) -> bytes:
        return b"/a/libx.so" if start % 2 else b"\xff\xfe"


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_a_list_of_the_loader_that_lies_does_no_harm(data: st.DataObject) -> None:
    numbers = st.sampled_from([0, 1, 2, 3, 5, 6, 15, 21, 29, 56, 4096, 1 << 63, (1 << 64) - 1])
    with tempfile.TemporaryDirectory() as folder:
        pairs = [3, 64, 4, 56, 5, data.draw(numbers)]
        (Path(folder) / "auxv").write_bytes(struct.pack("=6Q", *pairs) + b"cut")
        drawn = data.draw(st.lists(numbers, min_size=1, max_size=60))
        found = collect.loaded(Hostile(folder, cycle(drawn).__next__), [])
    assert found.early == []
    found.searched.encode()


def test_what_fails_on_a_process_is_said_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(memory: collect.Memory, regions: object) -> None:
        raise struct.error("unpack requires more")

    monkeypatch.setattr(collect, "loaded", broken)
    lines_of = looked_at([os.getpid()]).splitlines()
    assert json.loads(lines_of[-1])["denied"] == {"mem (error)": 1}


def test_pages_that_are_not_there_stay_away() -> None:
    """Of 64 pages two are there before the look, and the same two after it."""
    with mmap.mmap(-1, 64 * collect.PAGE, prot=mmap.PROT_READ | mmap.PROT_WRITE) as pages:
        pages[5 * collect.PAGE] = 1
        pages[9 * collect.PAGE] = 1
        holder = ctypes.c_char.from_buffer(pages)
        start = ctypes.addressof(holder)
        end = start + len(pages)
        memory = collect.Memory("/proc/self")
        before = list(memory.runs(start, end, collect.IN_MEMORY))
        signs = collect.images(memory, [region(start, end, "rwxp")])
        beside = memory.read(start + 4 * collect.PAGE, 2 * collect.PAGE)
        there = memory.read(start + 5 * collect.PAGE, 8)
        after = list(memory.runs(start, end, collect.IN_MEMORY))
        memory.close()
        del holder
    pages_of = [start + 5 * collect.PAGE, start + 9 * collect.PAGE]
    if not before:
        pytest.skip("pagemap says nothing here")
    assert before == after == [(page, page + collect.PAGE) for page in pages_of]
    assert (signs, beside, there) == ([], b"", b"\x01" + bytes(7))


def test_kernel_threads_are_told_from_those_who_pose_as_one() -> None:
    if not Path("/proc/2/comm").is_file() or Path("/proc/2/comm").read_text() != "kthreadd\n":
        pytest.skip("no kernel thread can be seen here")
    collection = looked_at([2])
    (thread,) = [line for line in map(json.loads, collection.splitlines()) if "pid" in line]
    assert thread["kernel"] is True
    assert "exe" not in thread
    assert rows(collection) == {}


@pytest.mark.parametrize("right", [True, False])
def test_files_of_odd_processes_are_compared_with_their_packages(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, right: bool
) -> None:
    """The owner is made up; a file that is as its package left it is trusted, another is not."""
    library = str(shop.library)
    found = hashlib.md5(shop.library.read_bytes()).hexdigest()
    monkeypatch.setattr(collect.Owners, "of", lambda _, path: "made-up" * (path == library))
    wanted = found if right else "0" * 32
    monkeypatch.setattr(collect.Owners, "digest", lambda _, path: wanted * (path == library))
    pid = shop.start([shop.program, "plain"], variables={"LD_PRELOAD": library})
    event = rows(looked_at([pid]))[pid]
    assert marks(event).get("changed-file", 0) == (0 if right else 50)
    collect_all = io.StringIO()
    quiet = shop.start([shop.program, "library", library])
    collect.collect(collect_all, [quiet], True, 100, True)
    assert marks(rows(collect_all.getvalue().encode())[quiet]).get("changed-file", 0) == (
        0 if right else 50
    )
    assert "changed-file" not in marks(rows(looked_at([quiet]))[quiet])


def _dynamic_symbols(path: Path) -> list[tuple[str, int, str]]:
    readelf = shutil.which("readelf")
    if readelf is None:
        pytest.skip("needs readelf")
    words = [readelf, "--dyn-syms", "-W", str(path)]
    ran = subprocess.run(words, capture_output=True, check=True, text=True)
    rows = [line.split() for line in ran.stdout.splitlines()]
    return [
        (row[7].partition("@")[0], int(row[1], 16), row[3])
        for row in rows
        if len(row) > 7 and row[0].rstrip(":").isdigit() and row[5] == "DEFAULT" and row[6] != "UND"
        if row[3] != "SECTION"  # some tools leave the name of one in the table
    ]


def _functions(path: Path) -> set[str]:
    """Name the dynamic symbols that are functions, here or elsewhere."""
    ran = subprocess.run(
        ["readelf", "--dyn-syms", "-W", str(path)], capture_output=True, check=True, text=True
    )
    rows = [line.split() for line in ran.stdout.splitlines()]
    kinds = {"FUNC", "IFUNC"}
    return {row[7].partition("@")[0] for row in rows if len(row) > 7 and row[3] in kinds}


def _mapped_libraries() -> list[Path]:
    regions = collect.parse_maps(Path("/proc/self/maps").read_text())
    paths = {Path(r.path) for r in regions if "x" in r.perms and r.path.startswith("/")}
    return sorted(path for path in paths if path.is_file())


def _image_of(path: Path) -> collect.Image | None:
    region = collect.Region(0, 1, "r-xp", "0:0", path.stat().st_ino, str(path))
    return collect.Images().of(region, [str(path)])


def test_symbols_are_those_that_readelf_shows() -> None:
    """Of every library that this program has loaded: right place, wrong place, wrong name."""
    seen = 0
    for path in _mapped_libraries():
        image = _image_of(path)
        symbols = image.symbols() if image else None
        if symbols is None:
            continue
        listed = _dynamic_symbols(path)
        names: dict[int, set[bytes]] = {}
        for name, place, _ in listed:
            names.setdefault(place, set()).add(name.encode())
        chosen = {name.encode() for name, _, kind in listed if kind == "IFUNC"}
        assert symbols.chosen >= chosen
        known = {name.encode() for name, _, _ in listed}
        found = symbols.named_at(set(names) | {place + 1 for place in names})
        for place, those in names.items():
            assert set(found[place]) >= those, path
            assert b"?" not in found[place]
            # What lies behind the symbols may look like one, but not like one that there is.
            wrong = set(found.get(place + 1, [])) - names.get(place + 1, set())
            assert not wrong & known, path
        seen += len(listed)
    assert seen


def test_slots_are_those_that_readelf_shows() -> None:
    readelf = shutil.which("readelf")
    if readelf is None:
        pytest.skip("needs readelf")
    seen = 0
    for path in _mapped_libraries():
        image = _image_of(path)
        if image is None:
            continue
        ran = subprocess.run([readelf, "-rW", path], capture_output=True, check=True, text=True)
        lines = ran.stdout.splitlines()
        table = [line.split() for line in lines if "JUMP_SLO" in line]
        others = [line.split() for line in lines if "GLOB_DAT" in line]
        functions = _functions(path)
        table += [row for row in others if row[4].partition("@")[0] in functions]
        expected = {int(row[0], 16): row[4].partition("@")[0].encode() for row in table}
        symbols = image.symbols()
        assert symbols is not None
        found = {
            image.first + 8 * index: symbols.name(number)
            for index, number in enumerate(image.named)
            if number
        }
        assert found == expected, path
        seen += len(found)
    assert seen


def test_a_file_that_takes_the_inode_of_another_is_not_held_against_anybody(
    shop: Workshop, tmp_path: Path
) -> None:
    """As where programs are built and run while the host is looked at."""
    file = tmp_path / "a"
    shutil.copy(shop.program, file)
    images = collect.Images()
    region = collect.Region(0, 1, "r-xp", "0:0", file.stat().st_ino, str(file))
    image = images.of(region, [str(file)])
    assert image is not None
    assert images.is_fresh(image)
    with file.open("r+b") as written:
        written.write(b"\x7fELF")
    os.utime(file, ns=(1, 1))
    assert not images.is_fresh(image)
    file.unlink()
    assert not images.is_fresh(image)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_elf_files_that_lie_do_no_harm(shop: Workshop, data: st.DataObject) -> None:
    """Bytes of headers, dynamic section and tables are others than they should be."""
    whole = bytearray(shop.program.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(whole) - 9) | st.integers(0, 0x400))
        value = data.draw(st.sampled_from([0, 1, 56, 1 << 31, 1 << 63, (1 << 64) - 1]))
        whole[at : at + 8] = struct.pack("<Q", value)
    file = shop.folder / "lies"
    file.write_bytes(whole[: data.draw(st.just(len(whole)) | st.integers(0, len(whole)))])
    images = collect.Images()
    region = collect.Region(0, 1, "r-xp", "0:0", file.stat().st_ino, str(file))
    image = images.of(region, [str(file)])
    symbols = images.symbols(image) if image else None
    if image and symbols:
        assert all(isinstance(symbols.name(number), bytes) for number in image.named)
        assert list(collect.filled(_Empty(), image, 1 << 40)) in ([], [(0, array.array("Q"))])


def test_what_one_process_showed_to_be_right_hides_nothing_of_the_next(
    shop: Workshop,
) -> None:
    """The same slots, first as they should be, then bent, and back; once more in a child."""
    plain = [shop.start([shop.program, "plain"]) for _ in range(3)]
    bent = [shop.start([shop.program, mode]) for mode in ("bend-to-library", "bend", "bend")]
    found = rows(looked_at([plain[0], bent[0], plain[1], bent[1], plain[2], bent[2]]))
    assert ["bent-call" in marks(found[pid]) for pid in plain + bent] == [False] * 3 + [True] * 3


SLOTS = 12


def _file(number: int, pages: int) -> SimpleNamespace:
    """An image as far as slots need it: so many pages from its start on, every slot named."""
    return SimpleNamespace(
        number=number,
        start=0,
        end=pages * collect.PAGE,
        first=collect.PAGE,
        raw=array.array("Q", [5] * SLOTS),
        named=array.array("I", [1] * (SLOTS - 1) + [0]),
        targets=array.array("I", [0] * SLOTS),
        offsets=array.array("Q", [0] * SLOTS),
        right=set(),
    )


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_slots_that_are_passed_over_lead_where_they_led_before(data: st.DataObject) -> None:
    """Whatever is mapped where: a slot is left out if its file and address there are known."""
    page, files = collect.PAGE, [_file(1, 4), _file(2, 3)]
    for _ in range(data.draw(st.integers(1, 4))):
        places: list[tuple[int, collect.Mapped | None]] = [(0, None)]
        at, owners = 16 * page, []
        for file in data.draw(st.permutations([*files, *files[:1]])):
            owner = collect.Mapped(file, at, region(at, at + page, "r-xp", file.number, "/a"))  # type: ignore[arg-type]
            owners.append(owner)
            for part in range(file.end // page):
                there = data.draw(st.sampled_from([owner] * 9 + [None]))
                places += [(at + part * page, there), (at + (part + 1) * page, None)]
            at += file.end + data.draw(st.sampled_from([0, page]))
        calls = collect.Calls(places, None)  # type: ignore[arg-type]
        drawn = st.sampled_from([0, 5, owners[0].shift + 5, *range(16 * page, at, page // 2)])
        words = array.array("Q", data.draw(st.lists(drawn, min_size=SLOTS, max_size=SLOTS)))
        memory = _Slots(words)
        here = owners[0]
        image = here.image
        assert image is not None
        got = [slot[2] for slot in calls.unsure(memory, here, image)]
        expected = []
        for index, word in enumerate(words[:-1]):
            target = [owner for place, owner in places if place <= word][-1]
            code = (target.image.number, word - target.shift) if target and target.image else None
            known = (image.targets[index], image.offsets[index]) == code
            if word in {0, 5, here.shift + 5} or known or (code and (index, *code) in image.right):
                continue
            expected.append(index)
            if code and data.draw(st.booleans()):
                if code[0] in calls.shifts and not image.targets[index]:
                    image.targets[index], image.offsets[index] = code
                else:
                    image.right.add((index, *code))
        assert got == expected


class _Slots(collect.Memory):
    def __init__(self, words: "array.array[int]") -> None:
        self.held = words

    def runs(self, start: int, end: int, wanted: bytes) -> Iterator[tuple[int, int]]:
        yield start, end

    def take(self, start: int, size: int) -> bytes:
        return self.held.tobytes()[:size]


class _Empty(collect.Memory):
    def __init__(self) -> None:
        pass

    def runs(self, start: int, end: int, wanted: bytes) -> Iterator[tuple[int, int]]:
        yield start, end

    def take(self, start: int, size: int) -> bytes:
        return b""
