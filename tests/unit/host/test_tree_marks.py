"""What is held against files of a tree, and what is not: each mark and its nearest look-alike."""

import pytest

from sidelight.host import tree_marks
from sidelight.host.collect import Owners
from sidelight.host.elf_file import ElfFile
from sidelight.host.tree import Node, Tree
from sidelight.host.tree_marks import judge_tree

LIBRARY = ElfFile(False, "libz.so.1")
PROGRAM = ElfFile(True, "", ("libz.so.1",))


def tree_of(*nodes: Node, owned: str = "", preload: str | None = None, conf: str = "") -> Tree:
    owners = Owners("/nowhere")
    owners.names.append("made up")
    owners.add_dpkg("pkg", owned.replace(" ", "\n").encode())
    tree = Tree(owners=owners, preload=None if preload is None else preload.encode())
    tree.folders = {"/": (0o755, 0), "/srv/open": (0o777, 0), "/home/a": (0o755, 1000)}
    tree.settings = {"/etc/ld.so.conf": conf.encode()}
    for node in nodes:
        tree.add(node)
    return tree


def marked(tree: Tree) -> dict[str, dict[str, int]]:
    return {path: {mark.id: mark.points for mark in marks} for path, marks in judge_tree(tree)}


def lib(path: str, name: str = "libz.so.1", mode: int = 0o755, uid: int = 0) -> Node:
    return Node(path, ElfFile(False, name), mode, uid)


def tool(path: str, *folders: str, mode: int = 0o755) -> Node:
    return Node(path, ElfFile(True, "", ("libz.so.1",), folders), mode, 0)


CASES: list[tuple[str, Tree, dict[str, dict[str, int]]]] = [
    ("nothing", tree_of(lib("/usr/lib/libz.so.1.3"), owned="/usr/lib/libz.so.1.3"), {}),
    (
        "preload in a folder of the system",
        tree_of(lib("/usr/lib/x.so", "x"), preload="/usr/lib/x.so"),
        {"/usr/lib/x.so": {"preload-everywhere": 45}},
    ),
    (
        "preload of a package",
        tree_of(lib("/usr/lib/x.so", "x"), preload="/usr/lib/x.so", owned="/usr/lib/x.so"),
        {"/usr/lib/x.so": {"preload-everywhere": 0}},
    ),
    (
        "preload where everybody may write",
        tree_of(lib("/dev/shm/x.so", "x"), preload="/dev/shm/x.so"),
        {"/dev/shm/x.so": {"preload-everywhere": 65, "library-in-memory-folder": 45}},
    ),
    ("search", tree_of(conf="/tmp/lib\n/opt/lib"), {"/tmp/lib": {"search-path": 50}}),
    (
        "RPATH with its library",
        tree_of(tool("/opt/a/x", "/srv/open"), lib("/srv/open/libz.so.1"), owned="/opt/a/x"),
        {"/opt/a/x": {"search-path": 50}, "/srv/open/libz.so.1": {"library-in-open-folder": 25}},
    ),
    (
        "RPATH without its library",
        tree_of(tool("/opt/a/x", "/srv/open"), owned="/opt/a/x"),
        {"/opt/a/x": {"search-path": 20}},
    ),
    (
        "RPATH by way of ORIGIN",
        tree_of(tool("/opt/a/x", "$ORIGIN/../../tmp/x")),
        {"/opt/a/x": {"search-path": 20}},
    ),
    ("RPATH of its own", tree_of(tool("/opt/a/bin/x", "${ORIGIN}/../lib")), {}),
    (
        "relative, owned",
        tree_of(tool("/opt/x", "lib"), owned="/opt/x"),
        {"/opt/x": {"search-path": 10}},
    ),
    ("relative, not owned", tree_of(tool("/opt/x", "")), {"/opt/x": {"search-path": 25}}),
    (
        "relative, setuid",
        tree_of(tool("/opt/x", ".", mode=0o4755), owned="/opt/x"),
        {"/opt/x": {"search-path": 50}},
    ),
    (
        "setuid with a library that others may change",
        tree_of(
            tool("/usr/bin/su", mode=0o4755),
            lib("/usr/lib/libz.so.1", mode=0o757),
            owned="/usr/bin/su /usr/lib/libz.so.1",
        ),
        {"/usr/bin/su": {"setuid-library": 50}},
    ),
    (
        "setuid with a library of a user",
        tree_of(
            tool("/usr/bin/su", "/home/a", mode=0o4755),
            lib("/home/a/libz.so.1", uid=1000),
            owned="/usr/bin/su",
        ),
        {"/usr/bin/su": {"setuid-library": 50}},
    ),
    (
        "the same without rights of another",
        tree_of(tool("/usr/bin/su", "/home/a"), lib("/home/a/libz.so.1", uid=1000)),
        {},
    ),
    (
        "shadow",
        tree_of(lib("/usr/lib/libz.so.1.3"), lib("/lib64/libz.so.1"), owned="/usr/lib/libz.so.1.3"),
        {"/lib64/libz.so.1": {"shadowing-library": 45}},
    ),
    (
        "shadow that was built here",
        tree_of(
            lib("/usr/lib/libz.so.1.3"),
            lib("/usr/local/lib/libz.so.1"),
            owned="/usr/lib/libz.so.1.3",
            conf="/usr/local/lib",
        ),
        {"/usr/local/lib/libz.so.1": {"shadowing-library": 25}},
    ),
    (
        "brought along by a program",
        tree_of(lib("/usr/lib/libz.so.1.3"), lib("/opt/a/libz.so.1"), owned="/usr/lib/libz.so.1.3"),
        {},
    ),
    ("stray", tree_of(lib("/usr/lib/libq.so", "q")), {"/usr/lib/libq.so": {"unowned-library": 25}}),
    (
        "many strays",
        tree_of(*[lib(f"/usr/lib/lib{n}.so", str(n)) for n in range(21)]),
        {"/usr/lib": {"unowned-library": 10}},
    ),
    (
        "hidden in a folder of the system",
        tree_of(tool("/usr/lib/.x/y")),
        {"/usr/lib/.x/y": {"hidden-file": 40}},
    ),
    ("hidden by its package", tree_of(tool("/usr/lib/.x/y"), owned="/usr/lib/.x/y"), {}),
    ("hidden at home", tree_of(tool("/home/a/.cache/y"), tool("/usr/lib/debug/.build-id/a")), {}),
    (
        "program in shared memory",
        tree_of(tool("/dev/shm/x")),
        {"/dev/shm/x": {"program-in-memory-folder": 45}},
    ),
    (
        "hidden where everybody may write",
        tree_of(tool("/tmp/.x")),
        {"/tmp/.x": {"program-in-open-folder": 25, "hidden-path": 15}},
    ),
    (
        "a build",
        tree_of(*[tool(f"/tmp/build/.obj/{n}", "/tmp/build") for n in range(4)]),
        {"/tmp/build": {"program-in-open-folder": 10}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "tree", "expected"), CASES, ids=[case[0] for case in CASES])
def test_files(name: str, tree: Tree, expected: dict[str, dict[str, int]]) -> None:
    del name
    assert marked(tree) == expected


def _rooted(*nodes: Node) -> Tree:
    """A tree whose /tmp is as it should be, with a folder of root in it."""
    tree = tree_of(*nodes)
    tree.folders |= {"/tmp": (0o41777, 0), "/tmp/v": (0o40755, 0), "/opt": (0o40755, 0)}
    return tree


def test_below_tmp_what_root_alone_may_write_is_not_said_to_be_open() -> None:
    """A few files, many of them, and a folder that is searched; each beside one that is open."""
    assert marked(_rooted(lib("/tmp/v/a.so", "a.so"))) == {}
    assert marked(_rooted(lib("/tmp/v/a.so", "a.so", uid=1))) == {
        "/tmp/v/a.so": {"library-in-open-folder": 25}
    }
    guarded = {"program-in-temporary-folder": 10}
    assert marked(_rooted(tool("/tmp/v/a"))) == {"/tmp/v/a": guarded}
    many = [lib(f"/tmp/v/{number}.so", f"{number}.so") for number in range(4)]
    assert marked(_rooted(*many)) == {"/tmp/v": guarded}
    loose = lib("/tmp/v/5.so", "5.so", mode=0o777)
    assert marked(_rooted(*many, loose)) == {"/tmp/v": {"program-in-open-folder": 10}}
    assert marked(_rooted(tool("/opt/x", "/tmp/v"))) == {}
    for folder in ("/tmp/w", "/tmp"):
        assert marked(_rooted(tool("/opt/x", folder))) == {"/opt/x": {"search-path": 20}}


def test_many_folders_full_of_files_cost_no_more_each(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    heap = tree_marks._heap
    monkeypatch.setattr(tree_marks, "_heap", lambda path: asked.append(path) or heap(path))
    tree = tree_of(*[lib(f"/tmp/{at}/{n}.so", f"{n}.so") for at in range(50) for n in range(4)])
    assert len(marked(tree)) == 50
    assert len(asked) <= 4 * len(tree.nodes)


def test_without_a_database_nothing_is_called_unowned() -> None:
    tree = tree_of(lib("/usr/lib/libz.so.1.3"), lib("/lib64/libz.so.1"), preload="/lib64/libz.so.1")
    tree.owners = None
    assert marked(tree) == {"/lib64/libz.so.1": {"preload-everywhere": 0}}
