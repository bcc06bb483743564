r"""Words looked for in lines of JSON as they stand, so that fewer columns need building.

Rule 1. What is looked for are the words as JSON writes them (RFC 8259, 7), and everything by which
a character of theirs may be written otherwise: ``\u006d`` for ``m``, the Kelvin sign for ``k``.
Rule 2. Text and patterns are folded by setting one bit, which makes more of them alike than case
does. So a line may be marked for nothing, but none that holds a word is missed.
Rule 3. A search is as slow as its shortest pattern, and as what occurs of the first characters of
its patterns: hence what is left out of words, and a search of its own for what is short.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from ahocorasick_rs import BytesAhoCorasick, MatchKind

from sidelight.evidence.json.lines import Block
from sidelight.schema import SPELLED

_LOWER: Final = np.uint8(0x20)
"""By this bit the letters of ASCII differ in case (ISO 646)."""

_FOLDED: Final = {"i": "\u0130", "k": "\N{KELVIN SIGN}"}
"""The characters outside ASCII that fold into it."""

STRETCH: Final = 1 << 16
"""About so much text is folded at once: it stays in the processor's cache."""

_SHORTEST: Final = 4
"""What is left of a word without the backslashes before it may have so few characters."""


def lines_with(words: frozenset[str], block: Block) -> list[int]:
    """Give the numbers of the lines in *block* that may hold one of *words* (`schema.Wish`)."""
    if not words:
        return []
    finders = [_finder(words)] if block.text.isascii() else [_finder(words), _folding(words)]
    # A match that runs over the end of a line would hide one that begins in the next.
    places = [
        begin + place
        for begin, folded in _stretches(block.text)
        for finder in finders
        for _, first, end in finder.find_matches_as_indexes(folded)
        for place in (first, end - 1)
    ]
    return sorted({*np.searchsorted(block.feeds, places).tolist()}) if places else []


def _stretches(text: bytes) -> Iterator[tuple[int, memoryview]]:
    """Yield where some lines begin, and these lines folded, until the next are asked for."""
    octets, memory = np.frombuffer(text, np.uint8), np.empty(2 * STRETCH, np.uint8)
    begin = 0
    while begin < len(text):
        end = text.find(b"\n", begin + STRETCH)
        end = len(text) if end < 0 else end
        if end - begin > len(memory):
            memory = np.empty(end - begin, np.uint8)
        yield begin, np.bitwise_or(octets[begin:end], _LOWER, out=memory[: end - begin]).data
        begin = end + 1


@lru_cache(maxsize=16)
def _finder(words: frozenset[str]) -> BytesAhoCorasick:
    return _finder_of({*_patterns(_spelled(words))})


@lru_cache(maxsize=16)
def _folding(words: frozenset[str]) -> BytesAhoCorasick:
    # They are short, and would make the search for the longer ones slow.
    letters = frozenset[str]().union(*_spelled(words))
    return _finder_of({other.encode() for each in letters for other in _FOLDED.get(each, "")})


def _finder_of(texts: set[bytes]) -> BytesAhoCorasick:
    patterns = {bytes(_folded(text)) for text in texts}
    needed = (each for each in patterns if not any(map(each.startswith, patterns - {each})))
    return BytesAhoCorasick(sorted(needed), matchkind=MatchKind.LeftmostFirst)


def _spelled(words: frozenset[str]) -> set[str]:
    """Give of each word what is looked for, in each of its spellings."""
    cores = {_core(word) for word in words}
    # As some shippers write what `record.shown` gives back.
    return cores | {word.replace("<", "&lt;").replace(">", "&gt;") for word in cores}


def _core(word: str) -> str:
    """Give *word* without the backslashes before it: paths are full of them."""
    core = word.lstrip("\\")
    return word if len(core) < _SHORTEST or SPELLED.issuperset(core) else core


def _patterns(spelled: set[str]) -> Iterator[bytes]:
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


def _folded(text: bytes) -> memoryview:
    return np.bitwise_or(np.frombuffer(text, np.uint8), _LOWER).data
