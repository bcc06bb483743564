"""What is sent: the objects of a file, cut into envelopes that a server takes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

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
        if not lines or _is_empty(data):
            raise UsageError("holds no objects", where=str(path)) from None
        if all(line.lstrip().startswith(b'{"') and b'"id"' in line for line in lines):
            return lines
        why = error.reason.removeprefix("the body is no TAXII envelope: ")
        reason = f"is no bundle, no envelope and no JSON lines of STIX objects: {why}"
        raise UsageError(reason, where=str(path)) from None


class _Group(msgspec.Struct):
    objects: list[msgspec.Raw]
    type: str = "bundle"


def _is_empty(data: bytes) -> bool:
    """Tell whether it is a bundle or an envelope with nothing in it."""
    try:
        found = msgspec.json.decode(data, type=_Group)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return not found.objects and found.type == "bundle"


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
