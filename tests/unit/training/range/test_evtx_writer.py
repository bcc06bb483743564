import io
import json
import struct
import zlib
from collections.abc import Sequence

import pytest
from evtx import PyEvtxParser
from hypothesis import given, settings
from hypothesis import strategies as st

from sidelight.training.range.binxml import Layout, Type, Value
from sidelight.training.range.evtx_writer import CHUNK, LogWriter

T0 = 133_500_000_000_000_000

text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40) | st.integers(
    3_000, 12_000
).map(lambda n: "é" * n)
VALUES: dict[Type, st.SearchStrategy[Value]] = {
    Type.TEXT: text,
    Type.UINT8: st.integers(0, 2**8 - 1),
    Type.UINT16: st.integers(0, 2**16 - 1),
    Type.INT32: st.integers(-(2**31), 2**31 - 1),
    Type.UINT32: st.integers(0, 2**32 - 1),
    Type.UINT64: st.integers(0, 2**64 - 1),
    Type.BOOLEAN: st.booleans(),
    Type.GUID: st.uuids().map(lambda u: f"{{{str(u).upper()}}}"),
    Type.SID: st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=6).map(
        lambda parts: "-".join(["S-1-5", *map(str, parts)])
    ),
    Type.HEX32: st.integers(0, 2**32 - 1),
    Type.HEX64: st.integers(0, 2**64 - 1),
}


def shown(code: Type, value: Value) -> object:
    match code, value:
        case _, None:
            return ""
        case Type.GUID, str():
            return value.strip("{}")
        case ((Type.HEX32 | Type.HEX64), int()):
            return hex(value)
        case _:
            return value


def layout(event_id: int, types: Sequence[Type]) -> Layout:
    fields = tuple((f"{code.name}_{at}", code) for at, code in enumerate(types))
    return Layout("Example", "", "Example/Operational", event_id, fields)


@st.composite
def logs(draw: st.DrawFn) -> list[tuple[Layout, list[Value]]]:
    types = st.lists(st.sampled_from(list(VALUES)), max_size=8)
    layouts = [
        layout(at, found) for at, found in enumerate(draw(st.lists(types, min_size=1, max_size=40)))
    ]
    records: list[tuple[Layout, list[Value]]] = []
    for chosen in draw(st.lists(st.sampled_from(layouts), max_size=60)):
        values = [draw(VALUES[code] | st.none()) for _, code in chosen.fields]
        records.append((chosen, values))
    return records


def written(records: Sequence[tuple[Layout, Sequence[Value]]]) -> bytes:
    raw = io.BytesIO()
    with LogWriter(raw, "ws1.example") as log:
        for at, (chosen, values) in enumerate(records):
            log.write(chosen, T0 + 10 * at, values)
    return raw.getvalue()


@settings(max_examples=60, deadline=None)
@given(records=logs())
def test_another_reader_reads_back_what_was_written(
    records: list[tuple[Layout, list[Value]]],
) -> None:
    found = [
        json.loads(r["data"]) for r in PyEvtxParser(io.BytesIO(written(records))).records_json()
    ]
    assert len(records) == len(found)
    for number, ((chosen, values), event) in enumerate(zip(records, found, strict=True), 1):
        system = event["Event"]["System"]
        assert (number, chosen.event_id) == (system["EventRecordID"], system["EventID"])
        expected = {
            name: shown(code, value)
            for (name, code), value in zip(chosen.fields, values, strict=True)
        }
        assert expected == (event["Event"].get("EventData") or {})


@settings(max_examples=20, deadline=None)
@given(records=logs())
def test_every_checksum_holds(records: list[tuple[Layout, list[Value]]]) -> None:
    data = written(records)
    assert zlib.crc32(data[:120]) == struct.unpack_from("<I", data, 124)[0]
    assert (len(data) - 4096) // CHUNK == struct.unpack_from("<H", data, 42)[0]
    for start in range(4096, len(data), CHUNK):
        chunk = data[start : start + CHUNK]
        free, events = struct.unpack_from("<II", chunk, 48)
        assert zlib.crc32(chunk[512:free]) == events
        assert (
            zlib.crc32(chunk[128:512], zlib.crc32(chunk[:120]))
            == struct.unpack_from("<I", chunk, 124)[0]
        )


def test_names_beyond_the_first_are_pointers() -> None:
    one = layout(1, [Type.TEXT])
    data = written([(one, ["a"]), (layout(2, [Type.TEXT]), ["b"])])
    assert data.count("EventRecordID".encode("utf-16-le")) == 1


def test_an_event_larger_than_a_chunk_is_refused() -> None:
    one = layout(1, [Type.TEXT, Type.TEXT, Type.TEXT])
    with pytest.raises(ValueError, match="larger than a chunk"):
        written([(one, ["x" * 30_000] * 3)])


def test_a_number_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="a value of event 1"):
        written([(layout(1, [Type.UINT8]), [256])])


def test_user_data_is_written_by_element_names() -> None:
    cleared = Layout(
        "Example", "", "Security", 1102, (("SubjectUserName", Type.TEXT),), wrapper="LogFileCleared"
    )
    [record] = PyEvtxParser(io.BytesIO(written([(cleared, ["root"])]))).records_json()
    body = json.loads(record["data"])["Event"]["UserData"]
    assert body == {"LogFileCleared": {"SubjectUserName": "root"}}
