"""The text that a value must hold for a pattern to match it: what makes one scan serve all.

Texts here are folded, and so is what they are looked for in: a folded text that is missing rules
the pattern out, whatever the case; one that is there is only a reason to look closer.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sidelight.rules.expr import Glob, Regex, Wild
from sidelight.rules.patterns import fold


@dataclass(frozen=True, slots=True)
class Need:
    """A folded text that must be in a value.

    Args:
        text: the text; empty where nothing is needed.
        at_start: it must begin the value.
        at_end: it must end the value.
        exact: the text in its place is all there is to the pattern.
    """

    text: str
    at_start: bool = False
    at_end: bool = False
    exact: bool = False


NOTHING: Final = Need("")


@lru_cache(maxsize=1 << 16)
def need_of(test: Glob | Regex) -> Need:
    """Give the longest text that *test* needs."""
    match test:
        case Glob():
            return _glob(test)
        case Regex():
            return _regex(test.pattern)


def _glob(glob: Glob) -> Need:
    tokens = glob.tokens
    texts = [(len(token), index) for index, token in enumerate(tokens) if isinstance(token, str)]
    if not texts:
        return Need("", True, True, exact=True) if not tokens else NOTHING
    _, index = max(texts)
    text = tokens[index]
    assert isinstance(text, str)
    others = [token for place, token in enumerate(tokens) if place != index]
    exact = not glob.cased and all(token is Wild.ANY for token in others)
    return Need(fold(text), index == 0, index == len(tokens) - 1, exact)


_CLASSES: Final = frozenset("dDwWsSbBAzZQEpPCGkKRXhHvVN")
_CONTROLS: Final = frozenset("aftnrvx0123456789")


def _regex(pattern: str) -> Need:
    """Find a literal run at the top level of a regular expression; RE2's syntax.

    Careful rather than clever: whatever is not plainly literal ends the run.
    """
    runs: list[str] = []
    run: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "|":
            return NOTHING
        if char == "(":
            runs.append("".join(run))
            run, at = [], _close(pattern, at)
            at = _quantified(pattern, at)
            continue
        literal, at = _atom(pattern, at)
        after = _quantified(pattern, at)
        if literal and after == at:
            run.append(literal)
        else:
            runs.append("".join(run))
            run = []
            if literal and pattern[at] == "+":
                runs.append(literal)
        at = after
    runs.append("".join(run))
    return Need(fold(max(runs, key=len)))


def _atom(pattern: str, at: int) -> tuple[str, int]:
    """Give the literal character at *at*, or "" for anything else, and where it ends."""
    char = pattern[at]
    if char == "\\":
        escaped = pattern[at + 1 : at + 2]
        if escaped in _CONTROLS and escaped == "x":
            return "", _hex_end(pattern, at + 2)
        if escaped in {"p", "P"} and pattern[at + 2 : at + 3] == "{":
            return "", pattern.index("}", at) + 1
        if not escaped or escaped in _CLASSES or escaped in _CONTROLS:
            return "", at + 2
        return escaped, at + 2
    if char == "[":
        return "", _class_end(pattern, at)
    return ("" if char in ".^$" else char), at + 1


def _hex_end(pattern: str, at: int) -> int:
    return pattern.index("}", at) + 1 if pattern[at : at + 1] == "{" else at + 2


def _class_end(pattern: str, at: int) -> int:
    at += 2 if pattern[at + 1 : at + 2] == "^" else 1
    first = True
    while at < len(pattern) and (first or pattern[at] != "]"):
        if pattern.startswith("[:", at) and (end := pattern.find(":]", at)) > 0:
            at = end + 1
        at += 2 if pattern[at] == "\\" else 1
        first = False
    return at + 1


def _close(pattern: str, at: int) -> int:
    depth = 0
    while at < len(pattern):
        match pattern[at]:
            case "\\":
                at += 1
            case "[":
                at = _class_end(pattern, at) - 1
            case "(":
                depth += 1
            case ")":
                depth -= 1
                if not depth:
                    return at + 1
        at += 1
    return at


def _quantified(pattern: str, at: int) -> int:
    """Give where a quantifier at *at* ends; *at* where there is none."""
    start = at
    if pattern[at : at + 1] in {"*", "+", "?"}:
        at += 1
    elif pattern[at : at + 1] == "{" and (end := pattern.find("}", at)) > 0:
        inside = pattern[at + 1 : end]
        if not inside.replace(",", "").isdecimal():
            return start
        at = end + 1
    if at > start and pattern[at : at + 1] == "?":
        at += 1
    return at
