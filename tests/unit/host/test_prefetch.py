"""Prefetch files, packed and not, whole and broken."""

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidelight.host.prefetch import Prefetch, PrefetchError, begins, on_volume, read_prefetch
from sidelight.host.shimcache import Seen, shimcache
from sidelight.host.xpress import PackedError, unpack
from trace_writer import VOLUME, compress, pack, stamp, write_prefetch
from trace_writer import shimcache as cached

PROGRAM = f"{VOLUME}USERS\\BOB\\SVC.EXE"
LIBRARY = f"{VOLUME}USERS\\BOB\\HELPER.DLL"
FILES = (f"{VOLUME}WINDOWS\\SYSTEM32\\NTDLL.DLL", PROGRAM, LIBRARY)


@pytest.mark.parametrize("version", [17, 23, 26, 30, 31])
@pytest.mark.parametrize("packed", [False, True])
def test_a_prefetch_tells_what_was_run_when_and_what_it_read(version: int, packed: bool) -> None:
    data = write_prefetch("svc.exe", FILES, version=version, count=5, times=[1_700_000_000])
    data = compress(data) if packed else data
    assert begins(data)
    found = read_prefetch(data)
    assert found == Prefetch("SVC.EXE", 5, (1_700_000_000 * 10**9,), FILES)
    assert found.program == PROGRAM


def test_the_newest_run_is_first_and_none_is_no_time() -> None:
    data = write_prefetch("svc.exe", FILES, times=[1_600_000_000, 1_700_000_000])
    assert read_prefetch(data).times == (1_700_000_000 * 10**9, 1_600_000_000 * 10**9)
    assert read_prefetch(write_prefetch("a.exe", FILES)).times == ()
    assert read_prefetch(write_prefetch("a.exe", FILES)).program == ""


def test_a_path_begins_behind_its_volume() -> None:
    assert on_volume(PROGRAM) == "USERS\\BOB\\SVC.EXE"
    assert on_volume("\\DEVICE\\HARDDISKVOLUME2\\A\\B.EXE") == "A\\B.EXE"
    assert on_volume("\\DEVICE\\MUP\\A") == "\\DEVICE\\MUP\\A"


def test_the_example_of_the_specification_is_unpacked() -> None:
    """[MS-XCA] 3.2: the alphabet, and three letters a hundred times, by our own codes."""
    letters = bytes(range(ord("a"), ord("z") + 1))
    assert unpack(pack(letters), 26) == letters
    assert unpack(pack(b"abc", [(3, 297)]), 300) == b"abc" * 100


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_packed_is_unpacked(data: st.DataObject) -> None:
    """The oracle copies byte by byte; that of dissect is asked, too, where it is there."""
    plain = data.draw(st.binary(min_size=1, max_size=300))
    out, repeats = bytearray(plain), []
    for _ in range(data.draw(st.integers(0, 20))):
        distance = data.draw(st.integers(1, len(out)))
        length = data.draw(st.sampled_from([3, 17, 18, 19, 272, 273, 274, 600]))
        repeats.append((distance, length))
        for _ in range(length):
            out.append(out[-distance])
    packed = pack(plain, repeats)
    assert unpack(packed, len(out)) == bytes(out)
    assert unpack(packed, len(plain)) == plain
    try:
        from dissect.util.compression import lzxpress_huffman
    except ImportError:
        return
    assert lzxpress_huffman.decompress(packed + bytes(16))[: len(out)] == bytes(out)


@given(st.binary(max_size=400), st.integers(0, 1 << 17))
@settings(max_examples=100, deadline=None)
def test_no_more_is_unpacked_than_was_said(data: bytes, size: int) -> None:
    with contextlib.suppress(PackedError):
        assert len(unpack(b"\x99" * 256 + data, size)) == size


@given(st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_prefetch_or_an_error(luck: random.Random, packed: bool) -> None:
    data = bytearray(write_prefetch("svc.exe", FILES, times=[1_700_000_000]))
    for _ in range(luck.randint(1, 8)):
        data[luck.randrange(len(data))] = luck.randrange(256)
    cut = bytes(data[: luck.choice([len(data), luck.randrange(len(data))])])
    with contextlib.suppress(PrefetchError):
        read_prefetch(compress(cut)[: luck.choice([300, 1 << 20])] if packed else cut)


@pytest.mark.parametrize("size", [0, 1 << 30])
def test_a_size_that_none_has_is_refused(size: int) -> None:
    with pytest.raises(PrefetchError, match="says that it has"):
        read_prefetch(b"MAM\x04" + size.to_bytes(4, "little") + b"\x99" * 300)


def test_the_shim_cache_lists_paths() -> None:
    data = cached("C:\\a.exe", "C:\\Users\\b.exe")
    at = stamp(1_700_000_000)
    assert list(shimcache(data)) == [Seen("C:\\a.exe", at), Seen("C:\\Users\\b.exe", at)]
    assert list(shimcache(data[:-20])) == [Seen("C:\\a.exe", at)]
    with pytest.raises(ValueError, match="form"):
        list(shimcache(b"\xee\x0f\xdc\xba" + bytes(200)))


def test_the_shim_cache_of_windows_8_has_more_between() -> None:
    path = "C:\\a.exe".encode("utf-16-le")
    inner = len(path).to_bytes(2, "little") + path + b"\2\0x\0" + bytes(8)
    inner += stamp(1_700_000_000).to_bytes(8, "little") + bytes(4)
    entry = b"10ts" + bytes(4) + len(inner).to_bytes(4, "little") + inner
    assert list(shimcache(bytes(0x80) + entry)) == [Seen("C:\\a.exe", stamp(1_700_000_000))]
