"""Which events of a finding are of one process."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from process_starts import start
from sidelight.findings.ancestry import SAME_START, UNSEEN, Known, identities
from sidelight.findings.hits import PROCESSES
from sidelight.findings.instances import LISTED, _apart, _rank, _seen, instances
from sidelight.findings.kin import Kin
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
    ends = np.array([len(times)])
    (found,) = instances(Kin.of(tables, wanted, 0), np.arange(len(times)), times, ends)
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
        start(key=k, pid=5, image="a.exe", time=s * SECOND, record=record)
        for record, (k, s) in enumerate(zip("KLM", seconds, strict=False))
    ]
    found = told(acted, starts)
    random.shuffle(acted)
    random.shuffle(starts)
    assert told(acted, starts) == found


a_start = st.builds(
    lambda host, key, pid, time: start(host=host, key=key, pid=pid, time=time),
    st.sampled_from(["h", "H", "i"]),
    st.sampled_from(["", "K", "L"]),
    st.sampled_from([-1, 5, 6]),
    st.sampled_from([NO_TIME, *(n * SAME_START // 2 for n in range(6)), SAME_START + 1]),
)


@given(st.lists(a_start, max_size=8))
def test_starts_are_apart_as_ancestry_tells_them_apart(rows):
    known = [
        Known(row["host"].lower(), row["key"], row["pid"], row["time"], row["image"], seen=True)
        for row in rows
    ]
    names = identities(known)
    found = _seen(pa.Table.from_pylist(rows, schema=PROCESSES)).tolist()
    assert [number >= 0 for number in found] == [one in names for one in known]
    pairs = {(number, names[one]) for number, one in zip(found, known, strict=True) if number >= 0}
    assert len(pairs) == len(dict(pairs)) == len({name for _, name in pairs})


@given(st.lists(pieces, min_size=1, max_size=6), st.data())
def test_findings_told_of_together_list_their_earliest_processes(acted, data):
    row = st.integers(0, len(acted) - 1)
    times = st.sampled_from([NO_TIME, 1, 2])
    groups = data.draw(st.lists(st.lists(st.tuples(row, times), max_size=5)))
    flat = [pair for some in groups for pair in some]
    key, time, image = zip(*acted, strict=True)
    wanted = actors(
        *(pa.chunked_array([strings([*some])]) for some in (["h"] * len(acted), key)),
        np.array(time, np.int64),
        pa.chunked_array([strings([*image])]),
    )
    kin = Kin.of([pa.Table.from_pylist([start(key="L", pid=5)], schema=PROCESSES)], wanted, 0)
    rows = np.array([row for row, _ in flat], np.int64)
    ends = np.cumsum([len(some) for some in groups], dtype=np.int64)
    found = instances(kin, rows, np.array([time for _, time in flat], np.int64), ends)

    distinct = np.unique(rows)
    apart = dict(zip(distinct.tolist(), _apart(kin, distinct).tolist(), strict=True))
    rank = _rank(wanted).tolist()
    for some, several in zip(groups, found, strict=True):
        first = {}
        for number, seen in sorted(some, key=lambda one: (one[1] == NO_TIME, one[1], rank[one[0]])):
            if apart[number] >= 0:
                first.setdefault(apart[number], (number, seen))
        if len(first) < 2:
            assert several is None
            continue
        assert several.count == len(first)
        lines = kin.lines(np.array([number for number, _ in first.values()]))
        assert [(one.process, one.seen) for one in several.listed] == [
            (line[0], seen) for line, (_, seen) in zip(lines, first.values(), strict=True)
        ]
