import pyarrow as pa

from process_starts import start
from sidelight.findings.hits import PROCESSES
from sidelight.findings.kin import Kin
from sidelight.findings.lineage import lineages, signatures
from sidelight.findings.starts import ACTORS
from sidelight.schema import NO_TIME


def processes(*rows):
    return [pa.Table.from_pylist([row], schema=PROCESSES) for row in rows]


def actor(key="", pid=-1, time=0, image="", host="H"):
    row = {"host": host, "key": key, "pid": pid, "time": time, "image": image}
    return pa.Table.from_pylist([row], schema=ACTORS)


def images(tables, wanted, **more):
    (line,) = lineages(tables, wanted, **more)
    return [process.image for process in line]


FAMILY = processes(
    start(key="A", image="a.exe", record=1),
    start(key="B", image="b.exe", parent_key="A", parent_image="a.exe", record=2),
    start(key="C", image="c.exe", parent_key="B", parent_image="b.exe", record=3),
)


def test_a_lineage_runs_from_the_process_up():
    assert images(FAMILY, actor("C")) == ["c.exe", "b.exe", "a.exe"]


def test_hosts_are_the_same_without_case_and_otherwise_differ():
    assert images(FAMILY, actor("C", host="h")) == ["c.exe", "b.exe", "a.exe"]
    assert images(FAMILY, actor("C", image="seen.exe", host="h.example")) == ["seen.exe"]


def test_a_parent_whose_start_was_not_seen_is_there_as_the_child_names_it():
    child = start(key="C", parent_key="B", parent_image="b.exe", parent_command_line="b -x")
    (line,) = lineages(processes(child), actor("C"))
    assert [(p.image, p.command_line, p.joined, p.started) for p in line[1:]] == [
        ("b.exe", "b -x", "named", NO_TIME)
    ]


def test_a_circle_of_parents_ends():
    circle = processes(
        start(key="A", image="a", parent_key="B"), start(key="B", image="b", parent_key="A")
    )
    assert images(circle, actor("A")) == ["a", "b"]
    assert images(processes(start(key="A", image="a", parent_key="A")), actor("A")) == ["a"]


def test_generations_are_bounded():
    chain = processes(
        *(start(key=f"K{n}", image=str(n), parent_key=f"K{n + 1}", record=n) for n in range(30))
    )
    assert len(images(chain, actor("K0"))) == 13
    assert images(chain, actor("K0"), generations=2) == ["0", "1", "2"]


def test_an_actor_of_whom_nothing_is_known_has_no_lineage():
    assert lineages(FAMILY, actor()) == [()]


def test_signatures_fold_images_and_stop_at_the_third_ancestor():
    chain = processes(
        *(start(key=f"K{n}", image=f"P{n}.EXE", parent_key=f"K{n + 1}", record=n) for n in range(9))
    )
    _, texts = signatures(Kin.of(chain, actor("K0")))
    assert texts == ["p0.exe\np1.exe\np2.exe\np3.exe"]


def test_signatures_do_not_depend_on_whether_a_parent_was_seen():
    named = processes(start(key="C", image="c", parent_key="B", parent_image="b"))
    seen = named + processes(start(key="B", image="b"))
    assert signatures(Kin.of(named, actor("C"))) == signatures(Kin.of(seen, actor("C")))


def test_without_any_process_the_event_speaks():
    assert signatures(Kin.of([], actor("C", image="X.exe")))[1] == ["x.exe"]
    assert signatures(Kin.of([], actor()))[1] == [""]
