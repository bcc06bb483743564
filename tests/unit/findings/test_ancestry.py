"""Which process is which, whoever names it."""

import numpy as np
import pyarrow as pa

from process_starts import start
from sidelight.findings.ancestry import SAME_START, Known, chains, identities
from sidelight.findings.hits import PROCESSES
from sidelight.findings.starts import actors
from sidelight.schema import NO_TIME

SECOND = 1_000_000_000
HOUR = 3600 * SECOND


def known(**more):
    whole = {"host": "h", "key": "", "pid": -1, "time": 0, "image": "a.exe", "seen": True} | more
    return Known(**whole)


def same(*some):
    names = identities(some)
    return len({names[one] for one in some}) == 1


def table(*rows):
    return pa.Table.from_pylist(list(rows), schema=PROCESSES)


def ask(*rows):
    host, key, time, image = zip(*rows, strict=True)
    built = pa.table(
        {name: pa.array(x, pa.string()).dictionary_encode() for name, x in
         (("host", host), ("key", key), ("image", image))}
    )  # fmt: skip
    return actors(
        built.column("host"), built.column("key"), np.array(time, np.int64), built.column("image")
    )


def lines(tables, wanted, **options):
    found = chains(tables, wanted, **options)
    return [found.line(row) for row in range(wanted.num_rows)]


def test_two_logs_that_stamp_one_start_apart_tell_of_one_process():
    sysmon = known(key="{A}", pid=7, time=10 * SECOND)
    security = known(pid=7, time=10 * SECOND + SAME_START)
    assert same(sysmon, security)
    assert not same(sysmon, known(pid=7, time=10 * SECOND + SAME_START + 1))
    assert not same(sysmon, known(pid=8, time=10 * SECOND))
    assert not same(sysmon, known(pid=7, time=10 * SECOND, host="g"))


def test_a_pid_that_is_used_again_is_another_process():
    first, again = known(pid=7, time=0), known(pid=7, time=5 * SECOND)
    assert not same(first, again)


def test_a_process_whose_start_was_not_seen_has_the_name_that_its_guid_has():
    seen, unseen = known(key="{A}", pid=7, time=5), known(key="{A}", time=99, seen=False)
    assert same(seen, unseen)
    assert not same(seen, known(key="{B}", time=99, seen=False))


def test_unseen_processes_are_one_by_pid_and_program_within_an_hour():
    first = known(pid=7, time=0, seen=False)
    assert same(first, known(pid=7, time=HOUR, seen=False))
    assert not same(first, known(pid=7, time=HOUR + 1, seen=False))
    assert not same(first, known(pid=7, time=1, seen=False, image="b.exe"))
    assert same(first, known(pid=7, time=1, seen=False, image="A.EXE"))


def test_names_do_not_depend_on_the_order():
    some = [known(pid=7, time=n * SECOND, key=f"{{{n}}}" if n % 2 else "") for n in (0, 1, 4, 5, 9)]
    assert identities(some) == identities(some[::-1])


def test_nobody_has_no_name():
    assert identities([known(pid=-1, seen=False)]) == {}
    assert identities([known(pid=7, time=NO_TIME)]) == {}


def test_a_chain_is_the_process_and_its_ancestors_and_ends_where_a_start_was_not_seen():
    starts = table(
        start(key="{C}", pid=3, time=30, image="c", parent_key="{B}", parent_pid=2),
        start(key="{B}", pid=2, time=20, image="b", parent_key="{A}", parent_pid=1),
        start(key="{A}", pid=1, time=10, image="a", parent_key="{Z}", parent_pid=9),
    )
    [line] = lines([starts], ask(("H", "{C}", 0, "c")))
    assert [one.image for one in line[:3]] == ["c", "b", "a"]
    assert all(one.seen for one in line[:3])
    assert not any(one.seen for one in line[3:])
    [short] = lines([starts], ask(("h", "{C}", 0, "c")), generations=1)
    assert [one.image for one in short] == ["c", "b"]


def test_who_is_not_named_has_no_chain_and_who_was_not_seen_is_alone():
    none, unseen, by_pid = lines(
        [table()], ask(("h", "", 5, "x"), ("h", "{Q}", 5, "x"), ("h", "pid:4", 5, "x"))
    )
    assert none == ()
    assert [(one.key, one.seen) for one in unseen] == [("{Q}", False)]
    assert [(one.pid, one.seen) for one in by_pid] == [(4, False)]
    [timeless] = lines([table()], ask(("h", "pid:4", NO_TIME, "x")))
    assert timeless == ()


def test_a_pid_means_the_last_start_before_the_event():
    starts = table(
        start(key="{A}", pid=4, time=10, image="first"),
        start(key="{B}", pid=4, time=30 * SECOND, image="second"),
    )
    early, late = lines([starts], ask(("h", "pid:4", 20, ""), ("h", "pid:4", 40 * SECOND, "")))
    assert [early[0].key, late[0].key] == ["{A}", "{B}"]
