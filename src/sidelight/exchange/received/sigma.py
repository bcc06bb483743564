"""The ways in which a STIX pattern holds, as Sigma rules for the logs that would tell of them."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from sidelight.errors import RuleError
from sidelight.exchange.received.pattern import Comparison, Way
from sidelight.exchange.received.places import Place, place_of
from sidelight.intel.warning import Warnings
from sidelight.intel.width import too_wide
from sidelight.rules.traces import Log, dotted, literal
from sidelight.schema import LEVELS, Level
from sidelight.values import dataclass

TAG: Final = "sidelight.received"
"""Tag of every rule that is made of an indicator."""

_SPACE: Final = UUID("5d1b8a0c-6a0a-5c0e-8c53-6b7a1c0b9d77")
_LEAST: Final = 5
"""Characters that a wildcard or an expression has to have besides what stands for any."""
_DIGITS: Final = 18
"""Digits of a number, such as a port, that is compared by its size."""
_SPECIAL: Final = re.compile(r"[\\.^$*+?()\[\]{}|]")
_PAIR: Final = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})")
_ORDERS: Final = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_TYPED: Final = frozenset({"dst_ref.type", "src_ref.type"})
"""What a value of the same end says, too."""
Source: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A comparison as one log has it: one of these fields has one of its values.

    Args:
        fields: with modifiers, as Sigma writes them.
    """

    fields: Mapping[str, Sequence[str]]
    level: Level
    negated: bool = False


Event: TypeAlias = tuple[Source, tuple[Piece, ...]]
"""An event of a log, all of whose pieces hold."""


def events_of(ways: Sequence[Way], warnings: Warnings) -> tuple[list[Event], tuple[str, ...]]:
    """Say what events would be one of *ways*, and of which nothing is sought, and why.

    There are none where all ways are harmless.

    Raises:
        RuleError: there is a way that is not harmless, but none that can be run.
    """
    single: dict[tuple[Source, Level], dict[str, dict[str, None]]] = defaultdict(dict)
    several: list[Event] = []
    held, notes = dict[str, None](), dict[str, None]()
    for way in ways:
        if harmless := _harmless(way, warnings):
            held.setdefault(harmless)
            continue
        narrow = tuple(_uncommon(test, warnings, held) for test in way)
        try:
            pieces = _pieces(narrow)
        except RuleError as error:
            notes.setdefault(error.reason)
            continue
        for source, parts in pieces.items():
            if len(parts) == 1 and not parts[0].negated:
                for name, values in parts[0].fields.items():
                    kept = single[source, parts[0].level].setdefault(name, {})
                    kept.update(dict.fromkeys(values))
            else:
                several.append((source, parts))
    rules = [*_merged(single), *several]
    if notes and not rules:
        raise RuleError("; ".join(notes))
    return rules, (*held, *notes)


def _merged(
    single: Mapping[tuple[Source, Level], Mapping[str, Mapping[str, None]]],
) -> Iterator[Event]:
    for (source, level), fields in single.items():
        yield source, (Piece({name: list(values) for name, values in fields.items()}, level),)


def _harmless(way: Way, warnings: Warnings) -> str:
    """Say why a way would hold everywhere; "" where one of its tests names something."""
    reasons = list[str]()
    for test in way:
        why = "" if test.negated else _common(test, warnings)
        if not why and not test.negated and _names(test):
            return ""
        reasons += [why] if why else []
    return "; ".join(reasons) or "it names nothing by itself"


def _names(test: Comparison) -> bool:
    """Tell whether a test names something, or would with a log that tells of it."""
    if test.path in _TYPED:
        return False
    place = place_of(test.kind, test.path, test.values[0])
    return place is None or bool(place.kind)


def _common(test: Comparison, warnings: Warnings) -> str:
    """Say why all values of a test are common; "" where one is not."""
    found = ""
    for value in test.values:
        place = place_of(test.kind, test.path, value)
        why = _why_common(place.kind, value, warnings) if place else ""
        if not why:
            return ""
        found = found or f"{value[:80]}: {why}"
    return found


def _uncommon(test: Comparison, warnings: Warnings, held: dict[str, None]) -> Comparison:
    """Leave out of a list of values those that are common, and note them in *held*."""
    if test.negated or len(test.values) < 2 or _common(test, warnings):
        return test
    left = []
    for value in test.values:
        why = _common(replace(test, values=(value,)), warnings)
        if why:
            held.setdefault(why)
        else:
            left.append(value)
    return replace(test, values=tuple(left))


def _why_common(kind: str, value: str, warnings: Warnings) -> str:
    if kind == "url" and _has_path(value):
        return ""
    bare = value.strip("%*.") if kind == "domain" else value
    lists = warnings.of(bare.rpartition("\\")[2] if kind == "file" else bare)
    return lists[0].title if lists else too_wide(kind, bare)


def _has_path(url: str) -> bool:
    """Tell whether an address is of more than a host; one that cannot be taken apart is."""
    try:
        return bool(urlsplit(url if "://" in url else f"//{url}").path.strip("/"))
    except ValueError:
        return True


def _pieces(way: Way) -> dict[Source, tuple[Piece, ...]]:
    """Give the tests of a way for each log that tells of all of them."""
    tests = [test for test in way if test.path not in _TYPED]
    each = [_by_log(test) for test in tests]
    if not each:
        raise RuleError("it names nothing by itself")
    sources = [source for source in each[0] if all(source in other for other in each)]
    if not sources:
        named = " and ".join(dict.fromkeys(f"{test.kind}:{test.path}" for test in tests))
        raise RuleError(f"no log here shows {named} in one event")
    if all(test.negated for test in tests):
        raise RuleError("it only says what is not there")
    return {source: tuple(other[source] for other in each) for source in sources}


def _by_log(test: Comparison) -> dict[Source, Piece]:
    found: dict[Source, dict[str, list[str]]] = defaultdict(dict)
    levels: dict[Source, Level] = {}
    for value in test.values:
        place = place_of(test.kind, test.path, value)
        if place is None:
            raise RuleError(f"no log here tells of {test.kind}:{test.path}")
        if test.operator == "=" and not place.fits(value):
            raise RuleError(f"{value[:80]!r} is no value of {test.kind}:{test.path}")
        for log in place.logs:
            field, text = _compared(test, value, place, log)
            source = tuple(sorted(log.source.items()))
            found[source].setdefault(field, []).append(text)
            levels[source] = max((levels.get(source, log.level), log.level), key=LEVELS.index)
    return {source: Piece(fields, levels[source], test.negated) for source, fields in found.items()}


def _compared(test: Comparison, value: str, place: Place, log: Log) -> tuple[str, str]:
    """Give the field with its modifiers, and the value, that a comparison means in a log."""
    bare, _, modifier = log.field.partition("|")
    match test.operator:
        case "=":
            return log.field, dotted(place.kind, log.value(value))
        case "ISSUBSET" if modifier == "cidr":
            return log.field, dotted(place.kind, value)
        case "LIKE" if modifier != "cidr":
            _enough(value.replace("%", "").replace("_", ""), value)
            text = re.sub(r"%|_", lambda m: "*" if m[0] == "%" else "?", literal(log.value(value)))
            before = "*" if modifier in {"endswith", "contains"} else ""
            return bare, before + text + ("*" if modifier == "contains" else "")
        case "MATCHES" if modifier in {"", "contains"} and log.value is str:
            _enough(_SPECIAL.sub("", value), value)
            return f"{bare}|re", value
        case "<" | "<=" | ">" | ">=" if not place.kind and not modifier:
            if not value.isdecimal() or len(value) > _DIGITS:
                raise RuleError(f"{value[:80]!r} is no number to compare {test.path} with")
            return f"{bare}|{_ORDERS[test.operator]}", value
    raise RuleError(f"{test.operator} is not sought in {test.kind}:{test.path}")


def _enough(rest: str, whole: str) -> None:
    if len(rest) < _LEAST:
        raise RuleError(f"{whole[:80]!r} is too wide to look for")


def rule_of(title: str, event: Event, part: str = "") -> dict[str, object]:
    """Write the rule of an event; *part* tells one that is part of more from one that is not."""
    source, pieces = event
    wanted = [f"part{number}" for number, each in enumerate(pieces) if not each.negated]
    unwanted = [f"not part{number}" for number, each in enumerate(pieces) if each.negated]
    detection: dict[str, object] = {
        f"part{number}": [{name: _typed(name, values)} for name, values in each.fields.items()]
        for number, each in enumerate(pieces)
    }
    detection["condition"] = " and ".join((*wanted, *unwanted))
    rest = {"logsource": dict(source), "detection": detection}
    return document(title, f"{source} {detection}{part}", level_of(event), rest)


def level_of(event: Event) -> Level:
    """Give the level that an event deserves."""
    return max((each.level for each in event[1]), key=LEVELS.index)


def document(
    title: str, content: str, level: Level, rest: Mapping[str, object]
) -> dict[str, object]:
    """Write a document of Sigma; its id follows from its content."""
    return {
        "title": title,
        "id": str(uuid5(_SPACE, content)),
        "description": "What an ally named, as they named it. It tells where to look, and is no "
        "reason to block anything.",
        "author": "Sidelight, from an indicator",
        "tags": [TAG],
        **rest,
        "level": str(level),
    }


def _typed(field: str, values: Sequence[str]) -> list[str] | list[int]:
    if field.rpartition("|")[2] in _ORDERS.values():
        return [int(each) for each in values]
    return list(values)


def as_yaml(rule: Mapping[str, object]) -> bytes:
    """Write a rule as JSON, which is YAML but for characters that take two escapes."""
    text = json.dumps(rule)
    return _PAIR.sub(lambda m: _astral(m[1], m[2]), text).encode()


def _astral(high: str, low: str) -> str:
    point = 0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00
    return f"\\U{point:08x}"
