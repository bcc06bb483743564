"""Hives tell of programs, or a gap says why not."""

import io
import random
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidelight.evidence.disk import hives
from sidelight.evidence.stream import Stream
from sidelight.schema import NO_TIME, Event, Frame, Gap, want_all
from trace_writer import shimcache, write_hive

dissect = pytest.mark.skipif(
    find_spec("dissect") is None or find_spec("dissect.regf") is None,
    reason="dissect.regf is not installed",
)
SYSTEM = write_hive(
    {
        "Select": {"Current": 1},
        "ControlSet001": {
            "Control": {
                "Session Manager": {
                    "AppCompatCache": {"AppCompatCache": shimcache("C:\\Users\\bob\\svc.exe")}
                }
            }
        },
    }
)
AMCACHE_KEYS = {
    "Root": {
        "InventoryApplicationFile": {
            "svc.exe|1": {
                "LowerCaseLongPath": "c:\\users\\bob\\svc.exe",
                "FileId": "0000" + "ab" * 20,
            },
            "empty|2": {},
        }
    }
}
AMCACHE = write_hive(AMCACHE_KEYS)


def read(data: bytes, name: str = "x") -> tuple[list[tuple[int, Event]], list[Gap]]:
    rows: list[tuple[int, Event]] = []
    gaps: list[Gap] = []
    for item in hives.read([Stream(name, io.BytesIO(data))], want_all):
        if isinstance(item, Gap):
            gaps.append(item)
        else:
            assert isinstance(item, Frame)
            rows += zip(item.time.tolist(), item.detail(np.arange(len(item))), strict=True)
    return rows, gaps


@dissect
def test_amcache_and_shim_cache_are_rows() -> None:
    [(time, event)], gaps = read(AMCACHE)
    assert (time, gaps) == (1_700_000_000 * 10**9, [])
    assert event == {
        "FileType": "amcache", "TracePath": "c:\\users\\bob\\svc.exe", "SHA1": "ab" * 20,
    }  # fmt: skip
    [(time, event)], gaps = read(SYSTEM)
    assert (time, gaps) == (NO_TIME, [])
    assert event == {"FileType": "shimcache", "TracePath": "C:\\Users\\bob\\svc.exe"}


@dissect
def test_what_is_not_read_of_hives_is_said() -> None:
    assert read(write_hive({"Software": {}}))[1][0].reason == "foreign"
    [gap] = read(write_hive(AMCACHE_KEYS, finished=False))[1]
    assert (gap.reason, ".LOG1" in gap.text) == ("unjudged", True)
    [gap] = read(AMCACHE[:4200])[1]
    assert gap.reason == "damaged"


def test_without_the_library_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hives, "find_spec", lambda name: None)
    assert hives.sniff(AMCACHE)
    for name in ("/c/Amcache.hve", "/c/config/SYSTEM"):
        [gap] = read(AMCACHE, name)[1]
        assert (gap.reason, "'.[dissect]'" in gap.text) == ("unjudged", True)
    [gap] = read(AMCACHE, "/c/NTUSER.DAT")[1]
    assert gap.reason == "foreign"


@dissect
@given(st.randoms(use_true_random=False), st.sampled_from([AMCACHE, SYSTEM]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_hive_or_a_gap(luck: random.Random, whole: bytes) -> None:
    data = bytearray(whole)
    for _ in range(luck.randint(1, 12)):
        data[luck.randrange(len(data))] = luck.randrange(256)
    read(bytes(data[: luck.choice([len(data), luck.randrange(len(data))])]))
