"""Prefetch files: what Windows notes of a program that was run, to start it faster the next time.

Source: J. Metz, "Windows Prefetch File (PF) format", libscca documentation, for versions 17 (XP),
23 (Vista, 7), 26 (8.1), 30 (10) and 31 (11).
"""

import re
import struct
from typing import Final

from sidelight.host.xpress import PackedError, unpack
from sidelight.values import dataclass

MOST: Final = 16 << 20
"""No such file is longer, packed or not."""

_PACKED: Final = b"MAM"
_MARK: Final = b"SCCA"
_INFORMATION: Final = 84
_TIMES: Final = {17: (36, 1), 23: (44, 1), 26: (44, 8), 30: (44, 8), 31: (44, 8)}
"""By version, where in the information the times of the last runs are, and how many."""

_COUNTS: Final = {17: 60, 23: 68, 26: 124, 30: 124, 31: 116}
_SHORT: Final = 0x128
"""Where the metrics begin in that form of version 30 that has its count where 31 has it."""

_EPOCH: Final = 116_444_736_000_000_000
_VOLUME: Final = re.compile(r"\\(?:volume\{[^}\\]*\}|device\\harddiskvolume\d+)\\", re.IGNORECASE)


class PrefetchError(ValueError):
    """The bytes are no prefetch file, or are broken."""


@dataclass(frozen=True, slots=True)
class Prefetch:
    """What is noted of a program.

    Args:
        name: of the program, in capitals, 29 letters at most.
        count: how often it was run.
        times: of its last runs, UTC nanoseconds, the newest first.
        files: that it read in the first seconds, libraries among them, with their volume.
    """

    name: str
    count: int
    times: tuple[int, ...]
    files: tuple[str, ...]

    @property
    def program(self) -> str:
        """The path of the program itself among the files; empty where it is not there."""
        end = "\\" + self.name
        return next((path for path in self.files if on_volume(path).upper().endswith(end)), "")


def begins(head: bytes) -> bool:
    """Tell whether *head* begins a prefetch file."""
    return head[4:8] == _MARK or (head[:3] == _PACKED and head[3:4] in {b"\x04", b"\x84"})


def read_prefetch(data: bytes) -> Prefetch:
    """Read a prefetch file.

    Raises:
        PrefetchError: it is broken, or of a version that nobody knows.
    """
    try:
        if data[:3] == _PACKED:
            data = _unpacked(data)
        return _read(data)
    except struct.error:
        raise PrefetchError("it ends inside its headers") from None
    except PackedError as error:
        raise PrefetchError(str(error)) from None


def _unpacked(data: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", data, 4)
    if not 0 < size <= MOST:
        raise PrefetchError(f"it says that it has {size} bytes")
    return unpack(data[12 if data[3] & 0x80 else 8 :], size)


def _read(data: bytes) -> Prefetch:
    (version,) = struct.unpack_from("<I", data)
    if data[4:8] != _MARK:
        raise PrefetchError("it lacks its mark")
    if version not in _TIMES:
        raise PrefetchError(f"its version {version} is not known")
    name = _text(data[16:76]).partition("\0")[0]
    metrics, *_, start, size = struct.unpack_from("<6I", data, _INFORMATION)
    at, many = _TIMES[version]
    stamps = struct.unpack_from(f"<{many}Q", data, _INFORMATION + at)
    where = _COUNTS[31 if version == 30 and metrics == _SHORT else version]
    (count,) = struct.unpack_from("<I", data, _INFORMATION + where)
    if start + size > len(data):
        raise PrefetchError("it ends before the files that it names")
    files = _text(data[start : start + size]).split("\0")
    times = sorted({_time(stamp) for stamp in stamps if stamp} - {0}, reverse=True)
    return Prefetch(name, count, tuple(times), tuple(file for file in files if file))


def _text(data: bytes) -> str:
    return data.decode("utf-16-le", "replace")


def _time(stamp: int) -> int:
    """Give UTC nanoseconds of a FILETIME; 0 for one that is none."""
    nanoseconds = 100 * (stamp - _EPOCH)
    return nanoseconds if 0 < nanoseconds < 1 << 63 else 0


def on_volume(path: str) -> str:
    r"""Give a path from its volume on, as in ``Users\bob\a.exe``; others as they are."""
    found = _VOLUME.match(path)
    return path[found.end() :] if found else path
