"""One JSON object becomes one event, by the shape it has."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final, TypeAlias

from sidelight.evidence.event_xml import ParsedEvent, parse_event, parse_fields
from sidelight.evidence.json.activities import HIVES, PRODUCTS, Activity, Product
from sidelight.evidence.json.shapes import (
    AROUND,
    CHANNELS,
    FLAT,
    RESULTS,
    SHAPES,
    TEXTS,
    XML_FIELDS,
    XML_MESSAGES,
    Shape,
)
from sidelight.evidence.json.values import NAMES, NotAnObjectError, fields_of
from sidelight.evidence.programs import interpret as interpret_message
from sidelight.evidence.rows import clean
from sidelight.evidence.times import time_of
from sidelight.schema import NO_TIME, Event, Kind
from sidelight.values import dataclass

UNKNOWN: Final = Kind("", "json")
"""Of objects whose shape is not known."""

_CHANNELS: Final = {name.lower(): name for name in CHANNELS}
# With the first of its marks, which is looked for before the others.
_RESULTS: Final = [(next(iter(result.marks)), result) for result in RESULTS]
_PRODUCTS: Final = [(next(iter(product.marks)), product) for product in PRODUCTS]
_SHAPES: Final = [(next(iter(shape.marks)), shape) for shape in SHAPES]

MAX_NAMES: Final = 10_000
"""So many names of a shape are remembered; evidence must not fill the memory with them."""

_NAMES: Final[dict[str, dict[str, str]]] = {}
_HIDDEN: Final = re.compile(r"&lt;([\w .-]*)&gt;")
_TEMPLATE: Final = re.compile(r"\{([^}]+)\}")
_SYSMON: Final = "Microsoft-Windows-Sysmon"
_MESSAGE_LINE: Final = re.compile(r"^(\w+): (.*?)\r?$", re.ASCII | re.MULTILINE)
STREAMED: Final = "AdvancedHunting-"


@dataclass(frozen=True, slots=True)
class Record:
    """An event.

    Args:
        kind: `UNKNOWN` where the shape is.
        time: UTC nanoseconds, `NO_TIME` where unknown.
        host: the computer it names.
        fields: all of it, under Sigma's names.
    """

    kind: Kind
    time: int
    host: str | None
    fields: Event


@dataclass(frozen=True, slots=True)
class Result:
    """What a detection tool found, and so no evidence.

    Args:
        tool: its name.
    """

    tool: str


Reading: TypeAlias = Record | Result


def channel_name(channel: str) -> str:
    """Spell a channel as Windows does."""
    return _CHANNELS.get(channel.lower(), channel)


def shown(text: str) -> str:
    """Undo what some shippers do to ``<unknown process>`` and its like."""
    found = _HIDDEN.fullmatch(text)
    return f"<{found[1]}>" if found else text


def interpret(fields: Event) -> Reading:
    """Tell what the flattened record *fields* is, or the one that an export wrapped."""
    found = _interpreted(fields)
    if _is_unknown(found):
        for inner in _wrapped(fields):
            within = _interpreted(inner)
            if not _is_unknown(within):
                return within
    return found


def _is_unknown(found: Reading) -> bool:
    return isinstance(found, Record) and found.kind == UNKNOWN


def _wrapped(fields: Event) -> Iterator[Event]:
    """Give the records that lie in one: as members of an object, or as a text."""
    for around in AROUND:
        inner = {name[len(around) :]: fields[name] for name in fields if name.startswith(around)}
        if inner:
            yield inner
    for name in TEXTS:
        text = fields.get(name)
        if isinstance(text, str) and text.startswith("{"):
            with suppress(NotAnObjectError):
                yield fields_of(text.encode(), NAMES)


def _interpreted(fields: Event) -> Reading:
    for mark, result in _RESULTS:
        if mark in fields and _has(fields, result.marks):
            return Result(result.title)
    names = XML_FIELDS if _has(fields, FLAT.marks) else XML_FIELDS + XML_MESSAGES
    for name in names:
        if name in fields and (event := _xml_in(fields[name])):
            return _of_xml(event)
    if "__REALTIME_TIMESTAMP" in fields:
        return _of_journal(fields)
    fields = _unwrapped(fields)
    for mark, product in _PRODUCTS:
        if mark in fields and _has(fields, product.marks):
            return _of_product(product, fields)
    for mark, shape in _SHAPES:
        if mark in fields and _has(fields, shape.marks):
            return of_shape(shape, fields)
    times = ("@timestamp", "timestamp", "Timestamp", "time", "TimeGenerated")
    hosts = ("Computer", "host.name", "hostname", "Hostname", "host")
    return Record(UNKNOWN, _time(fields, times), _first(fields, hosts) or None, fields)


def _xml_in(text: str | list[str]) -> ParsedEvent | None:
    return parse_event(text) if isinstance(text, str) and "<Event" in text else None


def _has(fields: Event, marks: Mapping[str, frozenset[str]]) -> bool:
    for name, allowed in marks.items():
        value = fields.get(name)
        if value is None or (allowed and _values(value).isdisjoint(allowed)):
            return False
    return True


def _values(value: str | list[str]) -> set[str]:
    return {value} if isinstance(value, str) else set(value)


def _first(fields: Event, names: Iterable[str]) -> str:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def _time(fields: Event, names: Iterable[str]) -> int:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and (time := time_of(value)) != NO_TIME:
            return time
    return NO_TIME


def _of_xml(event: ParsedEvent) -> Record:
    return Record(event.kind, event.time, event.host, event.fields)


def of_shape(shape: Shape, fields: Event) -> Record:
    """Read a Windows event that has *shape*."""
    fields = {
        name: value if value[:4] != "&lt;" else _shown(value) for name, value in fields.items()
    }
    for name in shape.data_json:
        _unfold(fields, name)
    event = _own_fields(shape, fields)
    for source, target in shape.renames.items():
        if source in fields and target not in event:
            event[target] = fields[source]
            if not shape.places:
                del event[source]
    _add_texts(shape, event)
    for name, value in shape.fixed.items():
        event.setdefault(name, value)
    channel = channel_name(_first(fields, shape.channel) or shape.fixed.get("Channel", ""))
    kind = Kind("windows", channel, _first(fields, shape.event_id))
    host = next((fields[name] for name in shape.host if name in fields), None)
    if isinstance(host, list) or not host:
        host = None
    time = _time(fields, shape.time)
    if time == NO_TIME and shape.message:
        time = _time(event, ("UtcTime",))
    return Record(kind, time, host, event)


def own_name(shape: Shape, name: str) -> str:
    """Give the event's own name of the field *name*; empty where it is not the event's."""
    if not shape.places:
        return _bare(name)
    for place in shape.places:
        if name.startswith(place.prefix):
            rest = name[len(place.prefix) :]
            match place.naming:
                case "rest":
                    return _bare(rest)
                case "joined":
                    return rest.replace(".", "_")
                case "leaf":
                    leaf = name.rpartition(".")[2]
                    return "" if leaf.startswith(("@", "xmlns")) else _bare(leaf)
    return ""


def _own_fields(shape: Shape, fields: Event) -> Event:
    if not shape.places:
        return {_bare(name): value for name, value in fields.items()}
    known = _NAMES.setdefault(shape.title, {})
    if len(known) > MAX_NAMES:
        known.clear()
    event: Event = {}
    for name, value in fields.items():
        own = known.get(name)
        if own is None:
            own = known[name] = own_name(shape, name)
        if own:
            event[own] = value
    return event


def _add_texts(shape: Shape, event: Event) -> None:
    """Read the data that lies in texts of the event."""
    for name in shape.data_xml:
        text = event.get(name)
        if isinstance(text, str) and text.lstrip().startswith("<"):
            del event[name]
            event.update(parse_fields(text))
    for name in shape.unnamed:
        if name in event:
            _unfold(event, name)
            event["Data"] = event.pop(name, "")
    if shape.message and event.get("Provider_Name") == _SYSMON:
        for name, value in _MESSAGE_LINE.findall(_first(event, (shape.message,))):
            event.setdefault(name, value)


def _shown(value: str | list[str]) -> str | list[str]:
    return shown(value) if isinstance(value, str) and value.startswith("&lt;") else value


def _bare(name: str) -> str:
    return name.replace(" ", "") if " " in name else name


def _unfold(fields: Event, name: str) -> None:
    """Put the members of the JSON text in the field *name* in its place."""
    text = fields.get(name)
    if not isinstance(text, str) or not text.lstrip().startswith(("{", "[")):
        return
    try:
        # A list is no object; under the field's own name it is one.
        inner = fields_of(b'{"":%s}' % text.encode())
    except NotAnObjectError:
        return
    del fields[name]
    fields.update({name + path: value for path, value in inner.items()})


def _unwrapped(fields: Event) -> Event:
    """Take the record out of what Defender's streaming interface puts around it."""
    category = fields.get("category", "")
    if isinstance(category, str) and category.startswith(STREAMED):
        prefix = "properties."
        return {name.removeprefix(prefix): value for name, value in fields.items()}
    return fields


def _of_product(product: Product, fields: Event) -> Record:
    fields = dict(fields)
    _unfold(fields, "AdditionalFields")
    for name in [name for name in fields if name.startswith("AdditionalFields.")]:
        fields.setdefault(name.removeprefix("AdditionalFields."), fields.pop(name))
    system = _first(fields, product.system) or "windows"
    host = _first(fields, product.host) or None
    time = _time(fields, product.time)
    for activity in product.activities:
        if _has(fields, activity.marks):
            kind = Kind(system, product.channel, "", activity.category)
            return Record(kind, time, host, _named(activity, fields))
    return Record(Kind(system, product.channel), time, host, fields)


def _named(activity: Activity, fields: Event) -> Event:
    if activity.category == "network_connection":
        inbound = _first(fields, ("ActionType",)) == "InboundConnectionAccepted" or (
            _first(fields, ("network.direction",)) in {"ingress", "inbound"}
        )
        fields = fields | {"Initiated": "false" if inbound else "true"}
    event: Event = {}
    for name, templates in activity.names.items():
        for template in templates:
            if (value := _filled(template, fields)) is not None:
                event[name] = _short_hive(value) if name == "TargetObject" else value
                break
    # What has no name of Sigma's stays findable by keyword and visible to the analyst.
    return fields | event


def _filled(template: str, fields: Event) -> str | list[str] | None:
    names = _TEMPLATE.findall(template)
    if template == "{" + names[0] + "}":
        return fields.get(names[0]) or None
    texts = {name: _first(fields, (name,)) for name in names}
    if not all(texts.values()):
        return None
    return _TEMPLATE.sub(lambda found: texts[found[1]], template)


def _short_hive(value: str | list[str]) -> str | list[str]:
    if isinstance(value, list):
        return value
    hive, found, rest = value.partition("\\")
    return HIVES.get(hive.upper(), hive) + found + rest


def _of_journal(fields: Event) -> Record:
    """Read what ``journalctl -o json`` writes (systemd, Journal JSON Format)."""
    program = _first(fields, ("SYSLOG_IDENTIFIER", "_COMM"))
    facility = _first(fields, ("SYSLOG_FACILITY",))
    number = int(facility) if facility.isascii() and facility.isdigit() else -1
    kind, event = interpret_message(program, _message(fields.get("MESSAGE", "")), number)
    time = _time(fields, ("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"))
    return Record(kind, time, _first(fields, ("_HOSTNAME",)) or None, fields | event)


def _message(value: str | list[str]) -> str:
    """Give a message, which is a list of its bytes where it is not all plain text."""
    if isinstance(value, str):
        return value
    try:
        return clean(bytes(map(int, value)).decode("utf-8", "replace"))
    except ValueError:
        return " ".join(value)
