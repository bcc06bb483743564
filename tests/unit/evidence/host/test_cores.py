"""Cores as frames and gaps."""

import io
import struct

import numpy as np

from core_writer import PAGE, Piece, core_of
from sidelight.evidence.formats import recognise
from sidelight.evidence.host import cores
from sidelight.evidence.stream import Stream
from sidelight.schema import Frame, Gap, want_all

CORE = core_of([Piece(0x1000, PAGE, "rw-p", bytes(PAGE), "/usr/bin/tool")])
IMAGE = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 2, 62)


def read(*data: bytes) -> list[Frame | Gap]:
    streams = [Stream(f"{n}.core", io.BytesIO(each)) for n, each in enumerate(data)]
    return list(cores.read(streams, want_all))


def test_a_core_is_known_and_a_program_is_not() -> None:
    assert recognise(CORE) == "core"
    assert recognise(CORE[:16] + b"\2\0" + CORE[18:]) == ""


def test_cores_share_a_frame() -> None:
    (frame,) = read(CORE, CORE)
    assert isinstance(frame, Frame)
    assert frame.sources == ("0.core", "1.core")
    assert frame.detail(np.array([0]))[0]["CommandLine"] == "tool -d"


def test_a_cut_core_is_a_row_and_a_gap_and_a_broken_one_a_gap() -> None:
    cut, broken, frame = read(CORE[:-9], CORE[:64])
    assert isinstance(cut, Gap)
    assert isinstance(broken, Gap)
    assert isinstance(frame, Frame)
    assert (cut.reason, cut.offset, broken.reason) == ("truncated", len(CORE) - 9, "damaged")


def test_of_a_core_that_lists_no_files_no_memory_is_judged() -> None:
    """As very old kernels and some programs write them: all of it would seem to have none."""
    gap, frame = read(core_of([Piece(0x1000, PAGE, "r-xp", IMAGE)], threads=[(7, 0x1010)]))
    assert isinstance(gap, Gap)
    assert isinstance(frame, Frame)
    assert (gap.reason, "lists no files" in gap.text) == ("unsupported", True)
    assert "Marks" not in frame.detail(np.array([0]))[0]
