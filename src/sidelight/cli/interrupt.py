"""Ctrl-C as a wish: kept where nothing could be written yet, heeded where reading can end early."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Interrupt:
    """Whether Ctrl-C was pressed, and whether that ends what is going on.

    Args:
        noted: it was pressed.
        heeded: what is going on can be ended, and is.
    """

    noted: bool = False
    heeded: bool = False

    def press(self, *_: object) -> None:
        """Note it, or end what can be ended; pressed again, it ends everything.

        Raises:
            KeyboardInterrupt: something ends.
        """
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
    """Hold Ctrl-C back, but where it is heeded; where it is ignored, it stays ignored.

    An interrupted import of a C library cannot be made up for, and without rules and a list of
    files there is nothing to write results with.
    """
    interrupt = Interrupt()
    before = signal.getsignal(signal.SIGINT)
    here = threading.current_thread() is threading.main_thread()
    if before != signal.default_int_handler or not here:
        yield interrupt
        return
    signal.signal(signal.SIGINT, interrupt.press)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
