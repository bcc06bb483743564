"""What may be opened as evidence: regular files on file systems that keep them.

A pipe that nobody writes to, a device, or a file by which the kernel shows itself may block or
never end, whatever its name is.
"""

import errno
import os
import stat
from collections.abc import Iterator
from functools import lru_cache
from io import BufferedReader
from typing import Final

_SHOWN: Final = frozenset(
    {
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "efivarfs"),
        *("fusectl", "nfsd", "proc", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs", "tracefs"),
    }
)
"""Types of file systems without files of their own (Documentation/filesystems of the kernel)."""

_MOUNTS: Final = "/proc/self/mountinfo"
_AT_ONCE: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


def open_regular(path: str) -> BufferedReader:
    """Open a file for reading; waits for nobody, also where a pipe took the place of the file.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    file = open(path, "rb", opener=_opener)  # noqa: SIM115 - given away
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "is not a regular file", path)
    return file


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | _AT_ONCE)


def is_shown_by_kernel(device: int) -> bool:
    """Tell whether the file system *device* (``st_dev``) has no files of its own."""
    return device in _devices()


@lru_cache(maxsize=1)
def _devices() -> frozenset[int]:
    try:
        with open(_MOUNTS, "rb") as file:
            return frozenset(_shown(file.read()))
    except OSError:  # no Linux, or no such file system
        return frozenset()


def _shown(mounts: bytes) -> Iterator[int]:
    """Yield the devices of such file systems in what proc(5) calls mountinfo."""
    for line in mounts.split(b"\n"):
        left, _, right = line.partition(b" - ")
        fields = left.split(b" ")
        if len(fields) > 2 and right.partition(b" ")[0].decode("latin-1") in _SHOWN:
            major, _, minor = fields[2].partition(b":")
            yield os.makedev(int(major), int(minor))
