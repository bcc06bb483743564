"""Processes and ancestors that are looked for together are those looked for one by one."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from process_starts import start
from sidelight.findings.cells import listed, plain
from sidelight.findings.finding import Process
from sidelight.findings.hits import PROCESSES
from sidelight.findings.kin import Kin
from sidelight.findings.starts import ACTORS, parents, resolve
from sidelight.schema import NO_TIME

KEYS = st.sampled_from(["", "A", "B", "C", "D"])
PIDS = st.sampled_from([-1, 4, 5])
IMAGES = st.sampled_from(["", "a.exe", "b.exe"])


def cells(table: pa.Table, row: int, *names: str) -> list[object]:
    some = table.slice(row, 1)
    return [listed(plain(some.column(name)))[0] for name in names]


def by_itself(tables: list[pa.Table], wanted: pa.Table, generations: int) -> tuple[Process, ...]:
    """Follow one process up, start by start."""
    line: list[Process] = []
    command_line = ""
    for _ in range(generations + 1):
        found = resolve(tables, wanted)
        key, image = cells(wanted, 0, "key", "image")
        pid = wanted.column("pid")[0].as_py()
        if found.at[0] < 0:
            if image or key or pid >= 0:
                line.append(Process(image, command_line, "", pid, key, NO_TIME, "named"))
            break
        named, ran, user, guid = cells(found.rows, 0, "image", "command_line", "user", "key")
        number, time = (found.rows.column(name)[0].as_py() for name in ("pid", "time"))
        one = Process(named or image, ran, user, number, guid, time, "guid" if key else "pid")
        if one in line:
            break
        line.append(one)
        (command_line,) = cells(found.rows, 0, "parent_command_line")
        wanted = parents(found.rows)
    return tuple(line)


@st.composite
def a_start(draw: st.DrawFn) -> dict[str, object]:
    return start(
        key=draw(KEYS),
        pid=draw(PIDS),
        time=draw(st.integers(0, 3)),
        image=draw(IMAGES),
        command_line=draw(IMAGES),
        parent_key=draw(KEYS),
        parent_pid=draw(PIDS),
        parent_image=draw(IMAGES),
        parent_command_line=draw(st.sampled_from(["", "x"])),
        record=draw(st.integers(0, 1 << 20)),
    )


@st.composite
def an_actor(draw: st.DrawFn) -> dict[str, object]:
    key = draw(KEYS)
    return {
        "host": draw(st.sampled_from(["h", "H", "other"])),
        "key": key,
        "pid": -1 if key else draw(PIDS),
        "time": draw(st.integers(0, 4)),
        "image": draw(IMAGES),
    }


@given(
    st.lists(a_start(), max_size=8, unique_by=lambda row: row["record"]),
    st.lists(an_actor(), min_size=1, max_size=5),
    st.integers(0, 4),
    st.data(),
)
def test_lines_are_those_of_each_process_by_itself(
    starts: list[dict[str, object]],
    wanted: list[dict[str, object]],
    generations: int,
    data: st.DataObject,
) -> None:
    cut = data.draw(st.integers(0, len(starts)))
    tables = [pa.Table.from_pylist(some, schema=PROCESSES) for some in (starts[:cut], starts[cut:])]
    table = pa.Table.from_pylist(wanted, schema=ACTORS)
    some = data.draw(st.lists(st.integers(0, len(wanted) - 1), max_size=7))
    found = Kin.of(tables, table, generations).lines(np.array(some, np.int64))
    assert found == [by_itself(tables, table.slice(row, 1), generations) for row in some]
