"""Windows event XML: what wevtutil and the Event Viewer export, and Sysmon for Linux writes.

Every ``<Event>`` is cut out by its tags and parsed on its own, so damage costs one event. A
document type can only stand before the root element (XML 1.0, 2.8), which is never parsed:
entities cannot be declared, so nothing can expand or reach outside.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from xml.etree.ElementTree import (
    Element,
    ParseError,
    XMLParser,
)

from sidelight.evidence.losses import Losses
from sidelight.evidence.rows import Sheet, clean
from sidelight.evidence.stream import Stream
from sidelight.evidence.text import blocks, decoded_head
from sidelight.evidence.times import time_of
from sidelight.schema import Event, Frame, Gap, Kind, Wanted
from sidelight.values import dataclass

EVENT_BYTES: Final = 1 << 22
"""The longest event that is parsed; an event log holds none above 64 KiB of UTF-16."""

_OPEN: Final = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?Event(?=[\s>/])")
_CLOSE: Final = re.compile(rb"</(?:[A-Za-z_][\w.-]*:)?Event\s*>")
_TAG_BYTES: Final = 4096
_ILLEGAL: Final = re.compile(
    "&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|fff[ef]|d[89a-f][0-9a-f]{2})|0*(?:[0-8]|1[124-9]|2\\d|3[01]));"
    "|[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]",
    re.IGNORECASE,
)
_AROUND: Final = re.compile(
    rb"(?:\s+|\xef\xbb\xbf|<\?.*?\?>|<!--.*?-->|</?(?:\w+:)?Events\b[^>]*>)*", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class ParsedEvent:
    """One event out of its XML.

    Args:
        kind: of the event, by its System element alone.
        time: UTC nanoseconds of System/TimeCreated, `NO_TIME` where there is none.
        host: System/Computer.
        record: System/EventRecordID, None where there is none.
        fields: System's under the names of Sigma's taxonomy (``Provider_Name``), overlaid by
            the event's own data.
    """

    kind: Kind
    time: int
    host: str | None
    record: int | None
    fields: Event


def parse_event(xml: str) -> ParsedEvent | None:
    """Parse the event in *xml*, which may have other text before it; None if there is none.

    Characters that XML 1.0 forbids are replaced: Windows writes them out all the same.
    """
    start = xml.find("<Event")
    if start < 0 or len(xml) - start > EVENT_BYTES:
        return None
    root = _parse(xml[start:])
    if root is None:
        root = _parse(_ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", xml[start:]))
    if root is None or _local(root.tag) != "Event":
        return None
    return _event(root)


def parse_fields(xml: str) -> Event:
    """Give the fields of an EventData or UserData element alone; none if it is not XML."""
    start = max(xml.find("<"), 0)
    root = None if len(xml) > EVENT_BYTES else _parse(xml[start:])
    fields: Event = {}
    if root is not None:
        _add_data(fields, root)
    return fields


def _parse(xml: str) -> Element | None:
    if xml.startswith(("<!", "<?")):
        return None
    parser = XMLParser()  # noqa: S314 - starts at the root element, see above
    try:
        parser.feed(xml)
        root = parser.close()
    except (ParseError, ValueError):
        return None
    return root if isinstance(root, Element) else None


def _event(root: Element) -> ParsedEvent:
    system: Event = {}
    data: Event = {}
    for section in root:
        match _local(section.tag):
            case "System":
                _add_system(system, section)
            case "RenderingInfo":
                _add_message(data, section)
            case _:
                _add_data(data, section)
    record = _text(system, "EventRecordID")
    return ParsedEvent(
        kind=_kind(_text(system, "Channel"), _text(system, "EventID"), system),
        time=time_of(_text(system, "TimeCreated_SystemTime")),
        host=_text(system, "Computer") or None,
        record=int(record) if record.isascii() and record.isdigit() and len(record) < 19 else None,
        fields=system | data,
    )


def _kind(channel: str, event_id: str, system: Event) -> Kind:
    if _text(system, "Provider_Name") == "Linux-Sysmon":
        return Kind("linux", "sysmon", event_id)
    return Kind("windows", channel, event_id)


def _add_system(fields: Event, system: Element) -> None:
    for element in system:
        name = _local(element.tag)
        for attribute, value in element.items():
            fields[f"{name}_{_local(attribute)}"] = clean(value)
        if element.text and (text := element.text.strip()):
            fields[name] = clean(text)
    if "Security_UserId" in fields:
        fields["Security_UserID"] = fields.pop("Security_UserId")


def _add_message(fields: Event, rendering: Element) -> None:
    for element in rendering:
        if _local(element.tag) == "Message":
            fields["Message"] = clean(element.text or "")


def _add_data(fields: Event, section: Element) -> None:
    for element in section.iter():
        if element is section or len(element):
            continue
        name = element.get("Name") or _local(element.tag)
        value = clean(element.text or "")
        name = clean(name).replace(" ", "")
        known = fields.get(name)
        if known is None:
            fields[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            fields[name] = [known, value]


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _text(fields: Event, name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins a file of event XML."""
    head = decoded_head(head).lstrip()
    return head.startswith(b"<") and bool(_OPEN.search(head) or b"<Events" in head)


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield the events of XML exports.

    A frame's record is the EventRecordID, or the ordinal of the event in its source where it
    has none.
    """
    sheet = Sheet(wanted)
    for stream in streams:
        ordinal = 0
        for event in _events(stream):
            if isinstance(event, Gap):
                yield event
                continue
            ordinal += 1
            record = ordinal if event.record is None else event.record
            sheet.add(event.kind, stream.source, record, event.time, event.host, event.fields)
            if sheet.full:
                yield from sheet.frames()
    yield from sheet.frames()


def _events(stream: Stream) -> Iterator[ParsedEvent | Gap]:
    losses = Losses(stream.source, "events")
    for number, (offset, piece) in enumerate(_cut(stream)):
        event = parse_event(piece.decode("utf-8", "replace")) if len(piece) <= EVENT_BYTES else None
        if event is not None:
            yield event
        elif len(piece) > EVENT_BYTES:
            losses.add(number, offset, "refused", f"an event is longer than {EVENT_BYTES} bytes")
        elif _OPEN.match(piece) and not _CLOSE.search(piece):
            losses.add(number, offset, "truncated", "the last event is cut off")
        else:
            yield from _rescue(piece)
            losses.add(number, offset, "damaged", "this is no well-formed event")
        yield from losses.ready()
    yield from losses.finish()


def _rescue(piece: bytes) -> Iterator[ParsedEvent]:
    """Find the event behind the beginning of another that lost its end."""
    opens = [found.start() for found in _OPEN.finditer(piece)]
    if len(opens) > 1 and (event := parse_event(piece[opens[-1] :].decode("utf-8", "replace"))):
        yield event


def _cut(stream: Stream) -> Iterator[tuple[int, bytes]]:
    """Yield events, and what stands between them and does not belong there, with offsets."""
    rest, base = b"", stream.start
    for offset, block in blocks(stream):
        base = offset - len(rest)
        text, position = rest + block, 0
        while found := _OPEN.search(text, position):
            if between := _foreign(text[position : found.start()]):
                yield base + position, between
            close = _CLOSE.search(text, found.end())
            if close is None and len(text) - found.start() <= EVENT_BYTES:
                position = found.start()
                break
            end = len(text) if close is None else close.end()
            yield base + found.start(), text[found.start() : end]
            position = end
        else:
            tag = text.rfind(b"<", max(position, len(text) - _TAG_BYTES))
            keep = len(text) if tag < 0 else tag
            if between := _foreign(text[position:keep]):
                yield base + position, between
            position = keep
        rest = text[position:]
        base = offset + len(block) - len(rest)
    if between := _foreign(rest):
        yield base, between


def _foreign(between: bytes) -> bytes:
    around = _AROUND.match(between)
    return between[around.end() :] if around else between
