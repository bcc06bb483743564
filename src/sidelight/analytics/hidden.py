"""What a text looks like in which something may be hidden: coded bytes, words taken apart.

These are expressions for RE2 and no more, so that a text without any is told from others without
what decodes and folds them.
"""

from string import ascii_letters, digits
from typing import Final

ALPHABET: Final = ascii_letters[26:] + ascii_letters[:26] + digits + "+/"


def _sextets(*wanted: int) -> str:
    return "".join(ALPHABET[each] for each in wanted)


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
HEXES: Final = rf"(?i:0x[0-9a-f]{{1,2}}(?:[{_GAP}]{{1,8}}0x[0-9a-f]{{1,2}}){{7,}})"
HEXES_BASIC: Final = rf"(?i:&h[0-9a-f]{{1,2}}(?:[{_GAP}]{{1,8}}&h[0-9a-f]{{1,2}}){{7,}})"
ESCAPES: Final = r"(?i:(?:\\x[0-9a-f]{2}){8,})"
DECIMALS: Final = (
    r"(?:(?:-?[0-9]{1,3}[ \t]{0,4},[ \t\r\n]{0,4}){15,}-?[0-9]{1,3}"
    r"|(?:[0-9]{2,3}[^0-9\n\"'\\ ,]){23,}[0-9]{2,3})"
)
"""Numbers behind commas, signed or not; or more of them with any one character between."""

RUN: Final = f"(?:^|[^A-Za-z0-9+/]){_BEGINNINGS}[{_ANY}]*"
HEX_RUN: Final = f"(?:^|[^0-9A-Fa-f]){_HEX}[0-9A-Fa-f]*"

SHAPES: Final = (RUN, HEX_RUN, HIDING, HEXES, HEXES_BASIC, ESCAPES, DECIMALS)
"""Expressions for RE2; a text in which none of them is found has no coded bytes."""

TRIGGERS: Final = (
    r"[A-Za-z]`[A-Zc-eg-mo-qsw-z]",
    r"[A-Za-z]\^[A-Za-z]",
    r"%[A-Za-z()0-9_]+:~",
    r"[%!][A-Za-z0-9_]+[%!]{2}[A-Za-z0-9_]+[%!]",
    r"(?i:\$(?:env:[a-z]+|pshome|shellid|verbosepreference)[^\n\[]{0,20}\[)",
    r"['\"][ \t\r\n]*[+&][ \t\r\n_]*\(?[ \t]*['\"]",
    r"['\"][ \t]*;?[ \t\r\n]*\$[A-Za-z0-9_]+[ \t]*\+=[ \t]*['\"]",
    r"\"[ \t]*\r?\n[ \t]*[A-Za-z0-9_]+[ \t]*=[ \t]*[A-Za-z0-9_]+[ \t]*[&+][ \t]*\"",
    r"\$[A-Za-z0-9_]+\}?[ \t]*\+[ \t]*\$",
    r"(?i:['\"][ \t]*\)?[ \t]*-f[ \t]*\(?[ \t]*['\"])",
    r"(?i:\[char(?:\[\])?\][ \t@]*\(?[ \t]*[0-9])",
    r"(?i:\bchr[wb]?\$?[ \t]*\([ \t]*[0-9&]|fromcharcode)",
    r"(?i:-join|::join|\]\.join)",
    r"(?i:replace[ \t]*\(?[ \t]*['\"(\[]|\breplace\([^\"',()\n]{1,64},)",
    r"(?i:\[-1[ \t]*\.\.|reverse)",
)
"""Expressions for RE2; a text in which none of them is found has no word that was taken apart."""
