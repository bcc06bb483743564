"""What is odd about the program that a process runs, and about the name it goes by."""

import re
from collections.abc import Iterator
from posixpath import basename
from typing import Final

from sidelight.host.places import (
    DAEMONS,
    MULTICALL,
    claimed_kernel_thread,
    doubted,
    is_hidden,
    is_trusted,
    place_of,
)
from sidelight.host.process import Mark, Process

_LOADER: Final = re.compile(r"ld-(?:linux\S*|musl\S*|[\d.]+)\.so[\d.]*")


def program_marks(process: Process) -> Iterator[Mark]:
    """Judge where the program comes from and what it calls itself."""
    if not process.exe:
        return
    if process.exe.startswith("/memfd:"):
        yield _memfd(process)
    else:
        yield from _place(process)
        if process.deleted:
            yield _deleted(process)
        if _LOADER.fullmatch(process.name):
            reason = f"the loader {process.program} was told to run a program as if it were data"
            doubt = "programs that bring their own libraries are started so"
            yield Mark("run-by-loader", 20, reason, doubt)
    yield from _name(process)


def _memfd(process: Process) -> Mark:
    reason = f"runs a program that exists in memory only: {process.exe}"
    if process.exe and process.exe.startswith("/memfd:runc_cloned"):
        doubt = "the container runtime runc executes itself so, and anything can take that name"
        return Mark("memfd-program", 45, reason, doubt)
    doubt = "agents of sandboxes and containers are seen to start their helpers so"
    return Mark("memfd-program", 70, reason, doubt)


def _place(process: Process) -> Iterator[Mark]:
    path = process.program
    match place_of(path, process.exe_file):
        case "memory":
            reason = f"the program is in shared memory: {path}"
            yield Mark("program-in-memory-folder", 45, reason, files=(path,))
        case "open":
            reason = f"the program is where everybody may write: {path}"
            doubt = "installers, builds and self-extracting programs run there too"
            doubt = doubted(doubt, [(path, process.exe_file)])
            yield Mark("program-in-open-folder", 15, reason, doubt, (path,))
        case "guarded":
            reason = f"the program is in a folder for temporary files: {path}"
            doubt = "root alone may write there; builds and installers run there too"
            yield Mark("program-in-temporary-folder", 10, reason, doubt, (path,))
        case _:
            return
    if is_hidden(path):
        yield Mark("hidden-path", 10, f"listings leave out a part of its path: {path}")


def _deleted(process: Process) -> Mark:
    file, path = process.exe_file, process.program
    reason = f"the program was deleted while it runs: {path}"
    there = file is not None and file.now in {"same", "other"}
    if file is not None and there and file.owner:
        text = f"the program was replaced on disk by the package {file.owner}: restart needed"
        return Mark("restart-needed", 0, text)
    if file is not None and file.owner:
        doubt = f"the package {file.owner} has a file of that name: it may be being upgraded"
        return Mark("deleted-program", 10, reason, doubt, (path,))
    if there:
        doubt = "another file is there now, as after an update"
        return Mark("deleted-program", 15, reason, doubt, (path,))
    doubt = "removing a program while it runs does the same"
    return Mark("deleted-program", 35, reason, doubt, (path,))


def _name(process: Process) -> Iterator[Mark]:
    title = process.argv[0] if process.argv else ""
    for name in dict.fromkeys((title, process.comm)):
        if claimed_kernel_thread(name):
            reason = f"calls itself {name}, as a kernel thread does, and runs {process.program}"
            yield Mark("kernel-thread-name", 60, reason, "kernel threads have no program")
            return
    if title.startswith("[") and title.endswith("]"):
        reason = f"calls itself {title}, in brackets as kernel threads are shown"
        yield Mark("bracketed-name", 10, reason, "some programs set such titles")
    claimed = basename(title.split(" ", 1)[0].rstrip(":")).lstrip("-")
    allowed = DAEMONS.get(claimed, "").split()
    if not allowed or process.name in allowed or process.name in MULTICALL:
        return
    reason = f"calls itself {claimed} and runs {process.program}"
    if process.exe_file is not None and process.exe_file.owner:
        doubt = f"the package {process.exe_file.owner} owns that program"
        yield Mark("daemon-name", 10, reason, doubt)
    elif is_trusted(process.exe_file, process.program):
        yield Mark("daemon-name", 20, reason, "it is in a folder of the system")
    else:
        yield Mark("daemon-name", 30, reason)
