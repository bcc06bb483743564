import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from process_starts import start
from sidelight.findings.hits import PROCESSES
from sidelight.findings.starts import ACTORS, resolve
from sidelight.schema import NO_TIME


def table(rows):
    return pa.Table.from_pylist(rows, schema=PROCESSES)


def at(rows, pid, time, image=""):
    wanted = {"host": "H", "key": "", "pid": pid, "time": time, "image": image}
    found = resolve([table(rows)], pa.Table.from_pylist([wanted], schema=ACTORS))
    row = int(found.at[0])
    return found.rows.to_pylist()[row]["image"] if row >= 0 else None


REUSED = [
    start(pid=7, time=10, image="old.exe", record=1),
    start(pid=7, time=20, ended=True, record=2),
    start(pid=7, time=30, image="new.exe", record=3),
]


@pytest.mark.parametrize(
    ("time", "image"),
    [
        (9, None),
        (10, "old.exe"),
        (20, "old.exe"),
        (21, None),
        (29, None),
        (30, "new.exe"),
        (99, "new.exe"),
    ],
)
def test_a_reused_pid_is_whoever_had_it_then(time, image):
    assert at(REUSED, 7, time) == image


def test_a_process_may_end_at_the_very_time_it_starts():
    brief = [start(pid=7, image="x", record=1), start(pid=7, ended=True, record=2)]
    assert [at(brief, 7, time) for time in (0, 1)] == ["x", None]


def test_a_pid_without_a_time_is_nobody():
    assert at(REUSED, 7, NO_TIME) is None
    assert at([start(pid=7, time=NO_TIME, image="x")], 7, 5) is None


def test_what_the_event_names_outweighs_the_pid():
    """The clock was set back: at 35 the PID had been given to another program."""
    assert at(REUSED, 7, 35, image="C:\\X\\NEW.exe") == "new.exe"
    assert at(REUSED, 7, 35, image="other.exe") is None


def test_of_two_starts_at_one_time_the_one_with_a_guid_is_taken():
    twice = [start(pid=7, image="a", record=9), start(pid=7, key="G", image="b", record=1)]
    assert at(twice, 7, 0) == at(twice[::-1], 7, 0) == "b"


ROWS = st.lists(
    st.builds(
        lambda host, key, pid, time, ended, image: start(
            host=host, key=key, pid=pid, time=time, ended=ended, image=image
        ),
        st.sampled_from(["h", "h", "H", "k"]),
        st.sampled_from(["", "", "", "G", "F"]),
        st.sampled_from([4, 4, 4, 5, -1]),
        st.sampled_from([0, 1, 2, 3, NO_TIME]),
        st.booleans(),
        st.sampled_from(["", "", "a", "b"]),
    ),
    max_size=10,
).map(lambda rows: [row | {"record": n} for n, row in enumerate(rows)])

WANTED = st.lists(
    st.fixed_dictionaries(
        {
            "host": st.sampled_from(["h", "k", "z"]),
            "key": st.sampled_from(["", "G", "F"]),
            "pid": st.sampled_from([4, 5]),
            "time": st.sampled_from([NO_TIME, 0, 1, 2, 3]),
            "image": st.sampled_from(["", "A", "b"]),
        }
    ).map(lambda row: row | ({"pid": -1} if row["key"] else {})),
    min_size=1,
    max_size=6,
)


def candidates(rows, wanted):
    """By the letter: every start that may be meant, none if an end lies between."""
    here = [row for row in rows if row["host"].lower() == wanted["host"]]
    starts = [row for row in here if not row["ended"]]
    if wanted["key"]:
        mine = [row for row in starts if row["key"] == wanted["key"]]
        return [row for row in mine if row["time"] == min(each["time"] for each in mine)]
    if wanted["time"] == NO_TIME:
        return []
    past = [
        row
        for row in here
        if row["pid"] == wanted["pid"] and NO_TIME < row["time"] <= wanted["time"]
    ]
    mine = [row for row in past if not row["ended"]]
    if not mine:
        return []
    last = max(row["time"] for row in mine)
    if any(row["ended"] and last <= row["time"] < wanted["time"] for row in past):
        return []
    mine = [row for row in mine if row["time"] == last]
    return [row for row in mine if row["key"]] or mine


def agrees(row, wanted):
    named = wanted["image"].lower()
    return bool(wanted["key"]) or not named or not row["image"] or row["image"] == named


@settings(max_examples=300, deadline=None)
@given(ROWS, WANTED, st.integers(0, 10))
def test_starts_are_those_that_a_search_by_hand_finds(rows, wanted, cut):
    tables = [table(rows[cut:]), table(rows[:cut]), table(rows)]
    found = resolve(tables, pa.Table.from_pylist(wanted, schema=ACTORS))
    texts = found.rows.to_pylist()
    for asked, row in zip(wanted, found.at.tolist(), strict=True):
        may = candidates(rows, asked)
        if row >= 0:
            assert texts[row] in may
        else:
            assert not may or not all(agrees(each, asked) for each in may)
