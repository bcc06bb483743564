"""Sentences: where they start and end.

Rules of our own rather than a library: spans must be exact, and reports are full of dots that
end nothing (defanged addresses, file names, versions).
"""

import re
from collections.abc import Iterator
from typing import Final

from sidelight.reading.words import words

_STOP: Final = re.compile(r"[.!?]+[\"'\u201d\u2019)\]\u00bb*]*(?=\s|$)|\n")
_ABBREVIATIONS: Final = words(
    """e.g i.e vs dr mr mrs ms prof no fig al etc inc ltd co corp jan feb mar apr jun jul aug sep
    sept oct nov dec st approx ca resp cf sec u.s u.k a.k.a ver vol"""
)
_BULLET: Final = re.compile(r"\s*(?:[-\u2013\u2014\u2022*+>#|]|\d{1,3}[.)]\s)")
_ENDED: Final = re.compile(r"[.!?:;|][\"'\u201d\u2019)\]*]*\s*$")
_WRAPPED: Final = 55
"""A line of fewer characters was broken on purpose."""


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence, blanks around it left out, in order."""
    start = 0
    for match in _STOP.finditer(text):
        if match.start() < start:
            continue
        if _ends(text, match, start):
            yield from _trimmed(text, start, match.end())
            start = match.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    part = text[start:end]
    bare = part.strip()
    if bare:
        first = start + part.index(bare[0])
        yield first, first + len(bare)


def _ends(text: str, match: re.Match[str], start: int) -> bool:
    if match[0] == "\n":
        return _breaks(text, match.start(), start)
    if match[0][0] != ".":
        return True
    word = text[max(start, match.start() - 20) : match.start()].split()[-1:]
    bare = word[0].lower().lstrip("(\"'\u201c\u2018") if word else ""
    after = text[match.end() : match.end() + 40].lstrip()
    if match[0] != "." or (bare == "no" and not after[:1].isdigit()):
        return not after or not after[0].islower()
    if bare in _ABBREVIATIONS or (len(bare) == 1 and bare.isalpha() and word[0].isupper()):
        return False
    if bare.isdigit() and text[start : match.start()].strip() == bare:
        return False  # the number of an item
    return not after or not after[0].islower()


def _breaks(text: str, at: int, start: int) -> bool:
    """Tell a line break that ends a sentence from one that wraps it."""
    after = text[at + 1 : at + 200].partition("\n")[0]
    line = text[max(text.rfind("\n", 0, at) + 1, start) : at]
    if not after.strip() or not line.strip() or _BULLET.match(after) or _ENDED.search(line):
        return True
    return len(line) < _WRAPPED
