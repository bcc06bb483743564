"""Cores: what is in them, in either order, whole or cut."""

import io
import struct

import pytest

from core_writer import PAGE, Piece, core_of, stack_of
from sidelight.host.core import CoreError, read_core
from sidelight.host.judge import judge
from sidelight.host.process import Process

IMAGE = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, 62)
CODE, LOOSE, TOP = 0x400000, 0x7F0000000000, 0x7FFF00000000


def process_of(core: bytes) -> Process:
    return read_core(io.BytesIO(core).read).process


def example(*, notes_last: bool = False, perms: str = "r-xp", data: bytes = IMAGE) -> bytes:
    vector = {9: CODE + 16, 33: LOOSE + 0x100000}
    words = ["[kworker/0:1]", "-d"], ["A=1", "LD_PRELOAD=/tmp/x.so", "B="]
    start, stack, auxv = stack_of(TOP, *words, vector)
    pieces = [
        Piece(CODE, PAGE, "r-xp", b"", "/usr/bin/tool"),
        Piece(LOOSE, PAGE, perms, data.ljust(PAGE, b"\0")),
        Piece(LOOSE + PAGE, PAGE, "rw-p", bytes(PAGE)),
        Piece(LOOSE + 0x100000, PAGE, "r-xp", IMAGE.ljust(PAGE, b"\0")),
        Piece(start, TOP - start, "rw-p", stack),
    ]
    threads = [(7, CODE + 32), (8, LOOSE + 64)]
    return core_of(pieces, threads=threads, auxv=auxv, notes_last=notes_last)


@pytest.mark.parametrize("notes_last", [False, True])
def test_a_core_becomes_a_process(notes_last: bool) -> None:
    """gdb writes the notes last, the kernel first."""
    process = process_of(example(notes_last=notes_last))
    assert (process.pid, process.comm, process.exe) == (7, "tool", "/usr/bin/tool")
    assert process.argv == ("[kworker/0:1]", "-d")
    assert process.loader == {"LD_PRELOAD": "/tmp/x.so"}
    assert process.halted == ((7, CODE + 32), (8, LOOSE + 64))
    assert [(sign.address, sign.sort) for sign in process.signs] == [(LOOSE, "header")]
    assert [region.sort for region in process.regions] == ["file", "anonymous", "kernel"]
    assert {mark.id for mark in judge(process)} == {
        "kernel-thread-name",
        "image-in-memory",
        "thread-in-memory",
        "executable-anonymous",
        "preload-named",
    }


def test_an_image_among_data_is_a_buffer() -> None:
    """Without an executable neighbour it is nothing that could run."""
    assert process_of(example(perms="rw-p")).signs == ()


def test_the_image_of_a_file_and_the_vdso_are_none() -> None:
    pieces = [Piece(CODE, PAGE, "r-xp", IMAGE.ljust(PAGE, b"\0"), "/usr/bin/tool")]
    assert process_of(core_of(pieces)).signs == ()


def test_what_gdb_left_out_of_a_library_is_code() -> None:
    """Of three pieces of one file, the two without permissions."""
    library = "/tmp/libx.so"
    pieces = [Piece(0x1000 * n, PAGE, "r--p", b"x", library) for n in (1, 2, 3)]
    core = core_of(pieces)
    left_out = core.replace(struct.pack("<IIQ", 1, 4, 0)[:8], b"", 0)
    assert read_core(io.BytesIO(left_out).read).process.regions == ()


def test_a_core_without_a_stack_has_the_arguments_of_its_note() -> None:
    assert process_of(core_of([])).argv == ("tool", "-d")
    assert process_of(core_of([])).loader is None


def test_a_core_that_is_cut_short_says_where() -> None:
    whole = example()
    core = read_core(io.BytesIO(whole[:-10]).read)
    assert core.cut == len(whole) - 10
    assert read_core(io.BytesIO(whole).read).cut is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no ELF core"),
        (example()[:70], "no notes"),
        (example()[:16] + b"\2\0" + example()[18:], "no ELF core"),
        (example()[:54] + b"\0\0" + example()[56:], "not known"),
        (example()[:32] + b"\xff" * 8 + example()[40:], "before its program headers"),
    ],
)
def test_what_is_no_core_is_an_error_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(CoreError, match=reason):
        read_core(io.BytesIO(data).read)


def test_an_image_of_a_whole_memory_is_no_process() -> None:
    data = core_of([Piece(0x1000, PAGE, "rw-p", bytes(PAGE))])
    whole = data.replace(b"CORE\0\0\0\0", b"QEMU\0\0\0\0", 1)
    with pytest.raises(CoreError, match="--memory-image"):
        read_core(io.BytesIO(whole).read)
