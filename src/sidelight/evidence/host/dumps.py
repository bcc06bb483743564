"""Windows minidumps as evidence: one process each, and the libraries that it had loaded."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

from sidelight.evidence.host.originals import Originals
from sidelight.evidence.host.rows import CHANNEL, add_marks
from sidelight.evidence.rows import Sheet, clean
from sidelight.evidence.stream import Stream
from sidelight.host.dump_map import Map
from sidelight.host.dump_marks import dump_marks, runtime_of
from sidelight.host.dump_memory import Sight, look
from sidelight.host.minidump import (
    FRONT_BYTES,
    WINDOWS,
    Minidump,
    MinidumpError,
    apart,
    is_minidump,
    open_minidump,
)
from sidelight.host.minidump_streams import Area
from sidelight.host.tape import Tape
from sidelight.schema import NO_TIME, Event, Frame, Gap, Kind, Wanted

LOADS: Final = Kind("windows", CHANNEL, "", "image_load")
"""Modules of a process: each was loaded at a time that a dump does not tell."""

_PRODUCTS: Final = {
    WINDOWS: "windows",
    0x8101: "macos",
    0x8201: "linux",
    0x8203: "android",
}
"""By PlatformId; those of other systems are Breakpad's and Crashpad's."""

_SECOND: Final = 1_000_000_000


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins a minidump."""
    return is_minidump(head)


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield the process of each minidump as a row, and a row for each of its modules.

    Looked at are threads, modules, the list of memory regions, and memory outside the modules;
    code of modules is compared with their files where these are in a folder that was named. What
    is told of memory needs MemoryInfoListStream, which `MiniDumpWithFullMemoryInfo` writes.
    """
    sheet = Sheet(wanted)
    for stream in streams:
        yield from _read(stream, sheet)
        if sheet.full:
            yield from sheet.frames()
    yield from sheet.frames()


def _read(stream: Stream, sheet: Sheet) -> Iterator[Gap]:
    tape = Tape(stream.read, FRONT_BYTES)
    try:
        dump = open_minidump(tape)
    except MinidumpError as error:
        yield Gap(stream.source, stream.start, "damaged", f"minidump: {error}")
        return
    for text in dump.unread:
        yield Gap(stream.source, stream.start, "damaged", f"minidump: {text}")
    sight = Sight()
    if dump.platform == WINDOWS:
        with closing(Originals(stream.beside)) as originals:
            sight = look(tape, dump, originals.code_of)
    tape.forward(max((part.offset + part.size for part in dump.stored), default=0))
    if tape.cut is not None and _is_short(dump, tape.cut):
        text = "the dump is cut short: memory behind this place is missing"
        yield Gap(stream.source, stream.start + tape.cut, "truncated", text)
    if tape.missed:
        text = f"minidump: {tape.missed} parts of it stand before what had to be read first"
        yield Gap(stream.source, stream.start, "damaged", f"{text}: they were not looked at")
    yield from _unjudged(stream, dump, sight)
    started = dump.started * _SECOND if dump.started else NO_TIME
    process = Kind(_PRODUCTS.get(dump.platform, ""), CHANNEL, "", "process_creation")
    sheet.add(process, stream.source, 1, started, None, _process(dump, sight))
    for number, event in enumerate(_loads(dump), 2):
        sheet.add(LOADS, stream.source, number, started, None, event)


def _is_short(dump: Minidump, end: int) -> bool:
    return any(part.offset + part.size > end for part in dump.stored)


def _unjudged(stream: Stream, dump: Minidump, sight: Sight) -> Iterator[Gap]:
    for text in _limits(dump, sight):
        yield Gap(stream.source, stream.start, "unjudged", f"minidump: {text}")
    passed = len(dump.stored) - sum(1 for _ in apart(dump.stored))
    if passed:
        text = f"minidump: {passed} stretches of memory lie inside others and were not looked at"
        yield Gap(stream.source, stream.start, "damaged", text)


def _limits(dump: Minidump, sight: Sight) -> Iterator[str]:
    """Say what this dump cannot tell, or what is not held against it."""
    yield from dump.lacking
    if dump.platform != WINDOWS:
        yield "it is not known to be of a Windows process: its memory is not judged"
        return
    if dump.areas is None:
        yield "it does not say how memory is protected (MemoryInfoListStream)"
    if not dump.listed:
        yield "its list of modules is missing or cut short: images outside of it are not judged"
    layout = Map.of(dump)
    loose = [a for a in layout.areas if a.executable and layout.is_loose(a)]
    if dump.areas is not None:
        missing = _missing(dump, loose)
        if missing:
            what = "stretches of executable memory without a file"
            yield f"it does not hold {missing} of {len(loose)} {what}"
    runtime = runtime_of(dump)
    if runtime is not None:
        much = "is not judged" if runtime[1] else "weighs little"
        yield f"executable memory without a file {much}: {runtime[0]} makes code as it runs"
    if rest := len({module.name for module in dump.modules} - set(sight.compared)):
        why = "it does not hold it, or no folder that was named (--files) has the file"
        yield f"code of {rest} modules was not compared: {why}"


def _missing(dump: Minidump, areas: Sequence[Area]) -> int:
    """Count the areas whose beginning no stretch of memory in the dump holds."""
    stored = sorted((part.start, part.end) for part in dump.stored)
    starts = [start for start, _ in stored]
    places = [bisect_right(starts, area.start) - 1 for area in areas]
    return sum(
        at < 0 or stored[at][1] <= area.start for at, area in zip(places, areas, strict=True)
    )


def _process(dump: Minidump, sight: Sight) -> Event:
    event: Event = {
        "Origin": "minidump",
        "Threads": str(len(dump.threads)),
        "MemoryRead": str(sight.held),
    }
    if dump.pid >= 0:
        event["ProcessId"] = str(dump.pid)
    if dump.modules:
        event["Image"] = clean(dump.modules[0].path)
        event["Name"] = clean(dump.modules[0].name)
    if dump.version:
        event["SystemVersion"] = dump.version
    if dump.written:
        event["DumpTime"] = datetime.fromtimestamp(dump.written, UTC).isoformat()
    if sight.compared:
        event["ModulesCompared"] = [clean(name) for name in sight.compared]
        event["CodeCompared"] = str(sight.code)
    if dump.unloaded:
        event["ImagesUnloaded"] = [clean(module.path) for module in dump.unloaded]
    if dump.platform == WINDOWS:
        add_marks(event, dump_marks(dump, sight))
    return event


def _loads(dump: Minidump) -> Iterator[Event]:
    if dump.platform != WINDOWS:
        return
    image = clean(dump.modules[0].path) if dump.modules else ""
    for module in dump.modules:
        event: Event = {
            "Image": image,
            "ImageLoaded": clean(module.path),
            "ImageBase": f"{module.start:#x}",
        }
        if dump.pid >= 0:
            event["ProcessId"] = str(dump.pid)
        if module.version:
            event["FileVersion"] = module.version
        yield event
