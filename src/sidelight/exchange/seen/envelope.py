"""What goes between the two sides of an intersection, and what either keeps."""

from pathlib import Path
from typing import Final, TypeVar

import msgspec

from sidelight.errors import UsageError

VERSION: Final = 1


class Setup(msgspec.Struct, frozen=True, tag="seen-setup", tag_field="kind"):
    """What the side that answers gives to all that may ask.

    Args:
        ends: when the epoch is over, as a timestamp; *quota* is what one may ask until then.
    """

    epoch: str
    ends: str
    quota: int
    setup: bytes
    version: int = VERSION


class Question(msgspec.Struct, frozen=True, tag="seen-question", tag_field="kind"):
    """What the side that asks sends."""

    epoch: str
    request: bytes
    version: int = VERSION


class Answer(msgspec.Struct, frozen=True, tag="seen-answer", tag_field="kind"):
    """What comes back."""

    epoch: str
    response: bytes
    version: int = VERSION


class Pending(msgspec.Struct, frozen=True, tag="seen-pending", tag_field="kind"):
    """What the side that asks keeps until then, for itself only.

    Args:
        values: kinds and texts, in the order of the question.
    """

    epoch: str
    key: bytes
    values: tuple[tuple[str, str], ...]
    version: int = VERSION


T = TypeVar("T", Setup, Question, Answer, Pending)


def spell(some: Setup | Question | Answer | Pending) -> bytes:
    """Write as JSON."""
    return msgspec.json.encode(some) + b"\n"


def read(data: bytes, kind: type[T], where: str | Path) -> T:
    """Read what `spell` wrote.

    Raises:
        UsageError: it is something else, or of another version.
    """
    try:
        found = msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        name = str(kind.__struct_config__.tag).replace("-", " ")
        raise UsageError(f"is no {name}: {error}", where=str(where)) from None
    if found.version != VERSION:
        raise UsageError(f"has version {found.version}, not known here", where=str(where))
    return found
