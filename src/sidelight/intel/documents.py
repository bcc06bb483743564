"""JSON text, read so that nothing in it is lost unsaid.

Rule 1. A key that stands twice in an object makes that object unusable: one of the two values
would be lost. The rest of the document can still be read.
Rule 2. NaN and Infinity are no JSON (RFC 8259), nor is text that nests without end.
"""

import json
from typing import NoReturn

from sidelight.errors import IntelError


class Ambiguous:
    """An object in which *key* stands twice; it is refused wherever it is met.

    It is no dataclass, since those can be written as JSON.
    """

    __slots__ = ("key",)

    def __init__(self, key: str) -> None:
        self.key = key


def read_json(data: bytes, *, where: str) -> object:
    """Give what *data* says, with `Ambiguous` for objects that say it twice.

    Raises:
        IntelError: it is no JSON, or nests too deeply.
    """
    try:
        return json.loads(data, object_pairs_hook=_object, parse_constant=_refuse)
    except RecursionError:
        raise IntelError("nests too deeply to be intelligence", where=where) from None
    except ValueError as error:
        raise IntelError(f"is no JSON: {error}", where=where) from None


def _object(pairs: list[tuple[str, object]]) -> object:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    return Ambiguous(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no value of JSON")
