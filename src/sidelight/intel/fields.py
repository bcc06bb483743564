"""Fields of JSON objects, read with their type: what has another type counts as not there."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

JsonObject: TypeAlias = Mapping[str, object]


def text(value: JsonObject, key: str) -> str:
    """Give the text at *key*, without white space at its ends; empty where there is none."""
    found = value.get(key)
    return found.strip() if isinstance(found, str) else ""


def texts(value: JsonObject, key: str) -> tuple[str, ...]:
    """Give the texts in the list at *key*; a single text counts as a list of one."""
    found = value.get(key)
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, list):
        return ()
    return tuple(each.strip() for each in found if isinstance(each, str) and each.strip())


def maps(value: JsonObject, key: str) -> Iterator[JsonObject]:
    """Yield the objects in the list at *key*."""
    found = value.get(key)
    if isinstance(found, list):
        yield from (each for each in found if isinstance(each, dict))


def inner(value: JsonObject, key: str) -> JsonObject:
    """Give the object at *key*, an empty one where there is none."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def flag(value: JsonObject, key: str) -> bool:
    """Tell whether *key* is true."""
    return value.get(key) is True


def percent(value: JsonObject, key: str) -> int | None:
    """Give the whole number from 0 to 100 at *key*."""
    found = value.get(key)
    whole = isinstance(found, int) and not isinstance(found, bool)
    return found if whole and 0 <= found <= 100 else None  # type: ignore[operator,return-value]
