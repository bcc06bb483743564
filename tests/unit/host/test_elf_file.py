"""What ELF files ask for: as they were written, as readelf shows them, and where they lie."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf_writer import elf_of
from sidelight.host.elf_file import ElfFile, read_elf


def reading(data: bytes) -> ElfFile | None:
    return read_elf(lambda offset, size: data[offset : offset + size])


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
def test_what_a_file_asks_for_in_all_forms(wide: bool, order: str) -> None:
    data = elf_of(
        needed=("liba.so.1", "libb.so"),
        soname="libx.so.2",
        rpath="/a:$ORIGIN",
        wide=wide,
        order=order,
    )
    expected = ElfFile(False, "libx.so.2", ("liba.so.1", "libb.so"), ("/a", "$ORIGIN"))
    assert reading(data) == expected


def test_programs_are_told_from_libraries() -> None:
    """A library with an interpreter, as libc, is loaded more than it is started."""
    for data, program in (
        (elf_of(2), True),
        (elf_of(3, interpreter=True), True),
        (elf_of(3), False),
        (elf_of(3, soname="libc.so.6", interpreter=True), False),
    ):
        found = reading(data)
        assert found is not None
        assert found.program == program
    assert reading(elf_of(1)) is None
    assert reading(elf_of(4)) is None


def test_runpath_counts_where_both_are() -> None:
    found = reading(elf_of(rpath="/old", runpath=""))
    assert found is not None
    assert found.folders == ("",)


@given(st.integers(0, 0x460), st.sampled_from([0, 1, 0xFF, 0x80]), st.integers(0, 0x460))
def test_files_that_lie_do_no_harm(at: int, byte: int, cut: int) -> None:
    data = bytearray(elf_of(2, needed=("liba.so.1",), rpath="/a", interpreter=True))
    data[min(at, len(data) - 1)] = byte
    for some in (bytes(data), bytes(data[:cut])):
        found = reading(some)
        assert found is None or isinstance(found, ElfFile)


@given(st.integers(0, 0x100), st.sampled_from([1 << 31, 1 << 62, 1 << 63, (1 << 64) - 1]))
def test_offsets_that_no_file_has_do_no_harm(at: int, value: int) -> None:
    """Read as a file is, by offset."""
    data = bytearray(elf_of(2, needed=("liba.so.1",), rpath="/a", interpreter=True))
    data[at : at + 8] = value.to_bytes(8, "little")
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        found = read_elf(lambda offset, size: os.pread(file.fileno(), size, offset))
    assert found is None or isinstance(found, ElfFile)


def test_it_is_as_readelf_shows_it() -> None:
    readelf = shutil.which("readelf")
    if readelf is None:
        pytest.skip("needs readelf")
    seen = 0
    folder = Path(sys.base_prefix) / "lib"
    files = [Path(sys.executable).resolve(), *folder.rglob("*.so*"), *Path("/usr/bin").glob("g*")]
    for path in [path for path in files if path.is_file() and not path.is_symlink()][:150]:
        with path.open("rb") as file:
            data = file.read()
        found = reading(data)
        if found is None:
            continue
        ran = subprocess.run([readelf, "-dW", path], capture_output=True, check=False, text=True)
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", ran.stdout)
        soname = re.findall(r"\(SONAME\).*\[(.*)\]", ran.stdout)
        runpath = re.findall(r"\(RUNPATH\).*\[(.*)\]", ran.stdout)
        rpath = re.findall(r"\(RPATH\).*\[(.*)\]", ran.stdout)
        assert list(found.needed) == needed, path
        assert [found.soname] == (soname or [""]), path
        expected = [each for text in runpath or rpath for each in text.split(":")]
        assert list(found.folders) == expected, path
        seen += 1
    assert seen
