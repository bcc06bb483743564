"""One command run to its end, and what it cost."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BEST_OF: Final = 2


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process and those it started cost.

    Args:
        cpu: user and system time, in seconds.
        wall: in seconds.
        peak: memory of the largest of these processes, in MB (10^6 bytes).
    """

    cpu: float
    wall: float
    peak: float


class RunError(Exception):
    """A command did not end well."""


def run(command: Sequence[str], environment: dict[str, str], folder: Path) -> Cost:
    """Run *command* in *folder* and give its cost (wait4(2), getrusage(2)).

    The peak of a child is never below what its parent held when it started it, so whoever calls
    this must be small itself.

    Raises:
        RunError: it exited with anything but 0 or 3 (some evidence unreadable).
    """
    with (folder / "errors.txt").open("w+b") as errors:
        begun = time.perf_counter()
        child = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=errors, env=environment, cwd=folder
        )
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in {0, 3}:
            errors.seek(0)
            raise RunError(errors.read().decode(errors="replace")[-400:] or str(child.returncode))
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss * 1024 / 1e6)


def best(once: Callable[[], Cost], times: int = BEST_OF) -> Cost:
    """Give the least of each figure, but the largest peak, of *times* runs."""
    return in_turn(once, times=times)[0]


def in_turn(*every: Callable[[], Cost], times: int = BEST_OF) -> list[Cost]:
    """Give the `best` of several commands, run in turn: a slow minute is one for all of them."""
    rounds = [[once() for once in every] for _ in range(times)]
    return [
        Cost(
            min(each.cpu for each in costs),
            min(each.wall for each in costs),
            max(each.peak for each in costs),
        )
        for costs in zip(*rounds, strict=True)
    ]
