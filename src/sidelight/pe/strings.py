"""Names of libraries that stand in the bytes of a program, to be loaded by name."""

import re
from typing import Final

MOST: Final = 512
"""So many different names at most that end in .dll, and so many that end otherwise."""

OTHERS: Final = ("acm", "ax", "cpl", "drv", "node", "ocx", "pyd", "xll")
"""What else names of libraries end in: they are loaded alike."""

_LONGEST: Final = 64
_NAME: Final = re.compile(rb"[A-Za-z0-9_.+@ ()-]{1,64}\Z")


def _spelled(end: str, before: str = "") -> str:
    """Write an ending for an expression, in both cases; *before* stands ahead of each letter."""
    return "".join(f"{before}[{letter}{letter.upper()}]" for letter in end)


def _ends() -> re.Pattern[bytes]:
    narrow = "|".join(_spelled(end) for end in OTHERS)
    wide = "|".join(_spelled(end, r"\0") for end in OTHERS)
    library = f"{_spelled('dll')}|" + _spelled("dll", r"\0")
    rest = rf"(?:{narrow})(?![A-Za-z0-9_])|(?:{wide})(?!\0[A-Za-z0-9_])"
    return re.compile(rf"\.(?:{library}|{rest})".encode())


_END: Final = _ends()


def library_names(data: bytes) -> tuple[str, ...]:
    """List names that end as libraries do, folded, of one or two bytes a character, in order.

    A search for the end and a look back passes over a gigabyte in a second; an expression for the
    whole takes fifty times as long.
    """
    found: set[str] = set()
    others: set[str] = set()
    for end in _END.finditer(data):
        wide = end[0][1:2] == b"\0"
        before = data[max(0, end.start() - _LONGEST * (2 if wide else 1)) : end.start()]
        match = _NAME.search(_narrow(before) if wide else before)
        if match is None:
            continue
        ending = end[0].replace(b"\0", b"").decode("ascii").lower()
        some = found if ending == ".dll" else others
        if len(some) < MOST:
            some.add((match[0].decode("ascii").strip()).lower() + ending)
    return tuple(sorted(found | others))


def _narrow(wide: bytes) -> bytes:
    """Take of two-byte characters the last stretch that is plain."""
    wide = wide[len(wide) % 2 :]
    narrow, high = wide[::2], wide[1::2]
    plain = len(high) - len(high.rstrip(b"\0"))
    return narrow[len(narrow) - plain :]
