"""Lines of JSON, and lines on their way to a file."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import BinaryIO, Final, TypeAlias

import orjson

from sidelight.values import dataclass

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
_BUFFER: Final = 1 << 18


@dataclass(slots=True)
class Lines:
    """Text that is handed to a file in large pieces.

    Args:
        file: None keeps all of it.
    """

    file: BinaryIO | None = None
    held: bytearray = field(default_factory=bytearray)

    def put(self, text: bytes | bytearray) -> None:
        """Add whole lines."""
        self.held += text
        if len(self.held) > _BUFFER and self.file is not None:
            self.flush()

    def take(self, part: "Lines") -> None:
        """Add what *part* kept."""
        self.put(part.held)

    def flush(self) -> None:
        """Hand over what is left."""
        if self.file is not None:
            self.file.write(self.held)
            self.held.clear()


def line(value: Json) -> bytes:
    """Spell *value* as one line; text that is not Unicode loses only what is not."""
    try:
        return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        return orjson.dumps(_mended(value), option=orjson.OPT_APPEND_NEWLINE)


def _mended(value: Json) -> Json:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode("utf-8")
        case Mapping():
            return {str(_mended(key)): _mended(item) for key, item in value.items()}
        case list() | tuple():
            return [_mended(item) for item in value]
        case _:
            return value
