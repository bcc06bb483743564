"""What the layers of a script or command line say about code that runs only in memory."""

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import re2
from ahocorasick_rs import BytesAhoCorasick
from numpy.typing import NDArray

from sidelight.analytics.hidden import SHAPES, TRIGGERS
from sidelight.analytics.remembered import Remembered
from sidelight.analytics.signs import (
    APIS,
    BINARY_POINTS,
    GROUP_POINTS,
    GROUPS,
    SIGNS,
    WORDS,
    Sign,
)
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.analytics.unpack import Layer

LONGEST_TOKEN: Final = 120


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that speaks for code in memory.

    Args:
        id: what it is; see `sidelight.analytics.signs`.
        points: marks of one text add up; from `MEDIUM` on it is worth a look.
        said: why, as a sentence without a full stop, with the layer it was found in.
        token: what was found, as the layer has it, at most `LONGEST_TOKEN` characters.
    """

    id: str
    points: int
    said: str
    token: str


_WORDS: Final = "(?i:" + "|".join(re.escape(word) for word in WORDS) + ")"
_FIND_WORDS: Final = BytesAhoCorasick([word.encode() for word in WORDS]).find_matches_as_indexes
_POSSIBLE: Final = "|".join((_WORDS, *SHAPES, *TRIGGERS))
_IS_POSSIBLE: Final = re2.compile(_POSSIBLE.encode())
_FUNCTIONS: Final = frozenset(map(WORDS.index, map(str.lower, APIS)))

_FEW: Final = 1000
"""Arrow makes its automaton anew for each column, which takes longer than to search so many."""


def candidates(values: pa.StringArray) -> NDArray[np.intp]:
    """Number the texts whose layers `judge` may mark: every marked one is among them.

    One pass of RE2 over the column. A text is left out if it has no word of a sign, nothing that
    could be coded, and none of the tricks that hide words.
    """
    if len(values) > _FEW:
        return np.flatnonzero(
            pc.match_substring_regex(values, _POSSIBLE).to_numpy(zero_copy_only=False)
        )
    texts = cast("list[bytes]", values.cast(pa.binary()).to_pylist())
    return np.flatnonzero([_IS_POSSIBLE.search(text) is not None for text in texts])


def judge(layers: "tuple[Layer, ...]") -> tuple[Mark, ...]:
    """List the marks of a text's layers, each kind once: where it weighs most, then outermost."""
    best: dict[str, tuple[Mark, Layer]] = {}
    for layer in layers:
        for mark in _marks(layer):
            if mark.id not in best or mark.points > best[mark.id][0].points:
                best[mark.id] = mark, layer
    return tuple(_place(mark, layer) for mark, layer in best.values())


def _place(mark: Mark, layer: "Layer") -> Mark:
    if not layer.how:
        return mark
    where = ", ".join(layer.how)
    return Mark(mark.id, mark.points, f"{mark.said}, in what was unpacked ({where})", mark.token)


def _marks(layer: "Layer") -> tuple[Mark, ...]:
    if layer.binary:
        return (_binary(layer),)
    return _remembered_marks(layer.text) if layer.how else tuple(_read(layer.text))


def _binary(layer: "Layer") -> Mark:
    begins = " ".join(f"{byte:02x}" for byte in layer.text[:16].encode("latin-1"))
    name = layer.binary.rpartition(" ")[2]
    return Mark(f"packed-{name}", BINARY_POINTS[layer.binary], f"{layer.binary} is in it", begins)


def _read(text: str) -> Iterator[Mark]:
    data = text.encode("utf-8", "replace")
    found = {which for which, _, _ in _FIND_WORDS(data.lower(), overlapping=True)}
    if not found:
        return
    words = {WORDS[which] for which in found}
    if not text.isascii():  # other letters fold to ASCII, too
        folded = text.lower()
        words = {word for word in WORDS if word in folded}
    for sign in SIGNS:
        if not words.isdisjoint(sign.words):
            token = _find(sign, text, data)
            if token:
                yield Mark(sign.id, sign.points, f"it {sign.said}", token)
    if not _FUNCTIONS.isdisjoint(found):
        yield from _functions(text, data)


def _find(sign: Sign, text: str, data: bytes) -> str:
    if sign.beside and not search(sign.beside, text, data):
        return ""
    if sign.without and search(sign.without, text, data):
        return ""
    return search(sign.pattern, text, data)[:LONGEST_TOKEN]


def search(pattern: str, text: str, data: bytes) -> str:
    """Give what *pattern* finds first in *text*, empty for nothing.

    RE2 rules out most texts ten times faster. In ASCII it finds the very same, unless the pattern
    looks around; elsewhere it folds more letters.

    Args:
        pattern: is read without regard to the case of ASCII; it has no group that counts, and
            never finds nothing.
        text: a layer.
        data: the same in UTF-8, surrogates replaced.
    """
    found = gate(pattern).search(data)
    if found is None:
        return ""
    if text.isascii() and _AROUND.search(pattern) is None:
        return str(found[0], "ascii")
    exact = _exact(pattern).search(text)
    return exact[0] if exact else ""


@cache
def _exact(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


@cache
def gate(pattern: str) -> "re2._Regexp[bytes]":
    """Make the expression for RE2 that is found in every text in which *pattern* is.

    RE2 does not look around, so it finds what stands in the wrong surroundings, too.
    """
    return re2.compile(f"(?i:{_AROUND.sub('', pattern)})".encode())


_AROUND: Final = re.compile(r"\(\?<?!\[[^]]*\]\)")


def _functions(text: str, data: bytes) -> Iterator[Mark]:
    """Mark functions of Windows that together put code into memory and run it."""
    found = [(name, each) for name, pattern in GROUPS if (each := search(pattern, text, data))]
    if found:
        names = ", ".join(name for _, name in found)
        doing = ", ".join(name for name, _ in found)
        said = f"it names functions of Windows by which a program {doing} memory or threads"
        yield Mark("memory-functions", GROUP_POINTS[len(found)], said, names[:LONGEST_TOKEN])


_remembered_marks: Final = Remembered[str, tuple[Mark, ...]](
    lambda text: tuple(_read(text)), lambda text, marks: len(text) + 512 * len(marks)
)
