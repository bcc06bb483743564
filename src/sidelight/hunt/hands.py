"""Other processes that read and scan tasks as this one does."""

import multiprocessing
from concurrent.futures.process import ProcessPoolExecutor
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from sidelight.evidence.inventory import Task
from sidelight.findings.spool import Spool
from sidelight.hunt.forks import can_fork, end_quietly
from sidelight.hunt.host import Names
from sidelight.hunt.worker import Gathered, Worker
from sidelight.rules.cache import Compiled

Parted: TypeAlias = tuple[Gathered, tuple[str, ...]]
"""What a process gave, and the files that hold its parts."""


_WORKER: Final[list[tuple[Worker, Path]]] = []


def _start(rules: bytes, names: Names, analytics: bool, folder: str) -> None:
    end_quietly()
    worker = Worker(msgspec.msgpack.decode(rules, type=Compiled), names, analytics=analytics)
    _WORKER[:] = [(worker, Path(folder))]


def run(task: Task) -> Parted:
    """Read and scan *task* in a process that is ready."""
    worker, folder = _WORKER[0]
    result, spool = Gathered(), Spool(folder, prefix=f"{task.number:06d}-")
    worker.work(task, spool, result)
    return result, spool.flush()


def ready(worker: Worker, folder: Path, count: int) -> ProcessPoolExecutor:
    """Give processes that are ready to `run`: as many as *count*, like *worker*.

    Where this one cannot be forked, each process starts anew.

    Args:
        worker: of this process.
        folder: where they put what they give.
        count: how many.
    """
    if can_fork():
        _WORKER[:] = [(worker, folder)]
        forking = multiprocessing.get_context("fork")
        return ProcessPoolExecutor(count, forking, initializer=end_quietly)
    start = (msgspec.msgpack.encode(worker.rules), worker.names, worker.analytics, str(folder))
    anew = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(count, anew, initializer=_start, initargs=start)


def let_go() -> None:
    """Forget the worker that others were made like."""
    _WORKER.clear()
