"""Keys of exclusive-or loops, where they stand in the text of the loop."""

import re
from collections.abc import Iterator
from typing import Final

MOST_KEYS: Final = 8
_LONGEST: Final = 256

_NUMBER: Final = r"(?:0x[0-9a-f]{1,2}|&h[0-9a-f]{1,2}|[0-9]{1,3})(?![0-9a-z])"
_DIRECT: Final = re.compile(
    rf"(?:-bxor|\bxor|\^)[ \t]*\(?[ \t]*({_NUMBER})", re.IGNORECASE | re.ASCII
)
_NAMED: Final = re.compile(
    r"(?:-bxor|\bxor|\^)[ \t]*\(?[ \t]*\$?([a-z_][a-z0-9_]{0,63})", re.IGNORECASE | re.ASCII
)
_SET: Final = re.compile(
    r"(?<![a-z0-9_])([a-z_][a-z0-9_]{0,63})[ \t]*=[ \t]*(?:\[byte(?:\[\])?\][ \t]*)?"
    r"(?:(?:[^=\n;'\"]{0,64}GetBytes\([ \t]*)?['\"]"
    rf"(?P<text>[^'\"\n]{{1,{_LONGEST}}})"
    rf"|@?[({{]?[ \t]*(?P<numbers>{_NUMBER}(?:[ \t]*,[ \t]*{_NUMBER}){{0,{_LONGEST}}}))",
    re.IGNORECASE | re.ASCII,
)
_EACH: Final = re.compile(_NUMBER, re.IGNORECASE | re.ASCII)


def find_keys(text: str) -> tuple[bytes, ...]:
    """List the keys that *text* combines with something by exclusive or, at most `MOST_KEYS`."""
    keys = list(dict.fromkeys(_keys(text)))
    return tuple(keys[:MOST_KEYS])


def _keys(text: str) -> Iterator[bytes]:
    for found in _DIRECT.finditer(text):
        yield from _bytes([found[1]])
    names = {found[1].lower() for found in _NAMED.finditer(text)}
    if not names:
        return
    for found in _SET.finditer(text):
        if found[1].lower() in names:
            yield from (
                [found["text"].encode()]
                if found["text"]
                else _bytes(_EACH.findall(found["numbers"]))
            )


def _bytes(numbers: list[str]) -> Iterator[bytes]:
    values = [read_number(each) for each in numbers]
    if all(0 <= value <= 255 for value in values) and any(values):
        yield bytes(values)


def read_number(text: str) -> int:
    """Read a number as scripts write it: decimal, ``0x…``, or Basic's ``&H…``."""
    return int(f"0x{text[2:]}", 16) if text[1:2].lower() in ("x", "h") else int(text)
