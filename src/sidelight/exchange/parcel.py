"""What is sent: the objects of a file, cut into envelopes that a server takes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from sidelight.errors import UsageError
from sidelight.exchange.intake import EnvelopeError, read_envelope

MOST: Final = 500
_FRAME: Final = len(b'{"objects":[]}')


def read_objects(path: Path) -> list[bytes]:
    """Read the objects of a bundle, an envelope, or JSON lines with an object each.

    Raises:
        UsageError: it cannot be read, or is none of these.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    try:
        return read_envelope(data)
    except EnvelopeError as error:
        lines = [line for line in data.splitlines() if line.strip()]
        if lines and all(line.lstrip().startswith(b'{"') and b'"id"' in line for line in lines):
            return lines
        raise UsageError(error.reason, where=str(path)) from None


def envelopes(objects: Sequence[bytes], largest: int) -> Iterator[list[bytes]]:
    """Cut objects into parts that fit into a body of *largest* octets, in their order.

    An object that fits into none is a part of its own: the server says so.
    """
    part: list[bytes] = []
    size = _FRAME
    for each in objects:
        if part and (size + len(each) + 1 > largest or len(part) == MOST):
            yield part
            part, size = [], _FRAME
        part.append(each)
        size += len(each) + 1
    if part:
        yield part
