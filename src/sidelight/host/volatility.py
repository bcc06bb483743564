"""Processes of a memory image, out of the rows of Volatility's plugins.

Linux: pslist, psaux, elfs, malfind, check_syscall. Windows: pslist, psscan, cmdline, malfind,
ldrmodules. Columns: those of Volatility 3, releases 2.7 to 2.28.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from sidelight.host.dump_marks import runtime_at
from sidelight.host.process import Mark, Process, Region, Sign
from sidelight.values import dataclass

Row: TypeAlias = Mapping[str, object]
Rows: TypeAlias = Mapping[str, Sequence[Row]]
"""Rows by the short name of the plugin: ``pslist``."""

LINUX: Final = ("pslist", "psaux", "elfs", "malfind", "check_syscall")
WINDOWS: Final = ("pslist", "psscan", "cmdline", "malfind", "ldrmodules")

_HEX: Final = re.compile(r"\s*((?:[0-9a-fA-F]{2}\s?){1,16})")
_ELF, _PE = b"\x7fELF", b"MZ"
_MANY: Final = 3
_TOP: Final = 1 << 64


@dataclass(frozen=True, slots=True)
class Task:
    """A Windows process, and what is odd about it."""

    pid: int
    ppid: int
    name: str
    image: str
    command_line: str
    started: str
    modules: tuple[str, ...]
    marks: tuple[Mark, ...]


def linux_processes(rows: Rows) -> Iterator[Process]:
    """Yield the processes that have memory of their own, in order of the list."""
    words = {integer(row, "PID"): text(row, "ARGS") for row in rows.get("psaux", ())}
    mapped, odd = _by_pid(rows.get("elfs", ())), _by_pid(rows.get("malfind", ()))
    for row in rows.get("pslist", ()):
        pid = integer(row, "PID")
        files = sorted(mapped.get(pid, ()), key=lambda each: integer(each, "Start"))
        loose = odd.get(pid, [])
        paths = [text(each, "File Path") for each in files]
        arguments = words.get(pid, "")
        yield Process(
            pid=pid,
            origin="image",
            ppid=integer(row, "PPID"),
            uid=integer(row, "UID"),
            user=str(integer(row, "UID")) if integer(row, "UID") >= 0 else "",
            comm=text(row, "COMM"),
            exe=paths[0] if paths else None,
            argv=tuple(arguments.split(" ")) if arguments else None,
            regions=(
                *(_region(each, "r-xp", text(each, "File Path")) for each in files),
                *(_region(each, f"{text(each, 'Protection')[:3]}p", "") for each in loose),
            ),
            signs=tuple(
                Sign(integer(each, "Start"), "header")
                for each in loose
                if first_bytes(text(each, "Hexdump")).startswith(_ELF)
            ),
            kernel=_is_kernel(row, rows, bool(files or loose)),
        )


def _is_kernel(row: Row, rows: Rows, memory: bool) -> bool:
    """Tell whether a task is a thread of the kernel, which has no files mapped."""
    if rows.get("elfs"):
        return not memory and integer(row, "PID") != 1
    return 2 in {integer(row, "PID"), integer(row, "PPID")}


def _region(row: Row, perms: str, path: str) -> Region:
    return Region(integer(row, "Start"), integer(row, "End"), perms, path)


def redirected_calls(rows: Rows) -> Iterator[Mark]:
    """Judge system calls that no function of the kernel serves."""
    odd = [r for r in rows.get("check_syscall", ()) if text(r, "Handler Symbol") == "UNKNOWN"]
    if odd:
        shown = ", ".join(
            f"{integer(each, 'Index')} at {integer(each, 'Handler Address'):#x}"
            for each in odd[:_MANY]
        )
        reason = f"{len(odd)} system calls are served from where the kernel has no function: "
        doubt = "symbols of another build of the kernel make all calls look so"
        yield Mark("system-call-redirected", 60 if len(odd) < 64 else 15, reason + shown, doubt)


def windows_tasks(rows: Rows) -> Iterator[Task]:
    """Yield the processes of the list, and those that only a scan of memory finds."""
    listed = {integer(row, "PID") for row in rows.get("pslist", ())}
    words = {integer(row, "PID"): text(row, "Args") for row in rows.get("cmdline", ())}
    odd, loaded = _by_pid(rows.get("malfind", ())), _by_pid(rows.get("ldrmodules", ()), "Pid")
    scanned = [row for row in rows.get("psscan", ()) if integer(row, "PID") not in listed]
    alive = [row for row in scanned if not row.get("ExitTime") and integer(row, "Threads") > 0]
    for row in (*rows.get("pslist", ()), *alive):
        pid, name = integer(row, "PID"), text(row, "ImageFileName")
        modules = [text(each, "MappedPath") for each in loaded.get(pid, ())]
        paths = tuple(path for path in modules if path not in {"", "N/A"})
        hidden = [] if pid in listed else [_hidden(pid)]
        marks = (*hidden, *_odd(odd.get(pid, []), paths), *_unlisted(loaded.get(pid, []), name))
        image = next((p for p in paths if p.lower().endswith(f"\\{name.lower()}")), name)
        started = text(row, "CreateTime")
        yield Task(
            pid, integer(row, "PPID"), name, image, words.get(pid, ""), started, paths, marks
        )


def _hidden(pid: int) -> Mark:
    reason = f"process {pid} is in memory, alive, and not in the list of processes"
    return Mark("hidden-process", 45, reason, "it may just have ended or been started")


def _odd(rows: Sequence[Row], modules: Sequence[str]) -> Iterator[Mark]:
    images = [r for r in rows if first_bytes(text(r, "Hexdump")).startswith(_PE)]
    if images:
        reason = "a PE image lies in memory with code that belongs to no file, at "
        yield Mark("pe-in-memory", 70, reason + _places(images, "Start VPN"))
    if not rows:
        return
    runtime = runtime_at(modules)
    reason = f"{len(rows)} stretches of private memory are executable: {_places(rows, 'Start VPN')}"
    if runtime is None:
        doubt = "programs that make code as they run need it, and so do products that hook others"
        yield Mark("executable-private", 25, reason, doubt)
    else:
        doubt = f"{runtime[0]} makes code as it runs"
        if runtime[1]:
            yield Mark("made-by-runtime", 0, reason, doubt)
        else:
            yield Mark("executable-private", 10, reason, doubt)


def _unlisted(rows: Sequence[Row], name: str) -> Iterator[Mark]:
    odd = [
        row
        for row in rows
        if not any(row.get(view) is True for view in ("InLoad", "InInit", "InMem"))
        and text(row, "MappedPath").lower().endswith((".dll", ".exe"))
        and not text(row, "MappedPath").lower().endswith(f"\\{name.lower()}")
    ]
    if odd:
        shown = ", ".join(text(each, "MappedPath") for each in odd[:_MANY])
        reason = f"{len(odd)} images are mapped that no list of modules has: {shown}"
        doubt = "resources are mapped so, and the other half of 32-bit processes"
        yield Mark("pe-unlisted", 20, reason, doubt)


def _places(rows: Sequence[Row], name: str) -> str:
    return ", ".join(f"{integer(row, name):#x}" for row in rows[:_MANY])


def _by_pid(rows: Sequence[Row], name: str = "PID") -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(integer(row, name), []).append(row)
    return found


def first_bytes(dump: str) -> bytes:
    """Read the bytes that a hexadecimal dump begins with."""
    found = _HEX.match(dump)
    return bytes.fromhex(found[1]) if found else b""


def integer(row: Row, name: str) -> int:
    """Give a number of a row; -1 where it has none."""
    value = row.get(name)
    return value if type(value) is int and 0 <= value < _TOP else -1


def text(row: Row, name: str) -> str:
    """Give a text of a row; empty where it has none."""
    value = row.get(name)
    return value if isinstance(value, str) else ""
