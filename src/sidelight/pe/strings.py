"""Names of libraries that stand in the bytes of a program, to be loaded by name."""

import re
from typing import Final

MOST: Final = 512
"""So many different names at most."""

_LONGEST: Final = 64
_END: Final = re.compile(rb"\.(?:[dD][lL][lL]|\0[dD]\0[lL]\0[lL])")
_NAME: Final = re.compile(rb"[A-Za-z0-9_.+@ ()-]{1,64}\Z")


def library_names(data: bytes) -> tuple[str, ...]:
    """List names that end in .dll, folded, of one or two bytes a character, in order of name.

    A search for the end and a look back passes over a gigabyte in a second; an expression for the
    whole takes fifty times as long.
    """
    found: set[str] = set()
    for end in _END.finditer(data):
        wide = end.end() - end.start() > 4
        before = data[max(0, end.start() - _LONGEST * (2 if wide else 1)) : end.start()]
        match = _NAME.search(_narrow(before) if wide else before)
        if match:
            found.add((match[0].decode("ascii").strip() + ".dll").lower())
            if len(found) == MOST:
                break
    return tuple(sorted(found))


def _narrow(wide: bytes) -> bytes:
    """Take of two-byte characters the last stretch that is plain."""
    wide = wide[len(wide) % 2 :]
    narrow, high = wide[::2], wide[1::2]
    plain = len(high) - len(high.rstrip(b"\0"))
    return narrow[len(narrow) - plain :]
