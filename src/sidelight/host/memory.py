"""What is odd about the memory of a process: code that no file on disk stands behind."""

from collections.abc import Iterable, Iterator
from typing import Final

from sidelight.host.places import Runtime, runtime_of
from sidelight.host.process import Mark, Process, Region

_MANY: Final = 3
_POINTS: Final = {"anonymous": 25, "heap": 40, "stack": 40, "shared": 45, "memfd": 60}
_TITLES: Final = {
    "anonymous": "memory that belongs to no file is executable",
    "heap": "the heap is executable",
    "stack": "the stack is executable",
    "shared": "shared memory that belongs to no file is executable",
    "memfd": "code is loaded from a file that exists in memory only",
}
_DOUBTS: Final = {
    "anonymous": "programs that make code as they run need it",
    "stack": "old programs and hand-written assembly ask for it (PT_GNU_STACK)",
}


def memory_marks(process: Process) -> Iterator[Mark]:
    """Judge executable memory without a file, images in it, and threads that run there."""
    loose = [
        region
        for region in process.regions
        if region.executable
        and region.sort not in {"file", "kernel"}
        and region.path != process.exe
    ]
    runtime = runtime_of(process) if loose else None
    yield from _images(process)
    yield from _changed(process)
    yield from _threads(process, loose, runtime)
    if runtime is not None and runtime.trusted:
        text = f"{len(loose)} stretches of executable memory without a file are not judged"
        yield Mark("made-by-runtime", 0, text, f"{runtime.text} makes code as it runs")
        return
    for sort in dict.fromkeys(region.sort for region in loose):
        found = [region for region in loose if region.sort == sort]
        reason = f"{_TITLES[sort]}: {_list(found)}"
        yield _executable(process, sort, reason, runtime)


def _executable(process: Process, sort: str, reason: str, runtime: Runtime | None) -> Mark:
    owned = process.exe_file is not None and bool(process.exe_file.owner)
    name = f"executable-{sort}"
    if sort == "stack" and owned:
        return Mark(name, 15, reason, _DOUBTS[sort])
    if sort == "anonymous" and runtime is not None:
        return Mark(name, 10, reason, f"{runtime.text} makes code as it runs")
    return Mark(name, _POINTS[sort], reason, _DOUBTS.get(sort, ""))


def _images(process: Process) -> Iterator[Mark]:
    headers = [sign.address for sign in process.signs if sign.sort == "header"]
    dynamic = [sign.address for sign in process.signs if sign.sort == "dynamic"]
    if headers:
        text = f"an ELF image lies in memory that belongs to no file, at {_addresses(headers)}"
        yield Mark("image-in-memory", 70, text)
    elif dynamic:
        text = "an ELF image without its header lies in memory that belongs to no file: "
        text += f"its dynamic section is at {_addresses(dynamic)}"
        yield Mark("wiped-image-in-memory", 65, text)


def _changed(process: Process) -> Iterator[Mark]:
    """Judge code that is not what its file holds; debuggers and probes change it, too."""
    odd = [change for change in process.changes if not change.traps]
    if odd:
        count = sum(change.count for change in odd)
        places = sorted({change.path for change in odd})
        text = f"{count} bytes of code differ from their files: {', '.join(places[:_MANY])}, "
        text += f"first at {odd[0].address:#x}"
        if process.tracer:
            doubt = f"process {process.tracer} debugs it"
            yield Mark("changed-code", 30, text, doubt, tuple(places))
        else:
            doubt = "tools that patch running libraries against vulnerabilities do the same"
            yield Mark("changed-code", 65, text, doubt, tuple(places))
    elif process.changes:
        text = f"breakpoints are set in code, first at {process.changes[0].address:#x}"
        yield Mark("breakpoints", 10, text, "debuggers and probes (uprobes) set them")


def _threads(process: Process, loose: list[Region], runtime: Runtime | None) -> Iterator[Mark]:
    halted, returning = _in(process.halted, loose), _in(process.returning, loose)
    returning = [pair for pair in returning if pair[0] not in dict(halted)]
    doubt = "" if runtime is None else f"{runtime.text} makes code as it runs"
    trusted = runtime is not None and runtime.trusted
    if halted:
        text = _spoken(halted, "in")
        # A core has threads that were running; on a live host these wait in system calls, which
        # code that a runtime made hardly ever does itself.
        points = 50 if runtime is None or process.origin != "core" else 25
        yield _made(text, doubt) if trusted else Mark("thread-in-memory", points, text, doubt)
    if returning:
        text = _spoken(returning, "on the way back into")
        points = 45 if runtime is None else 20
        yield _made(text, doubt) if trusted else Mark("return-in-memory", points, text, doubt)


def _made(text: str, doubt: str) -> Mark:
    return Mark("thread-in-made-code", 0, text, doubt)


def _spoken(found: list[tuple[int, int]], what: str) -> str:
    count = len({thread for thread, _ in found})
    where = ", ".join(f"thread {thread} at {address:#x}" for thread, address in found[:_MANY])
    noun = "1 thread is" if count == 1 else f"{count} threads are"
    return f"{noun} {what} code that belongs to no file: {where}"


def _in(places: Iterable[tuple[int, int]], loose: list[Region]) -> list[tuple[int, int]]:
    return [
        (thread, address)
        for thread, address in places
        if any(region.start <= address < region.end for region in loose)
    ]


def _addresses(places: list[int]) -> str:
    return ", ".join(f"{place:#x}" for place in places[:_MANY])


def _list(regions: list[Region]) -> str:
    shown = [
        f"{region.start:#x}-{region.end:#x} {region.perms}{' ' * bool(region.path)}{region.path}"
        for region in regions[:_MANY]
    ]
    more = len(regions) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
