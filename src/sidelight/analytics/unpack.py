"""A script or command line, and the texts and programs that are packed into it.

Rule 1. Whatever the text is, this ends without an error, in time and memory in proportion to its
length up to fixed limits: `MOST_LAYERS` layers, `MOST_BYTES` characters in all of them.
Rule 2. What unpacks to something neither readable nor known is no layer.
"""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

import re2

from sidelight.analytics.contents import Content, read_contents
from sidelight.analytics.encodings import cut_runs, find_coded, hides
from sidelight.analytics.folding import REWRITINGS, fold
from sidelight.analytics.hidden import SHAPES, TRIGGERS
from sidelight.analytics.keys import find_keys
from sidelight.analytics.remembered import Remembered
from sidelight.values import dataclass

LEVELS: Final = 4
MOST_LAYERS: Final = 64
MOST_BYTES: Final = 8 << 20
MOST_PIECES: Final = 256
"""So many coded pieces of one layer are looked at."""

_SHAPES: Final = re2.compile("|".join(SHAPES).encode())
_TRIGGERS: Final = re2.compile("|".join(TRIGGERS).encode())


@dataclass(frozen=True, slots=True)
class Layer:
    """A text, and how it was come to.

    Args:
        how: the steps, outermost first; none for the text itself.
        text: for a program or shellcode, one character a byte (ISO 8859-1).
        binary: what it is if it is no text, as “a Windows program”; else empty.
    """

    how: tuple[str, ...]
    text: str
    binary: str = ""


def unpack(text: str, levels: int = LEVELS) -> tuple[Layer, ...]:
    """List the layers of *text*, itself first, outer ones before inner ones.

    Args:
        text: a script, a command line, the text of a log entry that holds one.
        levels: how many times what was decoded is searched for more. Rewriting a text (joined
            strings and the like) is part of the level it is on.
    """
    layers = [Layer((), text)]
    seen = {text}
    left = MOST_BYTES
    todo = deque([(layers[0], 0)])
    while todo:
        layer, level = todo.popleft()
        for found in _openings(layer, level):
            inner = Layer(layer.how + found.how, found.text, found.binary)
            if inner.text in seen or len(inner.text) > left or len(layers) >= MOST_LAYERS:
                continue
            seen.add(inner.text)
            left -= len(inner.text)
            layers.append(inner)
            if level + 1 < levels and not inner.binary and found.how[-1] not in REWRITINGS:
                todo.append((inner, level + 1))
    return tuple(layers)


def is_packed(text: str) -> bool:
    """Say whether anything in *text* looks packed or rewritten; if not, it is its only layer."""
    data = text.encode("utf-8", "replace")
    return _SHAPES.search(data) is not None or _TRIGGERS.search(data) is not None


def _openings(layer: Layer, level: int) -> tuple[Content, ...]:
    """List what *layer* holds. The outermost text is hardly ever met again."""
    return _remembered_openings(layer.text) if level else tuple(_open(layer.text))


def _open(text: str) -> Iterator[Content]:
    """Yield what stands coded in *text*, then the text rewritten and what stands coded in that."""
    runs, rest = cut_runs(text.encode("utf-8", "replace"))
    yield from _decode(runs, rest)
    if _TRIGGERS.search(rest) is None:
        return
    how, folded = fold(text)
    if not how:
        return
    yield Content(how, folded)
    for found in _decode(*cut_runs(folded.encode("utf-8", "replace"))):
        yield Content(how + found.how, found.text, found.binary)


def _decode(runs: list[bytes], rest: bytes) -> Iterator[Content]:
    if not runs and _SHAPES.search(rest) is None:
        return
    hidden = hides(rest)
    pieces = [*islice(find_coded(rest, runs, hidden=hidden), MOST_PIECES)]
    keys = find_keys(rest.decode("utf-8", "replace")) if hidden and pieces else ()
    for coded in pieces:
        for found in _remembered_contents((coded.data, keys)):
            yield Content((coded.how, *found.how), found.text, found.binary)


def _length(found: tuple[Content, ...]) -> int:
    return sum(len(each.text) for each in found)


_remembered_openings: Final = Remembered[str, tuple[Content, ...]](
    lambda text: tuple(_open(text)), lambda text, found: len(text) + _length(found)
)
_remembered_contents: Final = Remembered[tuple[bytes, tuple[bytes, ...]], tuple[Content, ...]](
    lambda key: read_contents(*key), lambda key, found: len(key[0]) + _length(found)
)
