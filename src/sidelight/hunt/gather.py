"""All evidence read and scanned, by one process or several, into one spool.

Parts are sets of rows and merge in any order, so who reads what changes nothing in the result.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from sidelight.errors import SidelightError
from sidelight.evidence.inventory import Inventory, Task
from sidelight.evidence.named import STDIN
from sidelight.findings.spool import Spool
from sidelight.hunt.host import Names
from sidelight.hunt.memory import trim
from sidelight.hunt.worker import Gathered, Worker
from sidelight.rules.cache import Compiled
from sidelight.schema import Gap
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.hunt.crew import Finished
    from sidelight.hunt.hands import Parted

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
    _give_back(result)
    return result


def _give_back(result: Gathered) -> None:
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


def _gather_apart(
    inventory: Inventory, rules: Compiled, spool: Spool, work: Work, result: Gathered
) -> None:
    """Share the tasks with other processes: this one, which is ready first, takes some too."""
    from sidelight.hunt.crew import Crew  # noqa: PLC0415 - for large input
    from sidelight.hunt.hands import let_go, ready, run  # noqa: PLC0415

    worker = Worker(rules, work.names, analytics=work.analytics)
    pool = ready(worker, work.scratch, work.jobs - 1)
    here = [task for task in inventory.tasks if _is_here(task)]
    crew = Crew(pool, run, [task for task in inventory.tasks if not _is_here(task)])
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
            let_go()


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
