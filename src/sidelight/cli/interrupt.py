"""Ctrl-C as a wish: kept where nothing could be written yet, heeded where reading can end early.

A request to end (SIGTERM) and a terminal that is gone (SIGHUP) are the same wish.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sidelight.cli.exits import HUNG_UP, INTERRUPTED, TERMINATED
from sidelight.values import dataclass

_CODES: Final = {"SIGINT": INTERRUPTED, "SIGTERM": TERMINATED, "SIGHUP": HUNG_UP}
_DEFAULTS: Final = (signal.default_int_handler, signal.SIG_DFL)


@dataclass(slots=True)
class Interrupt:
    """Whether Ctrl-C was pressed, and whether that ends what is going on.

    Args:
        noted: it was pressed.
        heeded: what is going on can be ended, and is.
        code: with which the program then leaves.
        terminals: standard streams that lead to a terminal.
    """

    noted: bool = False
    heeded: bool = False
    code: int = INTERRUPTED
    terminals: tuple[int, ...] = ()

    def press(self, number: int, *_: object) -> None:
        """Note it, or end what can be ended; pressed again, it ends everything.

        Args:
            number: of the signal; the first one tells the exit code.

        Raises:
            KeyboardInterrupt: something ends.
        """
        name = signal.Signals(number).name
        if not self.noted:
            self.code = _CODES[name]
        if name == "SIGHUP":
            _forget_dead(self.terminals)
        again, self.noted = self.noted, True
        if self.heeded or again:
            raise KeyboardInterrupt

    @contextmanager
    def heed(self) -> Iterator[None]:
        """End what goes on in this context when Ctrl-C is pressed, or was before.

        Raises:
            KeyboardInterrupt: it was.
        """
        self.heeded = True
        try:
            if self.noted:
                raise KeyboardInterrupt
            yield
        finally:
            self.heeded = False


@contextmanager
def held() -> Iterator[Interrupt]:
    """Hold the signals back, but where they are heeded; one that is ignored stays ignored.

    An interrupted import of a C library cannot be made up for, and without rules and a list of
    files there is nothing to write results with.
    """
    interrupt = Interrupt(terminals=tuple(filter(os.isatty, (1, 2))))
    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in _CODES:
            number = getattr(signal, name, None)  # not every system hangs up
            if number is not None and signal.getsignal(number) in _DEFAULTS:
                before[number] = signal.signal(number, interrupt.press)
    try:
        yield interrupt
    finally:
        for number, action in before.items():
            signal.signal(number, action)


def heeding(run: Callable[[Interrupt], int]) -> int:
    """Run to an exit code, with the signals held back; that of the signal where one ends it."""
    with held() as ctrl_c:
        try:
            return run(ctrl_c)
        except KeyboardInterrupt:
            print("sidelight: interrupted", file=sys.stderr)  # noqa: T201
            return ctrl_c.code


def _forget_dead(terminals: tuple[int, ...]) -> None:
    """Lead streams whose terminal is gone nowhere: a word to nobody must not stop the rest."""
    for number in terminals:
        if not os.isatty(number):
            sink = os.open(os.devnull, os.O_RDWR)
            os.dup2(sink, number)
            os.close(sink)
