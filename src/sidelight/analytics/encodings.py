r"""Bytes that stand in a text as base64, hexadecimal or lists of numbers.

Rule 1. A run of base64 or hexadecimal is decoded only if it begins as readable text, a program,
shellcode or a compressed stream would, or if the text speaks of a transformation that hides such
a beginning. So words, paths and hashes cost nothing, and `hidden.SHAPES` tells texts without any
apart.
Rule 2. `hidden.SHAPES` is written for RE2, which reads columns; what is decoded here matches it.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from itertools import chain
from string import hexdigits
from typing import Final

import re2

from sidelight.analytics.hidden import (
    ALPHABET,
    DECIMALS,
    ESCAPES,
    HEX_RUN,
    HEXES,
    HEXES_BASIC,
    HIDING,
    RUN,
)
from sidelight.values import dataclass


def _finder(text: str) -> "re2._Regexp[bytes]":
    """Compile for RE2; without groups, which would cost it the fast way of finding."""
    return re2.compile(text.encode())


def _others(alphabet: str) -> bytes:
    return bytes(each for each in range(256) if chr(each) not in alphabet)


_NO_RUN_OR_SAFE: Final = _others(ALPHABET + "_-")
_NO_HEX: Final = _others(hexdigits)

_HIDDEN: Final = 32
"""Where a transformation hides the beginning, a shorter run of base64 is taken for a word."""

_FIND_RUN: Final = _finder(RUN)
_FIND_HIDDEN: Final = _finder(f"[A-Za-z0-9+/]{{{_HIDDEN},}}")
_FIND_HEX: Final = _finder(HEX_RUN)
_FIND_HIDDEN_HEX: Final = _finder("(?:[0-9A-Fa-f]{2}){24,}")
_FIND_HIDING: Final = _finder(HIDING)
_FIND_LISTS: Final = (
    (b"0x", _finder(HEXES)),
    (b"&h", _finder(HEXES_BASIC)),
    (b"\\x", _finder(ESCAPES)),
)
_FIND_DECIMALS: Final = _finder(DECIMALS)
_HEX_NUMBER: Final = re.compile(rb"[xXhH]([0-9A-Fa-f]{1,2})")
_DECIMAL: Final = re.compile(rb"[0-9]{1,3}")
_SIGNED: Final = re.compile(rb"-?[0-9]{1,3}")
_NEXT_LINE: Final = re.compile(rb"[ \t\r\n]{1,8}+([A-Za-z0-9+/]{4,}+)")

_SHORTEST_HEX: Final = 48
_LINE: Final = 40
"""From this length on, a run followed by white space and another is a line of one block."""

_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")


@dataclass(frozen=True, slots=True)
class Coded:
    """Bytes found in a text.

    Args:
        how: base64, hex, numbers.
    """

    how: str
    data: bytes


def hides(text: bytes) -> bool:
    """Say whether *text*, in UTF-8, speaks of a transformation that hides how things begin."""
    return _FIND_HIDING.search(text) is not None


def cut_runs(text: bytes) -> tuple[list[bytes], bytes]:
    """Cut the runs of base64 that begin as something known out of *text*, in UTF-8.

    Returns:
        The runs without padding, and the text with a sign of padding in their places, in which
        the rest is found faster, and no letters of a run are taken for words.
    """
    runs: list[bytes] = []
    rest: list[bytes] = []
    end = 0
    for found in _FIND_RUN.finditer(text):
        if found.start() < end:
            continue
        start = found.end() - len(found[0].lstrip(_NO_RUN_OR_SAFE))
        rest += text[end:start], b"="
        block, end = _block(text, start, found.end())
        runs += _readings(block)
    return runs, b"".join((*rest, text[end:])) if runs else text


def find_coded(text: bytes, runs: list[bytes], *, hidden: bool) -> Iterator[Coded]:
    """Yield the bytes of *runs* and those that stand coded in *text*, in UTF-8.

    Args:
        text: what `cut_runs` left of it.
        runs: what `cut_runs` cut out.
        hidden: what `hides` says of the text.
    """
    more = _hidden_runs(text) if hidden else ()
    for run in chain(runs, more):
        data = decode_base64(run)
        if data:
            yield Coded("base64", data)
    for found in (_FIND_HIDDEN_HEX if hidden else _FIND_HEX).finditer(text):
        run = found[0].strip(_NO_HEX)
        if len(run) >= _SHORTEST_HEX:
            yield Coded("hex", bytes.fromhex(run[: len(run) & ~1].decode()))
    folded = text.lower()
    for start, finder in _FIND_LISTS:
        for found in finder.finditer(text) if start in folded else ():
            yield Coded("numbers", bytes(int(n, 16) for n in _HEX_NUMBER.findall(found[0])))
    for found in _FIND_DECIMALS.finditer(text):
        data = _read_decimals(found[0])
        if data:
            yield Coded("numbers", data)


def decode_base64(run: bytes) -> bytes:
    """Decode what can be of a run of base64 without its padding, cut or not."""
    bare = run[: len(run) - (len(run) % 4 == 1)]
    try:
        return base64.b64decode(bare + b"=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        return b""


def _block(text: bytes, start: int, end: int) -> tuple[bytes, int]:
    """Give the run from *start* to *end* and the lines that go on with it, and their end."""
    parts = [text[start:end]]
    while len(parts[-1]) >= _LINE and len(parts[-1]) % 4 == 0:
        line = _NEXT_LINE.match(text, end)
        if line is None:
            break
        parts.append(line[1])
        end = line.end()
    return b"".join(parts), end


def _readings(run: bytes) -> Iterator[bytes]:
    """Yield a run in the common alphabet, and in the other if it may be in that."""
    if b"-" not in run and b"_" not in run:
        yield run
        return
    yield run.partition(b"-")[0].partition(b"_")[0]
    if b"+" not in run and b"/" not in run:
        yield run.translate(_URL_SAFE)


def _hidden_runs(text: bytes) -> Iterator[bytes]:
    end = 0
    for found in _FIND_HIDDEN.finditer(text):
        if found.start() >= end:
            block, end = _block(text, found.start(), found.end())
            yield block


def _read_decimals(text: bytes) -> bytes:
    """Read bytes from a list of decimals, of which none must need more than eight bits."""
    numbers = [int(each) for each in (_SIGNED if b"," in text else _DECIMAL).findall(text)]
    if not all(-128 <= each <= 255 for each in numbers):
        return b""
    return bytes(each & 0xFF for each in numbers)
