"""Which events of a finding are of one process."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from process_starts import start
from sidelight.findings.ancestry import UNSEEN, Known, identities
from sidelight.findings.hits import PROCESSES
from sidelight.findings.instances import LISTED, instances
from sidelight.findings.starts import actors
from sidelight.schema import NO_TIME, strings

SECOND = 1_000_000_000


def told(acted, starts=(), host="h"):
    """Tell the processes of one group apart: rows of (key, time, image)."""
    key, time, image = zip(*acted, strict=True) if acted else ((), (), ())
    table = pa.table({"host": strings([host] * len(key)), "key": strings([*key]),
                      "image": strings([*image])})  # fmt: skip
    times = np.array(time, np.int64)
    columns = (table.column(name) for name in ("host", "key", "image"))
    names, keys, images = columns
    wanted = actors(names, keys, times, images)
    tables = [pa.Table.from_pylist(list(starts), schema=PROCESSES)]
    (found,) = instances(tables, wanted, [(np.arange(len(times)), times)])
    return found


def test_one_process_is_not_several():
    assert told([("K", 1, "a.exe"), ("K", 9, "a.exe")]) is None
    assert told([]) is None


def test_processes_weeks_apart_are_counted_and_listed_in_order_of_time():
    week = 7 * 86_400 * SECOND
    starts = [
        start(key="K1", pid=5, image="a.exe", command_line="a one", time=1),
        start(key="K2", pid=7, image="a.exe", command_line="a two", time=week),
    ]
    found = told([("K2", week + 1, "a.exe"), ("K1", 2, "a.exe"), ("K1", 3, "a.exe")], starts)
    assert found.count == 2
    shown = [(one.process.pid, one.process.command_line, one.seen) for one in found.listed]
    assert shown == [(5, "a one", 2), (7, "a two", week + 1)]


def test_a_start_that_two_logs_stamp_apart_is_one_process():
    starts = [
        start(key="K", pid=5, image="a.exe", time=10 * SECOND),
        start(pid=5, image="a.exe", time=11 * SECOND),
    ]
    assert told([("K", 12 * SECOND, "a.exe"), ("pid:5", 13 * SECOND, "a.exe")], starts) is None


def test_a_pid_is_another_process_after_a_pause_of_more_than_an_hour():
    assert told([("pid:5", 0, "a.exe"), ("pid:5", UNSEEN, "a.exe")]) is None
    assert told([("pid:5", 0, "a.exe"), ("pid:5", UNSEEN + 1, "a.exe")]).count == 2


def test_what_nothing_names_is_no_process():
    assert told([("", 1, "a.exe"), ("", 2, "b.exe"), ("pid:5", NO_TIME, "a.exe")]) is None


def test_few_are_listed_and_all_are_counted():
    found = told([(f"K{n:02}", 100 - n, "a.exe") for n in range(LISTED + 5)])
    assert (found.count, len(found.listed)) == (LISTED + 5, LISTED)
    assert found.listed[0].seen == 100 - LISTED - 4


pieces = st.tuples(
    st.sampled_from(["", "K", "L", "pid:5", "pid:6"]),
    st.integers(0, 5).map(lambda hour: hour * UNSEEN // 2),
    st.sampled_from(["a.exe", "A.EXE", "b.exe"]),
)


@given(st.lists(pieces, max_size=8))
def test_what_was_not_seen_to_start_is_named_as_ancestry_names_it(acted):
    known = [
        Known("h", "" if key.startswith("pid:") else key,
              int(key[4:]) if key.startswith("pid:") else -1, time, image, seen=False)
        for key, time, image in acted
    ]  # fmt: skip
    named = {*identities(known).values()}
    found = told(acted)
    assert (found.count if found else min(len(named), 1)) == len(named)


@given(st.lists(pieces, max_size=8), st.lists(st.integers(0, 2), max_size=3), st.randoms())
def test_the_order_of_merging_decides_nothing(acted, seconds, random):
    starts = [
        start(key=k, pid=5, image="a.exe", time=s * SECOND)
        for k, s in zip("KLM", seconds, strict=False)
    ]
    found = told(acted, starts)
    random.shuffle(acted)
    random.shuffle(starts)
    assert told(acted, starts) == found
