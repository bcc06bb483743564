"""Regular expressions of rules, brought into RE2's syntax: linear time or refused.

Sigma means PCRE (modifiers appendix 2.1, "Regular Expression"). What RE2 merely spells otherwise is
rewritten; what needs backtracking could run for ever on hostile text and is refused.
"""

import re
from functools import lru_cache
from typing import Final

import re2

from sidelight.errors import RuleError

_PIECE: Final = re.compile(
    r"""
    (?P<quoted> \\Q .*? (?: \\E | \Z ) )
  | (?P<unicode> \\u (?P<hex> [0-9A-Fa-f]{4} ) )
  | (?P<escape> \\ . )
  | (?P<note> \(\?\# [^)]* \) )
  | (?P<named> \(\?' (?P<name> \w+ ) ' )
  | (?P<named_class> \[ :\^? \w+ : \] )
  | (?P<open> \[ \^? \]? )
  | (?P<close> \] )
    """,
    re.VERBOSE | re.DOTALL,
)
_OUTSIDE: Final = {
    r"\Z": r"(?:\n?\z)",
    r"\h": r"[ \t]",
    r"\H": r"[^ \t]",
    r"\R": r"(?:\r\n|\n|\r)",
    r"\N": r"[^\n]",
    r"\e": r"\x1b",
}
_INSIDE: Final = {r"\h": r" \t", r"\e": r"\x1b"}
_BACKTRACKS: Final = re.compile(
    r"\(\?<?[=!]|\(\?>|\(\?P=|\(\?\(|\(\?[R0-9&]|\\[1-9]|\\[kgKGX]|[*+?}]\+", re.DOTALL
)


@lru_cache(maxsize=4096)
def translated(pattern: str) -> str:
    """Give *pattern* in RE2's syntax.

    Raises:
        RuleError: it needs a backtracking engine, is too big, or is no expression at all.
    """
    text = _rewritten(pattern)
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise RuleError(_refusal(pattern, reason)) from None
    return text


def _refusal(pattern: str, reason: str) -> str:
    if _BACKTRACKS.search(pattern.replace("\\\\", "")):
        return (
            f"the regular expression needs a backtracking engine, which may run for ever: {reason}"
        )
    return f"the regular expression is wrong: {reason}"


def _rewritten(pattern: str) -> str:
    out: list[str] = []
    end = 0
    inside = False
    for found in _PIECE.finditer(pattern):
        out.append(pattern[end : found.start()])
        end = found.end()
        match found.lastgroup:
            case "open":
                out.append(r"\[" if inside and found[0] == "[" else found[0])
                inside = True
            case "close":
                out.append(found[0])
                inside = False
            case _:
                out.append(_piece(found, inside))
    out.append(pattern[end:])
    return "".join(out)


def _piece(found: re.Match[str], inside: bool) -> str:
    text = found[0]
    if found["hex"]:
        return rf"\x{{{found['hex']}}}"
    if found["escape"]:
        if not text[1].isascii():
            return text[1]
        return (_INSIDE if inside else _OUTSIDE).get(text, text)
    if inside:
        return text
    if found["note"]:
        return ""
    return f"(?P<{found['name']}>" if found["name"] else text
