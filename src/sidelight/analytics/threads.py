"""Threads that one process starts in another.

Log source: Sysmon 8, or another product's create_remote_thread. Technique: T1055.
What it catches: code that runs in another process without a module behind its start, or that
starts at the loader with a path as its argument. Defeated by: APC and callback injection, start
addresses inside a stomped module, and threads that are hijacked instead of created.
Source: Microsoft, Sysmon event 8; public reports on remote threads.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.analytics.mark import Mark
from sidelight.analytics.paths import WRITABLE, place_of
from sidelight.analytics.signals import signal_rows
from sidelight.findings.actor import named
from sidelight.schema import Frame

_KERNEL: Final = 0xFFFF_0000_0000_0000
_LOADERS: Final = ("loadlibrary", "ldrloaddll")
_HARMLESS: Final = ("ctrlroutine", "dbguiremotebreakin", "dbgbreakpoint")
_EMPTY: Final = frozenset({"", "-"})
_UNTOLD: Final = "?"


def judge_thread(source: str, target: str, address: str, module: str, function: str) -> Mark | None:
    """Judge where a remote thread starts; None where nothing is odd.

    Args:
        source: executable of the process that made the thread.
        target: executable of the process it runs in.
        address: where it starts, hexadecimal.
        module: the file that the address lies in; "" or "-" where it lies in none.
        function: exported name at the address.
    """
    here, there = _name(source), _name(target)
    called = function.lower()
    if called.startswith(_HARMLESS):
        return None
    if called.startswith(_LOADERS):
        said = (
            f"{here} started a thread in {there} at {function}, which makes {there} load a library."
        )
        return Mark("memory.thread-loader", 65, said, "Some accessibility tools load a library so.")
    if module in _EMPTY:
        return _unbacked(here, there, address)
    if place_of(module).zone in WRITABLE:
        said = (
            f"{here} started a thread in {there} inside {module}, a file in a folder that users "
            "write to."
        )
        return Mark("memory.thread-dropped", 60, said)
    return None


def _unbacked(here: str, there: str, address: str) -> Mark | None:
    start = _number(address)
    if start is None or start >= _KERNEL or not start:
        return None
    said = (
        f"{here} started a thread in {there} at {address}, where no file is mapped: it runs code "
        "that exists in memory only."
    )
    return Mark("memory.thread-unbacked", 75, said, "Some debuggers and protection tools do so.")


def _name(path: str) -> str:
    return path.rpartition("\\")[2] or path or "a process"


def _number(text: str) -> int | None:
    try:
        return int(text, 16)
    except ValueError:
        return None


THREAD_FIELDS: Final = (
    "SourceImage",
    "TargetImage",
    "StartAddress",
    "StartModule",
    "StartFunction",
)


def thread_rows(frame: Frame) -> pa.Table:
    """Give the odd remote threads of *frame* as `SIGNALS`.

    An event without a field for the module says nothing of where its thread starts; one whose
    field is empty says that it starts in none.
    """
    told = np.zeros(len(frame), bool)
    for column in named(frame, ("StartModule",)):
        told |= column.codes >= 0
    found = [
        signal_rows(frame, np.flatnonzero(rows), THREAD_FIELDS, judge, "TargetProcessGuid")
        for rows, judge in ((told, thread_marks), (~told, moduleless_marks))
    ]
    return pa.concat_tables(found)


def thread_marks(fields: Mapping[str, str]) -> tuple[Mark, ...]:
    """Judge an event by `THREAD_FIELDS`."""
    mark = judge_thread(*(fields[name] for name in THREAD_FIELDS))
    return () if mark is None else (mark,)


def moduleless_marks(fields: Mapping[str, str]) -> tuple[Mark, ...]:
    """Judge an event that does not tell the module: only the function can speak."""
    return thread_marks({**fields, "StartModule": _UNTOLD})
