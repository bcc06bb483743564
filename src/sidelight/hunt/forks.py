"""Another process, as a fork of this one, that makes values and gives them here.

Rule 1. What it makes can be made here, too: where there can be no other process, where it fails or
is killed, nothing is lost but time.
Rule 2. It ends with this process, and says nothing when a signal ends it.
"""

import gc
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final, Generic, NoReturn, TypeVar

from sidelight.hunt.memory import of_libc
from sidelight.values import dataclass

Made = TypeVar("Made")

_PR_SET_PDEATHSIG: Final = 1  # prctl(2)
_SIZE: Final = 8
"""So many bytes before each value tell how long its text is."""


def can_fork() -> bool:
    """Tell whether this process can be forked.

    A fork has all that is loaded, for nothing. With other threads about, any lock may be held
    where it forks.
    """
    return sys.platform == "linux" and threading.active_count() == 1


def end_quietly() -> None:
    """Let signals end this process, without a traceback, and the end of its parent, too.

    One that is ignored stays ignored: who is run by nohup(1) outlives its terminal.
    """
    prctl = of_libc("prctl")
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # not every system hangs up
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@dataclass(slots=True)
class Fork(Generic[Made]):
    """Values that another process makes, one after another."""

    _process: int
    _pipe: BinaryIO

    def take(self) -> Made | None:
        """Wait for the next value; None where there is none, and none will come."""
        head = self._pipe.read(_SIZE)
        size = int.from_bytes(head, "big")
        text = self._pipe.read(size) if len(head) == _SIZE else b""
        if not size or len(text) < size:
            return None
        value: Made = pickle.loads(text)  # noqa: S301 - a fork of this process wrote it
        return value

    def end(self) -> None:
        """End the process, whatever it is at."""
        self._pipe.close()
        with suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self._process, 0)


@contextmanager
def forked(make: Callable[[], Iterable[Made]]) -> Iterator[Fork[Made] | None]:
    """Have another process go through what *make* gives; None where there can be none."""
    fork = _begun(make) if can_fork() else None
    try:
        yield fork
    finally:
        if fork is not None:
            fork.end()


@contextmanager
def aside(make: Callable[[], Made]) -> Iterator[Callable[[], Made]]:
    """Begin to *make* something in another process; give what waits for it.

    Where there can be no other process, a thread makes it. If it failed, it fails here once more.
    """
    with forked(lambda: ((make(),) for _ in range(1))) as fork:
        take = _in_thread(make) if fork is None else fork.take

        def wait() -> Made:
            made = take()
            return make() if made is None else made[0]

        yield wait


def _in_thread(make: Callable[[], Made]) -> Callable[[], tuple[Made] | None]:
    made: list[Made] = []

    def work() -> None:
        with suppress(Exception):
            made.append(make())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()

    def take() -> tuple[Made] | None:
        thread.join()
        return (made[0],) if made else None

    return take


def _begun(make: Callable[[], Iterable[Made]]) -> Fork[Made] | None:
    parent = os.getpid()
    try:
        reading, writing = os.pipe()
    except OSError:  # there may be no more open files
        return None
    try:
        process = os.fork()
    except OSError:  # there may be no more processes, or no memory for one
        os.close(reading)
        os.close(writing)
        return None
    if not process:
        _make(make, reading, writing, parent)
    os.close(writing)
    return Fork(process, open(reading, "rb"))


def _make(make: Callable[[], Iterable[Made]], reading: int, writing: int, parent: int) -> NoReturn:
    """Make and give everything, and end without a word: nothing of the parent's is flushed."""
    try:
        end_quietly()
        os.close(reading)
        gc.freeze()  # a search for cycles would copy what both share
        if os.getppid() == parent:
            for value in make():
                text = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
                _write(writing, len(text).to_bytes(_SIZE, "big"))
                _write(writing, text)
    finally:
        os._exit(0)


def _write(writing: int, text: bytes) -> None:
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(writing, rest) :]
