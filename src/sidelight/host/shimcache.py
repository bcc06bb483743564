"""The cache of the application compatibility layer: programs that Windows looked at.

Since Windows 8 an entry is a mark, a path and the time at which the file was last written; that it
was run does not follow from it. Source: Mandiant, "Leveraging the Application Compatibility Cache
in Forensic Investigations" (2012), and its later parsers' descriptions of Windows 8.1 and 10.
"""

import struct
from collections.abc import Iterator
from typing import Final

from sidelight.values import dataclass

_MARKS: Final = (b"10ts", b"00ts")
_EIGHT: Final = 0x80
_STARTS: Final = (0x30, 0x34, _EIGHT)
_MOST: Final = 4096


@dataclass(frozen=True, slots=True)
class Seen:
    """A program that Windows looked at.

    Args:
        path: as it stands there.
        modified: when the file was last written, as FILETIME.
    """

    path: str
    modified: int


def shimcache(data: bytes) -> Iterator[Seen]:
    """Yield the entries of Windows 8 to 11 in the value AppCompatCache, the newest first.

    Raises:
        ValueError: the value is of another form.
    """
    begin = next((start for start in _STARTS if data[start : start + 4] in _MARKS), 0)
    if not begin:
        raise ValueError("its form is not that of Windows 8 to 11")
    at = begin
    for _ in range(_MOST):
        if data[at : at + 4] not in _MARKS:
            return
        try:
            size, length = struct.unpack_from("<IH", data, at + 8)
            path = data[at + 14 : at + 14 + length].decode("utf-16-le", "replace")
            step = at + 14 + length
            if begin == _EIGHT:  # it has a package's name and flags between path and time
                (package,) = struct.unpack_from("<H", data, step)
                step += 2 + package + 8
            (modified,) = struct.unpack_from("<Q", data, step)
        except struct.error:
            return
        yield Seen(path, modified)
        at += 12 + size
