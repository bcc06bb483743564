"""Whatever the bytes are, the readers of lines and journals make frames and gaps of them."""

import io
from pathlib import Path

import numpy as np
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from journal_writer import journal_of
from sidelight.evidence import auditd, journal, syslog
from sidelight.evidence.stream import Reader, Stream
from sidelight.schema import Event, Frame, Gap, want_all

CORPUS = Path(__file__).parents[1] / "corpus" / "evidence" / "linux_lines.yml"
LINES = [case["lines"].encode() for case in yaml.safe_load(CORPUS.read_text(encoding="utf-8"))]

PIECES = st.sampled_from(
    [b"audit(", b"1.2:3", b"):", b"type=", b"msg='", b"'", b'"', b"\x1d", b"=", b"a0=", b"a1[0]=",
     b"4G", b"41", b"(null)", b"<13>", b"<13>1 ", b"[", b"]: ", b"\0", b"\xff", b"%", b"%%01",
     b"\n", b"Feb 31 25:61:61 h p: ", b"Jan  1 0000 00:00:00 h p: ", b"9" * 30, b"-", b" "]
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, sources: list[bytes]) -> bytes:
    """Something valid, with a few places cut out, replaced or put in."""
    data = bytearray(draw(st.sampled_from(sources)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 8))
        data[at : at + length] = draw(PIECES | st.binary(max_size=4))
    return bytes(data)


def rows(reader: Reader, data: bytes) -> list[tuple[int, int, Event]]:
    found: list[tuple[int, int, Event]] = []
    for item in reader([Stream("log", io.BytesIO(data), year=2026)], want_all):
        if isinstance(item, Gap):
            assert 0 <= item.offset <= len(data)
            continue
        assert isinstance(item, Frame)
        assert len(item) == len(item.time) == len(item.host.codes) == len(item.source)
        for column in item.columns.values():
            assert len(column.codes) == len(item)
            assert column.codes.max(initial=-1) < len(column.values)
        details = item.detail(np.arange(len(item)))
        for record, time, event in zip(item.record, item.time, details, strict=True):
            for value in event.values():
                for text in [value] if isinstance(value, str) else value:
                    assert "\0" not in text
                    text.encode()
            found.append((int(record), int(time), event))
    return found


@given(damaged(LINES) | st.lists(PIECES, max_size=30).map(b"".join) | st.binary(max_size=300))
@example(b"type=A msg=audit(9999999999.999:1): =")
@example(b"Feb 29 23:59:60 h p: m")
@example(b"<999>1 - - - - - - ")
@example(b"Nov 24 16:00:00 h kernel: ")
@example(b"Nov 24 16:00:00 h kernel: audit(")
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_lines_or_losses(data: bytes) -> None:
    for reader, sniff in ((auditd.read, auditd.sniff), (syslog.read, syslog.sniff)):
        sniff(data)
        rows(reader, data)


@given(st.lists(st.sampled_from(LINES), max_size=6).map(b"".join), st.integers(1, 64))
@settings(max_examples=30, deadline=None)
def test_the_events_do_not_depend_on_how_the_bytes_arrive(data: bytes, size: int) -> None:
    class Slow(io.BytesIO):
        def read(self, wanted: int | None = -1, /) -> bytes:
            return super().read(min(wanted or 0, size))

    for reader in (auditd.read, syslog.read):
        slow = reader([Stream("log", Slow(data), year=2026)], want_all)
        records = [record for item in slow if isinstance(item, Frame) for record in item.record]
        assert records == [record for record, _, _ in rows(reader, data)]


JOURNALS = [
    journal_of([{"MESSAGE": b"hello", "_HOSTNAME": b"h"}, {"MESSAGE": b"x=y"}], compact=compact)
    for compact in (False, True)
]


@given(damaged(JOURNALS) | st.binary(max_size=64).map(lambda tail: JOURNALS[0][:250] + tail))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_entries_or_losses(data: bytes) -> None:
    rows(journal.read, data)
