"""The path that a file had on its host."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.analytics.paths import HOME, Zone, place_of
from sidelight.analytics.triads.roots import Volumes, find_volumes

NAMES = st.sampled_from(["x", "tools", "Intel", "C", "Windows.old", "0", "windows~1"])
LAYOUTS = (
    "/mnt/image/",
    "/cases/1/C/",
    "/cases/1/C:/",
    "kape.zip!C%3A/",
    "image.qcow2!2/",
    "",
)


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("/mnt/image/Users/bob/a.exe", r"C:\Users\bob\a.exe"),
        ("/cases/1/D/Program Files/x/a.dll", r"D:\Program Files\x\a.dll"),
        ("kape.zip!E%3A/Windows/Temp/a.dll", r"E:\Windows\Temp\a.dll"),
        ("image.qcow2!2/ProgramData/a.exe", r"C:\ProgramData\a.exe"),
        ("/home/a/.wine/drive_c/windows/a.exe", r"C:\windows\a.exe"),
        ("/\u0130zmir/\u0130/C/Windows/\u0130/a.dll", "C:\\Windows\\\u0130\\a.dll"),
        (r"E:\cases\7\Windows\System32\a.dll", r"C:\Windows\System32\a.dll"),
        ("/srv/share/tools/a.exe", ""),
        ("users", ""),
    ],
)
def test_a_source_tells_where_a_file_lay(source: str, path: str) -> None:
    assert find_volumes([source]).host_path(source) == path
    assert Volumes().host_path(source) == path


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("proof", [["Windows/System32/a.dll"], ["Windows/a.dll", "Users/b/c.exe"]])
@given(folders=st.lists(NAMES, min_size=1, max_size=3))
def test_a_windows_folder_within_a_volume_is_none_of_windows(
    layout: str, proof: list[str], folders: list[str]
) -> None:
    """One folder more than the genuine path, and it is a place like any other."""
    genuine = f"{layout}Windows/System32/version.dll"
    nested = f"{layout}{'/'.join(folders)}/Windows/System32/version.dll"
    volumes = find_volumes([*(layout + each for each in proof), nested])
    assert place_of(volumes.host_path(genuine)).zone is Zone.SYSTEM
    place = place_of(volumes.host_path(nested))
    assert place.zone not in HOME
    assert place.written == "\\".join(["C:", *folders, "Windows", "System32", "version.dll"])


@pytest.mark.parametrize(
    ("beside", "nested", "path"),
    [
        ("/cases/C/Windows/System32/a.dll", "/cases/D/x/Windows/System32/b.dll", r"D:\x\Windows"),
        ("z.zip!C/Users/b/a.dll", "z.zip!D/x/Windows/System32/b.dll", r"D:\x\Windows"),
        ("i.vmdk!2/Users/b/a.dll", "i.vmdk!3/x/Windows/System32/b.dll", r"C:\x\Windows"),
        ("/cases/Users/a.dll", "/cases/D:/x/Windows/System32/b.dll", r"D:\x\Windows"),
    ],
)
def test_other_volumes_of_a_host_have_no_system_in_a_folder(
    beside: str, nested: str, path: str
) -> None:
    found = find_volumes([beside, nested]).host_path(nested)
    assert found == path + r"\System32\b.dll"
    assert place_of(found).zone not in HOME


@pytest.mark.parametrize(
    "beside",
    [
        "/cases/Users/bob/a.dll",
        "/cases/b/Windows/System32/a.dll",
        "/cases/host2/Windows/System32/a.dll",
    ],
)
def test_evidence_of_another_host_lies_around_none(beside: str) -> None:
    """A lone folder makes no volume, and folders of hosts are no drives."""
    mine = "/cases/host1/Windows/System32/b.dll"
    assert find_volumes([beside, mine]).host_path(mine) == r"C:\Windows\System32\b.dll"


@pytest.mark.parametrize("mount", ["/m/", "/mnt/e/", "E:/", "z.zip!D%3A/"])
def test_a_system_that_was_mounted_under_another_letter_is_one(mount: str) -> None:
    """Unless the C of the same host lies beside it, or a second one that says it is Windows."""
    mine = f"{mount}Windows/System32/b.dll"
    assert find_volumes([mine]).host_path(mine) == r"C:\Windows\System32\b.dll"
    letter = "C%3A" if "%" in mount else "C:" if ":" in mount else "C"
    above = mount[: mount[:-1].rfind("!" if "!" in mount else "/") + 1]
    for beside in (f"{above}{letter}/Users/b/a.dll", f"{above}F/Windows/SysWOW64/a.dll"):
        path = find_volumes([beside, mine]).host_path(mine)
        assert path[0] in "MED"
        assert place_of(path).zone not in HOME
