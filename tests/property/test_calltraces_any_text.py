"""Any call trace is judged without an error, and no judged one is missed by the quick look."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sidelight.analytics.calltrace import RUNTIMES, candidates, classify
from sidelight.schema import strings

ADDRESSES = st.one_of(
    st.integers(0, 2**32 - 1).map("{:08X}".format),
    st.integers(0, 2**48).map("{:016X}".format),
    st.integers(0, 2**64 - 1).map("{:016X}".format),
    st.integers(0x7FF0_0000_0000, 0x7FFF_FFFF_FFFF).map("{:x}".format),
    st.integers(0, 2**64 - 1).map("{:x}".format),
)
NAMES = [
    r"C:\Windows\System32\ntdll.dll",
    r"C:\WINDOWS\system32\KERNELBASE.dll",
    r"\Windows\System32\wow64cpu.dll",
    r"C:\Windows\System32\advapi32.dll",
    r"C:\Windows\System32\USER32.dll",
    r"D:\tool.exe",
    "ntdll.dll",
    "耙甯",
    *RUNTIMES,
]
FRAMES = st.one_of(
    st.tuples(ADDRESSES, st.sampled_from(["", "(wow64)"])).map(lambda a: f"UNKNOWN({a[0]}){a[1]}"),
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["+1f", "+9(wow64)", "", "+"])).map("".join),
    st.text(max_size=5),
)
TRACES = st.one_of(
    st.lists(FRAMES, max_size=8).map("|".join),
    st.lists(FRAMES, max_size=4).map("".join),
    st.lists(FRAMES, min_size=1, max_size=5).map(
        lambda frames: "|".join([r"C:\Windows\System32\ntdll.dll+1", *frames])
    ),
    st.text(),
)


@settings(max_examples=600, deadline=None)
@given(TRACES, st.none() | st.integers(0, 0x1FFFFF))
def test_what_is_judged_is_a_candidate(trace: str, granted: int | None) -> None:
    verdict = classify(trace, granted=granted)
    if verdict is not None:
        assert candidates(strings([trace])).tolist() == [0]


@given(st.text(), st.text())
def test_any_images_are_judged_without_an_error(source: str, target: str) -> None:
    classify("", source=source, target=target)


@given(st.lists(TRACES, max_size=20))
def test_candidates_are_numbers_of_the_column(traces: list[str]) -> None:
    column = strings(["", *traces]).slice(1)
    left = candidates(column).tolist()
    assert left == sorted(set(left))
    assert all(0 <= each < len(traces) for each in left)
