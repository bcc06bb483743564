import pyarrow as pa
import pytest

from sidelight.findings.clocks import LEAST, NEAR, ROOM, SPREAD, Looks, looks_of, read_clocks
from sidelight.findings.hits import PROCESSES
from sidelight.output.clocks import clock_sentence
from sidelight.schema import NO_TIME

SECOND = 10**9
LOOK = frozenset({"look"})


def start(pid, at, source, image="/usr/bin/tool", host="med-1", ended=False):
    return {
        "host": host, "key": "", "pid": pid, "time": at, "ended": ended, "image": image,
        "command_line": "", "user": "", "parent_key": "", "parent_pid": -1, "parent_image": "",
        "parent_command_line": "", "source": source, "record": pid,
    }  # fmt: skip


def clocks(*rows):
    return read_clocks([pa.Table.from_pylist(list(rows), schema=PROCESSES)], LOOK)


def pairs(count, offset, **change):
    times = [100 * SECOND * pid for pid in range(1, count + 1)]
    for pid, time in enumerate(times, 1):
        yield start(pid, time, "log", **change)
        yield start(pid, time + offset, "look", **change)


@pytest.mark.parametrize("offset", [0, 3600 * SECOND, -7 * SECOND])
def test_what_enough_processes_agree_upon_is_the_offset(offset):
    [clock] = clocks(*pairs(LEAST, offset))
    assert (clock.host, clock.offset, clock.agreed, clock.compared) == ("med-1", offset, 3, 3)
    [clock] = clocks(*pairs(LEAST - 1, offset))
    assert (clock.offset, clock.agreed, clock.compared) == (None, 2, 2)


def test_differences_agree_within_the_room_and_no_further():
    late = 100 * SECOND
    spread = [start(7, 0, "log"), start(7, 0, "look"), start(8, 0, "log"), start(9, late, "log")]
    near = [*spread, start(8, ROOM, "look"), start(9, late + ROOM // 2, "look")]
    [clock] = clocks(*near)
    assert (clock.offset, clock.agreed) == (ROOM // 2, 3)
    [clock] = clocks(*spread, start(8, ROOM + 1, "look"), start(9, late + ROOM // 2, "look"))
    assert (clock.offset, clock.agreed) == (None, 2)


def test_a_pid_that_is_used_again_misleads_nobody():
    again = [start(pid, 9_000 * SECOND + pid * 77 * SECOND, "log") for pid in range(1, 5)]
    [clock] = clocks(*pairs(4, 5 * SECOND), *again)
    assert (clock.offset, clock.agreed, clock.compared) == (5 * SECOND, 4, 4)


@pytest.mark.parametrize(
    ("last", "offset", "found"),
    [(SPREAD - 1, 86_400 * SECOND, None), (SPREAD, 86_400 * SECOND, 86_400 * SECOND),
     (SPREAD - 1, NEAR, None), (SPREAD - 1, NEAR - 1, NEAR - 1)],
)  # fmt: skip
def test_services_that_a_restart_gave_their_numbers_again_mislead_nobody(last, offset, found):
    times = {200: 0, 201: SPREAD // 2, 202: last}
    rows = [start(pid, time, "log") for pid, time in times.items()]
    [clock] = clocks(*rows, *(start(pid, time + offset, "look") for pid, time in times.items()))
    assert (clock.offset, clock.agreed, clock.compared) == (found, 3, 3)
    assert clock.restarted is (found is None)
    assert ("as after a restart" in clock_sentence(clock)) is (found is None)


def test_a_minority_is_not_believed():
    scattered = [
        row
        for pid in range(100, 105)
        for row in (start(pid, 0, "log"), start(pid, pid * 50 * SECOND, "look"))
    ]
    [clock] = clocks(*pairs(3, 0), *scattered)
    assert (clock.offset, clock.agreed, clock.compared) == (None, 3, 8)


@pytest.mark.parametrize(
    "change", [{"image": "/usr/bin/other"}, {"host": "med-2"}, {"at": NO_TIME}, {"ended": True}]
)
def test_only_starts_of_one_program_on_one_host_are_compared(change):
    rows = [row for row in pairs(3, 0) if row["source"] == "log"]
    looks = [{**row, "source": "look"} for row in rows]
    [clock] = clocks(*rows, *looks)
    assert clock.compared == 3
    changed = {"time": change["at"]} if "at" in change else change
    assert clocks(*rows, *({**row, **changed} for row in looks)) == ()


def test_without_a_look_nothing_is_compared():
    assert read_clocks([PROCESSES.empty_table()], frozenset()) == ()
    assert clocks(*(row for row in pairs(3, 0) if row["source"] == "log")) == ()


def test_times_of_looks_are_told_by_the_clock_of_the_logs():
    looks = looks_of(clocks(*pairs(3, 60 * SECOND)), LOOK)
    rows = [start(1, 100, "look"), start(2, 100, "log"), start(3, 100, "look", host="med-2"),
            start(4, NO_TIME, "look")]  # fmt: skip
    table = looks.aligned(pa.Table.from_pylist(rows, schema=PROCESSES))
    expected = [100 - 60 * SECOND, 100, 100, NO_TIME]
    assert table.column("time").to_pylist() == expected
    assert table.schema == PROCESSES
    each = [looks.when(row["host"], row["source"], row["time"]) for row in rows]
    assert each == expected
    assert Looks().when("med-1", "look", 5) == 5
