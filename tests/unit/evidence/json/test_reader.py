import io
import json

import numpy as np
import pytest

from sidelight.evidence.json import read, sniff
from sidelight.evidence.json.reader import BATCH_BYTES
from sidelight.evidence.stream import Stream
from sidelight.schema import Frame, Gap, Kind, Wanted, decode, want_all

SYSMON = "Microsoft-Windows-Sysmon/Operational"


def line(number: int, **more: object) -> str:
    event = {"Channel": SYSMON, "EventID": 7, "Hostname": "desk", "Image": f"C:\\{number % 3}.exe"}
    return json.dumps(event | more)


def read_all(
    *texts: bytes | str, wanted: Wanted = want_all, first: int = 1
) -> tuple[list[Frame], list[Gap]]:
    data = [text.encode() if isinstance(text, str) else text for text in texts]
    streams = [Stream(f"s{n}", io.BytesIO(text), first=first) for n, text in enumerate(data)]
    parts = list(read(streams, wanted))
    frames = [part for part in parts if isinstance(part, Frame)]
    return frames, [part for part in parts if isinstance(part, Gap)]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'{"a":1}', True),
        (b'\xef\xbb\xbf{"a":1}', True),
        ('{"a":1}'.encode("utf-16"), True),
        (b'[\n  {"a":1}', True),
        (b"[]", True),
        (b"{}", True),
        (b' \r\n{ "a"', True),
        (b"{a}", False),
        (b"[2031-01-01 00:00:00] sshd", False),
        (b"type=SYSCALL", False),
        (b"", False),
    ],
)
def test_json_is_recognised_by_its_bytes(head: bytes, expected: bool) -> None:
    assert sniff(head) is expected


def test_lines_of_many_sources_share_a_frame() -> None:
    text = "\n".join(line(n) for n in range(20))
    frames, gaps = read_all(text, "\n" + text + "\n")
    assert gaps == []
    (frame,) = frames
    assert frame.kind == Kind("windows", SYSMON, "7")
    assert frame.sources == ("s0", "s1")
    assert frame.source.tolist() == [0] * 20 + [1] * 20
    assert frame.record.tolist() == [*range(1, 21), *range(2, 22)]
    assert decode(frame.columns["Image"])[:4] == [
        "C:\\0.exe",
        "C:\\1.exe",
        "C:\\2.exe",
        "C:\\0.exe",
    ]
    assert set(decode(frame.host)) == {"desk"}
    assert [event["Image"] for event in frame.detail(np.array([3, 1]))] == [
        "C:\\0.exe",
        "C:\\1.exe",
    ]


def test_only_wanted_columns_are_built_and_names_match_without_case() -> None:
    text = "\n".join(line(n, Other="x", computer="c") for n in range(20))
    frames, _ = read_all(text, wanted=lambda kind: frozenset({"image", "Computer"}))
    assert [sorted(frame.columns) for frame in frames] == [["Computer", "Image", "computer"]]
    frames, _ = read_all(text, wanted=lambda kind: frozenset())
    assert [dict(frame.columns) for frame in frames] == [{}]
    assert len(frames[0]) == 20


def test_the_wish_is_each_kinds_own() -> None:
    text = "\n".join(line(n, EventID=n % 2) for n in range(80))
    frames, _ = read_all(
        text, wanted=lambda kind: frozenset({"Image"} if kind.event_id == "1" else {"Hostname"})
    )
    assert [(frame.kind.event_id, sorted(frame.columns)) for frame in frames] == [
        ("0", []),
        ("1", ["Image"]),
    ]


def test_rare_and_nested_events_are_read_singly() -> None:
    nested = json.dumps({"Event": {"System": {"EventID": 1, "Channel": "System"}}})
    text = "\n".join([*(line(n) for n in range(20)), nested, line(0, EventID=1), "no", "[1]"])
    frames, gaps = read_all(text)
    assert {(frame.kind.event_id, frame.kind.channel): len(frame) for frame in frames} == {
        ("7", SYSMON): 20,
        ("1", SYSMON): 1,
        ("1", "System"): 1,
    }
    assert [(gap.reason, gap.events) for gap in gaps] == [("damaged", 2)]


def test_a_gap_says_where_the_broken_lines_begin() -> None:
    good = line(1)
    _, gaps = read_all(f"{good}\n{good}\nx\ny\n{good}\n{good[:-9]}")
    assert [(gap.offset, gap.events) for gap in gaps] == [
        (2 * len(good) + 2, 2),
        (3 * len(good) + 7, 1),
    ]


def test_results_and_unknown_records_are_said_once_a_source() -> None:
    _, gaps = read_all('{"kind":"finding"}\n' * 3, '{"a":1}\n{"a":2}')
    assert [(gap.source, gap.reason, gap.events) for gap in gaps] == [
        ("s0", "foreign", 3),
        ("s1", "unsupported", 2),
    ]
    assert "Sidelight" in gaps[0].text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize(
    "form",
    ["{0}\n{1}", "{0}{1}", "[{0},{1}]", "[\n{0},\n{1}\n]", "[{0}\n,{1}\n]", "\x1e{0}\n\x1e{1}\n"],
)
def test_documents_of_any_form_are_read_whole(encoding: str, form: str) -> None:
    frames, gaps = read_all(form.format(line(1), line(2)).encode(encoding))
    assert sum(len(frame) for frame in frames) == 2
    assert gaps == []


@pytest.mark.parametrize("brackets", ["[{0},{1}]", "{0}\n{1}"])
def test_pretty_printed_objects_count(brackets: str) -> None:
    pretty = json.dumps(json.loads(line(1)), indent=2)
    frames, gaps = read_all(brackets.format(pretty, pretty))
    assert [frame.record.tolist() for frame in frames] == [[1, 2]]
    assert gaps == []


def test_a_document_cut_off_is_truncated() -> None:
    pretty = json.dumps([json.loads(line(1))] * 2, indent=2)
    frames, gaps = read_all(pretty[:-20])
    assert [len(frame) for frame in frames] == [1]
    assert [gap.reason for gap in gaps] == ["truncated"]


def test_a_later_stretch_of_a_file_counts_on() -> None:
    frames, _ = read_all(f"{line(1)}\n{line(2)}", first=101)
    assert [frame.record.tolist() for frame in frames] == [[101, 102]]


class Endless:
    """A line that goes on for *size* bytes, and then another."""

    def __init__(self, size: int, end: bytes) -> None:
        self.size, self.end = size, end

    def read(self, size: int, /) -> bytes:
        if self.size > 0:
            self.size -= size
            return b"x" * size
        part, self.end = self.end[:size], self.end[size:]
        return part


def test_a_line_too_long_is_refused_and_the_next_is_read() -> None:
    raw = Endless(5 * BATCH_BYTES, f"\n{line(1)}\n".encode())
    parts = list(read([Stream("s", raw, first=2)], want_all))
    assert [part.reason for part in parts if isinstance(part, Gap)] == ["refused"]
    assert [part.record.tolist() for part in parts if isinstance(part, Frame)] == [[3]]


def test_deep_nesting_is_a_gap() -> None:
    frames, gaps = read_all('{"a":' * 100_000, line(1))
    assert sum(len(frame) for frame in frames) == 1
    assert len(gaps) == 1


def test_many_broken_lines_are_few_gaps() -> None:
    _, gaps = read_all("\n".join([line(1), "x"] * 300))
    assert len(gaps) == 101
    assert sum(gap.events or 0 for gap in gaps) == 300
