"""How this process gets its memory."""

import ctypes
import gc
import sys
from typing import Final

import pyarrow as pa

_M_TRIM_THRESHOLD: Final = -1  # mallopt(3)
_M_MMAP_THRESHOLD: Final = -3
_KEPT: Final = 1 << 30

_YOUNG: Final = 100_000
"""So many new objects before Python looks for cycles among them; hardly any are made."""


def keep_memory() -> None:
    """Let freed memory be used again rather than given back at once.

    Each batch of events needs hundreds of megabytes for a moment. Getting them from the kernel
    anew, page by page, takes more time than decoding the events. Rules are hundreds of thousands
    of objects that stay; the search for cycles passes over what is there already.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
    pa.set_memory_pool(pa.system_memory_pool())
    if sys.platform != "linux":
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return
    mallopt(_M_MMAP_THRESHOLD, _KEPT)
    mallopt(_M_TRIM_THRESHOLD, _KEPT)
