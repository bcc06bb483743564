r"""Bytes that stand in a text as base64, hexadecimal or lists of numbers.

Rule 1. A run of base64 or hexadecimal is decoded only if it begins as readable text, a program,
shellcode or a compressed stream would, or if the text speaks of a transformation that hides such
a beginning. So words, paths and hashes cost nothing, and `SHAPES` tells texts without any apart.
Rule 2. `SHAPES` is written for RE2, which reads columns; whatever is decoded here matches it.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from itertools import chain
from string import ascii_letters, digits, hexdigits
from typing import Final

import re2

from sidelight.values import dataclass

_ALPHABET: Final = ascii_letters[26:] + ascii_letters[:26] + digits + "+/"


def _sextets(*wanted: int) -> str:
    return "".join(_ALPHABET[each] for each in wanted)


_ANY: Final = "A-Za-z0-9+/_-"
"""Both alphabets of RFC 4648, which differ in the last two characters."""

_FIRST: Final = _sextets(2, 3, *range(8, 32))
_SECOND: Final = _sextets(*(each for each in range(64) if each & 15 in (0, 2, 3, 4, 5, 6, 7)))
_THIRD: Final = _sextets(*(each for each in range(64) if each & 3 < 2))
_ASCII: Final = f"(?:[{_FIRST}][{_SECOND}][{_THIRD}][{_ANY}]){{6}}"
"""18 bytes of ASCII: the first and second sextet of each three bytes hold the two high bits."""

_WIDE: Final = (
    f"(?:[{_FIRST}][AQgw][AB][{_ANY}]|[/_]{{2}}[45][{_ANY}])"
    f"A[A-H][{_sextets(*range(0, 64, 4))}]A[{_ANY}]{{4}}"
)
"""Three ASCII characters as UTF-16, the first of which may be a byte order mark."""

_BINARY: Final = (
    "(?:TV[o-r]|H4sI|eA[E-H]|eF[4-7]|eJ[w-z]|eN[o-r]|[/_]O[g-j]|[/_]EiD5|6AAAAA|YIn"
    "|AAEAAAD[/_])"
    f"[{_ANY}]{{20}}"
)
"""MZ, gzip, four of zlib, three beginnings of shellcode (see `sidelight.analytics.contents`), the
head of a serialised .NET object ([MS-NRBF] 2.6.1)."""

_BEGINNINGS: Final = f"(?:{_WIDE}|{_ASCII}|{_BINARY})"
_HEX: Final = (
    r"(?i:4d5a|1f8b08|78(?:01|5e|9c|da)|fc(?:e8|4883e4)|e800000000|6089e5|0001000000ff"
    r"|(?:(?:[2-7][0-9a-f]|0[9ad])(?:00)?){12})"
)
HIDING: Final = r"(?i:bxor|\bxor\b|\^[ \t]*0x|deflate)"
"""Words of a transformation that hides how what is in it begins."""

_GAP: Final = " \\t\\r\\n,`_"
_HEXES: Final = rf"(?i:0x[0-9a-f]{{1,2}}(?:[{_GAP}]{{1,8}}0x[0-9a-f]{{1,2}}){{7,}})"
_HEXES_BASIC: Final = rf"(?i:&h[0-9a-f]{{1,2}}(?:[{_GAP}]{{1,8}}&h[0-9a-f]{{1,2}}){{7,}})"
_ESCAPES: Final = r"(?i:(?:\\x[0-9a-f]{2}){8,})"
_DECIMALS: Final = (
    r"(?:(?:-?[0-9]{1,3}[ \t]{0,4},[ \t\r\n]{0,4}){15,}-?[0-9]{1,3}"
    r"|(?:[0-9]{2,3}[^0-9\n\"'\\ ,]){23,}[0-9]{2,3})"
)
"""Numbers behind commas, signed or not; or more of them with any one character between."""

_RUN: Final = f"(?:^|[^A-Za-z0-9+/]){_BEGINNINGS}[{_ANY}]*"
_HEX_RUN: Final = f"(?:^|[^0-9A-Fa-f]){_HEX}[0-9A-Fa-f]*"

SHAPES: Final = (_RUN, _HEX_RUN, HIDING, _HEXES, _HEXES_BASIC, _ESCAPES, _DECIMALS)
"""Expressions for RE2; a text in which none of them is found has no coded bytes."""


def _finder(text: str) -> "re2._Regexp[bytes]":
    """Compile for RE2; without groups, which would cost it the fast way of finding."""
    return re2.compile(text.encode())


def _others(alphabet: str) -> bytes:
    return bytes(each for each in range(256) if chr(each) not in alphabet)


_NO_RUN_OR_SAFE: Final = _others(_ALPHABET + "_-")
_NO_HEX: Final = _others(hexdigits)

_HIDDEN: Final = 32
"""Where a transformation hides the beginning, a shorter run of base64 is taken for a word."""

_FIND_RUN: Final = _finder(_RUN)
_FIND_HIDDEN: Final = _finder(f"[A-Za-z0-9+/]{{{_HIDDEN},}}")
_FIND_HEX: Final = _finder(_HEX_RUN)
_FIND_HIDDEN_HEX: Final = _finder("(?:[0-9A-Fa-f]{2}){24,}")
_FIND_HIDING: Final = _finder(HIDING)
_FIND_LISTS: Final = (
    (b"0x", _finder(_HEXES)),
    (b"&h", _finder(_HEXES_BASIC)),
    (b"\\x", _finder(_ESCAPES)),
)
_FIND_DECIMALS: Final = _finder(_DECIMALS)
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
