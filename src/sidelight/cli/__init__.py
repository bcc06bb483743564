"""The command line: each command parses, calls one public function and renders."""

import atexit
import gc
import os
import signal
import sys
from typing import Final

_YOUNG: Final = 200_000
"""So many new objects before Python looks for cycles: loading modules makes many that stay."""

_STREAMS: Final = 2
"""The last of the standard streams."""


def main() -> None:
    """Run the command line and leave with its exit code.

    0 nothing at or above the fail level, 1 found, 2 usage, 3 some evidence unreadable,
    130 interrupted.
    """
    _open_closed()
    ended: list[int] = []
    atexit.register(_depart, ended)  # the first that is registered comes last
    asked = signal.getsignal(signal.SIGINT)
    if asked == signal.default_int_handler:  # where Ctrl-C is ignored, it stays so
        signal.signal(signal.SIGINT, _leave)
    gc.set_threshold(_YOUNG)
    # NumPy's algebra is not used, and starting its threads takes 50 ms of each process.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from sidelight.cli.app import run  # noqa: PLC0415 - nothing is imported for a bare module

    signal.signal(signal.SIGINT, asked)
    code = run(sys.argv[1:])
    if sys.argv[1:2] == ["hunt"]:  # others may leave a database to be closed
        ended.append(code)
    sys.exit(code)


def _depart(ended: list[int]) -> None:
    """Leave what is loaded as it is: to take it apart is a twentieth of a small hunt.

    All else that is done at exit has been done.
    """
    if ended:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):
            return  # Python tells of it, and gives another exit code
        os._exit(ended[0])


def _open_closed() -> None:
    """Lead standard streams that were closed nowhere: else a file of ours would be one of them."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= _STREAMS:
        os.set_inheritable(handle, True)
    os.close(handle)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - to the end


def _leave(*_: object) -> None:
    """Leave at once: nothing can be gone on with whose import was cut short."""
    os.write(2, b"sidelight: interrupted\n")
    os._exit(130)
