"""What a host noted of a program, by where it lies."""

import pytest

from sidelight.analytics.triads.traces import NO_TRAIL, read_traces
from sidelight.schema import SEPARATOR
from triad_tables import table

DAY = 86_400 * 10**9
PREFETCH = {"sort": "prefetch", "source": "/m/C/Windows/Prefetch/SVC.EXE-1.pf"}
PATH = "USERS\\BOB\\SVC.EXE"


def test_a_prefetch_tells_of_a_run_and_of_what_was_read() -> None:
    files = SEPARATOR.join([PATH, "USERS\\BOB\\HELPER.DLL"])
    traces = read_traces(table(PREFETCH | {"path": PATH, "members": files, "time": 5 * DAY}))
    trail = traces.of("/m/C/Users/bob/svc.exe")
    assert (trail.run, trail.last, trail.is_late, trail.programs) == (True, 5 * DAY, True, 1)
    assert trail.has_read("/m/C/Users/bob/helper.dll")
    assert not trail.has_read("/m/C/Users/bob/other.dll")
    other = traces.of("/m/C/Users/bob/other.exe")
    assert (other.run, other.programs, other.has_read("/m/C/Users/bob/helper.dll")) == (
        False,
        1,
        False,
    )


@pytest.mark.parametrize("source", ["/m/D/Users/bob/svc.exe", "/n/C/Users/bob/svc.exe"])
def test_traces_of_one_volume_tell_nothing_of_another(source: str) -> None:
    assert read_traces(table(PREFETCH | {"path": PATH})).of(source) == NO_TRAIL


def test_traces_that_lie_anywhere_tell_of_nothing() -> None:
    row = {"sort": "prefetch", "source": "/m/C/Users/bob/SVC.EXE-1.pf", "path": PATH}
    assert read_traces(table(row)).of("/m/C/Users/bob/svc.exe") == NO_TRAIL


@pytest.mark.parametrize(("days", "late"), [(30, True), (31, False)])
def test_lately_is_before_the_last_trace_of_the_host(days: int, late: bool) -> None:
    newest = PREFETCH | {"path": "WINDOWS\\X.EXE", "time": (100 + days) * DAY}
    traces = read_traces(table(PREFETCH | {"path": PATH, "time": 100 * DAY}, newest))
    assert traces.of("/m/C/Users/bob/svc.exe").is_late is late


@pytest.mark.parametrize("path", ["c:\\users\\bob\\svc.exe", "\\??\\C:\\Users\\Bob\\svc.exe"])
def test_amcache_and_shim_cache_noticed_it(path: str) -> None:
    folder = "kape.zip!C/Windows/"
    traces = read_traces(
        table(
            {"sort": "amcache", "source": f"{folder}AppCompat/Programs/Amcache.hve", "path": path},
            {"sort": "shimcache", "source": f"{folder}System32/config/SYSTEM", "path": path},
        )
    )
    trail = traces.of("kape.zip!C/Users/bob/svc.exe")
    assert (trail.run, trail.noticed) == (False, "Amcache and shim cache")
    assert not traces.of("kape.zip!C/Users/bob/a.exe").noticed
