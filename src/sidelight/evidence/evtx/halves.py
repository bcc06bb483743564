"""Words looked for in half as many bytes: the bitwise OR of each two.

UTF-16 puts a zero beside each letter of ASCII. So the ORs spell a word plainly, wherever it begins;
only its first letter may be mixed with the byte before. What spells a letter in one byte is read as
two letters at a time, from the first on or from the second. No word is missed, but what is found
need not be one.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, TypeAlias, cast

import numpy as np
import re2
from numpy.typing import NDArray

from sidelight.evidence.evtx.chunks import SIZE
from sidelight.evidence.evtx.stretches import Data

FOLDED: Final = {"i": "\u0130", "k": "\N{KELVIN SIGN}"}
"""The characters outside ASCII that fold into it."""

_TOGETHER: Final = 4 * SIZE
"""So many bytes are halved at once: they and what comes of them stay in the processor's cache."""

_LEAST: Final = 384 * SIZE
"""In fewer bytes than this it costs more to prepare the search than it saves."""

_SHORT: Final = 5
"""What a shorter word is in ORs is met everywhere."""

_PAIRS: Final = 6
"""So many pairs at the end of a word are enough to look for; more take long to prepare."""

_MEMORY: Final = 64 << 20

_Letters: TypeAlias = frozenset[int]
_Search: TypeAlias = Callable[[bytes], bool]


def suspects(words: frozenset[str], data: Data) -> Iterator[tuple[int, int]]:
    """Give the stretches of *data*, which is whole chunks, that may hold one of *words*."""
    if len(data) < _LEAST or min(map(len, words)) < _SHORT:
        yield 0, len(data)
        return
    search = _search_for(words)
    pairs = np.frombuffer(data, np.uint16)
    either = np.empty(_TOGETHER // 2, np.uint16)
    halves = np.empty(_TOGETHER // 2, np.uint8)
    for start in range(0, len(pairs), len(halves)):
        size = min(len(halves), len(pairs) - start)
        if search(_halve(pairs[start : start + size], either[:size], halves[:size])):
            yield 2 * start, 2 * (start + size)


def _halve(
    pairs: NDArray[np.uint16], either: NDArray[np.uint16], halves: NDArray[np.uint8]
) -> bytes:
    """Put the OR of the two bytes of each pair into *halves*."""
    np.right_shift(pairs, 8, out=either)
    np.bitwise_or(either, pairs, out=either)
    np.copyto(halves, either, casting="unsafe")
    return cast("bytes", halves.data)


@lru_cache(maxsize=16)
def _search_for(words: frozenset[str]) -> _Search:
    forms = [form.encode() for word in sorted(words) for form in forms_of(word)]
    try:
        import hyperscan  # noqa: PLC0415 - the extra ``fast``
    except ImportError:
        return _by_re2(forms)
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = [hyperscan.HS_FLAG_DOTALL] * len(forms)
    database.compile(expressions=forms, elements=len(forms), flags=flags)

    def search(halves: bytes) -> bool:
        try:
            database.scan(halves, match_event_handler=_stop)
        except hyperscan.ScanTerminated:
            return True
        return False

    return search


def _stop(*found: object) -> bool:
    """Take the first that is found; one is enough."""
    return bool(found)


def _by_re2(forms: list[bytes]) -> _Search:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.max_mem = _MEMORY
    pattern = re2.compile(b"|".join(forms), options)
    return lambda halves: pattern.search(halves) is not None


def forms_of(word: str) -> list[str]:
    """Write the patterns of a word, as long as `_SHORT`, in ORs of bytes."""
    plain = [frozenset({ord(each), ord(each.upper())}) for each in word]
    paired = [
        [_either(*pair) for pair in zip(plain[first::2], plain[first + 1 :: 2], strict=False)]
        for first in (0, 1)
    ]
    forms = (_spread(word, plain)[1:], *(pairs[-_PAIRS:] for pairs in paired))
    return ["".join(map(_class, letters)) for letters in forms]


def _spread(word: str, plain: list[_Letters]) -> list[_Letters]:
    """Give what the ORs of a word in UTF-16 can be, letter by letter.

    The upper byte of a character outside ASCII is its own, or the next letter is mixed with it.
    """
    spread: list[_Letters] = []
    before: _Letters = frozenset()
    for letter, found in zip(word, plain, strict=True):
        lower, upper = _bytes_of(FOLDED.get(letter, ""))
        own = found | lower | _either(lower, upper)
        spread.append(own | _either(own, before))
        before = upper
    return spread


def _bytes_of(text: str) -> tuple[_Letters, _Letters]:
    raw = text.encode("utf-16-le")
    return frozenset(raw[0::2]), frozenset(raw[1::2])


def _either(one: _Letters, other: _Letters) -> _Letters:
    return frozenset(first | second for first in one for second in other)


def _class(letters: _Letters) -> str:
    return "[" + "".join(f"\\x{each:02x}" for each in sorted(letters)) + "]"
