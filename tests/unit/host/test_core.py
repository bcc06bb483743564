"""Cores: what is in them, in either order, whole or cut."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_writer import PAGE, Piece, core_of, stack_of
from sidelight.host.core import CoreError, read_core
from sidelight.host.judge import judge
from sidelight.host.process import Bent, Process

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


DATA, STACK = 0x600000, 0x7F1000000000
CALL = b"\xff\xd0"


def calling(target: int, *, notes_last: bool = False, tag: int = 20) -> bytes:
    """A program whose dynamic section and slots lie in its data; the second slot is *target*."""
    entries = [(3, DATA + 0x100), (2, 3 * 24), (tag, 7), (23, CODE + 8), (0, 0)]
    dynamic = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    slots = struct.pack("<6Q", 1, 2, 3, CODE + 16, target, CODE + 32)
    pieces = [
        Piece(CODE, PAGE, "r-xp", b"", "/usr/bin/tool"),
        Piece(DATA, PAGE, "rw-p", dynamic.ljust(0x100, b"\0") + slots, "/usr/bin/tool"),
        Piece(LOOSE, PAGE, "r-xp", bytes(14) + CALL + bytes(16)),
    ]
    return core_of(pieces, notes_last=notes_last)


@pytest.mark.parametrize("notes_last", [False, True])
def test_a_call_into_memory_without_a_file(notes_last: bool) -> None:
    bent = process_of(calling(LOOSE + 4, notes_last=notes_last)).bent
    assert bent == (Bent(DATA + 0x100 + 32, "", LOOSE + 4, "/usr/bin/tool"),)
    assert process_of(calling(CODE + 4, notes_last=notes_last)).bent == ()
    assert process_of(calling(LOOSE + PAGE, notes_last=notes_last)).bent == ()
    assert process_of(calling(LOOSE + 4, tag=21)).bent == ()


@pytest.mark.parametrize("size", [PAGE, 5 << 20])
def test_a_thread_that_returns_into_memory_without_a_file(size: int) -> None:
    """Right behind a call, on a small stack and on a large one; a pointer is no return."""
    stack = struct.pack("<3Q", 0, LOOSE + 16, LOOSE + 24).ljust(size // 2, b"\0")
    pieces = [
        Piece(CODE, PAGE, "r-xp", b"", "/usr/bin/tool"),
        Piece(LOOSE, PAGE, "r-xp", bytes(14) + CALL + bytes(16)),
        Piece(STACK, size, "rw-p", stack),
        Piece(TOP, size, "rw-p", b"x" * 64),
    ]
    process = process_of(core_of(pieces, threads=[(7, CODE, STACK), (8, CODE, TOP)]))
    assert process.returning == ((7, LOOSE + 16),)
    assert "return-in-memory" in {mark.id for mark in judge(process)}


def test_the_end_of_a_stack_is_kept_until_the_notes_come() -> None:
    """gdb writes them last; threads have stacks of 8 MiB, and use the end of them."""
    size = 8 << 20
    stack = bytes(size - 4096) + struct.pack("<2Q", 0, LOOSE + 16).ljust(4096, b"\0")
    pieces = [
        Piece(CODE, PAGE, "r-xp", b"", "/usr/bin/tool"),
        Piece(LOOSE, PAGE, "r-xp", bytes(14) + CALL + bytes(16)),
        Piece(STACK, size, "rw-p", stack),
        *(Piece(TOP + number * PAGE * 2, PAGE, "rw-p", b"x") for number in range(4)),
    ]
    threads = [(7, CODE, STACK + size - 4096)]
    process = process_of(core_of(pieces, threads=threads, notes_last=True))
    assert process.returning == ((7, LOOSE + 16),)


@given(st.integers(0, 0x1400), st.sampled_from([0, 1, 7, 0x7F, 0xFF]))
def test_dynamic_sections_that_lie_do_no_harm(at: int, byte: int) -> None:
    data = bytearray(calling(LOOSE + 4))
    data[min(at, len(data) - 1)] = byte
    try:
        process_of(bytes(data))
    except CoreError:
        return
