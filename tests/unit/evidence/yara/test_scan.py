"""Scans: from bytes to lines, and from lines to frames and gaps."""

import io
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core_writer import Piece, core_of
from minidump_writer import PAGE, PRIVATE, RWX, Dump, Part, minidump_of
from sidelight.evidence import yara_lines as lines
from sidelight.evidence.formats import recognise
from sidelight.evidence.stream import Stream
from sidelight.evidence.yara import buffers as made
from sidelight.evidence.yara.buffers import Buffer, buffers
from sidelight.evidence.yara.pack import Pack, compile_folder
from sidelight.evidence.yara.scan import Scan, level_of, scan_paths
from sidelight.schema import Event, Frame, Gap, want_all

pytest.importorskip("yara_x")

RULES = """
rule marked : telecom {
    meta: severity = "High" author = "a colleague" checked = true
    strings: $a = "MARK-OF-A-TEST"
    condition: $a
}
rule at_the_beginning { condition: uint32(0) == 0x4b52414d }
"""
SLOW = "rule slow { condition: for all i in (0..filesize*100000000): (i >= 0) }"
FOUND = b"MARK-OF-A-TEST"
PART = Part(0x20000000, PAGE, RWX, PRIVATE, FOUND.ljust(PAGE, b"\0"))


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "a.yar").write_text(RULES)
    return compile_folder(folder)


def scanned(pack: Pack, *paths: Path) -> tuple[list[Event], list[Gap]]:
    out = io.BytesIO()
    scan = Scan(pack, out)
    list(scan_paths(scan, [str(path) for path in paths]))
    scan.finish()
    return told(out.getvalue())


def told(data: bytes) -> tuple[list[Event], list[Gap]]:
    events: list[Event] = []
    gaps: list[Gap] = []
    for item in lines.read([Stream("yara.jsonl", io.BytesIO(data))], want_all):
        if isinstance(item, Gap):
            gaps.append(item)
        else:
            events += item.detail(np.arange(len(item)))
    return events, gaps


def test_a_match_says_what_the_rule_says_and_where(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"...." + FOUND)
    (tmp_path / "b.bin").write_bytes(b"MARK-OF-B-TEST"[1:])
    events, gaps = scanned(pack, tmp_path)
    (match,) = [event for event in events if "Rule" in event]
    assert (match["Rule"], match["RuleFile"], match["Level"]) == ("marked", "a.yar", "high")
    assert (match["Tags"], match["Places"]) == (["telecom"], ["$a at 0x4, 14 bytes"])
    assert match["Meta"] == ["severity=High", "author=a colleague", "checked=true"]
    assert match["Target"] == str(tmp_path / "a.bin")
    assert sum(int(str(event.get("Bytes", 0))) for event in events) == 18 + 13
    assert gaps == []


def test_a_match_is_not_taken_for_a_record_of_the_file(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "audit.log").write_bytes(FOUND)
    out = io.BytesIO()
    scan = Scan(pack, out)
    list(scan_paths(scan, [str(tmp_path)]))
    scan.finish()
    frames = list(lines.read([Stream("yara", io.BytesIO(out.getvalue()))], want_all))
    sources = {name for each in frames if isinstance(each, Frame) for name in each.sources}
    assert sources == {f"yara:{tmp_path}/audit.log"}


def test_each_file_is_scanned_once_in_whatever_order(pack: Pack, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(FOUND)
    os.link(tmp_path / "b", tmp_path / "c")
    every = scanned(pack, tmp_path)
    assert len([event for event in every[0] if event.get("Rule") == "marked"]) == 2
    assert scanned(pack, tmp_path / "b", tmp_path / "a", tmp_path) == every
    assert scanned(pack, tmp_path, tmp_path / "a") == every


def test_records_of_a_file_do_not_depend_on_other_files(pack: Pack, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(FOUND)
    assert records(pack, tmp_path / "b") == records(pack, tmp_path, of=f"yara:{tmp_path}/b")
    assert records(pack, tmp_path / "b") == [1, 2, 3]


def records(pack: Pack, *paths: Path, of: str = "") -> list[int]:
    out = io.BytesIO()
    scan = Scan(pack, out)
    list(scan_paths(scan, [str(path) for path in paths]))
    scan.finish()
    frames = lines.read([Stream("yara", io.BytesIO(out.getvalue()))], want_all)
    found = [
        (int(number), each.sources[source])
        for each in frames
        if isinstance(each, Frame)
        for number, source in zip(each.record, each.source, strict=True)
    ]
    return sorted(number for number, source in found if not of or source == of)


def test_members_of_archives_are_scanned(pack: Pack, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/a.bin", FOUND)
    events, _ = scanned(pack, tmp_path)
    assert {event["Target"] for event in events} == {f"{tmp_path}/a.zip!in/a.bin"}
    assert {"marked", "at_the_beginning"} <= {event.get("Rule") for event in events}


@pytest.mark.parametrize("kind", ["minidump", "core"])
def test_memory_is_scanned_stretch_by_stretch(pack: Pack, tmp_path: Path, kind: str) -> None:
    """What the rule asks of the first bytes is asked of the stretch, not of the file."""
    core = core_of([Piece(0x20000000, PAGE, "rwxp", FOUND.ljust(PAGE, b"\0"))])
    data = {"minidump": minidump_of(Dump([PART])), "core": core}[kind]
    (tmp_path / "a").write_bytes(data)
    events, gaps = scanned(pack, tmp_path)
    found = {str(event["Rule"]): event for event in events if "Rule" in event}
    assert set(found) == {"marked", "at_the_beginning"}
    assert str(found["marked"]["Region"]).startswith("0x20000000-0x20001000 rwx")
    assert found["marked"]["Places"] == ["$a at 0x20000000, 14 bytes"]
    assert found["marked"]["ProcessId"] == {"minidump": "4711", "core": "7"}[kind]
    assert gaps == []


def test_what_is_too_large_or_too_slow_or_cut_is_a_gap(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made, "FILE_BYTES", 100)
    (tmp_path / "large").write_bytes(bytes(101))
    (tmp_path / "cut").write_bytes(minidump_of(Dump([PART]))[:-9])
    _, gaps = scanned(pack, tmp_path)
    assert {(Path(gap.source).name, gap.reason) for gap in gaps} == {
        ("large", "refused"),
        ("cut", "truncated"),
    }


def test_a_scan_that_takes_too_long_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "a.yar").write_text(SLOW)
    out = io.BytesIO()
    scan = Scan(compile_folder(tmp_path), out, timeout_s=2)
    scan.take("a.bin", [Buffer(b"x" * 100)] * 3)
    scan.finish()
    _, gaps = told(out.getvalue())
    assert {(gap.source, gap.reason) for gap in gaps} == {("a.bin", "refused")}
    assert [gap.text.partition(":")[0][-3:] for gap in gaps] == ["2 s", "1 s", "1 s"]


def test_memory_in_pieces_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made, "PIECE_BYTES", 1 << 20)
    data = bytes(range(256)) * (3 << 12)
    dump = minidump_of(Dump([Part(0x20000000, len(data), RWX, PRIVATE, data)]))
    *parts, gap = buffers(Stream("a", io.BytesIO(dump)), "minidump")
    assert b"".join(part.data for part in parts if isinstance(part, Buffer)) == data
    assert len(parts) == 3
    assert isinstance(gap, Gap)
    assert gap.reason == "unjudged"


def test_broken_dumps_and_cores_are_gaps() -> None:
    for format_, data in (("minidump", b"MDMP\x93\xa7"), ("core", b"\x7fELF")):
        (gap,) = buffers(Stream("a", io.BytesIO(data)), format_)
        assert isinstance(gap, Gap)
        assert gap.reason == "damaged"


@pytest.mark.parametrize(
    ("meta", "level"),
    [
        ({}, "medium"),
        ({"severity": "CRITICAL"}, "critical"),
        ({"Level": "info"}, "informational"),
        ({"severity": "7"}, "medium"),
        ({"score": "59"}, "medium"),
        ({"score": "60"}, "high"),
        ({"score": "0"}, "informational"),
        ({"score": "101"}, "medium"),
        ({"severity": "low", "score": "100"}, "low"),
    ],
)
def test_the_level_is_what_the_rule_says(meta: dict[str, str], level: str) -> None:
    assert level_of(meta) == level


def test_lines_are_known_and_a_scan_without_an_end_is_cut() -> None:
    head = json.dumps({"schema": "sidelight-yara", "version": 1}, separators=(",", ":")).encode()
    assert recognise(head + b"\n") == "yara"
    assert recognise(head.replace(b"yara", b"yarn") + b"\n") != "yara"
    _, (gap,) = told(head + b"\n")
    assert gap.reason == "truncated"
    _, (gap,) = told(head + b'\n{"type":"end"}\n{"type":"unheard"}\n')
    assert gap.reason == "damaged"


def test_what_the_lines_say_need_not_make_sense() -> None:
    rows = [
        {"type": "match", "source": 5, "rule": None, "meta": [1], "tags": {}, "places": "x"},
        {"type": "match", "source": "a\0b", "meta": {"x": [1]}, "pid": True, "started": -1},
        {"type": "gap", "reason": "dreadful", "offset": -1},
        {"type": "scanned"},
    ]
    data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    events, gaps = told(data + b"5\n")
    assert len(events) == 3
    assert {gap.reason for gap in gaps} == {"damaged"}


def _frames(data: bytes) -> Iterator[Frame]:
    for item in lines.read([Stream("a", io.BytesIO(data))], want_all):
        if isinstance(item, Frame):
            yield item


def test_a_match_in_a_dump_is_at_the_start_of_its_process(pack: Pack) -> None:
    out = io.BytesIO()
    scan = Scan(pack, out)
    scan.take("a.dmp", buffers(Stream("a.dmp", io.BytesIO(minidump_of(Dump([PART])))), "minidump"))
    (frame,) = [f for f in _frames(out.getvalue()) if f.kind == lines.MATCHES]
    assert set(frame.time.tolist()) == {1_700_000_000 * 1_000_000_000}
