"""What ``sidelight hunt --yara`` found, as lines: matches become events, what was left out gaps."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, cast, get_args

import orjson

from sidelight.evidence.losses import Losses
from sidelight.evidence.rows import Sheet, clean
from sidelight.evidence.stream import Stream
from sidelight.evidence.text_lines import text_lines
from sidelight.schema import NO_TIME, Event, Frame, Gap, GapReason, Kind, Wanted

CHANNEL: Final = "sidelight-yara"
MATCHES: Final = Kind("", CHANNEL, "match")
SOURCES: Final = Kind("", CHANNEL, "scanned")
"""A source that was scanned, whether or not anything matched."""

_HEADER: Final = re.compile(rb'\{"schema":"sidelight-yara"')
_SECOND: Final = 1_000_000_000
_REASONS: Final = get_args(GapReason)


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins such lines."""
    return _HEADER.match(head) is not None


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield the matches of YARA rules, and the sources that were scanned with how many bytes.

    Their source is ``yara:`` and the file that was scanned, since records of that file have numbers
    of their own; their record is an ordinal in that file. Matches in memory are at the time at
    which the process was started, where that is known.
    """
    sheet = Sheet(wanted)
    counts: Counter[str] = Counter()
    for stream in streams:
        losses = Losses(stream.source)
        gaps: list[Gap] = []
        ended = True
        for number, offset, text in text_lines(stream, losses):
            line = _object(text)
            counts[_text(line, "source")] += line.get("type") != "gap"
            match line.get("type"):
                case "match":
                    _add(sheet, MATCHES, counts, line, _match(line))
                case "scanned":
                    size: Event = {"Bytes": _text(line, "bytes"), "Buffers": _text(line, "buffers")}
                    size["Target"] = _text(line, "source")
                    _add(sheet, SOURCES, counts, line, size)
                case "gap":
                    gaps.append(_gap(line, stream))
                case "end":
                    ended = True
                case None if "schema" in line:
                    ended = False
                case _:
                    losses.add(number, offset, "damaged", "this is no line of a YARA scan")
            sheet.weigh(len(text))
            if sheet.full:
                yield from sheet.frames()
        yield from losses.finish()
        yield from gaps
        if not ended:
            text = "the scan has no end: it was cut short"
            yield Gap(stream.source, stream.start + stream.offset, "truncated", text)
    yield from sheet.frames()


def _object(text: str) -> dict[str, object]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _add(
    sheet: Sheet, kind: Kind, counts: Counter[str], line: dict[str, object], event: Event
) -> None:
    host, source = _text(line, "host") or None, _text(line, "source")
    started = line.get("started")
    known = isinstance(started, int) and 0 < started < 1 << 32
    time = cast("int", started) * _SECOND if known else NO_TIME
    sheet.add(kind, f"yara:{source}", counts[source], time, host, event)


def _match(line: dict[str, object]) -> Event:
    meta = line.get("meta")
    event: Event = {
        "Rule": _text(line, "rule"),
        "RuleFile": _text(line, "file"),
        "Level": _text(line, "level"),
        "Target": _text(line, "source"),
        "Origin": "memory" if "region" in line else "file",
        "Count": _text(line, "count"),
        "Tags": _texts(line.get("tags")),
        "Places": _texts(line.get("places")),
        "Meta": _texts([f"{n}={v}" for n, v in meta.items()] if isinstance(meta, dict) else []),
    }
    for name, key in (("Region", "region"), ("ProcessId", "pid"), ("Image", "image")):
        if key in line:
            event[name] = _text(line, key)
    return event


def _gap(line: dict[str, object], stream: Stream) -> Gap:
    reason = _text(line, "reason")
    known = cast("GapReason", reason if reason in _REASONS else "damaged")
    offset = line.get("offset")
    place = offset if isinstance(offset, int) and 0 <= offset < 1 << 63 else 0
    return Gap(_text(line, "source") or stream.source, place, known, _text(line, "text"))


def _text(line: dict[str, object], name: str) -> str:
    value = line.get(name, "")
    return clean(str(value)) if isinstance(value, (str, int)) else ""


def _texts(value: object) -> list[str]:
    return [clean(str(each)) for each in value] if isinstance(value, list) else []
