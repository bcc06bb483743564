"""The lines of a source, in blocks of whole ones, and the objects of a document."""

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sidelight.evidence.losses import Losses
from sidelight.evidence.stream import Stream
from sidelight.evidence.text import blocks
from sidelight.values import dataclass

LINE_BYTES: Final = 16 << 20
"""Longer lines, and longer objects, are refused: as values, they would take many times as much."""

BLOCK_BYTES: Final = 1 << 19
"""So much is cut into lines at once: more would not stay in the processor's cache."""

_HEAD: Final = 1 << 16
_MANY: Final = 256
"""With so many lines in the head of a text, NumPy finds them sooner than one by one."""

# Possessive, and a string need not end: else one that does not is begun anew at each quote in it,
# and each of its characters is remembered.
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[{}]', re.DOTALL)
_BLANK: Final = b" \t\r\n,[]\x00\x1e"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines.

    Args:
        text: of them, the last without its line feed.
        offset: of the first byte, in the source.
        first: number of the first line.
        feeds: places of the line feeds in it.
    """

    text: bytes
    offset: int
    first: int
    feeds: NDArray[np.intp]


def feeds_of(text: bytes) -> NDArray[np.intp]:
    """Give the places of the line feeds in *text*."""
    if text.count(b"\n", 0, _HEAD) > _MANY:
        return np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
    found: list[int] = []
    place = text.find(b"\n")
    while place >= 0:
        found.append(place)
        place = text.find(b"\n", place + 1)
    return np.array(found, np.intp)


def lines(stream: Stream, losses: Losses) -> Iterator[Block]:
    """Yield the rest of *stream* in blocks; lines that are too long are losses."""
    rest, first, skipping = b"", stream.first, False
    start = stream.start + stream.offset
    for begin, whole in blocks(stream, BLOCK_BYTES):
        offset, block = begin, whole
        if skipping:
            end = whole.find(b"\n")
            if end < 0:
                continue
            skipping, first = False, first + 1
            offset, block = begin + end + 1, whole[end + 1 :]
        if not rest:
            start = offset
        cut = block.rfind(b"\n")
        if cut < 0:
            rest += block
            if len(rest) > LINE_BYTES:
                losses.add(first, start, "refused", f"the line is longer than {LINE_BYTES} bytes")
                rest, skipping = b"", True
            continue
        text = b"".join([rest, memoryview(block)[:cut]])
        rest = block[cut + 1 :]
        del block, whole  # in whose memory, still in the processor's cache, the next is read
        feeds = feeds_of(text)
        yield Block(text, start, first, feeds)
        first += len(feeds) + 1
        start = offset + cut + 1
    if rest:
        yield Block(rest, start, first, np.empty(0, np.intp))


def objects(stream: Stream, losses: Losses) -> Iterator[tuple[int, int, bytes]]:
    """Yield the objects of a document with their ordinals, from 1, and their offsets."""
    rest, base, ordinal = b"", stream.start, 0
    for offset, block in blocks(stream):
        base = offset - len(rest)
        text, position = rest + block, 0
        while (start := text.find(b"{", position)) >= 0:
            note_foreign(text[position:start], base + position, ordinal, losses)
            end = end_of(text, start)
            if end < 0 and len(text) - start > LINE_BYTES:
                ordinal += 1
                refuse_long(ordinal, base + start, losses)
                position = len(text)
                continue
            if end < 0:
                break
            ordinal += 1
            yield ordinal, base + start, text[start:end]
            position = end
        rest = text[start:] if start >= 0 else text[position:][-64:]
        base = offset + len(block) - len(rest)
    if rest.strip(_BLANK).startswith(b"{"):
        losses.add(ordinal + 1, base, "truncated", "the last object is cut off")
    else:
        note_foreign(rest, base, ordinal, losses)


def end_of(text: bytes, start: int) -> int:
    """Give where the object that begins at *start* ends; -1 where the text ends before."""
    return closed(_TOKEN, text, start, 0)


def closed(tokens: re.Pattern[bytes], text: bytes, start: int, depth: int) -> int:
    """Give where all is closed again; -1 where the text ends before.

    Args:
        tokens: finds the brackets that count, and strings with the quote that ends them, if any,
            as their group.
        text: to go through.
        start: from where on.
        depth: how many brackets are open there.
    """
    for token in tokens.finditer(text, start):
        match text[token.start()]:
            case 0x7B | 0x5B:  # { [
                depth += 1
            case 0x7D | 0x5D:  # } ]
                depth -= 1
                if not depth:
                    return token.end()
            case _ if not token[1]:
                return -1
    return -1


def refuse_long(ordinal: int, offset: int, losses: Losses) -> None:
    """Say that an object is too long."""
    losses.add(ordinal, offset, "refused", f"the object is longer than {LINE_BYTES} bytes")


def note_foreign(
    between: bytes, offset: int, ordinal: int, losses: Losses, blank: bytes = _BLANK
) -> None:
    """Say that more stands between objects than *blank* characters."""
    if between.strip(blank):
        losses.add(ordinal + 1, offset, "damaged", "this is no JSON object")
