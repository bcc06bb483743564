import pytest

from analytic_cases import Event, estate_of, load
from sidelight.analytics.engines import suspect_engines

CLR = r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\clr.dll"
ENGINE = r"C:\Windows\Microsoft.NET\assembly\GAC_MSIL\x\System.Management.Automation.dll"
SYSTEM = "C:\\Windows\\System32\\"
MINE = r"C:\Users\anna\Downloads\runner.exe"
BOUGHT = r"C:\Program Files\Acme\console.exe"


def points(*events: Event) -> list[tuple[str, int]]:
    return [(each.analytic, each.points) for each in suspect_engines(estate_of(events))]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (SYSTEM + "notepad.exe", [("memory.clr", 50)]),
        (SYSTEM + "svchost.exe", [("memory.clr", 30)]),
        (SYSTEM + "mmc.exe", []),
        (r"D:\notepad.exe", []),
        ("", []),
    ],
)
def test_net_is_odd_in_programs_that_do_without(
    image: str, expected: list[tuple[str, int]]
) -> None:
    assert points(load(image, CLR, "Microsoft Corporation")) == expected


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([load(SYSTEM + "notepad.exe", ENGINE)], 50),
        ([load(MINE, ENGINE)], 50),
        ([load(MINE, MINE, "-"), load(MINE, ENGINE)], 60),
        ([load(MINE, MINE, "Acme"), load(MINE, ENGINE)], 35),
        ([load(BOUGHT, ENGINE)], 20),
        ([load(BOUGHT, BOUGHT, "Acme"), load(BOUGHT, ENGINE)], 5),
        ([load(SYSTEM + "WindowsPowerShell\\v1.0\\powershell.exe", ENGINE)], None),
        ([load("powershell.exe", ENGINE)], None),
        ([load(r"C:\Users\anna\powershell.exe", ENGINE)], 50),
        ([load(SYSTEM + "notepad.exe", ENGINE.replace(".dll", ".xml"))], None),
    ],
)
def test_powershells_engine_weighs_by_where_it_runs(
    events: list[Event], expected: int | None
) -> None:
    assert points(*events) == ([] if expected is None else [("memory.powershell-engine", expected)])


def test_a_signer_that_is_not_told_is_not_named() -> None:
    own = load(BOUGHT, BOUGHT, "x")
    del own["Signature"]
    [found] = suspect_engines(estate_of([own, load(BOUGHT, ENGINE)]))
    assert "console.exe is signed; administration" in " ".join(r.text for r in found.reasons)
