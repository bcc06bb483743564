r"""What an ASCII text must hold for a rewriting of `sidelight.analytics.folding` to change it.

These are expressions for RE2, which rules a text out ten times faster than what rewrites it.

Rule 1. Of each rewriting every expression is found in every ASCII text that it changes. Elsewhere
nothing is said: other letters fold to ASCII, and there is more white space.
"""

from collections.abc import Mapping
from typing import Final

_QUOTE: Final = r"['\"]"
_TEXT: Final = r"(?:'[^'\n]*'|\"[^\"\n]*\")"
_SPACE: Final = r"[\t-\r\x1c-\x20]*"
"""What Python takes for white space in ASCII."""

_DIGIT: Final = "[0-9&]"
"""How a number begins: 65, 0x41, &h41."""

TRICKS: Final[Mapping[str, tuple[str, ...]]] = {
    "ticks": ("`[A-Zc-eg-mo-qsw-z]",),
    "carets": (r"\^[A-Za-z0-9^\"/\\. -]",),
    "variables": (r"%[A-Za-z()0-9_]+:~-?[0-9]|(?i:\bset[ \t]+\"?[a-z0-9_]+=)",),
    "picked characters": (
        r"(?i:\$\{?(?:env:)?[a-z]{2,20}\}?(?:\.tostring\(\))?\[[0-9]{1,2}[\], \t])",
    ),
    "character codes": (
        rf"(?i:\[char\][ \t]*\(?[ \t]*{_DIGIT}|\bchr[wb]?\$?[ \t]*\([ \t]*{_DIGIT}"
        rf"|(?:\[char\[\]\][ \t]*@?\(?|fromcharcode[ \t]*\()[ \t]*{_DIGIT})",
    ),
    "format": (rf"(?i:{_QUOTE}{_SPACE}\)?{_SPACE}-f{_SPACE}\(?{_SPACE}{_QUOTE})", r"\{"),
    "joined lists": (
        rf"(?i:{_QUOTE}{_SPACE}[)\]]?{_SPACE}(?:-join{_SPACE}|\.join\(){_QUOTE}"
        rf"|-join[ \t]*[@(]+[ \t]*{_QUOTE}|::join\([ \t]*{_QUOTE})",
    ),
    "added variables": (r"\+[ \t]*\$", rf"\$[A-Za-z0-9_]+[ \t]*=[ \t]*{_QUOTE}"),
    "concatenation": (
        rf"(?:^|[^A-Za-z0-9_\]])\([ \t]*{_TEXT}[ \t]*\)"
        rf"|{_QUOTE}[ \t\r\n]*[+&][ \t\r\n_]*{_QUOTE}"
        rf"|{_QUOTE}[ \t]*;?[ \t\r\n]*\$[A-Za-z0-9_]+[ \t]*\+=[ \t]*{_QUOTE}"
        r"|\"[ \t]*\r?\n[ \t]*[A-Za-z0-9_]+[ \t]*=[ \t]*[A-Za-z0-9_]+[ \t]*[&+][ \t]*\"",
    ),
    "reversal": (r"(?i:\[-1[ \t]*\.\.|reverse)",),
    "replacement": (
        rf"(?i:(?:\.|-[ci]?)replace[ \t]*\(?[ \t]*{_QUOTE}"
        rf"|\breplace\([^\"',()\n]{{1,64}},[ \t]*{_QUOTE})",
    ),
}
"""Of each rewriting expressions, all of which are found."""
