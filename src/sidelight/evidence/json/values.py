"""One JSON object as flat fields of text, whatever its nesting."""

import json
import re
import sys
from collections.abc import Mapping
from typing import Final, TypeAlias, cast

import orjson

from sidelight.evidence.rows import clean
from sidelight.schema import Event

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

NAMES: Final = 32 << 20
"""Characters of all paths of one object: nesting makes them many times as long as its text."""

EXACT: Final = 2.0**63
_ESCAPE: Final = re.compile(r'((?:[^\\]++|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))++)|\\')


# What may stand for a separator or for half a character (RFC 8259, 7).
_UNCLEAN: Final = re.compile(rb"\0|\\u(?:0000|[dD])")
NAMELESS: Final = frozenset({"#attributes", "#text"})


class NotAnObjectError(ValueError):
    """The text is no JSON object."""


def parse(text: bytes) -> dict[str, Json]:
    """Parse one object; numbers that binary does not hold exactly come as their own text.

    Takes NaN and Infinity, unpaired surrogates, backslashes that escape nothing and broken UTF-8,
    which programs write although RFC 8259 has none of them. Of duplicate names the last counts.

    Raises:
        NotAnObjectError: it is something else, or nested too deeply.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = _parse_oddly(text)
    if not isinstance(value, dict):
        raise NotAnObjectError("this is no JSON object")
    return cast("dict[str, Json]", value)


def _parse_oddly(text: bytes) -> object:
    decoded = text.decode("utf-8", "replace")
    try:
        try:
            return _loads(decoded)
        except ValueError:
            return _loads(mended(decoded))
    except RecursionError:
        raise NotAnObjectError("it is nested too deeply") from None
    except ValueError:
        raise NotAnObjectError("this is no JSON object") from None


def _loads(text: str) -> object:
    return json.loads(
        text, strict=False, parse_int=decimal_text, parse_float=decimal_text, parse_constant=str
    )


def mended(text: str) -> str:
    r"""Take a backslash that escapes nothing for one of the text, as in ``"C:\Windows"``."""
    return _ESCAPE.sub(lambda found: found[1] or "\\\\", text)


def decimal_text(text: str) -> str:
    """Write a number of JSON as Sigma compares it: whole numbers without a point."""
    if text.lstrip("-").isdigit():
        return "0" if text == "-0" else text
    try:
        number = float(text)
    except ValueError:
        return text
    return number_text(number) if abs(number) < EXACT else text


def number_text(number: float) -> str:
    """Write a number as `decimal_text` does."""
    text = repr(number).removesuffix(".0")
    return "0" if text == "-0" else text


def fields_of(text: bytes, most: int = sys.maxsize) -> Event:
    """Parse one object and flatten it; see `parse` and `flatten`."""
    record = parse(text)
    try:
        fields = flatten(record, most)
    except OverflowError:
        fields = flatten(cast("dict[str, Json]", _parse_oddly(text)), most)
    clean_already = b"\\u" not in text and b"\0" not in text
    return fields if clean_already or _UNCLEAN.search(text) is None else _cleaned(fields)


def _cleaned(fields: Event) -> Event:
    return {
        clean(name): clean(value) if isinstance(value, str) else [clean(text) for text in value]
        for name, value in fields.items()
    }


def flatten(record: Mapping[str, Json], most: int = sys.maxsize) -> Event:
    """Name every value by its path, joined with dots; null is absent, a list has many values.

    Objects that name themselves (``{"@Name": "Image", "#text": "…"}``, as converters from XML
    write them) are named so, and ``#attributes`` and ``#text`` are no part of a name. The texts
    are not cleaned.

    Raises:
        OverflowError: a number is too large to be exact.
        NotAnObjectError: what stands before the names, in all, has more than *most* characters.
    """
    fields: Event = {}
    ahead = 0
    stack: list[tuple[str, Json]] = []
    _add_members(fields, stack, "", record)
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict):
            own = value.get("@Name", value.get("Name") if "#text" in value else None)
            if isinstance(own, str):
                stack.append((f"{path.removesuffix('.Data')}.{own}", value.get("#text", "")))
            else:
                ahead += len(path) * len(value)
                if ahead > most:
                    raise NotAnObjectError("its names grow too long by nesting")
                _add_members(fields, stack, path + ".", value)
        elif isinstance(value, list):
            stack.extend((path, element) for element in reversed(value))
        elif value is not None:
            _put(fields, path, scalar_text(value))
    return fields


def _add_members(
    fields: Event, stack: list[tuple[str, Json]], prefix: str, value: Mapping[str, Json]
) -> None:
    """Put the texts among the members of an object into *fields*, the others on the stack."""
    later: list[tuple[str, Json]] = []
    for name, member in value.items():
        path = prefix[:-1] if name in NAMELESS else prefix + name
        if type(member) is str and path not in fields:
            fields[path] = member
        elif member is not None:
            later.append((path, member))
    stack += reversed(later)


def scalar_text(value: str | float | bool) -> str:
    """Write a value as the text of a cell."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if abs(value) >= EXACT:
            raise OverflowError
        return number_text(value)
    return str(value)


def _put(fields: Event, name: str, text: str) -> None:
    known = fields.get(name)
    if known is None:
        fields[name] = text
    elif isinstance(known, list):
        known.append(text)
    else:
        fields[name] = [known, text]
