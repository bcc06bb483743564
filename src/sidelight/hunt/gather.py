"""All evidence read and scanned, by one process or several, into one spool.

Parts are sets of rows and merge in any order, so who reads what changes nothing in the result.
"""

import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from sidelight.errors import SidelightError
from sidelight.evidence.inventory import STDIN, Inventory, Task
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
        analytics: whether to keep facts for analytics.
    """

    jobs: int
    scratch: Path
    report: Report
    analytics: bool = True


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

    def __init__(self, rules: Compiled, *, analytics: bool = True) -> None:
        keep_memory()
        self._scanner = Scanner(rules, analytics=analytics)

    def work(
        self,
        task: Task,
        spool: Spool,
        result: Gathered,
        report: Callable[[], None] = lambda: None,
    ) -> None:
        """Put what *task* holds into *spool*, and the rest into *result*, whatever ends it."""
        engine = self._scanner.engine
        before = engine.counters.as_dict()
        try:
            self._read(task, spool, result, report)
        finally:
            result.seen |= engine.seen
            for name, count in engine.counters.as_dict().items():
                result.counters[name] = result.counters.get(name, 0) + count - before[name]

    def _read(self, task: Task, spool: Spool, result: Gathered, report: Callable[[], None]) -> None:
        for number, item in enumerate(read_task(task, self._scanner.wanted)):
            match item:
                case Frame():
                    self._scanner.part = task.number << 32 | number
                    part = self._scanner.scan(item)
                    result.events += len(item)
                    result.hits += part.hits.num_rows
                    spool.add(part)
                    report()
                case Gap():
                    result.gaps.append(item)
                case Digest():
                    result.digests.append(item)


def gather(inventory: Inventory, rules: Compiled, spool: Spool, work: Work) -> Gathered:
    """Read everything in *inventory* into *spool*; what ends it early keeps what it read."""
    result = Gathered(gaps=list(inventory.gaps))
    try:
        if work.jobs > 1 and inventory.size >= PARALLEL_BYTES and len(inventory.tasks) > 1:
            _gather_apart(inventory, rules, spool, work, result)
        else:
            _gather_here(inventory, rules, spool, work, result)
    except KeyboardInterrupt:
        result.partial = "interrupted: what follows is what had been read until then"
    except SidelightError as error:
        result.partial = f"stopped: {error}; what follows is what had been read until then"
    return result


def _gather_here(
    inventory: Inventory, rules: Compiled, spool: Spool, work: Work, result: Gathered
) -> None:
    worker, done = Worker(rules, analytics=work.analytics), 0
    for task in inventory.tasks:

        def tell(before: int = done) -> None:
            work.report(_progress(inventory, before, result))

        worker.work(task, spool, result, tell)
        done += task.size
        tell(done)


def _progress(inventory: Inventory, done: int, result: Gathered) -> Progress:
    return Progress(done, inventory.size, result.events, result.hits, len(result.digests))


_WORKER: Final[list[tuple[Worker, Path]]] = []


def _start(rules: bytes, folder: str, analytics: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends workers without a traceback each
    compiled = msgspec.msgpack.decode(rules, type=Compiled)
    _WORKER[:] = [(Worker(compiled, analytics=analytics), Path(folder))]


def _run(task: Task) -> tuple[Gathered, tuple[str, ...]]:
    worker, folder = _WORKER[0]
    result, spool = Gathered(), Spool(folder, prefix=f"{task.number:06d}-")
    worker.work(task, spool, result)
    return result, spool.flush()


def _gather_apart(
    inventory: Inventory, rules: Compiled, spool: Spool, work: Work, result: Gathered
) -> None:
    done = 0
    body = msgspec.msgpack.encode(rules)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        work.jobs,
        context,
        initializer=_start,
        initargs=(body, str(work.scratch), work.analytics),
    ) as pool:
        apart = [task for task in inventory.tasks if not _is_here(task)]
        futures = {pool.submit(_run, task): task for task in apart}
        try:
            for task in filter(_is_here, inventory.tasks):
                Worker(rules, analytics=work.analytics).work(task, spool, result)
            for future in as_completed(futures):
                task = futures[future]
                _take(future, task, spool, result)
                done += task.size
                work.report(_progress(inventory, done, result))
        except (KeyboardInterrupt, SidelightError):
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _is_here(task: Task) -> bool:
    """Tell whether only this process can read it: others have no standard input."""
    return any(span.path == STDIN for span in task.spans)


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
