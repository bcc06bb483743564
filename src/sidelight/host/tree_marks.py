"""What is odd about the libraries and programs of a file tree, with reasons for and against."""

import re
from collections.abc import Container, Iterator
from dataclasses import replace
from posixpath import basename, dirname
from typing import Final

from sidelight.host import views
from sidelight.host.places import is_hidden, place_of
from sidelight.host.process import Mark
from sidelight.host.tree import SETUID, Node, Tree, is_default, own_folders

_SYSTEM: Final = re.compile(r"/(?:usr(?!/lib/debug/)|lib\w*|s?bin|etc|boot|dev|run)/")
_TEMPORARY: Final = re.compile(r"/(?:var/)?tmp/[^/]+(?=/)")
_LOCAL: Final = "/usr/local/"
_MANY: Final = 3
_CROWD: Final = 20
_GUARDED: Final = "root alone may write there"
_BUILT: Final = "programs that were built there and copied ask for the same"


def judge_tree(tree: Tree) -> Iterator[tuple[str, tuple[Mark, ...]]]:
    """Yield path and marks of what is odd, in order of path."""
    found: dict[str, list[Mark]] = {}
    for path in tree.preloads():
        found.setdefault(path, []).append(views.preload_mark(tree.file(path)))
    for folder, teller in tree.searched():
        if tree.is_open(folder):
            text = f"{teller} has every program look for libraries where everybody may write"
            found.setdefault(folder, []).append(Mark("search-path", 50, f"{text}: {folder}"))
    packaged = _packaged(tree)
    folders = [folder for folder, _ in tree.searched()]
    crowds, heaps = _crowds(tree), _heaps(tree)
    for node in tree.nodes.values():
        marks = [
            *(_place(tree, node) if _heap(node.path) not in heaps else ()),
            *_path(tree, node),
            *_libraries(tree, node, folders),
            *_shadow(tree, node, packaged, folders),
        ]
        if not marks and node.path not in found and dirname(node.path) not in crowds:
            marks += _unowned(tree, node)
        if marks:
            found.setdefault(node.path, []).extend(marks)
    loose = _loose(tree, heaps)
    for folder, count in heaps.items():
        if folder not in loose:
            text = f"{count} programs and libraries lie in a folder for temporary files"
            mark = Mark("program-in-temporary-folder", 10, text, _GUARDED)
        else:
            text = f"{count} programs and libraries lie where everybody may write"
            doubt = "so many are left by builds, installers and programs that unpack themselves"
            mark = Mark("program-in-open-folder", 10, text, doubt)
        found.setdefault(folder, []).append(mark)
    for folder, count in crowds.items():
        text = f"no package owns {count} libraries of this folder of the system"
        doubt = "so many are installed past the packages, as drivers and images are"
        found.setdefault(folder, []).append(Mark("unowned-library", 10, text, doubt))
    for path, marks in sorted(found.items()):
        files = (path,) if path in tree.nodes else ()
        yield path, tuple(replace(mark, files=files) for mark in marks)


def _place(tree: Tree, node: Node) -> Iterator[Mark]:
    """Judge where a file lies; owned ones lie where their packages want them."""
    file = tree.file(node.path)
    if file.owner:
        return
    noun = "program" if node.elf.program else "library"
    match place_of(node.path, file):
        case "memory" if node.elf.program:
            yield Mark("program-in-memory-folder", 45, f"a program lies in {dirname(node.path)}")
        case "memory":
            yield Mark("library-in-memory-folder", 45, f"a library lies in {dirname(node.path)}")
        case "open" if node.elf.program:
            text = f"a program lies where everybody may write: {dirname(node.path)}"
            yield Mark("program-in-open-folder", 25, text, "builds and installers leave such")
        case "open":
            text = f"a library lies where everybody may write: {dirname(node.path)}"
            yield Mark("library-in-open-folder", 25, text, "builds and installers leave such")
        case "guarded" if node.elf.program:
            text = f"a program lies in a folder for temporary files: {dirname(node.path)}"
            yield Mark("program-in-temporary-folder", 10, text, _GUARDED)
        case _:
            pass
    if is_hidden(node.path) and _SYSTEM.match(node.path + "/"):
        text = f"listings leave out a part of the path of this {noun}"
        yield Mark("hidden-file", 40, text)
    elif is_hidden(node.path) and place_of(node.path, file) != "other":
        yield Mark("hidden-path", 15, f"listings leave out a part of the path of this {noun}")


def _path(tree: Tree, node: Node) -> Iterator[Mark]:
    """Judge the folders that a file itself has searched (RPATH, RUNPATH)."""
    setuid = node.elf.program and node.mode & SETUID
    file = tree.file(node.path)
    owned, loose = bool(file.owner), place_of(node.path, file) != "other"
    for folder in dict.fromkeys(own_folders(node)):
        if not folder.startswith("/"):
            text = f"it has libraries looked for in {folder or 'an empty name'!r}, which is where "
            text += "the person stands who starts it (RPATH)"
            points = 50 if setuid else 10 if owned else 25
            yield Mark("search-path", points, text, "" if setuid else "careless builds do the same")
        elif tree.is_open(folder) and (setuid or not loose):
            there = [name for name in node.elf.needed if tree.find(f"{folder}/{name}")]
            text = f"it has libraries looked for where everybody may write: {folder} (RPATH)"
            if there:
                listed = ", ".join(there[:_MANY])
                yield Mark("search-path", 50, f"{text}, and {listed} is there")
            else:
                yield Mark("search-path", 50 if setuid else 20, text, "" if setuid else _BUILT)


def _libraries(tree: Tree, node: Node, folders: list[str]) -> Iterator[Mark]:
    """Judge what a setuid program loads by who may change it."""
    if not (node.elf.program and node.mode & SETUID):
        return
    allowed = frozenset({0, -1, node.uid})
    for name in node.elf.needed:
        library = tree.of(node, name, folders)
        if library is not None and tree.is_writable(library, allowed):
            text = f"it runs with the rights of its owner and loads {library.path}, "
            yield Mark("setuid-library", 50, f"{text}which others may change")


def _packaged(tree: Tree) -> dict[str, str]:
    """Give the libraries that packages own, in folders that the loader looks into, by name."""
    return {
        name: node.path
        for node in tree.nodes.values()
        if not node.elf.program and is_default(dirname(node.path)) and tree.file(node.path).owner
        for name in (node.elf.soname, basename(node.path))
        if name
    }


def _shadow(tree: Tree, node: Node, packaged: dict[str, str], folders: list[str]) -> Iterator[Mark]:
    """Judge a library that no package owns and that may be loaded instead of one of a package."""
    folder = dirname(node.path)
    if node.elf.program or (folder not in folders and not is_default(folder)):
        return
    name = next((n for n in (node.elf.soname, basename(node.path)) if n in packaged), "")
    if name and tree.file(node.path).owner == "":
        text = f"no package owns it, and it has the name of {packaged[name]}"
        if node.path.startswith(_LOCAL):
            yield Mark("shadowing-library", 25, text, "libraries that were built here lie there")
        else:
            yield Mark("shadowing-library", 45, text)


def _unowned(tree: Tree, node: Node) -> Iterator[Mark]:
    if _is_stray(tree, node):
        text = "no package owns this library in a folder of the system"
        yield Mark("unowned-library", 25, text, "drivers and agents are installed so")


def _is_stray(tree: Tree, node: Node) -> bool:
    plain = not node.elf.program and is_default(dirname(node.path))
    return plain and tree.file(node.path).owner == ""


def _heap(path: str) -> str:
    """Give the folder that a file lies in or below, right in one where everybody may write."""
    found = _TEMPORARY.match(path)
    return found[0] if found else ""


def _heaps(tree: Tree) -> dict[str, int]:
    """Count the files of folders that have many of them and lie where everybody may write."""
    counts: dict[str, int] = {}
    for path in tree.nodes:
        if folder := _heap(path):
            counts[folder] = counts.get(folder, 0) + 1
    return {folder: count for folder, count in counts.items() if count > _MANY}


def _loose(tree: Tree, heaps: Container[str]) -> frozenset[str]:
    """Name those of *heaps* that hold a file which others than root may change."""
    return frozenset(
        folder
        for path in tree.nodes
        if (folder := _heap(path)) in heaps and place_of(path, tree.file(path)) != "guarded"
    )


def _crowds(tree: Tree) -> dict[str, int]:
    """Count the libraries without a package in folders that have many of them."""
    counts: dict[str, int] = {}
    for node in tree.nodes.values():
        if _is_stray(tree, node):
            folder = dirname(node.path)
            counts[folder] = counts.get(folder, 0) + 1
    return {folder: count for folder, count in counts.items() if count > _CROWD}
