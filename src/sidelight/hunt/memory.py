"""How this process gets its memory."""

import ctypes
import gc
import mmap
import sys
from pathlib import Path
from typing import Final

import pyarrow as pa

from sidelight.values import dataclass

_M_TRIM_THRESHOLD: Final = -1  # mallopt(3)
_M_MMAP_THRESHOLD: Final = -3
_KEPT: Final = 1 << 30
_APART: Final = 16 << 20

MUCH: Final = 64 << 20
"""When a process has grown by so much, what it has is looked through for what is free.

What is given back comes again page by page, so to do it after each batch would cost a tenth of
all time.
"""

_YOUNG: Final = 100_000
"""So many new objects before Python looks for cycles among them; hardly any are made."""


def keep_memory() -> None:
    """Let freed memory be used again rather than given back at once.

    Each batch of events needs hundreds of megabytes for a moment. Getting them from the kernel
    anew, page by page, takes more time than decoding the events. The largest blocks lie apart:
    Arrow asks for as much as values may take, tens of megabytes for each column, touches little
    of it, and what is used next would come to lie behind it, in pages that were never touched.
    Rules are hundreds of thousands of objects that stay; the search for cycles passes over what
    is there already.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
    pa.set_memory_pool(pa.system_memory_pool())
    mallopt = of_libc("mallopt")
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _APART)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)


@dataclass(slots=True)
class Held:
    """How much memory this process had when it last gave some back, in bytes."""

    least: int = 0

    def give_back(self) -> None:
        """Give free memory to the kernel if there is much: holes between what stays add up."""
        now = _resident()
        self.least = min(self.least or now, now)
        if now - self.least > MUCH:
            trim()
            self.least = _resident()


def trim() -> None:
    """Give all free memory to the kernel."""
    give = of_libc("malloc_trim")
    if give is not None:
        give(0)


def _resident() -> int:
    """Tell how many bytes of memory this process has (proc_pid_statm(5)); 0 if not known."""
    try:
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * mmap.PAGESIZE


def of_libc(name: str) -> "ctypes._NamedFuncPointer | None":
    """Give a function of Linux's C library, None where there is none of this name."""
    if sys.platform != "linux":
        return None
    try:
        function: ctypes._NamedFuncPointer = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):  # another C library
        return None
    return function
