import io
import struct
import zlib
from dataclasses import replace
from itertools import chain
from time import process_time

import numpy as np
import pytest

from evtx_logs import OTHER, PLAIN, T0, details, items, log, plainly, rows, stream
from sidelight.evidence.evtx import sniff
from sidelight.schema import NO_TIME, Gap, Kind, Share
from sidelight.training.range.binxml import Layout, Type
from sidelight.training.range.evtx_writer import LogWriter

CHUNK = 65536
DATA = log()


def reasons(gaps: list[Gap]) -> list[tuple[int, str]]:
    return [(gap.offset, gap.reason) for gap in gaps]


def test_logs_and_stretches_of_them_are_recognised() -> None:
    assert sniff(DATA[:4096])
    assert sniff(DATA[4096:8192])
    assert not sniff(b"ElfFile")


def test_kinds_records_times_and_hosts_come_from_the_system_element() -> None:
    frames, gaps = items([stream(DATA)])
    assert gaps == []
    assert {frame.kind for frame in frames} == {
        Kind("windows", PLAIN.channel, "7"),
        Kind("windows", OTHER.channel, "9"),
    }
    assert sum(map(len, frames)) == 1200
    first = rows(frames)[0]
    assert first[1] == 1
    assert first[2] == (T0 - 116_444_736_000_000_000) * 100
    assert all(frame.host.values.to_pylist() == ["host.example"] for frame in frames)


def test_an_event_that_names_no_usable_time_has_none() -> None:
    raw = io.BytesIO()
    with LogWriter(raw, "host.example") as writer:
        for ticks in (0, 2**63 - 1, T0):
            writer.write(OTHER, ticks, [""])
    (frame,), _ = items([stream(raw.getvalue())])
    assert frame.time.tolist() == [NO_TIME, NO_TIME, (T0 - 116_444_736_000_000_000) * 100]


def test_columns_hold_what_was_written() -> None:
    found = rows(items([stream(DATA)])[0])
    _, _, _, _, cells = found[2]
    assert cells["Image"] == "C:\\tools\\ä2.exe" * 4
    assert (cells["ProcessId"], cells["LogonId"]) == ("2", hex(2 * 2**33))
    assert found[0][4]["Image"] == ""
    assert "Image" not in found[3][4]


def test_columns_and_full_events_agree() -> None:
    frames, _ = items([stream(DATA)])
    assert details(frames) == rows(frames)


def test_columns_hold_what_the_plain_decoder_reads() -> None:
    assert rows(items([stream(DATA)])[0]) == plainly(DATA)


@pytest.mark.parametrize("few", [1, 9, 10, 40])
def test_full_events_come_in_the_order_asked_for(few: int) -> None:
    frame = items([stream(DATA)])[0][0]
    asked = np.arange(few)[::-1] * 2
    every = frame.detail(np.arange(len(frame)))
    assert frame.detail(asked) == [every[at] for at in asked.tolist()]


@pytest.mark.parametrize("some", [1, 3, 8, 400])
def test_frames_asked_together_say_what_each_says_alone(some: int) -> None:
    """The order of fields counts, too: findings show events as documents have them."""
    turned = replace(PLAIN, event_id=8, fields=PLAIN.fields[::-1])
    raw = io.BytesIO()
    with LogWriter(raw, "host") as writer:
        for at in range(1200):
            layout = (PLAIN, turned, OTHER)[at % 3]
            values = {"Image": f"i{at % 5}", "ProcessId": at, "LogonId": at}
            writer.write(layout, T0 + at, [values[name] for name, _ in layout.fields])
    data = raw.getvalue()
    frames, _ = items([stream(data)])
    shares = [frame.detail for frame in frames]
    picked = [np.arange(some)[::-1] % len(frame) for frame in frames]
    together = shares[0].whole([each.rows[at] for each, at in zip(shares, picked, strict=True)])
    read = {(kind, number): cells for _, number, _, kind, cells in plainly(data)}
    for frame, at, events in zip(frames, picked, together, strict=True):
        assert [[*event.items()] for event in events] == [
            [*read[frame.kind, number].items()] for number in frame.record[at].tolist()
        ]


def test_only_wanted_columns_are_decoded_and_hold_the_same_cells() -> None:
    every, _ = items([stream(DATA)])
    some, _ = items(
        [stream(DATA)], lambda kind: frozenset({"IMAGE"} if kind.event_id == "7" else ())
    )
    assert [set(frame.columns) for frame in some] == [{"Image"}, set()]
    assert [
        (*row[:4], {"Image": row[4]["Image"]} if row[3].event_id == "7" else {})
        for row in rows(every)
    ] == rows(some)


@pytest.mark.parametrize("border", range(4096, len(DATA), CHUNK))
def test_splitting_at_a_chunk_changes_nothing(border: int) -> None:
    whole, _ = items([stream(DATA)])
    parts, gaps = items([stream(DATA[:border]), stream(DATA, border)])
    assert gaps == []
    assert rows(parts) == rows(whole)


def test_streams_share_frames() -> None:
    frames, _ = items([stream(DATA, name="a"), stream(DATA, name="b")])
    assert len(frames) == 2
    assert all(frame.sources == ("a", "b") for frame in frames)


def test_details_stay_valid_after_the_reader_went_on() -> None:
    frames, _ = items(stream(DATA, name=str(at)) for at in range(40))
    assert frames[0].detail(np.array([1]))[0]["ProcessId"] == "2"


def test_a_log_without_events_is_no_damage() -> None:
    assert items([stream(log(0))]) == ([], [])
    assert items([stream(log(0)[:4096])]) == ([], [])
    assert items([stream(b"")]) == ([], [])


def test_zeros_behind_the_last_chunk_are_no_damage() -> None:
    assert items([stream(DATA + bytes(2 * CHUNK))])[1] == []


def test_a_stale_header_is_no_damage() -> None:
    data = bytearray(DATA)
    data[24:48] = bytes(24)
    frames, gaps = items([stream(bytes(data))])
    assert (sum(map(len, frames)), gaps) == (1200, [])


def test_a_wrong_checksum_is_a_gap_but_the_events_are_read() -> None:
    data = bytearray(DATA)
    data[data.index("tools".encode("utf-16-le"))] ^= 1
    frames, gaps = items([stream(bytes(data))])
    assert sum(map(len, frames)) == 1200
    assert reasons(gaps) == [(4096, "damaged")]


def test_a_chunk_that_lost_its_name_is_a_gap() -> None:
    data = bytearray(DATA)
    data[4096 + CHUNK] ^= 1
    frames, gaps = items([stream(bytes(data))])
    assert reasons(gaps) == [(4096 + CHUNK, "damaged")]
    assert 0 < sum(map(len, frames)) < 1200


def test_a_zeroed_chunk_between_others_is_a_gap() -> None:
    data = DATA[:4096] + bytes(CHUNK) + DATA[4096 + CHUNK :]
    assert reasons(items([stream(data)])[1]) == [(4096, "damaged")]


def test_zeroed_pages_are_a_gap_with_the_number_of_lost_events() -> None:
    data = bytearray(DATA)
    data[4096 + 40000 : 4096 + CHUNK] = bytes(CHUNK - 40000)
    frames, gaps = items([stream(bytes(data))])
    lost = 1200 - sum(map(len, frames))
    assert lost > 0
    assert sum(gap.events or 0 for gap in gaps) in {lost, lost - 1}
    assert {gap.reason for gap in gaps} == {"damaged"}


def test_the_part_of_a_cut_chunk_that_is_there_is_read() -> None:
    whole = rows(items([stream(DATA)])[0])
    frames, gaps = items([stream(DATA[: 4096 + CHUNK + 30_000])])
    found = rows(frames)
    assert found == whole[: len(found)]
    assert [gap.reason for gap in gaps] == ["truncated"]


def test_a_value_larger_than_its_record_costs_one_event() -> None:
    data = bytearray(DATA)
    second = 4096 + 512 + struct.unpack_from("<I", data, 4096 + 516)[0]
    third = second + struct.unpack_from("<I", data, second + 4)[0]
    fourth = third + struct.unpack_from("<I", data, third + 4)[0]
    fifth = fourth + struct.unpack_from("<I", data, fourth + 4)[0]
    data[fifth + 42 : fifth + 44] = b"\xff\xff"
    chunk = memoryview(data)[4096 : 4096 + CHUNK]
    free = struct.unpack_from("<I", chunk, 48)[0]
    struct.pack_into("<I", chunk, 52, zlib.crc32(chunk[512:free]))
    struct.pack_into("<I", chunk, 124, zlib.crc32(chunk[128:512], zlib.crc32(chunk[:120])))
    frames, gaps = items([stream(bytes(data))])
    assert sum(map(len, frames)) == 1199
    assert [(gap.offset, gap.events) for gap in gaps] == [(fifth, 1)]


def test_an_empty_template_costs_every_event_that_uses_it() -> None:
    data = bytearray(log(40))
    definition = 4096 + 512 + 38
    data[definition + 24 : definition + 32] = bytes(8)
    frames, gaps = items([stream(bytes(data))])
    assert rows(frames) == details(frames) == plainly(bytes(data))
    assert sum(map(len, frames)) + sum(gap.events or 0 for gap in gaps) == 40
    assert sum(gap.events or 0 for gap in gaps) > 1


def test_a_kind_has_no_values_of_another() -> None:
    frames, _ = items([stream(DATA)])
    for frame in frames:
        for column in frame.columns.values():
            used = {column.values[code].as_py() for code in set(column.codes.tolist()) - {-1}}
            assert set(column.values.to_pylist()) == used


def test_many_events_hold_what_the_plain_decoder_reads() -> None:
    data = log(7000)  # numbers that hardly repeat are not compared from some size on
    assert rows(items([stream(data)])[0]) == plainly(data)


def test_the_last_frame_of_each_batch_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [frame.last for frame in items([stream(DATA)])[0]] == [False, True]
    monkeypatch.setattr("sidelight.evidence.evtx.chunks._BATCH", 1)
    frames, _ = items([stream(DATA)])
    following = [*frames[1:], frames[0]]
    assert [frame.last for frame in frames] == [
        after.kind <= frame.kind for frame, after in zip(frames, following, strict=True)
    ]


def test_full_events_that_have_no_field_in_common_are_decoded_together_as_fast() -> None:
    raw = io.BytesIO()
    with LogWriter(raw, "host.example") as writer:
        for at in range(300):
            names = tuple((f"F{at}n{each}", Type.TEXT) for each in range(10))
            writer.write(Layout("Example", "", f"C{at}", at, names), T0 + at, ["v"] * 10)
    frames, _ = items([stream(raw.getvalue())])
    shares = [frame.detail for frame in frames if isinstance(frame.detail, Share)]
    costs = []
    for _ in range(3):
        before = process_time()
        together = shares[0].whole([share.rows for share in shares])
        between = process_time()
        alone = [share(np.arange(len(share.rows))) for share in shares]
        costs.append((between - before, process_time() - between))
    both, each_one = map(min, zip(*costs, strict=True))
    assert both < 15 * each_one  # seven times; for each, what all have: more than thirty
    assert [[*each] for each in chain(*together)] == [[*each] for each in chain(*alone)]
    assert together == alone
