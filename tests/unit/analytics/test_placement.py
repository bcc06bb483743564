import pytest

from analytic_cases import Event, estate_of, load, write
from sidelight.analytics.paths import place_of
from sidelight.analytics.placement import is_system_name, reasons
from sidelight.analytics.sieve import is_installer

SYSTEM = "C:\\Windows\\System32\\"
TOOL = SYSTEM + "inspect.exe"
FOLDER = "C:\\Users\\anna\\AppData\\Roaming\\Media\\"
PLAYER = FOLDER + "player.exe"


def weigh(*events: Event, which: int = -1) -> dict[str, int]:
    """Give the reasons about the last library, text to points."""
    estate = estate_of(events)
    path = events[which]["ImageLoaded"].lower()
    judged = next(each for each in estate.loads if each.library.path == path)
    return {reason.text: reason.points for reason in reasons(judged, estate)}


def said(found: dict[str, int], word: str) -> int | None:
    """Give the points of the reason that has a word in it."""
    return next((points for text, points in found.items() if word in text), None)


@pytest.mark.parametrize(
    ("library", "signed", "points"),
    [
        (FOLDER + "version.dll", "-", 60),
        (FOLDER + "version.dll", None, 35),
        (FOLDER + "version.dll", "Harbour Trading", 35),
        (FOLDER + "version.dll", "Microsoft Windows", 0),
        (FOLDER + "plugins\\version.dll", "-", 60),
        (r"C:\Program Files\Media\version.dll", "-", 35),
        (r"C:\Windows\WinSxS\x\version.dll", "-", 15),
        (FOLDER + "versions.dll", "-", None),
        (FOLDER + "msvcp140.dll", "-", None),
    ],
)
def test_a_name_of_windows_elsewhere_weighs_by_place_and_signature(
    library: str, signed: str | None, points: int | None
) -> None:
    assert said(weigh(load(PLAYER, library, signed)), "belongs in System32") == points


def test_a_name_that_this_estate_loads_from_home_is_a_name_of_windows() -> None:
    at_home = load(TOOL, SYSTEM + "acmesys.dll", "Microsoft Windows")
    stray = load(PLAYER, FOLDER + "acmesys.dll", "-")
    assert said(weigh(stray), "belongs in System32") is None
    assert said(weigh(at_home, stray), "belongs in System32") == 60
    assert is_system_name("acmesys.dll", estate_of([at_home]))


def test_the_genuine_one_behind_it_shows_that_calls_are_passed_on() -> None:
    stray = load(TOOL, r"C:\Windows\System32\wbem\version.dll", "-")
    genuine = load(TOOL, SYSTEM + "version.dll", "Microsoft Windows")
    other = {**genuine, "Image": PLAYER}
    assert said(weigh(genuine, stray), "passes calls on") == 25
    assert said(weigh(other, stray), "passes calls on") is None
    assert said(weigh({**genuine, "host": "WS2"}, stray), "passes calls on") is None


@pytest.mark.parametrize(
    ("image", "name", "points"),
    [
        (TOOL, "pdh.dll", 10),
        (TOOL, "wptsextensions.dll", 65),
        (TOOL, "qzqzx.dll", 45),
        (PLAYER, "qzqzx.dll", 15),
    ],
)
def test_an_unsigned_library_in_system32_weighs_by_its_name(
    image: str, name: str, points: int
) -> None:
    found = weigh(load(image, SYSTEM + name, "-"))
    assert list(found.values()) == [points]


def test_imitated_and_redirecting_folders() -> None:
    assert list(weigh(load(TOOL, "C:\\Windows \\System32\\a.dll")).values()) == [85]
    assert list(weigh(load(TOOL, TOOL + ".local\\a.dll")).values()) == [65]
    assert weigh(load(TOOL, TOOL + ".local\\a.dll", "Microsoft Windows")) == {}


@pytest.mark.parametrize(
    ("name", "original", "odd"),
    [
        ("Acme.Tools.ni.dll", "Acme.Tools.dll", False),
        ("Acme.ni.dll", "-", False),
        ("Acme.ni.dll", "Acme", False),
        ("Acme.ni.dll", "UNKNOWN_FILE", True),
    ],
)
def test_a_native_image_is_named_after_its_assembly(name: str, original: str, odd: bool) -> None:
    folder = "C:\\Windows\\assembly\\NativeImages_v4.0.30319_64\\Acme\\0123\\"
    found = weigh(load(TOOL, folder + name, "-", OriginalFileName=original))
    assert (said(found, "calls itself") == 55) is odd


@pytest.mark.parametrize(
    ("image", "library", "points"),
    [
        (TOOL, FOLDER + "a.dll", [55]),
        (SYSTEM + "rundll32.exe", FOLDER + "a.dll", [25]),
        (SYSTEM + "lsass.exe", FOLDER + "a.dll", [55, 20]),
        (SYSTEM + "lsass.exe", r"\\10.1.2.3\x\a.dll", [55, 20, 20]),
        (r"C:\Program Files\Acme\a.exe", FOLDER + "a.dll", [45]),
        (r"C:\Program Files\Java\java.exe", FOLDER + "a.dll", [25]),
        (PLAYER, r"D:\Elsewhere\a.dll", []),
    ],
)
def test_an_unsigned_library_far_from_its_program_weighs_by_the_program(
    image: str, library: str, points: list[int]
) -> None:
    assert list(weigh(load(image, library, "-")).values()) == points
    assert weigh(load(image, library)) == {}


CODEC = load(PLAYER, FOLDER + "codec.dll", "-", at=1000)


@pytest.mark.parametrize(
    ("image", "at", "word", "points"),
    [
        (SYSTEM + "wscript.exe", 990, "minutes before", 15),
        (SYSTEM + "wscript.exe", 1, "before it was loaded", 8),
        (SYSTEM + "wscript.exe", 1001, "wrote it", None),
        ("System", 990, "over the network", 25),
        (SYSTEM + "msiexec.exe", 990, "installed it", -10),
        (r"C:\Program Files\Acme\update.exe", 990, "installed it", -10),
        (FOLDER + "setup.exe", 990, "minutes before", 15),
        (PLAYER, 990, "wrote it itself", -20),
    ],
)
def test_how_a_library_came_speaks(image: str, at: int, word: str, points: int | None) -> None:
    found = weigh(write(image, FOLDER + "codec.dll", at=at), CODEC)
    assert said(found, word) == points


def test_what_came_with_it_speaks() -> None:
    script = SYSTEM + "wscript.exe"
    came = [write(script, FOLDER + name, at=9) for name in ("codec.dll", "player.exe", "x.dat")]
    found = weigh(*came, CODEC)
    assert (said(found, "wrote player.exe"), said(found, "x.dat")) == (15, 10)
    notes = [write(script, FOLDER + name, at=9) for name in ("codec.dll", "x.txt")]
    assert said(weigh(*notes, CODEC), "x.txt") is None


def test_a_tool_that_writes_and_loads_for_others_gets_no_credit_for_it() -> None:
    for tool in (SYSTEM + "WindowsPowerShell\\v1.0\\powershell.exe", r"C:\Python\python.exe"):
        loaded = load(tool, FOLDER + "codec.dll", "-", at=9)
        found = weigh(write(tool, FOLDER + "codec.dll", at=1), loaded)
        assert said(found, "wrote it itself") is None


def test_where_packers_unpack() -> None:
    path = r"C:\Users\anna\AppData\Local\Temp\_MEI1234\a.dll"
    assert said(weigh(load(PLAYER, path, "-")), "unpacks itself") == -25


def test_servicing_is_a_trade_from_a_protected_place() -> None:
    cases = {
        SYSTEM + "msiexec.exe": True,
        r"C:\Windows\WinSxS\x\TiWorker.exe": True,
        r"C:\Program Files\Acme\AcmeUpdater.exe": True,
        r"C:\Users\anna\Downloads\setup.exe": False,
        r"C:\Users\anna\msiexec.exe": False,
        SYSTEM + "cmd.exe": False,
    }
    for image, expected in cases.items():
        assert is_installer(place_of(image)) is expected, image
