"""Which library a program would load from where it lies."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeAlias, cast

from sidelight.analytics.known import is_shipped
from sidelight.analytics.paths import HOME
from sidelight.analytics.triads.tree import File, Tree
from sidelight.values import dataclass

How: TypeAlias = Literal["imports", "delay-imports", "names", "hosts"]
"""The last: the library is an extension made for this program, or for the Python that it runs."""

REDIRECT: Final = ".local"
_FOREIGN: Final = frozenset({frozenset({"x86", "x64"})})
_PYTHON: Final = re.compile(r"python\d+\.dll")
_EXTENSION: Final = ".pyd"
_API_SETS: Final = ("api-ms-win-", "ext-ms-")
"""Names that stand for libraries of Windows, whatever lies beside a program."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A program and a library that it would load.

    Args:
        how: what ties them.
        via: the library beside the program that asks for it instead; None where the program does.
        side: name of the folder below the program's that the library lies in; empty for its own.
        blobs: files that look encrypted, in the folder of either.
        company: how many programs and libraries lie in the folder of the library.
    """

    program: File
    library: File
    how: How
    via: File | None
    side: str
    blobs: tuple[File, ...]
    company: int


def pairs(tree: Tree) -> Iterator[Pair]:
    """Yield all pairs of a program that may be trusted and a library beside it.

    A program may be trusted that has a certificate table, or that says it is of Windows. What is
    of Windows by its own word and lies in Windows' folders is held against catalogs, or not at all.
    """
    for (host, folder), files in tree.folders.items():
        programs = [file for file in files if file.sort == "program" and _may_be_trusted(file)]
        if not programs:
            continue
        side = [
            (name, some)
            for name, some in tree.below(host, folder)
            if any(file.sort == "library" for file in some)
        ]
        for program in programs:
            for pair in _beside(program, files):
                if tree.has_catalogs or not _is_at_home(pair):
                    yield pair
            for name, some in side:
                yield from _aside(program, name, some, files)


def _is_at_home(pair: Pair) -> bool:
    return pair.library.of_windows and pair.library.place.zone in HOME


def _may_be_trusted(file: File) -> bool:
    return file.certified or file.of_windows


def _beside(program: File, files: Sequence[File]) -> Iterator[Pair]:
    """Yield libraries in the program's own folder.

    Several may have one name: on a disk that tells case apart, and where hosts share a tree.
    """
    libraries = [file for file in files if _is_loaded(file, program)]
    names = {file.name for file in libraries}
    asked = {name: how for name in names if (how := _how(program, name))}
    for file in libraries:
        if file.name not in asked and _is_extension(file, program):
            asked[file.name] = "hosts"
    passed: dict[str, tuple[How, File]] = {}
    for via in (file for file in libraries if file.name in asked):
        for ways, wanted in (("imports", via.imports), ("delay-imports", via.delayed)):
            for other in sorted(wanted & names - asked.keys()):
                passed.setdefault(other, (cast("How", ways), via))
    blobs = tuple(file for file in files if file.sort == "blob")
    company = sum(file.sort in {"program", "library"} for file in files)
    for library in libraries:
        if library.name in asked:
            yield Pair(program, library, asked[library.name], None, "", blobs, company)
        elif library.name in passed:
            yield Pair(program, library, *passed[library.name], "", blobs, company)


def _aside(
    program: File, name: str, files: Sequence[File], above: Sequence[File]
) -> Iterator[Pair]:
    """Yield libraries in a folder that redirects the program, or in that of a private assembly."""
    redirects = name == f"{program.name}{REDIRECT}"
    blobs = tuple(file for file in (*files, *above) if file.sort == "blob")
    company = sum(file.sort in {"program", "library"} for file in files)
    for library in files:
        if not _is_loaded(library, program) or not (how := _how(program, library.name)):
            continue
        if redirects or name == library.name.rpartition(".")[0]:
            yield Pair(program, library, how, None, name, blobs, company)


def _is_loaded(file: File, program: File) -> bool:
    if file.sort != "library" or file.name.startswith(_API_SETS):
        return False
    return frozenset({file.machine, program.machine}) not in _FOREIGN


def _how(file: File, name: str) -> How | None:
    if name in file.imports:
        return "imports"
    if name in file.delayed:
        return "delay-imports"
    return "names" if name in file.named else None


def _is_extension(library: File, program: File) -> bool:
    """Tell whether a library is made to be loaded by a program, by whatever name a script says.

    Extensions of Node.js and plug-ins ask for functions of the program itself; those of Python
    for a Python that the program asks for, too.
    """
    wanted = library.imports | library.delayed
    if wanted & {program.name, program.original.lower()}:
        return True
    runs = (program.imports | program.delayed | program.named) & wanted
    return library.name.endswith(_EXTENSION) and any(map(_PYTHON.fullmatch, runs))


def is_redistributed(library: File) -> bool:
    """Tell whether programs ship a library of this name by right."""
    return is_shipped(library.name)


def to_examine(tree: Tree) -> frozenset[str]:
    """Name the sources of all files that could be part of a triad."""
    found: set[str] = set()
    for pair in pairs(tree):
        via = () if pair.via is None else (pair.via,)
        found.update(
            file.source for file in (pair.program, pair.library, *via, *pair.blobs[:BLOBS])
        )
    return frozenset(found)


BLOBS: Final = 3
"""So many blobs in a folder are named; where there are more, they are what the program works on."""
