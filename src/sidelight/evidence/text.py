"""The text of a source as UTF-8, whichever encoding a program of Windows left it in."""

import codecs
from collections.abc import Iterator
from typing import Final

from sidelight.evidence.stream import Stream

BLOCK_BYTES: Final = 1 << 24

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


_SAMPLE: Final = 64
_LEAST: Final = 4


def _is_half(half: bytes) -> bool:
    """Tell whether bytes are the zero halves of ASCII in UTF-16: the first two, and most."""
    return not any(half[:2]) and half.count(0) * 4 >= len(half) * 3


def encoding_of(head: bytes) -> tuple[str, int]:
    """Name the encoding of a text by its first bytes, with the length of its byte order mark.

    Text that is mostly ASCII without a mark is UTF-16 when every other byte is zero.
    """
    if head[:1] < codecs.BOM_UTF8[:1] and b"\0" not in head[:_LEAST]:
        return "utf-8", 0  # most files of a disk, each of which is asked about several times
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, len(mark)
    start = head[:_SAMPLE]
    even, odd = start[::2], start[1::2]
    if len(start) >= _LEAST and all(even[:2]) and _is_half(odd):
        return "utf-16-le", 0
    if len(start) >= _LEAST and all(odd[:2]) and _is_half(even):
        return "utf-16-be", 0
    return "utf-8", 0


def decoded_head(head: bytes) -> bytes:
    """Turn the first bytes of a text into UTF-8, without a mark."""
    name, mark = encoding_of(head)
    head = head[mark:]
    return head if name == "utf-8" else head.decode(name, "replace").encode("utf-8", "replace")


def blocks(stream: Stream, size: int = BLOCK_BYTES) -> Iterator[tuple[int, bytes]]:
    """Yield the rest of *stream* as UTF-8 in blocks, each with its offset in the source.

    Text that says it is UTF-8 is passed on as it is, valid or not.
    """
    offset = stream.start + stream.offset
    block = stream.read(size)
    name, mark = encoding_of(block) if offset == 0 else ("utf-8", 0)
    decoder = None if name == "utf-8" else codecs.getincrementaldecoder(name)("replace")
    offset, block = offset + mark, block[mark:] or (stream.read(size) if mark else b"")
    while block:
        if decoder is None:
            yield offset, block
        else:
            yield offset, decoder.decode(block).encode("utf-8", "replace")
        offset, block = stream.start + stream.offset, b""  # lets its memory be used again
        block = stream.read(size)
    if decoder is not None and (rest := decoder.decode(b"", True)):
        yield offset, rest.encode()
