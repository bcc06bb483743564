import weakref
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.evidence.inventory import Task
from sidelight.findings.spool import Spool
from sidelight.hunt import worker
from sidelight.hunt.host import Names
from sidelight.rules.cache import compiled
from sidelight.rules.rule import RuleSet
from sidelight.schema import Event, Frame, Kind, Wanted, constant


class Detail:
    """Stands for a batch, which lives as long as the details of its frames."""

    def __call__(self, rows: NDArray[np.intp]) -> list[Event]:
        return [{} for _ in rows]


def frame(detail: Detail, event_id: str, size: int, *, last: bool) -> Frame:
    zeros = np.zeros(size, np.int64)
    return Frame(
        kind=Kind("windows", "Security", event_id),
        sources=("log",),
        source=zeros.astype(np.int32),
        record=np.arange(size),
        time=zeros,
        host=constant("host", size),
        columns={},
        detail=detail,
        last=last,
    )


@pytest.mark.parametrize(("size", "gone"), [(worker.TOGETHER, True), (worker.TOGETHER - 1, False)])
def test_batches_are_let_go_before_the_next_is_read_once_they_are_large(
    monkeypatch: pytest.MonkeyPatch, size: int, gone: bool
) -> None:
    alive: list[bool] = []

    def read_task(task: Task, wanted: Wanted) -> Iterator[Frame]:
        for _ in range(2):
            detail = Detail()
            held = weakref.ref(detail)
            yield frame(detail, "1", size - 1, last=False)
            yield frame(detail, "2", 1, last=True)
            del detail
            alive.append(held() is not None)

    monkeypatch.setattr(worker, "read_task", read_task)
    monkeypatch.setattr(worker, "keep_memory", lambda: None)
    reader = worker.Worker(compiled(RuleSet((), (), (), "digest")), Names())
    result = worker.Gathered()
    with Spool() as spool:
        reader.work(Task(0, (), 0), spool, result)
    assert result.events == 2 * size
    assert alive == [not gone, False]
