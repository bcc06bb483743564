import pytest

from sidelight.analytics.threads import (
    THREAD_FIELDS,
    judge_thread,
    moduleless_marks,
    thread_marks,
)

HERE, THERE = r"C:\a\here.exe", r"C:\Windows\there.exe"
LOW = "0x000001F0A0000000"


@pytest.mark.parametrize(
    ("address", "module", "function", "signal"),
    [
        (LOW, "", "", "memory.thread-unbacked"),
        (LOW, "-", "-", "memory.thread-unbacked"),
        ("00530000", "", "", "memory.thread-unbacked"),
        ("0xFFFFF80000000000", "-", "-", None),
        ("0xFFFF000000000000", "-", "-", None),
        ("0xFFFEFFFFFFFFFFFF", "-", "-", "memory.thread-unbacked"),
        ("0x0", "-", "-", None),
        ("", "-", "-", None),
        ("garbage", "-", "-", None),
        (LOW, "-", "CtrlRoutine", None),
        (LOW, "-", "DbgUiRemoteBreakin", None),
        (LOW, r"C:\Windows\System32\kernel32.dll", "LoadLibraryA", "memory.thread-loader"),
        (LOW, "", "LoadLibraryExW", "memory.thread-loader"),
        (LOW, r"C:\Windows\System32\ntdll.dll", "LdrLoadDll", "memory.thread-loader"),
        (LOW, r"C:\Windows\System32\ntdll.dll", "RtlUserThreadStart", None),
        (LOW, r"C:\Users\anna\Downloads\a.dll", "", "memory.thread-dropped"),
        (LOW, r"\\server\share\a.dll", "", "memory.thread-dropped"),
        (LOW, r"C:\Program Files\Acme\a.dll", "", None),
        (LOW, "?", "", None),
    ],
)
def test_a_thread_is_judged_by_where_it_starts(
    address: str, module: str, function: str, signal: str | None
) -> None:
    mark = judge_thread(HERE, THERE, address, module, function)
    assert (mark.signal if mark else None) == signal
    if mark:
        assert "here.exe" in mark.said
        assert "there.exe" in mark.said


def test_programs_without_a_name_are_called_a_process() -> None:
    mark = judge_thread("", "", LOW, "", "")
    assert mark
    assert mark.said.startswith("a process started a thread in a process at")


def test_where_the_module_is_not_told_only_the_function_speaks() -> None:
    fields = dict(zip(THREAD_FIELDS, (HERE, THERE, LOW, "", ""), strict=True))
    assert [mark.signal for mark in thread_marks(fields)] == ["memory.thread-unbacked"]
    assert moduleless_marks(fields) == ()
    loader = {**fields, "StartFunction": "LoadLibraryW"}
    assert [mark.signal for mark in moduleless_marks(loader)] == ["memory.thread-loader"]
