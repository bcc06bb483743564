import pytest

from sidelight.analytics.hijacks import Hijack, by_name
from sidelight.analytics.paths import place_of


@pytest.mark.parametrize(
    ("location", "folder", "expected"),
    [
        ("%SYSTEM32%", r"C:\Windows\System32", True),
        ("%SYSTEM32%", r"c:\windows\sysnative", True),
        ("%SYSTEM32%", r"\Device\HarddiskVolume3\Windows\System32", True),
        ("%SYSTEM32%", r"C:\Windows\WinSxS\amd64_x", True),
        ("%SYSTEM32%", r"C:\Windows\System32\spool\drivers\color", False),
        ("%SYSTEM32%", r"C:\Users\a\Windows\System32", False),
        ("%SYSTEM32%", r"C:\Windows \System32", False),
        (r"%SYSTEM32%\wbem", r"C:\Windows\System32\wbem", True),
        ("%SYSWOW64%", r"C:\Windows\SysWOW64", True),
        (r"%PROGRAMFILES%\Media House", r"C:\Program Files\Media House", True),
        (r"%PROGRAMFILES%\Media House\ ".strip(), r"D:\Program Files (x86)\MEDIA HOUSE", True),
        (r"%PROGRAMFILES%\Media House", r"C:\Program Files\Media House\plugins", True),
        (r"%PROGRAMFILES%\Media House", r"C:\Program Files\Media Houses", False),
        (r"%PROGRAMFILES%\Media House", r"C:\ProgramData\Media House", False),
        (r"%PROGRAMFILES%\Media House", r"C:\Windows\WinSxS\x", False),
        (r"%PROGRAMFILES%\Media\%VERSION%\bin", r"C:\Program Files\Media\12.1\bin", True),
        (r"%PROGRAMFILES%\Media\%VERSION%\bin", r"C:\Program Files\Media\12\1\bin", False),
        (r"%LOCALAPPDATA%\Media", r"C:\Users\anna\AppData\Local\Media", True),
        (r"%LOCALAPPDATA%\Media", r"C:\Users\anna\AppData\Roaming\Media", False),
        (r"%APPDATA%\Media", r"C:\Users\anna\AppData\Roaming\Media", True),
        (r"C:\Tools", r"C:\Tools", True),
        (r"C:\Tools", r"D:\Tools", False),
        (r"%PROGRAMFILES%\a+b", r"C:\Program Files\a+b", True),
        (r"%PROGRAMFILES%\a+b", r"C:\Program Files\aab", False),
    ],
)
def test_a_folder_is_held_against_its_variables(location: str, folder: str, expected: bool) -> None:
    place = place_of(rf"{folder}\codec.dll")
    assert Hijack("codec.dll", locations=(location,)).expects(place) == expected


def test_one_of_several_folders_will_do() -> None:
    both = Hijack("a.dll", locations=("%SYSTEM32%", r"%PROGRAMFILES%\A"))
    assert both.expects(place_of(r"C:\Program Files\A\a.dll"))
    assert not Hijack("a.dll").expects(place_of(r"C:\Windows\System32\a.dll"))


def test_entries_of_one_library_are_put_together() -> None:
    one = Hijack("a.dll", "A", ("A Inc",), ("%SYSTEM32%",), ("a.exe",))
    other = Hijack("a.dll", "B", ("B Inc", "A Inc"), (r"C:\B",), ("b.exe", "a.exe"))
    whole = by_name([other, one, Hijack("0.dll")])
    assert list(whole) == ["0.dll", "a.dll"]
    assert by_name([one, other])["a.dll"] == Hijack(
        "a.dll", "A / B", ("A Inc", "B Inc"), ("%SYSTEM32%", r"C:\B"), ("a.exe", "b.exe")
    )
