"""Tokens: runs of characters without blanks, without the punctuation of the prose around them."""

import re
from collections.abc import Iterator
from typing import Final

from sidelight.values import dataclass

_RUN: Final = re.compile(
    r"[^\s|`\"\u201c\u201d<>\u2018\u2019\u00ab\u00bb,;"
    "\u3001\u3002\u300c-\u300f\u3010\u3011\uff08\uff09\uff0c\uff1a\uff1b]+"
)
_BRACKETS: Final = {"(": ")", "[": "]", "{": "}"}
_LEADING: Final = "'*_#…"
_TRAILING: Final = ".!?:'*…"
_DOT: Final = re.compile(r"\[(?:\.|dot)\]|\((?:\.|dot)\)|\{(?:\.|dot)\}|\\\.", re.IGNORECASE)
_OTHERS: Final = (
    (re.compile(r"^(h)(?:xx|tt|\*\*)(ps?)(?=\W)", re.IGNORECASE), r"\1tt\2"),
    (re.compile(r"^f[x*]p(?=s?:|\[)", re.IGNORECASE), "ftp"),
    (re.compile(r"\[(:|://|/|@)\]"), r"\1"),
    (re.compile(r"\[:\]//"), "://"),
    (re.compile(r"[\[({]at[\])}]", re.IGNORECASE), "@"),
)
_FENCED: Final = re.compile(r"[\[({\\]|^h(?:xx|\*\*)|^f[x*]p", re.IGNORECASE)
"""What everything that is defanged has."""
_LINK: Final = re.compile(r"\]\((?=https?:)")


@dataclass(frozen=True, slots=True)
class Token:
    """A token.

    Args:
        start: first character; *end* is behind the last.
        plain: refanged.
        defanged: whether *plain* differs from what is written.
        linked: whether it is the target of a Markdown link.
    """

    start: int
    end: int
    plain: str
    defanged: bool
    linked: bool = False


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of *text*, in order."""
    for run in _RUN.finditer(text):
        start, end = run.span()
        link = _LINK.search(run[0])
        if link:
            start += link.end()
            closed = text.find(")", start, end)
            end = closed if closed >= 0 else end
        start, end = _bare(text, start, end)
        if end > start:
            plain, defanged = refanged(text[start:end])
            yield Token(start, end, plain, defanged, linked=bool(link))


def refanged(written: str) -> tuple[str, bool]:
    """Undo what keeps an address from being followed by accident; tell whether there was any."""
    if not _FENCED.search(written):
        return written, False
    plain = _DOT.sub(".", written) if "\\." not in written or ":\\" not in written else written
    for pattern, text in _OTHERS:
        plain = pattern.sub(text, plain)
    return plain, plain != written


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """Take off punctuation that belongs to the prose: brackets only where they have no partner."""
    while start < end:
        first, last = text[start], text[end - 1]
        if first in _LEADING or (first in _BRACKETS and _unpaired(text, start, end)):
            start += 1
        elif last in _TRAILING or (last in ")]}" and _alone(text[start:end], last)):
            end -= 1
        elif _BRACKETS.get(first) == last and not _DOT.match(text, start):
            start, end = start + 1, end - 1
        else:
            break
    return start, end


def _unpaired(text: str, start: int, end: int) -> bool:
    return _BRACKETS[text[start]] not in text[start:end]


def _alone(part: str, last: str) -> bool:
    opening = {value: key for key, value in _BRACKETS.items()}[last]
    return part.count(last) > part.count(opening)
