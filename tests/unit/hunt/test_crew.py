"""Tasks are all done, once each, by whoever is free."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

from patience import PATIENCE_S
from sidelight.evidence.inventory import Task
from sidelight.hunt.crew import Crew

TASKS = [Task(number, (), 1) for number in range(40)]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as threads:
        yield threads


def run(crew: Crew[int]) -> list[tuple[int, int | None]]:
    """Work as `sidelight.hunt.gather` does; give what each task gave."""
    done: list[tuple[int, int | None]] = []
    while (task := crew.last()) or crew.busy:
        if task is not None:
            done.append((task.number, task.number))
        done += [(each.number, given) for each, given in crew.fetch(patient=task is None)]
    return done


def test_every_task_is_done_once(pool: ThreadPoolExecutor) -> None:
    crew = Crew(pool, lambda task: task.number, TASKS)
    crew.begin(3)
    assert sorted(run(crew)) == [(each.number, each.number) for each in TASKS]


def test_nobody_has_a_second_task_in_hand(pool: ThreadPoolExecutor) -> None:
    go = threading.Event()
    crew = Crew(pool, lambda task: go.wait(PATIENCE_S), TASKS)
    crew.begin(3)
    left = [task.number for task in iter(crew.last, None)]
    go.set()
    assert left == list(range(39, 2, -1))
    assert len(crew.fetch(patient=True)) >= 1


def test_what_a_killed_process_left_is_done_by_who_asks(pool: ThreadPoolExecutor) -> None:
    def killed(task: Task) -> int:
        raise BrokenProcessPool

    crew = Crew(pool, killed, TASKS)
    crew.begin(3)
    done = run(crew)
    assert Counter(given is None for _, given in done) == {True: 3, False: 37}
    assert sorted(number for number, _ in done) == list(range(40))


def test_what_ends_a_task_early_ends_all(pool: ThreadPoolExecutor) -> None:
    def fail(task: Task) -> int:
        raise ZeroDivisionError

    crew = Crew(pool, fail, TASKS)
    crew.begin(1)
    with pytest.raises(ZeroDivisionError):
        crew.fetch(patient=True)
    crew.stop()
    assert crew.last() is None
