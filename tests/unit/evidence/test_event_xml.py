import io
from collections.abc import Iterator

import numpy as np
import pytest

from sidelight.evidence.event_xml import parse_event, parse_fields, read, sniff
from sidelight.evidence.stream import Stream
from sidelight.evidence.times import time_of
from sidelight.schema import NO_TIME, Event, Frame, Gap, Kind, want_all

EVENT = """<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
<Provider Name='Some-Provider' Guid='{01}'/><EventID Qualifiers='0'>7</EventID><Level>4</Level>\
<TimeCreated SystemTime='2031-05-11T18:10:20.399931123Z'/><EventRecordID>12</EventRecordID>\
<Correlation/><Execution ProcessID='1' ThreadID='2'/><Channel>Some/Operational</Channel>\
<Computer>desk.example</Computer><Security UserID='S-1-5-18'/></System>\
<EventData><Data Name='Threat Name'>a&lt;b</Data><Data/><Data>q</Data><Data Name='E'></Data>\
</EventData><RenderingInfo Culture='en'><Message>said</Message><Level>Info</Level>\
</RenderingInfo></Event>"""


def read_all(data: bytes) -> tuple[list[tuple[Kind, int, int, Event]], list[Gap]]:
    rows: list[tuple[Kind, int, int, Event]] = []
    gaps: list[Gap] = []
    for part in read([Stream("export.xml", io.BytesIO(data))], want_all):
        if isinstance(part, Gap):
            gaps.append(part)
        else:
            rows.extend(rows_of(part))
    return rows, gaps


def rows_of(frame: Frame) -> Iterator[tuple[Kind, int, int, Event]]:
    events = frame.detail(np.arange(len(frame)))
    for record, time, event in zip(frame.record.tolist(), frame.time.tolist(), events, strict=True):
        yield frame.kind, record, time, event


def test_an_event_has_the_fields_of_system_data_and_rendered_message() -> None:
    event = parse_event(EVENT)
    assert event is not None
    assert event.kind == Kind("windows", "Some/Operational", "7")
    assert event.record == 12
    assert event.host == "desk.example"
    assert event.time == time_of("2031-05-11T18:10:20.399931123Z")
    assert event.fields == {
        "Provider_Name": "Some-Provider",
        "Provider_Guid": "{01}",
        "EventID": "7",
        "EventID_Qualifiers": "0",
        "Level": "4",
        "TimeCreated_SystemTime": "2031-05-11T18:10:20.399931123Z",
        "EventRecordID": "12",
        "Execution_ProcessID": "1",
        "Execution_ThreadID": "2",
        "Channel": "Some/Operational",
        "Computer": "desk.example",
        "Security_UserID": "S-1-5-18",
        "ThreatName": "a<b",
        "Data": ["", "q"],
        "E": "",
        "Message": "said",
    }


def test_user_data_shadows_the_header_but_not_the_kind() -> None:
    xml = EVENT.replace(
        "<EventData>",
        "<UserData><Cleared xmlns='x'><Channel>Other</Channel></Cleared></UserData><EventData>",
    )
    event = parse_event(xml)
    assert event is not None
    assert event.kind.channel == "Some/Operational"
    assert event.fields["Channel"] == "Other"


def test_sysmon_for_linux_is_a_kind_of_linux() -> None:
    event = parse_event("sysmon: " + EVENT.replace("Some-Provider", "Linux-Sysmon"))
    assert event is not None
    assert event.kind == Kind("linux", "sysmon", "7")


def test_characters_that_xml_forbids_do_not_cost_the_event() -> None:
    event = parse_event(EVENT.replace("said", "sa&#x1;\x02id"))
    assert event is not None
    assert event.fields["Message"] == "sa\ufffd\ufffdid"


@pytest.mark.parametrize("xml", ["", "<Event", "<Event/", "<Eventful/>", "no", "<Event></Even>"])
def test_what_is_no_event_is_none(xml: str) -> None:
    assert parse_event(xml) is None


def test_an_event_without_anything_has_no_time() -> None:
    event = parse_event("<Event/>")
    assert event is not None
    assert (event.time, event.host, event.record) == (NO_TIME, None, None)


def test_entities_are_not_declared() -> None:
    bomb = '<!DOCTYPE Event [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    rows, gaps = read_all((bomb + EVENT.replace("said", "&b;")).encode())
    assert rows == []
    assert [gap.reason for gap in gaps] == ["damaged"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("around", ["{0}{0}", "<?xml version='1.0'?>\r\n<Events>{0}\n{0}</Events>"])
def test_exports_are_read_whole(encoding: str, around: str) -> None:
    data = around.format(EVENT).encode(encoding)
    assert sniff(data[:512])
    rows, gaps = read_all(data)
    assert [row[:2] for row in rows] == [(Kind("windows", "Some/Operational", "7"), 12)] * 2
    assert gaps == []


def test_an_event_without_a_record_number_counts() -> None:
    rows, _ = read_all(EVENT.replace("<EventRecordID>12</EventRecordID>", "").encode() * 3)
    assert [record for _, record, _, _ in rows] == [1, 2, 3]


def test_damage_costs_the_event_it_is_in() -> None:
    rows, gaps = read_all(f"{EVENT}{EVENT[:200]}{EVENT}rubbish{EVENT}{EVENT[:99]}".encode())
    assert len(rows) == 3
    assert [(gap.reason, gap.offset, gap.events) for gap in gaps] == [
        ("damaged", len(EVENT), 2),
        ("truncated", 3 * len(EVENT) + 207, 1),
    ]


def test_an_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidelight.evidence.event_xml.EVENT_BYTES", 2000)
    rows, gaps = read_all(EVENT.encode() + EVENT.replace("said", "x" * 3000).encode())
    assert len(rows) == 1
    assert [gap.reason for gap in gaps] == ["refused"]


def test_data_alone_gives_its_fields() -> None:
    xml = "<EventData xmlns='x'>\r\n  <Data Name=\"A\">1</Data>\r\n  <Data>2</Data></EventData>"
    assert parse_fields(xml) == {"A": "1", "Data": "2"}
    assert parse_fields("nothing") == {}
