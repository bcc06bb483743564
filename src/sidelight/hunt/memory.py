"""How this process gets its memory."""

import ctypes
import sys
from typing import Final

import pyarrow as pa

_M_TRIM_THRESHOLD: Final = -1  # mallopt(3)
_M_MMAP_THRESHOLD: Final = -3
_KEPT: Final = 1 << 30


def keep_memory() -> None:
    """Let freed memory be used again rather than given back at once.

    Each batch of events needs hundreds of megabytes for a moment. Getting them from the kernel
    anew, page by page, takes more time than decoding the events.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    if sys.platform != "linux":
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return
    mallopt(_M_MMAP_THRESHOLD, _KEPT)
    mallopt(_M_TRIM_THRESHOLD, _KEPT)
