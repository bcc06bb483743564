import pytest

from sidelight.analytics.frames import Place, parse, place


@pytest.mark.parametrize(
    ("digits", "wow64", "expected"),
    [
        ("00000000", False, "nowhere"),
        ("0000FFFF", False, "nowhere"),
        ("01770343", False, "heap"),
        ("100013EA", False, "heap"),
        ("76F00000", False, "near"),
        ("966AF6DA", False, "kernel"),
        ("966AF6DA", True, "heap"),
        ("00000000004D40A2", False, "heap"),
        ("000001B1ED7CBADE", False, "heap"),
        ("00007FEFFFFFFFFF", False, "heap"),
        ("00007FF000000000", False, "near"),
        ("00007FFB225F5678", False, "near"),
        ("000007FEF9123456", False, "near"),
        ("0000800000000000", False, "nowhere"),
        ("FFFFF8063EA8ED25", False, "kernel"),
    ],
)
def test_an_address_lies_somewhere(digits: str, wow64: bool, expected: Place) -> None:
    assert place(digits, wow64=wow64) == expected


def test_frames_have_a_module_or_a_place() -> None:
    trace = parse(
        r"C:\Windows\SYSTEM32\NTDLL.dll+9c|D:\a+b\c d.exe+1f(wow64)|UNKNOWN(01770343)|x||"
    )
    assert [(each.name, each.place, each.wow64) for each in trace.frames] == [
        ("ntdll.dll", "module", False),
        ("c d.exe", "module", True),
        ("", "heap", False),
        ("", "nowhere", False),
        ("", "nowhere", False),
        ("", "nowhere", False),
    ]
    assert trace.wow64


@pytest.mark.parametrize("text", ["", "-"])
def test_no_trace_has_no_frames(text: str) -> None:
    assert parse(text).frames == ()
    assert not parse(text).wow64


def test_an_address_inside_a_path_is_no_frame_of_its_own() -> None:
    [frame] = parse(r"UNKNOWN(01770343)\ntdll.dll+1").frames
    assert frame.place == "module"
