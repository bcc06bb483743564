"""What is odd about a process, with reasons for and against: a pure function of what was seen.

Which traits tell and which do not was measured on stand-ins and on benign programs; executable
memory alone, for one, tells little.
"""

from collections.abc import Iterable
from typing import Final

from sidelight.host.calls import call_marks
from sidelight.host.libraries import library_marks
from sidelight.host.memory import memory_marks
from sidelight.host.process import Mark, Process
from sidelight.host.program import program_marks
from sidelight.host.sockets import socket_marks

HIGH: Final = 60
"""So many are urgent."""

_ONCE: Final = HIGH - 5


def judge(process: Process) -> tuple[Mark, ...]:
    """Mark what is odd about *process*; marks of no points say what is not held against it.

    On a running host, what one look alone showed does not reach `HIGH`: a process that is just
    being started looks like many things.
    """
    if process.kernel:
        return ()
    marks = [
        *program_marks(process),
        *memory_marks(process),
        *call_marks(process),
        *library_marks(process),
        *socket_marks(process),
    ]
    total = points_of(marks)
    if process.origin == "live" and process.looks < 2 and total > _ONCE:
        text = "a second look did not show the same process: it ended or became another program"
        marks.append(Mark("seen-once", _ONCE - total, text))
    return tuple(marks)


def points_of(marks: Iterable[Mark]) -> int:
    """Add up the points of *marks*."""
    return sum(mark.points for mark in marks)
