"""JSON text, read so that nothing in it is lost unsaid.

Rule 1. A key that stands twice in an object makes that object unusable: one of the two values
would be lost. The rest of the document can still be read.
Rule 2. NaN and Infinity are no JSON (RFC 8259), nor is text that nests without end; a number
too large for a float would be kept as nothing.
Rule 3. What is read takes some hundred MB at most, however it was made: values are
counted, by the characters that begin or part them, before any is built.
"""

import json
from math import isinf
from typing import Final, NoReturn

from sidelight.errors import IntelError

MAX_VALUES: Final = 4_000_000
"""Values in one document, by this count; the 29 MB of ATT&CK have 650,000."""

MAX_BRACKETS: Final = 1_000_000
"""Objects and lists among them; ATT&CK has 130,000."""


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
        IntelError: it is no JSON, nests too deeply, or holds too much.
    """
    _check_size(data, where)
    try:
        return json.loads(
            data, object_pairs_hook=_object, parse_constant=_refuse, parse_float=_finite
        )
    except RecursionError:
        raise IntelError("nests too deeply to be intelligence", where=where) from None
    except ValueError as error:
        raise IntelError(f"is no JSON: {error}", where=where) from None


def read_json_lines(data: bytes, *, where: str) -> list[object]:
    """Give what each line of *data* says, in order; None for a line that is no JSON.

    Lines with nothing on them are passed over.

    Raises:
        IntelError: it holds too much.
    """
    _check_size(data, where)
    return [_line(each, where) for each in data.splitlines() if each.strip()]


def _line(data: bytes, where: str) -> object:
    try:
        return read_json(data, where=where)
    except IntelError:
        return None


def _check_size(data: bytes, where: str) -> None:
    brackets = data.count(b"{") + data.count(b"[")
    if brackets > MAX_BRACKETS or brackets + data.count(b",") > MAX_VALUES:
        raise IntelError("holds more values than a catalogue has", where=where, hint="split it")


def _object(pairs: list[tuple[str, object]]) -> object:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    return Ambiguous(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]


def _finite(number: str) -> float:
    value = float(number)
    if isinf(value):
        raise ValueError(f"{number[:40]} is too large a number")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no value of JSON")
