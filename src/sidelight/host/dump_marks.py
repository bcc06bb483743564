"""What is odd about a Windows process in a minidump, with reasons for and against.

Where the dump does not say how memory is protected, an image outside the list of modules weighs
little: data files and resources are mapped by the dozen.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sidelight.host.dump_map import Map
from sidelight.host.dump_memory import Differing, Seen, Sight
from sidelight.host.minidump import Minidump
from sidelight.host.minidump_streams import IMAGE, MAPPED, PRIVATE, Area, Module
from sidelight.host.process import Mark
from sidelight.plural import many

_MANY: Final = 3
_FILES: Final = 16
_PROTECTED: Final = re.compile(
    r"(?:[a-z]:|\\device\\harddiskvolume\d+)?"
    r"\\(?:windows\\(?!temp\\|tasks\\|tracing\\)|program files(?: \(x86\))?\\)",
    re.IGNORECASE,
)
_RUNTIMES: Final = (
    (r"clr\.dll|coreclr\.dll|clrjit\.dll|mscorwks\.dll|mrt100\w*\.dll", ".NET"),
    (r"jvm\.dll", "Java"),
    (r"node\.exe|(?:lib)?node\.dll", "Node.js"),
    (r"chrome(?:_child)?\.dll|msedge\.dll|libcef\.dll|v8\.dll", "Chromium"),
    (r"xul\.dll|mozjs\S*\.dll", "Mozilla"),
    (r"jscript9(?:legacy)?\.dll|chakra(?:core)?\.dll", "the JavaScript engine of Windows"),
    (r"mono(?:-2\.0\S*)?\.dll", "Mono"),
    (r"lua(?:51|jit)\S*\.dll", "LuaJIT"),
    (r"(?:lib)?pypy\S*\.dll", "PyPy"),
    (r"libffi\S*\.dll|_c(?:types|ffi_backend)\S*\.pyd", "libffi"),
    (r"(?:lib)?pcre2?-\S*\.dll", "PCRE"),
    (r"qt\d(?:qml|core)\.dll", "Qt"),
    (r"d3d10warp\.dll|opengl32sw\.dll", "a renderer in software"),
    (r"beam\.smp\.dll", "Erlang"),
    (r"php\d*(?:ts)?\.dll|php_opcache\.dll", "PHP"),
)
_RUNTIME: Final = [(re.compile(pattern, re.IGNORECASE), title) for pattern, title in _RUNTIMES]


def runtime_of(dump: Minidump) -> tuple[str, bool] | None:
    """Name the runtime of a process as `runtime_at` does."""
    return runtime_at([module.path for module in dump.modules])


def runtime_at(paths: Iterable[str]) -> tuple[str, bool] | None:
    """Name the runtime among modules that makes code as it runs; None where none is.

    With it stands whether it is in a folder that only administrators write into.
    """
    found = [
        (f"{title} ({path})", _PROTECTED.match(path) is not None)
        for path in paths
        for pattern, title in _RUNTIME
        if pattern.fullmatch(path.replace("/", "\\").rpartition("\\")[2])
    ]
    return next((each for each in found if each[1]), found[0] if found else None)


def dump_marks(dump: Minidump, sight: Sight) -> tuple[Mark, ...]:
    """Judge a process by its dump and what its memory shows."""
    layout = Map.of(dump)
    loose = [a for a in layout.areas if a.executable and layout.is_loose(a)]
    runtime = runtime_of(dump)
    return (
        *_images(dump, sight.images, layout),
        *_imports(sight, loose, runtime),
        *_replaced(dump, layout),
        *_code(sight),
        *_threads(dump, layout, runtime),
        *_executable(loose, runtime),
    )


def _images(dump: Minidump, images: Sequence[Seen], layout: Map) -> Iterator[Mark]:
    known = [seen for seen in images if seen.area is not None]
    loose = [seen for seen in known if seen.area and layout.is_loose(seen.area)]
    headers = [seen.address for seen in loose if seen.sort == "header"]
    wiped = [seen.address for seen in loose if seen.sort == "wiped"]
    managed = [seen.address for seen in loose if seen.sort == "managed"]
    if managed:
        text = f"{many(len(managed), 'assembly', 'assemblies')} of .NET in memory with code that "
        text += f"belongs to no file, at {_addresses(managed)}"
        yield Mark("assembly-in-memory", 10, text, ".NET programs in one file unpack theirs so")
    if headers:
        text = "a PE image lies in memory with code that belongs to no file"
        doubt = "programs that carry libraries in themselves (packers, MemoryModule) map them so"
        yield Mark("pe-in-memory", 70, f"{text}, at {_addresses(headers)}", doubt)
    elif wiped:
        text = "a PE image lies in memory with code that belongs to no file, the marks of its "
        text += f"header overwritten, at {_addresses(wiped)}"
        yield Mark("wiped-pe-in-memory", 65, text)
    unlisted = [s.address for s in known if s.area and s.area.sort == IMAGE and dump.listed]
    if unlisted:
        text = f"{many(len(unlisted), 'image')} mapped that the list of modules does not have"
        doubt = "resources are mapped so, and the other half of 32-bit processes"
        yield Mark("pe-unlisted", 20, f"{text}, at {_addresses(unlisted)}", doubt)
    data = [s.address for s in known if s.area and s.area.sort != IMAGE and s not in loose]
    if data:
        text = f"{many(len(data), 'PE image')} in memory as data, at {_addresses(data)}"
        yield Mark("pe-as-data", 0, text, "they cannot run where they are")
    if dump.areas is None and images and dump.listed:
        text = f"{many(len(images), 'PE image')} outside all modules"
        text += f", at {_addresses([seen.address for seen in images])}"
        doubt = "the dump does not say how memory is protected: files that are read or mapped as "
        yield Mark("pe-outside-modules", 20, text, doubt + "data look the same")


def _imports(
    sight: Sight, loose: Sequence[Area], runtime: tuple[str, bool] | None
) -> Iterator[Mark]:
    if not sight.imports or not loose or runtime is not None:
        return
    count = sum(found.count for found in sight.imports)
    text = f"{count} addresses of functions of modules stand in memory that belongs to no file, "
    text += "as a loader writes them for an image"
    places = _addresses([found.address for found in sight.imports])
    doubt = "programs that are packed against analysis have such tables"
    yield Mark("imports-in-memory", 30, f"{text}, at {places}", doubt)


def _replaced(dump: Minidump, layout: Map) -> Iterator[Mark]:
    """Judge modules that lie where only a program's own data does."""
    found = []
    for module in dump.modules:
        area = layout.area_at(module.start)
        own = area is not None and area.sort in {PRIVATE, MAPPED}
        if own and any(each.executable for each in layout.areas_in(module.start, module.end)):
            found.append(module)
    if found:
        text = f"modules lie in memory that is not that of their files: {_names(found)}"
        doubt = "programs that unpack themselves, and some emulations of Windows, do the same"
        yield Mark("module-not-of-file", 65, text, doubt, tuple(m.path for m in found[:_FILES]))


def _code(sight: Sight) -> Iterator[Mark]:
    rewritten = [each for each in sight.differing.values() if each.rewritten]
    patched = [each for each in sight.differing.values() if not each.rewritten]
    if rewritten:
        text = f"{sum(e.rewritten + e.patched for e in rewritten)} bytes of code differ from the "
        text += f"files of modules: {_places(rewritten)}"
        yield Mark("module-rewritten", 65, text, files=_files(rewritten))
    if patched:
        text = f"{sum(each.patched for each in patched)} bytes of code differ, few at a time, from "
        doubt = "security products patch functions of the system to watch them"
        text += f"the files of modules: {_places(patched)}"
        yield Mark("module-patched", 20, text, doubt, _files(patched))


def _threads(dump: Minidump, layout: Map, runtime: tuple[str, bool] | None) -> Iterator[Mark]:
    started = [(t.id, t.start) for t in dump.threads if _is_loose(layout, t.start)]
    there = [(t.id, t.counter) for t in dump.threads if _is_loose(layout, t.counter)]
    doubt = "" if runtime is None else f"{runtime[0]} makes code as it runs"
    if started:
        text = f"{many(len(started), 'thread')} started in code that belongs to no file"
        points = 50 if runtime is None else 25
        yield Mark("thread-started-in-memory", points, f"{text}: {_ids(started, dump)}", doubt)
    elif there and (runtime is None or not runtime[1]):
        text = f"{many(len(there), 'thread')} in code that belongs to no file: {_ids(there, dump)}"
        yield Mark("thread-in-memory", 30 if runtime is None else 15, text, doubt)
    elif there:
        text = f"{many(len(there), 'thread')} in code that belongs to no file: {_ids(there, dump)}"
        yield Mark("thread-in-made-code", 0, text, doubt)


def _is_loose(layout: Map, address: int) -> bool:
    area = layout.area_at(address)
    return area is not None and area.executable and layout.is_loose(area)


def _executable(loose: Sequence[Area], runtime: tuple[str, bool] | None) -> Iterator[Mark]:
    if not loose:
        return
    if runtime is not None and runtime[1]:
        text = f"{many(len(loose), 'stretch', 'stretches')} of executable memory not judged"
        yield Mark("made-by-runtime", 0, text, f"{runtime[0]} makes code as it runs")
        return
    writable = any("w" in area.perms for area in loose)
    text = f"memory that belongs to no file is executable: {_list(loose)}"
    if runtime is not None:
        yield Mark("executable-private", 10, text, f"{runtime[0]} makes code as it runs")
    else:
        doubt = "programs that make code as they run need it, and so do products that hook others"
        yield Mark("executable-private", 25 if writable else 20, text, doubt)


def _ids(found: Sequence[tuple[int, int]], dump: Minidump) -> str:
    return ", ".join(f"thread {i} at {a:#x}{_gone(dump, a)}" for i, a in found[:_MANY])


def _gone(dump: Minidump, address: int) -> str:
    names = (m.name for m in dump.unloaded if m.start <= address < m.end)
    name = next(names, "")
    return f", where {name} was unloaded" if name else ""


def _addresses(places: Sequence[int]) -> str:
    more = len(places) - _MANY
    shown = ", ".join(f"{place:#x}" for place in places[:_MANY])
    return f"{shown} and {more} more" if more > 0 else shown


def _names(modules: Iterable[Module]) -> str:
    return ", ".join([f"{module.path} at {module.start:#x}" for module in modules][:_MANY])


def _places(found: Sequence[Differing]) -> str:
    return ", ".join(f"{each.module.path} at {each.first:#x}" for each in found[:_MANY])


def _files(found: Sequence[Differing]) -> tuple[str, ...]:
    return tuple(each.module.path for each in found[:_FILES])


def _list(areas: Sequence[Area]) -> str:
    more = len(areas) - _MANY
    shown = ", ".join(f"{a.start:#x}-{a.end:#x} {a.perms}" for a in areas[:_MANY])
    return f"{shown} and {more} more" if more > 0 else shown
