"""The judge: each trait, what speaks against it, and what is not held against anybody."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from shared_paths import SHARED
from sidelight.host import MEDIUM
from sidelight.host.core import read_core
from sidelight.host.judge import HIGH, judge, points_of
from sidelight.host.places import UNSEEN
from sidelight.host.process import Bent, Change, File, Mark, PacketSocket, Process, Region, Sign
from sidelight.host.snapshot import snapshot_of

OWNED = File("/usr/bin/tool", "same", "tool", 0o100755, 0o40755, 0)
LIBC = File("/usr/lib/libc.so.6", "same", "libc6", 0o100755, 0o40755, 0)
PLAIN = Process(
    7,
    uid=0,
    exe="/usr/bin/tool",
    exe_file=OWNED,
    argv=("tool", "-d"),
    comm="tool",
    loader={},
    packets=(),
    regions=(
        Region(0x1000, 0x2000, "r-xp", "/usr/bin/tool", OWNED),
        Region(0x3000, 0x4000, "r-xp", "/usr/lib/libc.so.6", LIBC),
    ),
    looks=2,
)
LOOSE = Region(0x9000, 0xA000, "rwxp")
STRAY = Process(8, exe="/opt/x/tool", exe_file=File("/opt/x/tool", "same", ""), looks=2)


def marked(process: Process) -> dict[str, int]:
    return {mark.id: mark.points for mark in judge(process)}


def mapped(path: str, file: File | None = None, *, base: Process = PLAIN) -> Process:
    return replace(base, regions=(*base.regions, Region(0x5000, 0x6000, "r-xp", path, file)))


def runtime(path: str, owner: str | None) -> Process:
    found = mapped(path, File(path, "same", owner, 0o100755, 0o40755, 0))
    return replace(found, regions=(*found.regions, LOOSE), halted=((7, 0x9010),))


def test_an_ordinary_process_has_no_mark() -> None:
    assert judge(PLAIN) == ()
    assert judge(Process(2, kernel=True, comm="kworker/0:1")) == ()


PROGRAMS: list[tuple[str, Process, dict[str, int]]] = [
    ("memfd", replace(PLAIN, exe="/memfd:a (deleted)", exe_file=None), {"memfd-program": 70}),
    (
        "runc",
        replace(PLAIN, exe="/memfd:runc_cloned:/proc/self/exe (deleted)", exe_file=None),
        {"memfd-program": 45},
    ),
    (
        "upgraded",
        replace(PLAIN, exe="/usr/bin/tool (deleted)", exe_file=replace(OWNED, now="other")),
        {"restart-needed": 0},
    ),
    (
        "being upgraded",
        replace(PLAIN, exe="/usr/bin/tool (deleted)", exe_file=replace(OWNED, now="none")),
        {"deleted-program": 10},
    ),
    (
        "deleted",
        replace(STRAY, exe="/opt/x/tool (deleted)", exe_file=File("/opt/x/tool", "none", "")),
        {"deleted-program": 35},
    ),
    (
        "replaced",
        replace(STRAY, exe="/opt/x/tool (deleted)", exe_file=File("/opt/x/tool", "other", "")),
        {"deleted-program": 15},
    ),
    (
        "a name that says so",
        replace(STRAY, exe="/opt/a (deleted)", exe_file=File("/opt/a (deleted)", "same", "")),
        {},
    ),
    (
        "open folder by its mode",
        replace(STRAY, exe="/srv/x", exe_file=File("/srv/x", "same", "", 0o100755, 0o41777, 0)),
        {"program-in-open-folder": 15},
    ),
    (
        "hidden folder in memory",
        replace(STRAY, exe="/dev/shm/.x/a", exe_file=None),
        {"program-in-memory-folder": 45, "hidden-path": 10},
    ),
    ("kernel thread", replace(PLAIN, argv=("[kworker/u8:2]",)), {"kernel-thread-name": 60}),
    ("by comm", replace(PLAIN, comm="kswapd0"), {"kernel-thread-name": 60}),
    ("brackets", replace(PLAIN, argv=("[celery worker]",)), {"bracketed-name": 10}),
    ("daemon, owned", replace(PLAIN, argv=("sshd: root@pts/0",)), {"daemon-name": 10}),
    ("daemon, not owned", replace(STRAY, argv=("/sbin/udevd", "-d")), {"daemon-name": 30}),
    (
        "given to the loader",
        replace(PLAIN, exe="/usr/lib64/ld-linux-x86-64.so.2", argv=("ld.so", "/tmp/a")),
        {"run-by-loader": 20},
    ),
    ("login shell", replace(PLAIN, argv=("-bash",)), {}),
    (
        "the daemon itself",
        replace(PLAIN, argv=("sshd: a [priv]",), exe="/usr/sbin/sshd-session"),
        {},
    ),
    ("busybox", replace(PLAIN, argv=("syslogd", "-n"), exe="/bin/busybox"), {}),
]


@pytest.mark.parametrize(("name", "process", "expected"), PROGRAMS, ids=[p[0] for p in PROGRAMS])
def test_programs(name: str, process: Process, expected: dict[str, int]) -> None:
    del name
    assert marked(process) == expected


def test_images_in_memory() -> None:
    """The header outweighs the dynamic section, and is not counted twice."""
    both = replace(PLAIN, signs=(Sign(0x9000, "header"), Sign(0x9800, "dynamic")))
    assert marked(both) == {"image-in-memory": 70}
    assert marked(replace(PLAIN, signs=(Sign(1, "dynamic"),))) == {"wiped-image-in-memory": 65}


def test_code_that_is_not_what_its_file_holds() -> None:
    """Breakpoints alone are nothing; with a debugger, other changes are little."""
    trap = Change(0x3010, 1, True, "/usr/lib/libc.so.6")
    assert marked(replace(PLAIN, changes=(trap,))) == {"breakpoints": 10}
    patched = replace(PLAIN, changes=(trap, replace(trap, traps=False)))
    assert marked(patched) == {"changed-code": 65}
    assert marked(replace(patched, tracer=9)) == {"changed-code": 30}


@pytest.mark.parametrize(
    ("path", "owner", "points"),
    [("/tmp/a.so", "", 65), ("/opt/a.so", "", 60), ("/home/a.so", None, 30), ("/usr/a.so", "a", 0)],
)
def test_a_preload_that_nothing_names(path: str, owner: str | None, points: int) -> None:
    early = ((path, File(path, "same", owner)),)
    assert marked(replace(PLAIN, early=early)) == {"preload-unnamed": points}
    named = mapped(path, early[0][1], base=replace(PLAIN, early=early, loader={"LD_PRELOAD": path}))
    assert "preload-unnamed" not in marked(named)


def test_executable_memory_alone_is_not_worth_a_look() -> None:
    process = replace(PLAIN, regions=(*PLAIN.regions, LOOSE))
    assert marked(process) == {"executable-anonymous": 25}
    in_it = replace(process, halted=((7, 0x9010), (8, 0x3010)))
    assert marked(in_it) == {"thread-in-memory": 50, "executable-anonymous": 25}


@pytest.mark.parametrize(
    ("path", "perms", "expected"),
    [
        ("[heap]", "rwxp", {"executable-heap": 40}),
        ("[stack]", "rwxp", {"executable-stack": 15}),
        ("/dev/zero (deleted)", "rwxs", {"executable-shared": 45}),
        ("/SYSV00000000 (deleted)", "rwxs", {"executable-shared": 45}),
        ("/memfd:a (deleted)", "r-xs", {"executable-memfd": 60}),
        ("[vdso]", "r-xp", {}),
        ("[heap]", "rw-p", {}),
    ],
)
def test_other_memory(path: str, perms: str, expected: dict[str, int]) -> None:
    region = Region(0x5000, 0x6000, perms, path)
    assert marked(replace(PLAIN, regions=(*PLAIN.regions, region))) == expected


def test_a_runtime_excuses_what_it_makes_only_where_a_package_owns_it() -> None:
    """Anything can take the name; a core does not tell owners, so the folder has to do."""
    java = "/usr/lib/jvm/lib/server/libjvm.so"
    assert marked(runtime(java, "jdk")) == {"made-by-runtime": 0, "thread-in-made-code": 0}
    assert marked(runtime(java, None)) == {"made-by-runtime": 0, "thread-in-made-code": 0}
    planted = {"thread-in-memory": 50, "executable-anonymous": 10}
    assert marked(runtime(java, "")) == planted
    assert marked(runtime("/home/a/libffi.so.8", None)) == planted
    assert points_of(judge(replace(runtime("/home/a/libjvm.so", None), origin="core"))) < MEDIUM
    image = replace(runtime(java, "jdk"), signs=(Sign(0x9000, "header"),))
    assert marked(image)["image-in-memory"] == 70


def test_calls_that_go_elsewhere_are_told_even_inside_a_runtime() -> None:
    """Into another file, or into memory; what makes code has no need to bend calls."""
    java = runtime("/usr/lib/jvm/lib/server/libjvm.so", "jdk")
    bent = replace(java, bent=(Bent(0x8000, "read", 0x3010, "/usr/bin/tool"),))
    (mark,) = [mark for mark in judge(bent) if mark.points]
    assert (mark.id, mark.points) == ("bent-call", 65)
    assert "read out of /usr/bin/tool goes to /usr/lib/libc.so.6, at 0x3010" in mark.reason
    many = replace(PLAIN, bent=tuple(Bent(n, "", 0x9010, "") for n in range(5)))
    assert "memory that belongs to no file" in judge(many)[0].reason
    assert judge(many)[0].reason.endswith("and 2 more")
    assert points_of(judge(replace(many, looks=1))) < HIGH


def test_threads_that_return_into_memory() -> None:
    """A runtime that is trusted excuses them; one that is not makes them weigh less."""
    loose = replace(PLAIN, regions=(*PLAIN.regions, LOOSE), returning=((7, 0x9010), (7, 0x9020)))
    assert marked(loose) == {"return-in-memory": 45, "executable-anonymous": 25}
    assert "1 thread is on the way back" in judge(loose)[0].reason
    java = "/usr/lib/jvm/lib/server/libjvm.so"
    for owner, expected in (
        ("jdk", {"made-by-runtime": 0, "thread-in-made-code": 0}),
        ("", {"executable-anonymous": 10, "return-in-memory": 20}),
    ):
        made = replace(runtime(java, owner), halted=(), returning=loose.returning)
        assert marked(made) == expected
    assert "return-in-memory" not in marked(replace(loose, halted=((7, 0x9000),)))
    assert marked(replace(PLAIN, returning=((7, 0x3010),))) == {}


def test_a_file_that_is_not_what_its_package_put_there() -> None:
    """It is marked, and it excuses nothing."""
    odd = replace(LIBC, unchanged=False)
    changed = mapped("/usr/lib/libx.so.1", odd)
    assert marked(changed) == {"changed-file": 50}
    assert marked(mapped("/usr/lib/libx.so.1", replace(LIBC, unchanged=True))) == {}
    assert marked(replace(changed, loader={"LD_PRELOAD": "libx.so.1"})) == {
        "changed-file": 50,
        "preload": 30,
    }
    java = runtime("/usr/lib/jvm/lib/server/libjvm.so", "jdk")
    file = replace(java.regions[2], file=replace(java.regions[2].file or LIBC, unchanged=False))
    tampered = replace(java, regions=(*java.regions[:2], file, LOOSE))
    assert marked(tampered) == {
        "changed-file": 50,
        "executable-anonymous": 10,
        "thread-in-memory": 50,
    }
    vouched = replace(file, file=replace(file.file or LIBC, unchanged=True))
    (mark,) = [m for m in judge(replace(java, regions=(vouched, LOOSE), halted=())) if m.doubt]
    assert "as it left it" in mark.doubt


def test_libraries() -> None:
    """Where they lie; what an upgrade and a runtime that unpacks do."""
    gone = File("/opt/x/a.so", "none", "")
    assert marked(mapped("/tmp/a.so")) == {"library-in-open-folder": 20}
    assert marked(mapped("/dev/shm/a.so")) == {"library-in-memory-folder": 45}
    assert marked(mapped("/tmp/libselinux.so.1")) == {
        "library-in-open-folder": 20,
        "library-name-of-system": 15,
    }
    assert marked(mapped("/opt/x/a.so (deleted)", gone)) == {"deleted-library": 35}
    upgraded = replace(LIBC, now="other")
    assert marked(mapped("/usr/lib/libc.so.6 (deleted)", upgraded)) == {"restart-needed": 0}
    python = replace(PLAIN, exe="/usr/bin/python3.11")
    unpacked = mapped("/opt/x/a.so (deleted)", gone, base=python)
    assert marked(unpacked) == {"deleted-library": 10}


def test_below_tmp_what_root_alone_may_write_is_not_said_to_be_open() -> None:
    """As in a virtual environment of root; who preloads from there is asked all the same."""
    above = ((0o40755, 0), (0o41777, 0), (0o40755, 0))
    path = "/tmp/v/libssl.so.3"
    own = File(path, "same", "", 0o100755, uid=0, folders=above)
    assert marked(mapped("/tmp/v/a.so", replace(own, path="/tmp/v/a.so"))) == {}
    assert marked(mapped(path, own)) == {"library-name-of-system": 15}
    preloads = replace(PLAIN, loader={"LD_PRELOAD": path})
    assert marked(mapped(path, own, base=preloads))["preload"] == 50
    program = replace(PLAIN, exe="/tmp/v/a", exe_file=replace(own, path="/tmp/v/a"))
    assert marked(program) == {"program-in-temporary-folder": 10}
    (mark,) = judge(replace(PLAIN, exe="/tmp/v/a", exe_file=replace(program.exe_file, uid=1)))  # type: ignore[type-var]
    assert (mark.id, mark.points) == ("program-in-open-folder", 15)
    assert UNSEEN not in mark.doubt
    (mark,) = judge(replace(PLAIN, exe="/tmp/v/a", exe_file=None))
    assert UNSEEN in mark.doubt


def preloading(path: str, owner: str | None, *, loaded: bool = True) -> dict[str, int]:
    base = replace(PLAIN, loader={"LD_PRELOAD": path})
    return marked(mapped(path, File(path, "same", owner), base=base) if loaded else base)


def test_preloaded_libraries() -> None:
    assert preloading("/tmp/a.so", "")["preload"] == 50
    assert preloading("/opt/a.so", "") == {"preload": 30}
    assert preloading("/home/a.so", None) == {"preload": 15}
    assert preloading("/usr/lib/libjemalloc.so.2", "libjemalloc2") == {"preload": 0}
    assert preloading("/usr/lib/libjemalloc.so.2", None) == {"preload": 0}
    assert preloading("/tmp/a.so", "", loaded=False) == {"preload-named": 15}


def test_the_path_of_libraries() -> None:
    """A folder that PyInstaller made is one of this user alone."""
    planted = mapped("/tmp/l/a.so", base=replace(PLAIN, loader={"LD_LIBRARY_PATH": "/x:/tmp/l/"}))
    assert marked(planted) == {"library-in-open-folder": 20, "library-path": 45}
    path = "/tmp/_MEIa1/a.so"
    base = replace(PLAIN, loader={"LD_LIBRARY_PATH": "/tmp/_MEIa1"}, uid=5)
    own = File(path, "same", "", 0o100755, 0o40700, 5)
    assert marked(mapped(path, own, base=base)) == {
        "library-in-open-folder": 10,
        "library-path": 10,
    }
    for other in (replace(own, folder_uid=0), replace(own, folder_mode=0o40777)):
        assert marked(mapped(path, other, base=base))["library-path"] == 45
    built_in = mapped("/tmp/l/a.so", base=replace(PLAIN, searched="$ORIGIN/lib:/tmp/l"))
    assert marked(built_in) == {"library-in-open-folder": 20, "library-path": 45}
    assert "library-path" not in marked(mapped("/tmp/l/a.so", base=replace(PLAIN, searched=":/")))
    elsewhere = mapped("/opt/l/a.so", base=replace(PLAIN, loader={"LD_LIBRARY_PATH": "/opt/l"}))
    assert marked(elsewhere) == {}


@pytest.mark.parametrize(
    ("exe", "owner", "constants", "points"),
    [
        ("/usr/bin/tcpdump", "tcpdump", (1,), 0),
        ("/usr/bin/tool", "tool", None, 10),
        ("/usr/bin/python3.11", "python3.11", None, 30),
        ("/usr/bin/python3.11", "python3.11", (0x1234,), 40),
        ("/opt/x/tcpdump", "", None, 35),
        ("/opt/x/tool", "", (0x1234,), 45),
    ],
)
def test_packet_sockets(
    exe: str, owner: str, constants: tuple[int, ...] | None, points: int
) -> None:
    file = File(exe, "same", owner)
    held = (PacketSocket("0003", constants),)
    process = replace(PLAIN, exe=exe, exe_file=file, packets=held, regions=())
    (mark,) = judge(process)
    assert (mark.id, mark.points) == ("packet-socket", points)
    assert ("0x1234" in mark.reason) == (constants == (0x1234,))


def test_code_in_arguments_counts_only_where_sockets_are_not_known() -> None:
    words = ("python3", "-c", "socket.socket(socket.AF_PACKET, 3)")
    process = replace(PLAIN, exe="/usr/bin/python3", argv=words, packets=None)
    assert marked(process) == {"packet-socket-code": 40}
    assert marked(replace(process, packets=())) == {}


def test_one_look_does_not_make_it_high() -> None:
    """A process in the middle of an exec looks like many things."""
    twice = replace(PLAIN, exe="/memfd:a (deleted)", exe_file=None)
    assert points_of(judge(twice)) >= HIGH
    once = judge(replace(twice, looks=1))
    assert MEDIUM <= points_of(once) < HIGH
    assert "second look" in once[-1].reason
    assert points_of(judge(replace(twice, looks=1, origin="core"))) >= HIGH


def _evidence() -> Sequence[Path]:
    return sorted((SHARED / "evidence" / "selfmade-linux").glob("*/*.*o*"))


@pytest.mark.parametrize("path", _evidence(), ids=lambda path: path.name)
def test_recorded_stand_ins_are_found_and_look_alikes_are_not(path: Path) -> None:
    """The label is in the name, which the judge does not see."""
    if path.suffix not in {".json", ".core"}:
        pytest.skip("source of a stand-in")
    marks: tuple[Mark, ...]
    if path.suffix == ".json":
        marks = judge(snapshot_of(json.loads(path.read_bytes())))
    else:
        with path.open("rb") as file:
            marks = judge(read_core(file.read).process)
    assert (points_of(marks) >= MEDIUM) == path.name.startswith("p"), marks
