import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sidelight.analytics import loads
from sidelight.analytics.earliest import keep_earliest, numbered
from sidelight.analytics.loads import settle_loads
from sidelight.findings.facts import LOADS
from sidelight.findings.hits import union

VALUES = {
    "host": ("WS1", "WS2"),
    "image": (r"C:\a\p.exe", r"C:\Windows\System32\a.dll"),
    "library": (
        *(r"C:\Windows\System32\a.dll", r"c:\windows\system32\A.dll", r"C:\a\b.dll"),
        *(r"C:\Windows\System32\clr.dll", r"C:\a\p.exe"),
    ),
    "signed": ("true", "false", "True", ""),
    "status": ("", "Valid", "Revoked"),
    "time": (1, 2),
    "record": (1, 2, 3),
}


@st.composite
def a_load(draw: st.DrawFn) -> dict[str, str | int]:
    row: dict[str, str | int] = dict.fromkeys(LOADS.names, "")
    return row | {name: draw(st.sampled_from(values)) for name, values in VALUES.items()}


@given(st.lists(a_load(), max_size=12))
def test_places_of_loads_that_none_is_like_decide_nothing(rows: list[dict[str, str]]) -> None:
    table = union(pa.Table.from_pylist(rows, schema=LOADS))
    keys = numbered(table, loads._ALIKE)
    assert settle_loads(table) == keep_earliest(table, loads._plain(table), keys)
