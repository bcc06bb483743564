"""Event logs to read in tests, and what was read of them as plain rows."""

import io
from collections.abc import Iterable

import numpy as np

from sidelight.evidence.evtx import read
from sidelight.evidence.evtx.binxml import Chunk
from sidelight.evidence.evtx.chunks import batches, walk
from sidelight.evidence.evtx.table import decode_row
from sidelight.evidence.evtx.values import DamageError
from sidelight.evidence.rows import cell
from sidelight.evidence.stream import Stream
from sidelight.evidence.times import time_of
from sidelight.schema import Frame, Gap, Kind, Wanted, decode, want_all
from sidelight.training.range.binxml import Layout, Type
from sidelight.training.range.evtx_writer import LogWriter

T0 = 133_500_000_000_000_000
Row = tuple[str, int, int, Kind, dict[str, str]]

PLAIN = Layout(
    "Example",
    "{00000000-0000-0000-0000-0000000000aa}",
    "Example/Operational",
    7,
    (("Image", Type.TEXT), ("ProcessId", Type.UINT32), ("LogonId", Type.HEX64)),
)
OTHER = Layout("Other", "", "Other/Admin", 9, (("Image", Type.TEXT),))


def log(events: int = 1200) -> bytes:
    """Write a log of two kinds and several chunks."""
    raw = io.BytesIO()
    with LogWriter(raw, "host.example") as writer:
        for at in range(events):
            if at % 3:
                writer.write(PLAIN, T0 + at, [f"C:\\tools\\ä{at % 17}.exe" * 4, at, at * 2**33])
            else:
                writer.write(OTHER, T0 + at, [None if at % 2 else ""])
    return raw.getvalue()


def stream(data: bytes, start: int = 0, name: str = "log.evtx") -> Stream:
    return Stream(name, io.BytesIO(data[start:]), start)


def items(streams: Iterable[Stream], wanted: Wanted = want_all) -> tuple[list[Frame], list[Gap]]:
    frames: list[Frame] = []
    gaps: list[Gap] = []
    for item in read(streams, wanted):
        if isinstance(item, Frame):
            frames.append(item)
        else:
            gaps.append(item)
    return frames, gaps


def rows(frames: Iterable[Frame]) -> list[Row]:
    """List the rows of frames by source and record, from their columns."""
    found: list[Row] = []
    for frame in frames:
        columns = {name: decode(column) for name, column in frame.columns.items()}
        for at in range(len(frame)):
            cells = {name: text for name, col in columns.items() if (text := col[at]) is not None}
            source = frame.sources[frame.source[at]]
            found.append((source, int(frame.record[at]), int(frame.time[at]), frame.kind, cells))
    return sorted(found, key=lambda row: (row[0], row[1], row[2], repr(sorted(row[4].items()))))


def plainly(data: bytes) -> list[Row]:
    """List the rows of a log as the plain decoder alone reads them, where it can."""
    found: list[Row] = []
    chunks: dict[int, Chunk] = {}
    for batch in batches([stream(data)]):
        records, _ = walk(batch)
        for row in range(len(records.start)):
            try:
                fields = decode_row(chunks, batch, records, row)
            except DamageError:
                continue
            system = {name: str(cell(value)) for name, value in fields.system.items()}
            cells = {name: str(cell(value)) for name, value in fields.event().items()}
            kind = Kind("windows", system.get("Channel", ""), system.get("EventID", ""))
            time = time_of(system.get("TimeCreated_SystemTime", ""))
            found.append(("log.evtx", int(system.get("EventRecordID", "0")), time, kind, cells))
    return sorted(found, key=lambda row: (row[0], row[1], row[2], repr(sorted(row[4].items()))))


def details(frames: Iterable[Frame]) -> list[Row]:
    """List the same from the full events."""
    found: list[Row] = []
    for frame in frames:
        for at, event in enumerate(frame.detail(np.arange(len(frame)))):
            cells = {name: str(cell(value)) for name, value in event.items()}
            source = frame.sources[frame.source[at]]
            found.append((source, int(frame.record[at]), int(frame.time[at]), frame.kind, cells))
    return sorted(found, key=lambda row: (row[0], row[1], row[2], repr(sorted(row[4].items()))))
