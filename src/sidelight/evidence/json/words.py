r"""Words looked for in lines of JSON as they stand, so that fewer columns need building.

Rule 1. What is looked for are the words as JSON writes them (RFC 8259, 7), and everything by which
a character of theirs may be written otherwise: ``\u006d`` for ``m``, the Kelvin sign for ``k``.
Rule 2. Text and patterns are folded by setting one bit, which makes more of them alike than case
does. So a line may be marked for nothing, but none that holds a word is missed.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from ahocorasick_rs import BytesAhoCorasick, MatchKind

from sidelight.evidence.json.lines import Block

_LOWER: Final = np.uint8(0x20)
"""By this bit the letters of ASCII differ in case (ISO 646)."""

_FOLDED: Final = {"i": "\u0130", "k": "\N{KELVIN SIGN}"}
"""The characters outside ASCII that fold into it."""


def lines_with(words: frozenset[str], block: Block) -> list[int]:
    """Give the numbers of the lines in *block* that may hold one of *words* (`schema.Wish`)."""
    if not words:
        return []
    finder = _finder(words, ascii_only=block.text.isascii())
    found = finder.find_matches_as_indexes(_folded(block.text))
    if not found:
        return []
    # A match that runs over the end of a line would hide one that begins in the next.
    places = np.array([(begin, end - 1) for _, begin, end in found], np.intp).ravel()
    return sorted({*np.searchsorted(block.feeds, places).tolist()})


@lru_cache(maxsize=16)
def _finder(words: frozenset[str], *, ascii_only: bool) -> BytesAhoCorasick:
    patterns = {bytes(_folded(text)) for text in _patterns(words, ascii_only=ascii_only)}
    return BytesAhoCorasick(sorted(patterns), matchkind=MatchKind.LeftmostFirst)


def _patterns(words: frozenset[str], *, ascii_only: bool) -> Iterator[bytes]:
    # As some shippers write what `record.shown` gives back.
    hidden = (word.replace("<", "&lt;").replace(">", "&gt;") for word in words)
    spelled = {*words, *hidden}
    for word in spelled:
        yield word.replace("\\", "\\\\").replace('"', '\\"').encode()
    for letter in frozenset[str]().union(*spelled):
        if letter.isalpha():
            # The first digit of its number will do: fewer patterns are found sooner.
            yield from (b"\\u00%x" % (ord(case) >> 4) for case in (letter, letter.upper()))
        else:
            yield b"\\u00%02x" % ord(letter)
        if letter == "/":
            yield b"\\/"
        for other in _FOLDED.get(letter, ""):
            yield b"\\u%04x" % ord(other)
            if not ascii_only:
                yield other.encode()


def _folded(text: bytes) -> memoryview:
    return np.bitwise_or(np.frombuffer(text, np.uint8), _LOWER).data
