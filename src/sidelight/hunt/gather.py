"""All evidence read and scanned, by one process or several, into one spool.

Parts are sets of rows and merge in any order, so who reads what changes nothing in the result.
"""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from sidelight.evidence.inventory import Inventory, Task
from sidelight.evidence.reading import Digest, read_task
from sidelight.findings.spool import Spool
from sidelight.hunt.memory import keep_memory
from sidelight.hunt.scan import Scanner
from sidelight.rules.cache import Compiled
from sidelight.schema import Frame, Gap

PARALLEL_BYTES: Final = 96 << 20
"""Below this much evidence a second process costs more than it saves."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reading is.

    Args:
        done: bytes on disk that are dealt with, of *total*.
    """

    done: int
    total: int
    events: int
    hits: int
    sources: int


Report: TypeAlias = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Work:
    """How the reading is done.

    Args:
        jobs: how many processes may work at once.
        scratch: a folder of this run for what does not fit into memory.
        report: is told how far it is.
    """

    jobs: int
    scratch: Path
    report: Report


@dataclass(slots=True)
class Gathered:
    """What reading gave, besides what is in the spool.

    Args:
        seen: numbers of the rules that had events to look at.
        partial: why not all was read; empty where it was.
    """

    gaps: list[Gap] = field(default_factory=list)
    digests: list[Digest] = field(default_factory=list)
    events: int = 0
    hits: int = 0
    seen: set[int] = field(default_factory=set)
    counters: dict[str, int] = field(default_factory=dict)
    partial: str = ""

    def take(self, other: "Gathered") -> None:
        """Add what another gave."""
        self.gaps += other.gaps
        self.digests += other.digests
        self.events += other.events
        self.hits += other.hits
        self.seen |= other.seen
        for name, count in other.counters.items():
            self.counters[name] = self.counters.get(name, 0) + count


class Worker:
    """Reads and scans tasks one after another."""

    def __init__(self, rules: Compiled) -> None:
        keep_memory()
        self._scanner = Scanner(rules)

    def work(
        self, task: Task, spool: Spool, report: Callable[[Gathered], None] = lambda _: None
    ) -> Gathered:
        """Put what *task* holds into *spool*."""
        result = Gathered()
        engine = self._scanner.engine
        before = engine.counters.as_dict()
        for number, item in enumerate(read_task(task, self._scanner.wanted)):
            match item:
                case Frame():
                    self._scanner.part = task.number << 32 | number
                    part = self._scanner.scan(item)
                    spool.add(part)
                    result.events += len(item)
                    result.hits += part.hits.num_rows
                    report(result)
                case Gap():
                    result.gaps.append(item)
                case Digest():
                    result.digests.append(item)
        result.seen = set(engine.seen)
        after = engine.counters.as_dict()
        result.counters = {name: after[name] - before[name] for name in after}
        return result


def gather(inventory: Inventory, rules: Compiled, spool: Spool, work: Work) -> Gathered:
    """Read everything in *inventory* into *spool*; an interruption keeps what was read so far."""
    result = Gathered(gaps=list(inventory.gaps))
    try:
        if work.jobs > 1 and inventory.size >= PARALLEL_BYTES and len(inventory.tasks) > 1:
            _gather_apart(inventory, rules, spool, work, result)
        else:
            _gather_here(inventory, rules, spool, work.report, result)
    except KeyboardInterrupt:
        result.partial = "interrupted: what follows is what had been read until then"
    return result


def _gather_here(
    inventory: Inventory, rules: Compiled, spool: Spool, report: Report, result: Gathered
) -> None:
    worker, done = Worker(rules), 0
    for task in inventory.tasks:

        def tell(now: Gathered, before: int = done) -> None:
            report(_progress(inventory, before, result, now))

        result.take(worker.work(task, spool, tell))
        done += task.size
        report(_progress(inventory, done, result, Gathered()))


def _progress(inventory: Inventory, done: int, past: Gathered, now: Gathered) -> Progress:
    return Progress(
        done,
        inventory.size,
        past.events + now.events,
        past.hits + now.hits,
        len(past.digests) + len(now.digests),
    )


_WORKER: Final[list[tuple[Worker, Path]]] = []


def _start(rules: bytes, folder: str) -> None:
    _WORKER[:] = [(Worker(msgspec.msgpack.decode(rules, type=Compiled)), Path(folder))]


def _run(task: Task) -> tuple[Gathered, tuple[str, ...]]:
    worker, folder = _WORKER[0]
    spool = Spool(folder, prefix=f"{task.number:06d}-")
    result = worker.work(task, spool)
    return result, spool.flush()


def _gather_apart(
    inventory: Inventory, rules: Compiled, spool: Spool, work: Work, result: Gathered
) -> None:
    done = 0
    body = msgspec.msgpack.encode(rules)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        work.jobs, context, initializer=_start, initargs=(body, str(work.scratch))
    ) as pool:
        futures = {pool.submit(_run, task): task for task in inventory.tasks}
        try:
            for future in as_completed(futures):
                task = futures[future]
                _take(future, task, spool, result)
                done += task.size
                work.report(_progress(inventory, done, result, Gathered()))
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _take(
    future: "Future[tuple[Gathered, tuple[str, ...]]]", task: Task, spool: Spool, result: Gathered
) -> None:
    try:
        part, files = future.result()
    except BrokenProcessPool:
        text = "the process that read it was killed, perhaps for want of memory; try --jobs 1"
        result.gaps += [Gap(span.path, span.start, "denied", text) for span in task.spans]
        return
    result.take(part)
    spool.adopt(files)
