"""A row is what the JSON object of the same names is."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sidelight.evidence import event_csv, inventory
from sidelight.evidence.event_csv import CELL_CHARACTERS, is_table, read, sniff
from sidelight.evidence.formats import recognise
from sidelight.evidence.json.record import Record, interpret
from sidelight.evidence.json.values import fields_of
from sidelight.evidence.stream import Stream
from sidelight.evidence.times import time_of
from sidelight.schema import Event, Frame, Gap, Kind, want_all

CORPUS = Path(__file__).parents[2] / "corpus" / "evidence" / "json_shapes.yml"
CASES: list[dict[str, Any]] = yaml.safe_load(CORPUS.read_text(encoding="utf-8"))
SYSMON = "Microsoft-Windows-Sysmon/Operational"


def table(rows: list[dict[str, str]], delimiter: str = ",") -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def parts(*texts: bytes) -> tuple[list[Frame], list[Gap]]:
    streams = [Stream(f"s{n}", io.BytesIO(text)) for n, text in enumerate(texts)]
    found = list(read(streams, want_all))
    frames = [part for part in found if isinstance(part, Frame)]
    return frames, [part for part in found if isinstance(part, Gap)]


def events(*texts: bytes) -> Iterator[tuple[Kind, int, int, Event]]:
    for frame in parts(*texts)[0]:
        for row, event in enumerate(frame.detail(np.arange(len(frame)))):
            yield frame.kind, int(frame.record[row]), int(frame.time[row]), event


def plain(case: dict[str, Any]) -> dict[str, str] | None:
    """Give the flat record of a case, where a table can hold it."""
    fields = fields_of(orjson.dumps(case["record"]))
    texts = {name: value for name, value in fields.items() if isinstance(value, str) and value}
    return texts if len(texts) == len(fields) > 1 and "" not in fields else None


WRITTEN = [(case["shape"], row) for case in CASES if (row := plain(case))]


@pytest.mark.parametrize(("shape", "row"), WRITTEN, ids=[name for name, _ in WRITTEN])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_row_is_read_as_the_object_is(shape: str, row: dict[str, str], delimiter: str) -> None:
    record = interpret(dict(row))
    assert isinstance(record, Record)
    text = table([row], delimiter)
    if record.kind.product == "windows":
        assert sniff(text), shape
    assert list(events(text)) == [(record.kind, 2, record.time, record.fields)]


def test_most_shapes_are_tried() -> None:
    assert len(WRITTEN) > 10


def test_defender_exports_are_process_starts_and_loads() -> None:
    rows = [
        {
            "Timestamp": "2031-02-03T04:05:06.7890123Z",
            "DeviceId": "d1",
            "DeviceName": "desk.example",
            "ActionType": action,
            "FileName": "a.dll",
            "FolderPath": "C:\\x\\a.dll",
            "SHA256": "00",
            "InitiatingProcessFolderPath": "C:\\x\\b.exe",
            "AdditionalFields": '{"Extra":"1"}',
            "ReportId": "5",
        }
        for action in ("ImageLoaded", "FileCreated", "ProcessCreated", "Unheard")
    ]
    text = b"\xef\xbb\xbf" + table(rows)
    assert recognise(text) == "csv"
    found = {kind.category: event for kind, _, _, event in events(text)}
    assert found.keys() == {"image_load", "file_event", "process_creation", ""}
    assert found["image_load"]["ImageLoaded"] == "C:\\x\\a.dll"
    assert found["image_load"]["Image"] == "C:\\x\\b.exe"
    assert found["file_event"]["TargetFilename"] == "C:\\x\\a.dll"
    assert found["process_creation"]["ParentImage"] == "C:\\x\\b.exe"
    assert found["process_creation"]["Extra"] == "1"


def test_process_starts_without_their_channel_are_of_the_security_log() -> None:
    row = {
        "": "0",
        "EventID": "4688",
        "TimeGenerated [UTC]": "2/3/2031, 4:05:06.700 PM",
        "Computer": "desk",
        "SubjectUserSid": "S-1-5-18",
        "NewProcessName": "C:\\a.exe",
        "CommandLine": '"C:\\a.exe" -x',
        "TargetLogonId": "",
    }
    (found,) = events(table([row]))
    kind, line, time, event = found
    assert kind == Kind("windows", "Security", "4688")
    assert (line, time) == (2, time_of("2031-02-03T16:05:06.7Z"))
    assert event["CommandLine"] == '"C:\\a.exe" -x'
    assert event.keys().isdisjoint({"", "TargetLogonId", "TimeGenerated [UTC]"})


@pytest.mark.parametrize(
    ("hour", "expected"),
    [("12:00:01 AM", "00:00:01"), ("12:00:01 PM", "12:00:01"), ("11:59:59 PM", "23:59:59")],
)
def test_noon_and_midnight_are_told_apart(hour: str, expected: str) -> None:
    row = {"EventID": "1", "SubjectUserSid": "x", "TimeGenerated [UTC]": f"12/31/2030, {hour}"}
    ((_, _, time, _),) = events(table([row]))
    assert time == time_of(f"2030-12-31T{expected}Z")


def test_sysmon_through_export_csv_is_read_out_of_its_message() -> None:
    message = (
        "Image loaded:\r\nRuleName: -\r\nUtcTime: 2031-02-03 04:05:06.700\r\nImageLoaded: C:\\a.dll"
    )
    row = {
        "Message": message,
        "Id": "7",
        "ProviderName": "Microsoft-Windows-Sysmon",
        "LogName": SYSMON,
        "MachineName": "desk",
        "TimeCreated": "03.02.2031 05:05:06",
        "Properties": "System.Collections.Generic.List`1[x]",
    }
    text = b"#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord\r\n" + table([row, row])
    assert recognise(text) == "csv"
    first, second = events(text)
    assert first[:3] == (Kind("windows", SYSMON, "7"), 3, time_of("2031-02-03T04:05:06.7Z"))
    assert first[3]["ImageLoaded"] == "C:\\a.dll"
    assert second[1] == 7


def test_results_of_tools_are_no_evidence() -> None:
    frames, gaps = parts(table([{"Timestamp": "x", "RuleTitle": "y", "EventID": "1"}] * 2))
    assert frames == []
    assert [(gap.reason, gap.events) for gap in gaps] == [("foreign", 2)]


def test_rows_of_another_length_are_gaps() -> None:
    text = b'Channel,EventID,a\nC,1,x\nC,1\nC,1,x,y\n\nC,1,z\n"C,1,x\n'
    frames, gaps = parts(text)
    assert [frame.record.tolist() for frame in frames] == [[2, 6]]
    assert [(gap.offset, gap.events) for gap in gaps] == [(24, 2), (43, 1)]


def test_a_cell_without_end_is_a_gap_and_the_next_lines_are_read() -> None:
    text = b'Channel,EventID,a\nC,1,"' + b"x\n" * CELL_CHARACTERS + b"C,1,z\n"
    frames, gaps = parts(text)
    assert [len(frame) for frame in frames] == [1]
    assert gaps[0].reason == "damaged"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_encoding_is_read(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'Channel,EventID,a\r\nC,1,"é\r\n"""\r\nC,1,\0x'.encode(encoding)
    assert recognise(text) == "csv"
    monkeypatch.setattr("sidelight.evidence.text.blocks.__defaults__", (3,))
    assert [(line, event["a"]) for _, line, _, event in events(text)] == [
        (2, 'é\r\n"'),
        (4, "\u2400x"),
    ]


@pytest.mark.parametrize(
    ("text", "known", "is_a_table"),
    [
        (b"Channel,EventID\nC,1\n", True, True),
        (b"Channel,Event\nC,1\n", False, True),
        (b"Channel\nC\n", False, False),
        (b"Dear all, this\nis no table\n", False, False),
        (b'{"Channel":1,"EventID":2}', False, False),
        (b"", False, False),
        (b"_raw,x\n<Event><System/></Event>,1\n", True, True),
        (b"_raw,x\ntext,1\n", False, True),
    ],
)
def test_a_table_is_known_by_its_columns(text: bytes, known: bool, is_a_table: bool) -> None:
    assert sniff(text) is known
    assert is_table(text) is is_a_table


def test_a_table_of_something_else_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "Channel,EventID.csv").write_text("a,b\n1,2\n")
    (gap,) = inventory.survey([str(tmp_path)]).gaps
    assert (gap.reason, gap.text) == (
        "foreign",
        "is a table, but its columns are those of no event that Sidelight knows",
    )


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120), st.booleans())
@example(b'"', True)
@example(b"\r", True)
@example(b"\x00,,\n\xff\xfe", False)
def test_any_bytes_are_frames_and_gaps(text: bytes, known: bool) -> None:
    text = b"Channel,EventID,a\n" * known + text
    parts(text)
    sniff(text)
    event_csv.is_table(text)
