"""Whatever the bytes are, the JSON reader makes frames and gaps of them, and the same ones."""

import io
import json
from collections.abc import Iterator
from unittest.mock import patch

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sidelight.evidence.json import batch, columns, read, sniff
from sidelight.evidence.json.record import Record, interpret
from sidelight.evidence.json.values import NotAnObjectError, fields_of
from sidelight.evidence.rows import cell
from sidelight.evidence.stream import Stream
from sidelight.schema import Event, Frame, Gap, Kind, decode, want_all

Row = tuple[str, int, Kind, int, str | None, dict[str, str]]

# Near misses of a flat event: what programs write, and what is one character away from it.
SCALARS = st.sampled_from(
    ["1", "-0", "1.50", "1e5", "1E400", "true", "null", "[]", "{}", "01", "nul", "9" * 30, "NaN"]
)
TEXTS = st.sampled_from(
    [
        "",
        "x",
        "C:\\\\a\\\\",
        '\\"q\\"',
        "\\u0041",
        "\\u0000",
        "\\ud800",
        "\\q",
        "&lt;unknown process&gt;",
        "\\u0026lt;a&gt;",
        "\\r\\n",
        ",",
        ":",
        "}",
        "{",
        '":5,\\"',
        "é",
        "\t",
        "2031-02-03T04:05:06Z",
        "Security",
        "security",
    ]
)
VALUES = st.one_of(
    TEXTS.map('"{}"'.format), SCALARS, TEXTS.map('["{}"]'.format), TEXTS.map('{{"a":"{}"}}'.format)
)
NAMES = st.sampled_from(
    [
        "Channel",
        "EventID",
        "Image",
        "Hostname",
        "Computer",
        "SourceName",
        "Provider_Name",
        "TimeCreated",
        "UtcTime",
        "@timestamp",
        "Threat Name",
        "Threat\\u0020Name",
        "kind",
        "Type",
        "_raw",
        "",
    ]
)
MEMBERS = st.lists(st.tuples(NAMES, VALUES), max_size=6)
GLUE = st.sampled_from([(":", ","), (": ", ", "), (":", ",\t"), (":", " ,")])


@st.composite
def flat_lines(draw: st.DrawFn) -> str:
    colon, comma = draw(GLUE)
    members = [("Channel", draw(VALUES)), ("EventID", draw(VALUES)), *draw(MEMBERS)]
    return "{" + comma.join(f'"{name}"{colon}{value}' for name, value in members) + "}"


OWN_NAMES = st.sampled_from(
    ["Image", "Data", "EventID", "Channel", "a.b", "@x", "", "#text", "Name"]
)
NESTED_NAMES = {
    "winlog": ["event_id", "event_data", "user_data", "process", "task", "computer_name"],
    "log_name": ["event_data", "event_id", "computer_name", "source_name", "message"],
    "Event": ["EventData", "UserData", "System", "#attributes"],
}


@st.composite
def nested_lines(draw: st.DrawFn) -> str:
    """Events of shippers that nest, with values and names where none or others are expected."""
    scalars = st.one_of(TEXTS.map('"{}"'.format), SCALARS)
    inner = st.lists(st.tuples(OWN_NAMES, scalars), max_size=3).map(_object)
    values = st.one_of(scalars, inner, st.tuples(scalars, scalars).map("[{0[0]},{0[1]}]".format))
    top = draw(st.sampled_from(sorted(NESTED_NAMES)))
    members = draw(st.lists(st.tuples(st.sampled_from(NESTED_NAMES[top]), values), max_size=4))
    if top == "log_name":
        return _object([(top, draw(values)), ("event_id", draw(values)), *members])
    if top == "winlog":
        own = _object([("channel", draw(values)), *members])
        others = draw(
            st.sampled_from(['"message":"<Event"', '"agent":{"type":"endpoint"}', '"a":1'])
        )
        return f'{{"@timestamp":"2031-02-03T04:05:06Z","winlog":{own},{others}}}'
    system = draw(st.lists(st.tuples(st.sampled_from(["Channel", "Computer", "Provider"]), values)))
    own = _object([("System", _object([("EventID", draw(values)), *system])), *members])
    return f'{{"Event":{own}}}'


def _object(members: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f'"{name}":{value}' for name, value in members) + "}"


LINES = st.lists(
    st.one_of(
        flat_lines(),
        nested_lines(),
        flat_lines().map(lambda line: line + ","),
        flat_lines().map(lambda line: line[:-2]),
        flat_lines().map(lambda line: line + line),
        flat_lines().map(lambda line: "[" + line),
        flat_lines().map(lambda line: line[:-1] + ',"x":01}'),
        st.sampled_from(["", "{}", "[", "]", '"', "{", "\0", "rubbish", '{"a":1}', '{"a"', "\\"]),
    ),
    max_size=8,
)


def rows(*texts: bytes, first: int = 2, few: int = 1, parsed: int = 1 << 20) -> list[Row]:
    streams = [Stream(f"s{n}", io.BytesIO(text), first=first) for n, text in enumerate(texts)]
    found: list[Row] = []
    with patch.object(columns, "FEW", few), patch.object(batch, "PARSED_BYTES", parsed):
        for part in read(streams, want_all):
            if isinstance(part, Frame):
                found += rows_of(part)
            else:
                assert isinstance(part, Gap)
    return sorted(found, key=lambda row: row[:2])


def rows_of(frame: Frame) -> Iterator[Row]:
    columns = {name: decode(column) for name, column in frame.columns.items()}
    hosts = decode(frame.host)
    events = frame.detail(np.arange(len(frame)))
    for row, event in enumerate(events):
        fields = {name: cells[row] for name, cells in columns.items()}
        there = {name: text for name, text in fields.items() if text is not None}
        assert there == texts_of(event)
        source, record = frame.sources[frame.source[row]], int(frame.record[row])
        yield source, record, frame.kind, int(frame.time[row]), hosts[row], there


def texts_of(event: Event) -> dict[str, str]:
    return {name: str(cell(value)) for name, value in event.items()}


def singly(text: bytes, first: int = 2) -> list[Row]:
    """Read line by line, in the most obvious way."""
    found: list[Row] = []
    for number, line in enumerate(text.split(b"\n"), first):
        try:
            record = interpret(fields_of(line.strip(b" \t\r\n,[]\x1e")))
        except NotAnObjectError:
            continue
        if isinstance(record, Record):
            fields = texts_of(record.fields)
            found.append(("s0", number, record.kind, record.time, record.host, fields))
    return found


@settings(max_examples=600, deadline=None)
@given(LINES)
@example(['{"Channel":"a","EventID":"1"}', '"', '{"Channel":"a","EventID":"2"}'])
@example(['{"Event":{"System":{"EventID":1}}}', '{"Event":{"System":{"EventID":{"#text":true}}}}'])
@example(['{"Channel":"a","EventID":1}', '{"Channel":"a","EventID":1.0}'])
@example(['{"Channel":"a","EventID":":5,"}', '{"Channel":"a","EventID":5,"x":"\\":5,\\""}'])
def test_blocks_are_read_as_single_lines_are(lines: list[str]) -> None:
    text = "\n".join(lines).encode()
    assert rows(text) == singly(text)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(flat_lines(), nested_lines()), min_size=2, max_size=6), st.data())
def test_splitting_between_lines_changes_nothing(lines: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(lines) - 1))
    whole = rows("\n".join(lines).encode())
    parts = rows("\n".join(lines[:at]).encode()) + rows(
        "\n".join(lines[at:]).encode(), first=2 + at
    )
    assert sorted(parts, key=lambda row: row[:2]) == whole
    streams = ["\n".join(lines[:at]).encode(), "\n".join(lines[at:]).encode()]
    assert [row[2:] for row in rows(*streams, parsed=1)] == [row[2:] for row in whole]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(1, 2))
@example(b'{"a":' * 3000, 1)
@example(b"[" * 3000, 1)
@example(b'\xff\xfe{\x00"\x00', 1)
@example(b'{"Channel":"' + b"\\" * 200 + b'","EventID":1}', 2)
def test_any_bytes_are_frames_and_gaps(text: bytes, first: int) -> None:
    rows(text, first=first)
    sniff(text)


@settings(max_examples=200, deadline=None)
@given(LINES, st.data())
def test_damaged_lines_are_frames_and_gaps(lines: list[str], data: st.DataObject) -> None:
    text = bytearray("\n".join(lines).encode())
    if text:
        place = data.draw(st.integers(0, len(text) - 1))
        text[place] = data.draw(st.integers(0, 255))
    assert rows(bytes(text)) == singly(bytes(text))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.dictionaries(st.text(max_size=3), st.text(max_size=3), min_size=1), max_size=5),
    st.sampled_from([None, 2]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_documents_keep_every_object(
    objects: list[dict[str, str]], indent: int | None, encoding: str
) -> None:
    text = json.dumps(objects, indent=indent).encode(encoding)
    assert [row[1] for row in rows(text, first=1)] == list(range(1, len(objects) + 1))
