import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.analytics import paths
from sidelight.analytics.paths import (
    HOME,
    PROTECTED,
    WRITABLE,
    Places,
    Zone,
    is_beside,
    place_of,
    zones,
)

TABLE = (
    ("", Zone.NOWHERE),
    ("svchost.exe", Zone.NOWHERE),
    ("relative\\a.dll", Zone.NOWHERE),
    ("\u8019\u752f\\Windows\\System32\\a.dll", Zone.NOWHERE),
    ("<unknown process>", Zone.NOWHERE),
    (r"C:\Windows\System32\a.dll", Zone.SYSTEM),
    (r"c:\windows\SYSWOW64\a.dll", Zone.SYSTEM),
    (r"C:\Windows\Sysnative\a.dll", Zone.SYSTEM),
    (r"C:/Windows/System32/a.dll", Zone.SYSTEM),
    (r"D:\Windows\System32\a.dll", Zone.DATA),  # anybody may make that folder
    (r"C:\x\Windows\System32\a.dll", Zone.DATA),
    (r"D:\x\Windows\System32\a.dll", Zone.DATA),
    (r"D:\Windows\a.dll", Zone.DATA),
    (r"D:\Windows\WinSxS\amd64_x\a.dll", Zone.DATA),
    (r"\Device\HarddiskVolume3\x\Windows\System32\a.dll", Zone.DATA),
    ("D:\\Windows \\System32\\a.dll", Zone.MOCK),
    (r"\\?\C:\Windows\System32\a.dll", Zone.SYSTEM),
    (r"\??\C:\Windows\System32\a.dll", Zone.SYSTEM),
    (r"\Device\HarddiskVolume3\Windows\System32\a.dll", Zone.SYSTEM),
    (r"C:\Windows\System32\wbem\a.dll", Zone.WINDOWS),
    (r"C:\Windows\a.dll", Zone.WINDOWS),
    (r"C:\Windows\System32\spool\drivers\x64\3\a.dll", Zone.WINDOWS),
    (r"C:\Windows\WinSxS\amd64_x\a.dll", Zone.SIDE_BY_SIDE),
    (r"C:\Users\anna\WinSxS\amd64_x\a.dll", Zone.DATA),
    (r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\clr.dll", Zone.DOTNET),
    (r"C:\Windows\assembly\GAC_MSIL\a.dll", Zone.DOTNET),
    (r"C:\Windows\assembly\NativeImages_v4.0.30319_64\a\b\a.ni.dll", Zone.NATIVE),
    (r"C:\Program Files\WindowsApps\x\a.dll", Zone.STORE),
    (r"C:\Program Files\Acme\a.dll", Zone.PROGRAMS),
    (r"C:\Program Files (x86)\Acme\a.dll", Zone.PROGRAMS),
    (r"C:\ProgramData\Microsoft\Windows Defender\Platform\4.18\MpClient.dll", Zone.PROGRAMS),
    (r"C:\Program Files Acme\a.dll", Zone.DATA),
    (r"C:\ProgramData\Acme\a.dll", Zone.DATA),
    (r"C:\Users\anna\AppData\Roaming\a.dll", Zone.DATA),
    (r"C:\Users\anna\AppData\Local\Programs\a.dll", Zone.DATA),
    (r"D:\EMS\a.dll", Zone.DATA),
    (r"C:\Users\anna\Downloads\a.dll", Zone.TRANSIT),
    (r"C:\Users\anna\AppData\Local\Temp\x\a.dll", Zone.TRANSIT),
    (r"C:\Users\ANNA~1\AppData\Local\Temp\a.dll", Zone.TRANSIT),
    (r"C:\Users\Public\a.dll", Zone.TRANSIT),
    (r"C:\PerfLogs\a.dll", Zone.TRANSIT),
    (r"C:\$Recycle.Bin\S-1-5-21\a.dll", Zone.TRANSIT),
    (r"C:\Windows\Temp\a.dll", Zone.LOOSE),
    (r"C:\Windows\System32\spool\drivers\color\a.dll", Zone.LOOSE),
    (r"C:\Windows\Temporary\a.dll", Zone.WINDOWS),
    (r"C:\Windows\System32\Tasks\a.dll", Zone.LOOSE),
    (r"\\server\share\a.dll", Zone.SHARE),
    (r"\\?\UNC\server\share\a.dll", Zone.SHARE),
    (r"\Device\Mup\server\share\a.dll", Zone.SHARE),
    ("C:\\Windows \\System32\\a.dll", Zone.MOCK),
    ("C:\\Windows\u00a0\\System32\\a.dll", Zone.MOCK),
    ("C:\\Windows\\System32 \\a.dll", Zone.MOCK),
    ("C:\\Program Files \\Acme\\a.dll", Zone.MOCK),
    (r"C:\Windows\System32\inspect.exe.local\x\comctl32.dll", Zone.REDIRECT),
    (r"C:\Users\anna\.local\share\a.dll", Zone.DATA),
)  # fmt: skip


@pytest.mark.parametrize(("path", "zone"), TABLE)
def test_each_path_lies_in_its_zone(path: str, zone: Zone) -> None:
    assert place_of(path).zone is zone
    assert place_of(path.upper()).zone is zone
    assert zones([path]).tolist() == [zone]


def test_every_zone_is_in_the_table_and_none_is_protected_and_writable() -> None:
    assert {zone for _, zone in TABLE} == set(Zone)
    assert not PROTECTED & WRITABLE
    assert HOME < PROTECTED


def test_a_path_is_folded_and_taken_apart() -> None:
    place = place_of(r"\??\C:/Windows\System32\Version.DLL")
    assert (place.path, place.folder, place.name) == (
        r"c:\windows\system32\version.dll",
        "c:\\windows\\system32\\",
        "version.dll",
    )


def test_beside_is_the_folder_and_below_it_and_not_alike() -> None:
    program = place_of(r"C:\Acme\a.exe")
    assert is_beside(place_of(r"C:\acme\b.dll"), program)
    assert is_beside(place_of(r"C:\acme\plugins\b.dll"), program)
    assert not is_beside(place_of(r"C:\acme2\b.dll"), program)
    assert not is_beside(place_of("b.dll"), place_of("a.exe"))


PIECES = (
    *("c:", "\\", "\\windows\\", "system32", "temp", "\\program files\\", "\\users\\", "a", "~1"),
    *("\\\\", "device", "mup", "windowsapps", "appdata", "$recycle.bin", "downloads", "progra~1"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_the_first_pattern_that_matches_tells_the_zone(path: str) -> None:
    place = place_of(path)
    each = ((zone, re.match(text, place.path)) for zone, text in paths._PATTERNS)
    expected = next((zone for zone, found in each if found), Zone.NOWHERE)

    assert place.zone == (expected if place.folder else Zone.NOWHERE)


@given(st.lists(st.sampled_from((*PIECES, "/", "\\??\\", "\u0130", "\u03a3", "K")), max_size=8))
def test_a_path_is_folded_as_a_whole_as_its_parts_would_be(pieces: list[str]) -> None:
    place = place_of("".join(pieces))
    assert place.path == place.folder + place.name == place.written.lower()
    assert (place.folder, place.name) == (place.where.lower(), place.file.lower())
    assert "\\" not in place.file


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), max_size=5), st.data())
def test_many_paths_are_taken_apart_as_one_is(some: list[str], data: st.DataObject) -> None:
    paths._KNOWN.clear()
    for path in data.draw(st.sets(st.sampled_from(some))) if some else ():
        place_of(path)  # which remembers it
    found = Places.of(some)
    expected = [place_of(path) for path in some]
    assert list(found.paths) == [place.path for place in expected]
    assert list(found.folders) == [place.folder for place in expected]
    assert list(found.names) == [place.name for place in expected]
    assert found.zones.tolist() == [place.zone for place in expected]
