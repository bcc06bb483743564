"""What is odd about the libraries of a process: where they lie, and what had them loaded."""

import re
from collections.abc import Iterator
from posixpath import basename
from typing import Final

from sidelight.host.places import (
    INTERPRETERS,
    doubted,
    is_trusted,
    place_of,
    runtime_of,
    shadows,
)
from sidelight.host.process import File, Mark, Process, Region

_PRELOADING: Final = ("LD_PRELOAD", "LD_AUDIT")
_UNPACKED: Final = re.compile(r"/_MEI\w+/")
_PACKED: Final = "programs packed by PyInstaller unpack themselves into such a folder of their own"
_MANY: Final = 3


def library_marks(process: Process) -> Iterator[Mark]:
    """Judge libraries by their places, and by the loader's variables."""
    libraries = [
        region
        for region in process.regions
        if region.executable and region.sort == "file" and region.path != process.exe
    ]
    libraries = list({region.path: region for region in libraries}.values())
    yield from _places(process, libraries)
    yield from _deleted(process, libraries)
    yield from _preloaded(process, libraries)
    yield from _searched(process, libraries)
    yield from _early(process)
    yield from _changed(process)


def _changed(process: Process) -> Iterator[Mark]:
    """Judge files that a package owns and that are not what it put there."""
    files = [region.file for region in process.regions] + [process.exe_file]
    odd = {file.path: file.owner for file in files if file and file.unchanged is False}
    if odd:
        shown = ", ".join(f"{path} ({owner})" for path, owner in list(odd.items())[:_MANY])
        text = f"{len(odd)} mapped files are not what their packages put there: {shown}"
        doubt = "prelink, and people who build a program anew, do the same"
        yield Mark("changed-file", 50, text, doubt, tuple(odd))


def _places(process: Process, libraries: list[Region]) -> Iterator[Mark]:
    shared = [r for r in libraries if place_of(r.place, r.file) == "memory"]
    if shared:
        reason = f"code is loaded from shared memory: {_list(shared)}"
        yield Mark("library-in-memory-folder", 45, reason, files=_files(shared))
    loose = [r for r in libraries if place_of(r.place, r.file) == "open"]
    unpacked = all(_is_unpacked(process, region) for region in loose)
    if loose:
        reason = f"code is loaded from where everybody may write: {_list(loose)}"
        doubt = _PACKED if unpacked else "programs that unpack their libraries do the same"
        doubt = doubted(doubt, [(region.place, region.file) for region in loose])
        points = 10 if unpacked else 20
        yield Mark("library-in-open-folder", points, reason, doubt, _files(loose))
    guarded = [r for r in libraries if place_of(r.place, r.file) == "guarded"]
    posing = [
        r for r in shared + loose + guarded if shadows(r.place) and not _is_unpacked(process, r)
    ]
    if posing:
        reason = f"it has the name of a library of the system: {_list(posing)}"
        yield Mark("library-name-of-system", 15, reason, files=_files(posing))


def _is_unpacked(process: Process, region: Region) -> bool:
    """Tell whether a library lies where PyInstaller unpacks: a folder of this user alone."""
    file = region.file
    private = file is not None and file.folder_uid == process.uid
    private &= file is not None and not (file.folder_mode or 0) & 0o022
    return private and _UNPACKED.search(region.place) is not None


def _deleted(process: Process, libraries: list[Region]) -> Iterator[Mark]:
    upgraded: list[Region] = []
    gone: list[Region] = []
    for region in libraries:
        if region.deleted:
            owned = region.file is not None and bool(region.file.owner)
            there = region.file is not None and region.file.now in {"same", "other"}
            (upgraded if owned or there else gone).append(region)
    if upgraded:
        text = f"libraries were replaced on disk: restart needed: {_list(upgraded)}"
        yield Mark("restart-needed", 0, text)
    if not gone:
        return
    reason = f"code is loaded from files that were deleted: {_list(gone)}"
    unpacks = INTERPRETERS.fullmatch(process.name) or runtime_of(process) is not None
    if unpacks and is_trusted(process.exe_file, process.program):
        doubt = f"programs for {process.name} unpack libraries and delete them once loaded"
        yield Mark("deleted-library", 10, reason, doubt, _files(gone))
    else:
        doubt = "removing a package does the same"
        yield Mark("deleted-library", 35, reason, doubt, _files(gone))


def _preloaded(process: Process, libraries: list[Region]) -> Iterator[Mark]:
    for variable in _PRELOADING:
        for path in re.split(r"[:\s]+", (process.loader or {}).get(variable, "")):
            if path:
                yield _preload(process, variable, path, libraries)


def _preload(process: Process, variable: str, path: str, libraries: list[Region]) -> Mark:
    name = basename(path)
    loaded = [r for r in libraries if r.place == path or basename(r.place) == name]
    where, file = (loaded[0].place, loaded[0].file) if loaded else (path, None)
    mark = preload_mark(f"{variable} has {where} loaded before all other libraries", where, file)
    if loaded or not process.regions:
        return mark
    doubt = "it is not loaded: the loader ignored it, or the variable came later"
    text = f"{variable} names {path}"
    return Mark("preload-named", min(15, mark.points), text, doubt, mark.files)


def preload_mark(reason: str, path: str, file: File | None) -> Mark:
    """Judge a library that is loaded before all others, by where it lies."""
    if place_of(path, file) != "other":
        return Mark("preload", 50, reason, files=(path,))
    owner = None if file is None else file.owner
    if owner and is_trusted(file, path):
        return Mark("preload", 0, reason, f"the package {owner} owns it", (path,))
    if is_trusted(file, path):
        return Mark("preload", 0, reason, "it is in a folder of the system", (path,))
    if owner:
        text = f"it is not what the package {owner} put there"
        return Mark("preload", 30, f"{reason}; {text}", files=(path,))
    text = "no package owns it" if owner == "" else "its owner is not known"
    return Mark("preload", 30 if owner == "" else 15, f"{reason}; {text}", files=(path,))


def _searched(process: Process, libraries: list[Region]) -> Iterator[Mark]:
    """Judge libraries found where a variable or the program itself (RPATH) has them searched."""
    for teller, value in (
        ("LD_LIBRARY_PATH", (process.loader or {}).get("LD_LIBRARY_PATH", "")),
        ("the RPATH of the program", process.searched),
    ):
        folders = {folder.rstrip("/") + "/" for folder in re.split("[:;]", value)}
        whole = tuple(folder for folder in folders if folder[:1] == "/" and len(folder) > 1)
        found = [
            region
            for region in libraries
            if region.place.startswith(whole) and place_of(region.place, region.file) != "other"
        ]
        reason = f"{teller} has code loaded from {_list(found)}"
        if found and all(_is_unpacked(process, region) for region in found):
            yield Mark("library-path", 10, reason, _PACKED, _files(found))
            return
        if found:
            yield Mark("library-path", 45, reason, files=_files(found))
            return


def _early(process: Process) -> Iterator[Mark]:
    """Judge libraries that were preloaded although no variable that is left names them."""
    variables = (process.loader or {}).values()
    names = {basename(path) for value in variables for path in re.split(r"[:\s]+", value)}
    for path, file in process.early:
        if basename(path) in names:
            continue
        reason = f"{path} was loaded before what the program needs, and no variable names it"
        doubt = "/etc/ld.so.preload may name it, or may have when the process was started"
        mark = preload_mark(reason, path, file)
        points = {50: 65, 30: 60, 15: 30}.get(mark.points, mark.points)
        yield Mark("preload-unnamed", points, mark.reason, mark.doubt or doubt, mark.files)


def _files(regions: list[Region]) -> tuple[str, ...]:
    return tuple(region.place for region in regions)


def _list(regions: list[Region]) -> str:
    more = len(regions) - _MANY
    shown = ", ".join(region.path for region in regions[:_MANY])
    return shown + (f" and {more} more" if more > 0 else "")
