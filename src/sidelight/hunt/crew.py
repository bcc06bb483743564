"""Other processes at work beside this one, each on one task at a time."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from threading import Lock
from typing import Generic, TypeAlias, TypeVar

from sidelight.evidence.inventory import Task

Given = TypeVar("Given")
Finished: TypeAlias = tuple[Task, Given | None]
"""A task and what it gave; None where the process that worked on it was killed."""


class Crew(Generic[Given]):
    """Hands out tasks: the first ones to others, the last ones to who asks.

    Nobody has a second task in hand while at work on one, so that all end at about the same
    time. What others who were killed left undone is there for who asks.
    """

    def __init__(
        self, pool: Executor, work: Callable[[Task], Given], tasks: Sequence[Task]
    ) -> None:
        self._pool, self._work = pool, work
        self._pending = deque(tasks)
        self._started: dict[Future[Given], Task] = {}
        self._lock = Lock()

    def begin(self, hands: int) -> None:
        """Give as many others a task each; who is done gets the next one."""
        for _ in range(hands):
            self._hand_out()

    def last(self) -> Task | None:
        """Take the last task that nobody has begun; None if there is none."""
        with self._lock:
            return self._pending.pop() if self._pending else None

    @property
    def busy(self) -> bool:
        """Whether somebody is at work, or has given something that is not fetched yet."""
        with self._lock:
            return bool(self._started)

    def fetch(self, *, patient: bool = False) -> list[Finished[Given]]:
        """Take what others have finished; if *patient*, wait until there is something.

        Raises:
            SidelightError: of a task.
        """
        with self._lock:
            waiting = dict(self._started)
        done, _ = wait(waiting, None if patient else 0, FIRST_COMPLETED)
        with self._lock:
            for future in done:
                del self._started[future]
        return [(waiting[future], _given(future)) for future in done]

    def stop(self) -> None:
        """Hand out nothing more, and wait for nobody."""
        with self._lock:
            self._pending.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _hand_out(self) -> None:
        with self._lock:
            if not self._pending:
                return
            try:
                future = self._pool.submit(self._work, self._pending[0])
            except RuntimeError:  # broken, or shut down
                return
            self._started[future] = self._pending.popleft()
        future.add_done_callback(self._next)

    def _next(self, future: Future[Given]) -> None:
        if not future.cancelled() and future.exception() is None:
            self._hand_out()


def _given(future: Future[Given]) -> Given | None:
    try:
        return future.result()
    except BrokenExecutor:
        return None
