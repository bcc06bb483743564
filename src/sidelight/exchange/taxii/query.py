"""Filters of a request (TAXII 2.1, section 3.4)."""

import re
from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from sidelight.exchange import instants
from sidelight.exchange.query import Query
from sidelight.exchange.taxii.message import Refused

LARGEST_LIMIT: Final = 1000
_MOST_VALUES: Final = 200
_FIELD: Final = re.compile(r"match\[(.*)\]", re.DOTALL)
_FIELDS: Final = ("id", "spec_version", "type", "version")
_TYPE: Final = re.compile(r"[a-z0-9-]{1,250}", re.ASCII)
_SPEC_VERSION: Final = re.compile(r"\d{1,3}\.\d{1,3}", re.ASCII)


def read_query(pairs: Iterable[tuple[str, str]], fields: tuple[str, ...] = _FIELDS) -> Query:
    """Read the query of a request; parameters that are not known are ignored.

    *fields* are those that the endpoint has; another is ignored as an unknown one is.

    Raises:
        Refused: 400, a parameter is malformed or comes twice.
    """
    query, seen = Query(), set()
    for name, value in pairs:
        field = _FIELD.fullmatch(name)
        key = field[1] if field else name
        if field and key not in fields:
            continue
        if name in seen and (field or name in {"added_after", "limit", "next"}):
            raise _malformed(name, "comes more than once")
        seen.add(name)
        query = _field(query, key, value) if field else _parameter(query, name, value)
    return query


def _parameter(query: Query, name: str, value: str) -> Query:
    match name:
        case "added_after":
            instant = instants.read(value)
            if instant is None:
                raise _malformed(name, "is no timestamp such as 2026-01-31T08:00:00.000000Z")
            return replace(query, added_after=instant)
        case "limit":
            if not re.fullmatch("[0-9]{1,18}", value, re.ASCII) or int(value) < 1:
                raise _malformed(name, "is no whole number greater than zero")
            return replace(query, limit=min(int(value), LARGEST_LIMIT))
        case "next":
            if not value:
                raise _malformed(name, "is empty")
            return replace(query, next=value)
        case _:
            return query


def _field(query: Query, field: str, value: str) -> Query:
    values = tuple(value.split(","))
    name = f"match[{field}]"
    if "" in values or "\0" in value or len(values) > _MOST_VALUES:
        raise _malformed(name, f"is a list of 1 to {_MOST_VALUES} values with commas between")
    match field:
        case "id":
            return replace(query, ids=values)
        case "type":
            if not all(map(_TYPE.fullmatch, values)):
                raise _malformed(name, "names something that is no type")
            return replace(query, types=values)
        case "spec_version":
            if not all(map(_SPEC_VERSION.fullmatch, values)):
                raise _malformed(name, "is a list of versions such as 2.1")
            return replace(query, spec_versions=values)
        case _:
            return replace(query, versions=_versions(values))


def _versions(values: tuple[str, ...]) -> tuple[str, ...]:
    name = "match[version]"
    keys = []
    for value in values:
        key = value if value in {"first", "last", "all"} else instants.order(value)
        if key is None:
            raise _malformed(name, f"{value!r} is neither first, last, all nor a timestamp")
        keys.append(key)
    if len(set(keys)) < len(keys):
        raise _malformed(name, "holds a version twice")
    if "all" in keys and len(keys) > 1:
        raise _malformed(name, "'all' stands alone")
    return tuple(keys)


def _malformed(name: str, why: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, f"{name} {why}")
