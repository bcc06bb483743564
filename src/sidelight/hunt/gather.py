"""All evidence read and scanned, by one process or several, into one spool.

Parts are sets of rows and merge in any order, so who reads what changes nothing in the result.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from sidelight.errors import SidelightError
from sidelight.evidence.inventory import Inventory, Task
from sidelight.evidence.named import STDIN
from sidelight.evidence.reading import Digest, read_task
from sidelight.findings.spool import Spool
from sidelight.hunt.forks import can_fork, end_quietly
from sidelight.hunt.host import Names
from sidelight.hunt.memory import Held, keep_memory, trim
from sidelight.hunt.scan import Scanner
from sidelight.rules.cache import Compiled
from sidelight.rules.cost import Cost, add_costs
from sidelight.schema import Frame, Gap, Kind
from sidelight.values import dataclass

if TYPE_CHECKING:
    from concurrent.futures.process import ProcessPoolExecutor

    from sidelight.hunt.crew import Finished

PARALLEL_BYTES: Final = 96 << 20
"""Below this much evidence a second process costs more than it saves."""

TOGETHER: Final = 8192
"""Batches of fewer events are scanned together: scanning has a price for each time."""


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

Heed: TypeAlias = Callable[[], AbstractContextManager[None]]
"""Gives the context in which Ctrl-C ends the reading."""


@dataclass(frozen=True, slots=True)
class Work:
    """How the reading is done.

    Args:
        jobs: how many processes may work at once.
        scratch: a folder of this run for what does not fit into memory.
        report: is told how far it is.
        analytics: whether to keep facts for analytics.
        names: what to call evidence.
        heed: where Ctrl-C ends it.
    """

    jobs: int
    scratch: Path
    report: Report
    analytics: bool = True
    names: Names = field(default_factory=Names)
    heed: Heed = nullcontext


_SILENT: Final = frozenset(
    {"", "archive", "evtx", "journal", "xml", "json", "csv", "auditd", "syslog"}
)
"""Formats of which nothing was read where no event was; what is no log may well have none."""


@dataclass(slots=True)
class Gathered:
    """What reading gave, besides what is in the spool.

    Args:
        seen: numbers of the rules that had events to look at.
        occurring: names of the columns that ever occurred, for each kind of event.
        costs: of single rules, by id.
        partial: why not all was read; empty where it was.
    """

    gaps: list[Gap] = field(default_factory=list)
    digests: list[Digest] = field(default_factory=list)
    events: int = 0
    hits: int = 0
    seen: set[int] = field(default_factory=set)
    occurring: dict[Kind, set[str]] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    costs: dict[str, Cost] = field(default_factory=dict)
    partial: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was seen: no event, and no host, memory, program or YARA scan either."""
        looks = (each.format for each in self.digests)
        return not self.events and all(name in _SILENT for name in looks)

    def take(self, other: "Gathered") -> None:
        """Add what another gave."""
        self.gaps += other.gaps
        self.digests += other.digests
        self.events += other.events
        self.hits += other.hits
        self.seen |= other.seen
        self.meet(other.occurring)
        add_costs(self.costs, other.costs)
        for name, count in other.counters.items():
            self.counters[name] = self.counters.get(name, 0) + count

    def meet(self, occurring: Mapping[Kind, set[str]]) -> None:
        """Add the names of columns that occurred."""
        for kind, names in occurring.items():
            self.occurring.setdefault(kind, set()).update(names)


Parted: TypeAlias = tuple[Gathered, tuple[str, ...]]
"""What a process gave, and the files that hold its parts."""


class Worker:
    """Reads and scans tasks one after another."""

    def __init__(self, rules: Compiled, names: Names, *, analytics: bool = True) -> None:
        keep_memory()
        self._scanner = Scanner(rules, analytics=analytics)
        self._names = names
        self._memory = Held()
        self._parts = 0

    def work(
        self,
        task: Task,
        spool: Spool,
        result: Gathered,
        report: Callable[[], None] = lambda: None,
    ) -> None:
        """Put what *task* holds into *spool*, and the rest into *result*, whatever ends it."""
        engine = self._scanner.engine
        engine.costs = {}
        before = engine.counters.as_dict()
        try:
            self._read(task, spool, result, report)
        finally:
            result.seen |= engine.seen
            result.meet(engine.occurring)
            add_costs(result.costs, engine.costs)
            for name, count in engine.counters.as_dict().items():
                result.counters[name] = result.counters.get(name, 0) + count - before[name]

    def _read(self, task: Task, spool: Spool, result: Gathered, report: Callable[[], None]) -> None:
        held: list[Frame] = []
        try:
            for item in read_task(task, self._scanner.wish):
                match item:
                    case Frame():
                        if _is_enough(held, item):
                            self._scan(held, task, spool, result)
                        held.append(self._names.frame(item))
                        result.events += len(item)
                        if item.last and _is_much(held):
                            self._scan(held, task, spool, result)
                        report()
                    case Gap():
                        result.gaps.append(self._names.gap(item))
                    case Digest():
                        result.digests.append(self._names.digest(item))
                del item  # a batch lives as long as one of its frames
        finally:
            if held:
                self._scan(held, task, spool, result)

    def _scan(self, held: list[Frame], task: Task, spool: Spool, result: Gathered) -> None:
        """Put *held* into *spool* and empty it."""
        frames = held.copy()
        held.clear()
        self._scanner.part = task.number << 32 | self._parts
        self._parts += 1
        part = self._scanner.scan(*frames)
        result.hits += part.hits.num_rows
        spool.add(part)
        del frames, part
        self._memory.give_back()


def _is_enough(held: list[Frame], fresh: Frame) -> bool:
    """Tell whether *held* is to be scanned before *fresh* is taken.

    A reader gives the kinds of a batch in order; to hold part of a batch would hold all of it.
    """
    begins = bool(held) and fresh.kind <= held[-1].kind
    return begins and _is_much(held)


def _is_much(held: list[Frame]) -> bool:
    return sum(map(len, held)) >= TOGETHER


def gather(inventory: Inventory, rules: Compiled, spool: Spool, work: Work) -> Gathered:
    """Read everything in *inventory* into *spool*; what ends it early keeps what it read."""
    result = Gathered(gaps=[work.names.gap(gap) for gap in inventory.gaps])
    apart = work.jobs > 1 and inventory.size >= PARALLEL_BYTES and len(inventory.tasks) > 1
    read = _gather_apart if apart else _gather_here
    try:
        with work.heed():
            read(inventory, rules, spool, work, result)
    except KeyboardInterrupt:
        result.partial = "interrupted"
    except SidelightError as error:
        result.partial = f"stopped: {error}"
    _let_go(result)
    return result


def _let_go(result: Gathered) -> None:
    """Give to the kernel what was there for reading only."""
    if any(each.format == "evtx" for each in result.digests):
        from sidelight.evidence.evtx.chunks import release  # noqa: PLC0415 - imported by now

        release()
    trim()


def _gather_here(
    inventory: Inventory, rules: Compiled, spool: Spool, work: Work, result: Gathered
) -> None:
    worker, done = Worker(rules, work.names, analytics=work.analytics), 0
    for task in inventory.tasks:

        def tell(before: int = done) -> None:
            work.report(_progress(inventory, before, result))

        worker.work(task, spool, result, tell)
        done += task.size
        tell(done)


def _progress(inventory: Inventory, done: int, result: Gathered) -> Progress:
    return Progress(done, inventory.size, result.events, result.hits, len(result.digests))


_WORKER: Final[list[tuple[Worker, Path]]] = []


def _start(rules: bytes, folder: str, names: Names, analytics: bool) -> None:
    end_quietly()
    worker = Worker(msgspec.msgpack.decode(rules, type=Compiled), names, analytics=analytics)
    _WORKER[:] = [(worker, Path(folder))]


def _run(task: Task) -> Parted:
    worker, folder = _WORKER[0]
    result, spool = Gathered(), Spool(folder, prefix=f"{task.number:06d}-")
    worker.work(task, spool, result)
    return result, spool.flush()


def _gather_apart(
    inventory: Inventory, rules: Compiled, spool: Spool, work: Work, result: Gathered
) -> None:
    """Share the tasks with other processes: this one, which is ready first, takes some too."""
    from sidelight.hunt.crew import Crew  # noqa: PLC0415 - for large input

    worker = Worker(rules, work.names, analytics=work.analytics)
    pool = _pool(worker, rules, work)
    here = [task for task in inventory.tasks if _is_here(task)]
    crew = Crew(pool, _run, [task for task in inventory.tasks if not _is_here(task)])
    done = 0
    with pool:
        try:
            crew.begin(work.jobs - 1)
            while (task := here.pop() if here else crew.last()) or crew.busy:

                def tell(before: int = done) -> None:
                    work.report(_progress(inventory, before, result))

                if task is not None:
                    worker.work(task, spool, result, tell)
                    done += task.size
                done += _take(crew.fetch(patient=task is None), spool, result)
                tell(done)
        except (KeyboardInterrupt, SidelightError):
            crew.stop()
            raise
        finally:
            _WORKER.clear()


def _pool(worker: Worker, rules: Compiled, work: Work) -> "ProcessPoolExecutor":
    """Give other processes that are ready to `_run`.

    Where this one cannot be forked, each process starts anew.
    """
    import multiprocessing  # noqa: PLC0415
    from concurrent.futures.process import ProcessPoolExecutor  # noqa: PLC0415

    if can_fork():
        _WORKER[:] = [(worker, work.scratch)]
        forking = multiprocessing.get_context("fork")
        return ProcessPoolExecutor(work.jobs - 1, forking, initializer=end_quietly)
    start = (msgspec.msgpack.encode(rules), str(work.scratch), work.names, work.analytics)
    anew = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(work.jobs - 1, anew, initializer=_start, initargs=start)


def _is_here(task: Task) -> bool:
    """Tell whether only this process can read it: others have no standard input."""
    return any(span.path == STDIN for span in task.spans)


def _take(finished: "Iterable[Finished[Parted]]", spool: Spool, result: Gathered) -> int:
    """Take what others gave; tell how many bytes they dealt with."""
    done = 0
    for task, given in finished:
        done += task.size
        if given is None:
            text = "the process that read it was killed, perhaps for want of memory; try --jobs 1"
            result.gaps += [Gap(span.path, span.start, "denied", text) for span in task.spans]
            continue
        part, files = given
        result.take(part)
        spool.adopt(files)
    return done
