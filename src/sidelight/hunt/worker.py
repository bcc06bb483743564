"""Who reads and scans tasks, and what that gives."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Final

from sidelight.evidence.inventory import Task
from sidelight.evidence.reading import Digest, read_task
from sidelight.findings.spool import Spool
from sidelight.hunt.host import Names
from sidelight.hunt.memory import Held, keep_memory
from sidelight.hunt.scan import Scanner
from sidelight.rules.cache import Compiled
from sidelight.rules.cost import Cost, add_costs
from sidelight.schema import Frame, Gap, Kind
from sidelight.values import dataclass

TOGETHER: Final = 8192
"""Batches of fewer events are scanned together: scanning has a price for each time."""


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


class Worker:
    """Reads and scans tasks one after another.

    Args:
        rules: to run.
        names: what to call evidence.
        analytics: whether to keep facts for analytics.
    """

    def __init__(self, rules: Compiled, names: Names, *, analytics: bool = True) -> None:
        keep_memory()
        self.rules, self.names, self.analytics = rules, names, analytics
        self._scanner = Scanner(rules, analytics=analytics)
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
                        held.append(self.names.frame(item))
                        result.events += len(item)
                        if item.last and _is_much(held):
                            self._scan(held, task, spool, result)
                        report()
                    case Gap():
                        result.gaps.append(self.names.gap(item))
                    case Digest():
                        result.digests.append(self.names.digest(item))
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
