import pytest

from analytic_cases import Event, estate_of, load, write
from sidelight.analytics.planted import suspect_writes
from sidelight.analytics.suspicion import Suspicion

SHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
EDITOR = r"C:\Program Files\Acme\editor.exe"
LOOSE = "C:\\ProgramData\\Helper\\"


def suspect(*events: Event) -> list[Suspicion]:
    return list(suspect_writes(estate_of(events)))


@pytest.mark.parametrize(
    ("image", "target", "points"),
    [
        (SHELL, "C:\\Windows \\System32\\a.dll", 80),
        (SHELL, r"C:\Windows\System32\inspect.exe.local\x\a.dll", 60),
        (EDITOR, r"C:\Windows\System32\wptsextensions.dll", 65),
        (SHELL, r"C:\Windows\System32\qzqzx.dll", 45),
        (EDITOR, r"C:\Windows\System32\qzqzx.dll", 0),
        (SHELL, r"C:\Windows\System32\wbem\version.dll", 55),
        (EDITOR, r"C:\Windows\System32\wbem\version.dll", 0),
        ("System", r"C:\Windows\System32\wbem\acme.dll", 35),
        (SHELL, LOOSE + "version.dll", 40),
        (EDITOR, LOOSE + "version.dll", 25),
        (SHELL, LOOSE + "libvlc.dll", 20),
        (EDITOR, LOOSE + "libvlc.dll", 0),
        (SHELL, LOOSE + "msvcp140.dll", 0),
        (SHELL, LOOSE + "acme.dll", 0),
        (SHELL, LOOSE + "version.txt", 0),
        (SHELL, r"C:\Program Files\Acme\version.dll", 0),
        (r"C:\Windows\System32\msiexec.exe", "C:\\Windows \\System32\\a.dll", 0),
    ],
)
def test_a_write_weighs_by_place_name_and_writer(image: str, target: str, points: int) -> None:
    assert sum(each.points for each in suspect(write(image, target))) == points


def test_a_program_beside_it_adds() -> None:
    both = suspect(write(SHELL, LOOSE + "version.dll"), write(SHELL, LOOSE + "player.exe"))
    assert [each.points for each in both] == [55]
    apart = write(SHELL, LOOSE + "player.exe") | {"ProcessGuid": "{another}"}
    assert [each.points for each in suspect(write(SHELL, LOOSE + "version.dll"), apart)] == [40]


def test_one_write_told_several_times_is_one_suspicion() -> None:
    again = [write(SHELL, LOOSE + "Version.dll", record=n, source=f"{n % 2}") for n in range(1, 5)]
    [one] = suspect(*again)
    assert len(one.rows) == 4
    assert one.points == 40
    assert len(suspect(again[0], again[1] | {"host": "WS2"})) == 2


def test_names_of_windows_are_learned_from_loads() -> None:
    home = load(SHELL, r"C:\Windows\System32\acmesys.dll", "Microsoft Windows")
    assert [each.points for each in suspect(home, write(SHELL, LOOSE + "acmesys.dll"))] == [40]


def test_what_nobody_is_known_to_have_written_still_speaks() -> None:
    [one] = suspect({"is": "write", "TargetFilename": "C:\\Windows \\System32\\a.dll"})
    assert one.actors == ()
    assert one.title.startswith("Someone writes a.dll")


def share(name: str, relative: str, mask: str | None = "0x2", local: str = "") -> Event:
    event = {"is": "share", "ShareName": name, "RelativeTargetName": relative}
    if local:
        event["ShareLocalPath"] = local
    return event if mask is None else {**event, "AccessMask": mask}


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (
            share(r"\\*\ADMIN$", r"System32\wbem\version.dll"),
            r"c:\windows\system32\wbem\version.dll",
        ),
        (share(r"\\*\C$", r"Program Files\Acme\a.dll"), r"c:\program files\acme\a.dll"),
        (
            share(r"\\*\data", r"Helper\version.dll", local=r"\??\C:\ProgramData"),
            r"c:\programdata\helper\version.dll",
        ),
        (share(r"\\*\ADMIN$", r"System32\wbem\version.dll", "0x1"), None),
        (
            share(r"\\*\ADMIN$", r"System32\wbem\version.dll", "130"),
            r"c:\windows\system32\wbem\version.dll",
        ),
        (share(r"\\*\ADMIN$", r"System32\wbem\version.dll", "odd"), None),
        (share(r"\\*\ADMIN$", r"System32\wbem\version.dll", None), None),
        (share(r"\\*\ADMIN$", r"System32\wbem\version.txt"), None),
    ],
)
def test_writes_over_the_network_are_placed_on_the_disk(event: Event, path: str | None) -> None:
    assert [each.things for each in suspect(event)] == ([(path,)] if path else [])
