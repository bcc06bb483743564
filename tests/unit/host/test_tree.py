"""How a file tree is asked: paths, folders that the loader looks into, who may write there."""

from elf_writer import elf_of
from sidelight.host.collect import Owners
from sidelight.host.elf_file import ElfFile, read_elf
from sidelight.host.tree import Node, Tree, is_default, own_folders


def node(path: str, elf: ElfFile | None = None, mode: int = 0o755, uid: int = 0) -> Node:
    return Node(path, elf or ElfFile(False), mode, uid)


def test_a_library_is_found_by_the_name_that_others_ask_for_it_by() -> None:
    """Links are not needed; /lib and /usr/lib are the same."""
    tree = Tree()
    library = node("/usr/lib/x86_64-linux-gnu/libz.so.1.2.13", ElfFile(False, "libz.so.1"))
    tree.add(library)
    assert tree.find("/lib/x86_64-linux-gnu/libz.so.1") is library
    assert tree.find("/usr/lib/x86_64-linux-gnu/libz.so.1.2.13") is library
    assert tree.find("/usr/lib/libz.so.1") is None
    assert tree.file("/usr/lib/x86_64-linux-gnu/libz.so.1").now == "same"
    assert tree.file("/usr/lib/libz.so.1").now == "none"


def test_folders_that_everybody_may_write() -> None:
    """By their place, by their mode, and where they could be made."""
    tree = Tree(folders={"/": (0o755, 0), "/srv": (0o777, 0), "/opt": (0o755, 0)})
    for folder, expected in (
        ("/tmp", True), ("/dev/shm", True), ("/tmp/a/b", True), ("/srv", True), ("/srv/a/b", True),
        ("/opt", False), ("/opt/a/b", False), ("/none", False),
    ):  # fmt: skip
        assert tree.is_open(folder) == expected, folder


def test_settings_of_the_loader() -> None:
    tree = Tree(preload=b"# a\n/a.so /b.so:libz.so.1\n/c.so#/d.so\n")
    tree.add(node("/usr/lib/libz.so.1"))
    assert tree.preloads() == ["/a.so", "/b.so", "/usr/lib/libz.so.1", "/c.so"]
    tree.settings = {
        "/etc/ld.so.conf": b"include /etc/ld.so.conf.d/*.conf\n/usr/local/lib/ # own\n",
        "/etc/ld.so.conf.d/a.conf": b"hwcap 0 nosegneg\n/opt/a,/opt/b\nrelative\n",
    }
    assert tree.searched() == [
        ("/usr/local/lib", "/etc/ld.so.conf"),
        ("/opt/a", "/etc/ld.so.conf.d/a.conf"),
        ("/opt/b", "/etc/ld.so.conf.d/a.conf"),
    ]
    assert Tree().preloads() == []


def test_the_loader_looks_where_a_file_says_first() -> None:
    tree = Tree()
    own, local, plain = (node(f"{at}/libx.so") for at in ("/opt/a/lib", "/usr/local/lib", "/lib"))
    program = node("/opt/a/bin/x", ElfFile(True, "", ("libx.so",), ("$ORIGIN/../lib",)))
    for each in (plain, local, own):
        tree.add(each)
    assert list(own_folders(program)) == ["/opt/a/lib"]
    assert tree.of(program, "libx.so", ["/usr/local/lib"]) is own
    other = node("/usr/bin/x", ElfFile(True, "", ("libx.so",), ("lib", "")))
    assert list(own_folders(other)) == ["lib", ""]
    assert tree.of(other, "libx.so", ["/usr/local/lib"]) is local
    assert tree.of(other, "libx.so", []) is plain
    assert tree.of(other, "liby.so", []) is None


def test_default_folders() -> None:
    for folder in ("/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/lib/arm-linux-gnueabihf"):
        assert is_default(folder), folder
    for folder in ("/usr/lib/python3", "/usr/local/lib", "/opt/lib", "/usr/lib/systemd"):
        assert not is_default(folder), folder


def test_who_may_change_a_library() -> None:
    tree = Tree(folders={"/lib": (0o755, 0), "/open": (0o1777, 0), "/home": (0o755, 7)})
    root = frozenset({0, -1})
    assert not tree.is_writable(node("/lib/a.so"), root)
    assert tree.is_writable(node("/lib/a.so", mode=0o757), root)
    assert tree.is_writable(node("/lib/a.so", uid=7), root)
    assert tree.is_writable(node("/open/a.so"), root)
    assert tree.is_writable(node("/home/a.so"), root)
    assert not tree.is_writable(node("/home/a.so", uid=7), root | {7})
    assert not tree.is_writable(node("/unknown/a.so", uid=-1), root)


def test_owners_are_those_of_the_file_itself() -> None:
    owners = Owners("/nowhere")
    owners.names.append("made up")
    owners.add_dpkg("zlib1g", b"/lib/libz.so.1.3\n")
    tree = Tree(owners=owners)
    elf = read_elf(lambda at, size: elf_of(soname="libz.so.1")[at : at + size])
    tree.add(node("/usr/lib/libz.so.1.3", elf))
    assert tree.file("/usr/lib/libz.so.1").owner == "zlib1g"
    assert tree.file("/usr/lib/liby.so").owner == ""
    assert Tree().file("/usr/lib/liby.so").owner is None
