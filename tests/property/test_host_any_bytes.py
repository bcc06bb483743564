"""Whatever the bytes are, the readers of hosts make frames and gaps of them."""

import io
import json

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core_writer import PAGE, Piece, core_of, stack_of
from minidump_writer import (
    BASE,
    IMAGE,
    PRIVATE,
    RWX,
    RX,
    Dump,
    Loaded,
    Part,
    image_bytes,
    minidump_of,
)
from sidelight.evidence import yara_lines as matches
from sidelight.evidence.host import cores, dumps, lines, snapshots, volatility
from sidelight.evidence.stream import Reader, Stream
from sidelight.schema import Frame, Gap, want_all

HEADER: dict[str, object] = {"schema": "sidelight-host", "version": 1, "type": "host", "host": "a"}
RECORDS: list[dict[str, object]] = [
    {"type": "file", "id": 0, "path": "/tmp/a.so", "now": "same", "owner": "", "mode": "100644"},
    {
        "type": "process", "pid": 7, "ppid": 1, "start": 3, "started": "2026-01-02T03:04:05.00Z",
        "exe": "/memfd:x (deleted)", "argv": ["sshd:"], "env": {"LD_PRELOAD": "/tmp/a.so"},
        "regions": [["1000", "2000", "r-xp", 1, "/t/a", 0], ["3000", "4000", "rwxp", 0, "", None]],
        "elf": [["3000", "header"]], "threads": {"odd": [[7, "3001"]]}, "seen": 2, "exe_file": None,
        "text": [["1010", 1, False, 0]], "early": [["/tmp/a.so", 0]],
        "packets": [{"protocol": "0003", "filter": [1]}], "denied": ["mem"], "ns": {"mnt": "m"},
    },
    {"type": "hidden", "pid": 9, "view": "mount"},
    {"type": "preload", "path": "/tmp/a.so"},
    {"type": "packet", "net": "n", "inode": 1},
    {"type": "end", "denied": {"maps": 1}, "gone": 1},
]  # fmt: skip
SHOT = {
    "pid": 7, "exe": "/bin/a", "comm": "a", "cmdline": ["a"], "environ": ["LD_PRELOAD=/tmp/a.so"],
    "maps": ["00401000-00402000 r-xp 00000000 fe:00 1  /bin/a"], "status": {"Uid": "0"},
    "tasks": {"7": {"syscall": "1 0x0 0x1"}}, "stat_starttime": "5",
}  # fmt: skip
_START, _STACK, _AUXV = stack_of(0x7FFF0000, ["a", "b"], ["LD_PRELOAD=c"], {9: 0x1000})
CORES = [
    core_of(
        [
            Piece(0x1000, PAGE, "r-xp", b"\x7fELF".ljust(PAGE, b"\0")),
            Piece(0x3000, PAGE, "r-xp", b"", "/bin/a"),
            Piece(_START, 0x7FFF0000 - _START, "rw-p", _STACK),
        ],
        auxv=_AUXV,
        notes_last=last,
    )
    for last in (False, True)
]

DUMPS = [
    minidump_of(
        Dump(
            [
                Part(0x20000000, 3 * PAGE, RWX, PRIVATE, image_bytes(base=0x400000, wide=wide)),
                Part(BASE, PAGE, RX, IMAGE, bytes(PAGE)),
            ],
            threads=[(11, 0x20001000)],
            starts={11: 0x20001000},
            unloaded=[Loaded(0x20000000, PAGE, "a.dll")],
            architecture=architecture,
            whole=wide,
        )
    )
    for architecture, wide in ((0, False), (9, True))
]

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 65), 1 << 65) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@st.composite
def changed(draw: st.DrawFn, record: dict[str, object]) -> dict[str, object]:
    """A record, some members of which are something else or gone."""
    found = dict(record)
    for name in draw(st.lists(st.sampled_from(sorted(record)), max_size=2)):
        if draw(st.booleans()):
            found[name] = draw(JUNK)
        else:
            found.pop(name, None)
    return found


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Something valid, with a few places overwritten, and perhaps cut."""
    body = bytearray(data)
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(body) - 1) | st.integers(0, 300))
        part = draw(st.binary(max_size=8) | st.sampled_from([b"\xff" * 8, b"\0" * 8, b"\x7fELF"]))
        body[at : at + len(part)] = part
    return bytes(body[: draw(st.integers(0, len(body)) | st.just(len(body)))])


def check(reader: Reader, data: bytes) -> int:
    """Read *data*; the count of rows. Cells hold no separator, gaps lie in the source."""
    rows = 0
    for item in reader([Stream("a", io.BytesIO(data))], want_all):
        if isinstance(item, Gap):
            assert 0 <= item.offset <= len(data)
            continue
        assert isinstance(item, Frame)
        for event in item.detail(np.arange(len(item))):
            rows += 1
            for value in event.values():
                for text in [value] if isinstance(value, str) else value:
                    assert "\0" not in text
                    text.encode()
            for mark in json.loads(str(event.get("Marks", "[]"))):
                assert {"id", "points", "for", "against"} <= set(mark)
    return rows


@given(st.lists(st.sampled_from(RECORDS).flatmap(changed), max_size=8))
@settings(max_examples=150, deadline=None)
def test_any_records_are_rows_or_losses(records: list[dict[str, object]]) -> None:
    check(lines.read, b"".join(json.dumps(r).encode() + b"\n" for r in [HEADER, *records]))


@given(damaged(b"".join(json.dumps(r).encode() + b"\n" for r in [HEADER, *RECORDS])))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_collection_or_losses(data: bytes) -> None:
    lines.sniff(data)
    check(lines.read, data)


@given(changed(SHOT).map(lambda record: json.dumps(record).encode()) | st.binary(max_size=99))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_snapshots_or_losses(data: bytes) -> None:
    snapshots.sniff(data)
    check(snapshots.read, data)


@given(st.sampled_from(CORES).flatmap(damaged))
@example(CORES[0])
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_core_or_a_gap(data: bytes) -> None:
    cores.sniff(data)
    check(cores.read, data)


MATCHES: list[dict[str, object]] = [
    {"schema": "sidelight-yara", "version": 1, "rules": 1},
    {"type": "match", "source": "a", "rule": "r", "file": "a.yar", "tags": ["t"], "level": "high",
     "meta": {"a": "b"}, "places": ["$a at 0x1, 2 bytes"], "region": "0x1-0x2 rwx", "pid": 7,
     "image": "i", "started": 1700000000, "host": "h", "count": 1},
    {"type": "scanned", "source": "a", "bytes": 5, "buffers": 1},
    {"type": "gap", "source": "a", "offset": 0, "reason": "refused", "text": "t"},
    {"type": "end", "sources": 1, "bytes": 5},
]  # fmt: skip
IMAGES: list[dict[str, object]] = [
    {"schema": "sidelight-volatility", "version": 1},
    {"type": "image", "image": "m", "system": "linux"},
    {"type": "image", "image": "m", "system": "windows"},
    {"type": "plugin", "plugin": "pslist", "rows": [{"PID": 7, "PPID": 1, "COMM": "a"}]},
    {"type": "plugin", "plugin": "ldrmodules", "rows": [{"Pid": 7, "MappedPath": "a"}]},
    {"type": "plugin", "plugin": "malfind", "rows": [{"PID": 7, "Start": 1, "Hexdump": "4d"}]},
    {"type": "end"},
]


@given(st.lists(st.sampled_from([*MATCHES, *IMAGES]).flatmap(changed), max_size=8))
@settings(max_examples=150, deadline=None)
def test_any_records_are_matches_or_tasks_or_losses(records: list[dict[str, object]]) -> None:
    data = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    for reader in (matches.read, volatility.read):
        for item in reader([Stream("a", io.BytesIO(data))], want_all):
            if isinstance(item, Frame):
                for event in item.detail(np.arange(len(item))):
                    json.dumps(event).encode()


@given(st.sampled_from(DUMPS).flatmap(damaged))
@example(DUMPS[0])
@example(DUMPS[1])
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_minidump_or_a_gap(data: bytes) -> None:
    dumps.sniff(data)
    check(dumps.read, data)


@given(
    st.sampled_from([(cores.read, each) for each in CORES] + [(dumps.read, DUMPS[1])]),
    st.integers(1, 97),
)
@settings(max_examples=20, deadline=None)
def test_a_process_does_not_depend_on_how_its_bytes_arrive(
    case: tuple[Reader, bytes], size: int
) -> None:
    reader, data = case

    class Slow(io.BytesIO):
        def read(self, wanted: int | None = -1, /) -> bytes:
            return super().read(min(wanted or 0, size))

    *_, slow = reader([Stream("a", Slow(data))], want_all)
    *_, fast = reader([Stream("a", io.BytesIO(data))], want_all)
    assert isinstance(slow, Frame)
    assert isinstance(fast, Frame)
    assert slow.detail(np.arange(1)) == fast.detail(np.arange(1))
