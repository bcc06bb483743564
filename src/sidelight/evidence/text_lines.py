"""The lines of a plain text log, one by one."""

import math
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from sidelight.evidence.json.lines import lines
from sidelight.evidence.losses import Losses
from sidelight.evidence.stream import Stream

_NULL: Final = "\N{SYMBOL FOR NULL}"


TextLine: TypeAlias = tuple[int, int, str]
"""A line without its end: its number, the offset of its first byte in the source, its text.

Invalid UTF-8 is replaced, and so is U+0000. Lines are numbered from the stream's first, from 1.
"""


def text_lines(stream: Stream, losses: Losses) -> Iterator[TextLine]:
    """Yield the lines of *stream* that hold anything; those too long are losses.

    Zero bytes before a line, which a crash of the writer leaves, are passed over.
    """
    for block in lines(stream, losses):
        offset = block.offset
        for number, line in enumerate(block.text.split(b"\n"), block.first):
            text = line.decode("utf-8", "replace").strip("\0\r\n\t ")
            if text:
                yield number, offset, text.replace("\0", _NULL)
            offset += len(line) + 1


def mostly(head: bytes, matches: Callable[[str], object], *, share: float = 0.8) -> bool:
    """Tell whether most whole lines of *head* match, and at least one does.

    No line is looked at once those before it have settled the question: hardly any file of a disk
    is a log, and this is asked of each.
    """
    whole = head.rpartition(b"\n")[0] or head
    lines = [line.strip(b"\0\r\t ") for line in whole.split(b"\n", 500)[:500]]
    lines = [line for line in lines if line]
    least = max(1, math.ceil(share * len(lines)))
    found = 0
    for left, line in zip(range(len(lines), 0, -1), lines, strict=True):
        if found >= least or found + left < least:
            break
        found += bool(matches(line.decode("utf-8", "replace")))
    return found >= least
