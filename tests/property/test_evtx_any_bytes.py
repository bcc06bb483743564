"""Any bytes whatever are frames or gaps: what is read of a damaged log was in it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from evtx_logs import details, items, log, rows, stream
from examples import examples
from shared_paths import SHARED

CHUNK = 65536
SMALL = [
    path
    for path in sorted((SHARED / "evidence").rglob("*.evtx"))
    if path.stat().st_size <= 4096 + CHUNK
]
SAMPLES = [log(300), *(path.read_bytes() for path in SMALL[:40])]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SAMPLES)))
    match draw(st.sampled_from(["cut", "zero", "swap", "flip", "bytes"])):
        case "cut":
            return bytes(data[: draw(st.integers(0, len(data)))])
        case "zero":
            start = draw(st.integers(0, len(data) // 512)) * 512
            length = draw(st.sampled_from([8, 512, 4096]))
            data[start : start + length] = bytes(length)
        case "swap":
            first, second = (draw(st.integers(0, len(data) // 4096 - 1)) * 4096 for _ in range(2))
            data[first : first + 4096], data[second : second + 4096] = (
                data[second : second + 4096],
                data[first : first + 4096],
            )
        case "flip":
            for _ in range(draw(st.integers(1, 30))):
                at = draw(st.integers(4096 + 500, min(len(data), 4096 + 12_000) - 1))
                data[at] ^= 1 << draw(st.integers(0, 7))
        case _:
            at = draw(st.integers(4096 + 500, min(len(data), 4096 + 12_000) - 1))
            data[at : at + 16] = draw(st.binary(min_size=16, max_size=16))
    return bytes(data)


@examples(100)
@given(damaged(), st.booleans())
def test_damaged_logs_are_frames_and_gaps(data: bytes, stretch: bool) -> None:
    frames, _ = items([stream(data, 4096 if stretch and len(data) > 4096 else 0)])
    assert rows(frames) == details(frames)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2000), st.sampled_from([b"", b"ElfFile\0", b"ElfChnk\0"]))
def test_any_bytes_are_frames_and_gaps(data: bytes, head: bytes) -> None:
    frames, _ = items([stream(head + data), stream(head + data, 1)])
    assert frames == []
