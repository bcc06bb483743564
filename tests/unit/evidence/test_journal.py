import io
import json
import lzma
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from journal_writer import HEADER_BYTES, Pack, journal_of, plain
from sidelight.evidence import journal
from sidelight.evidence.journal_file import (
    FIELD_BYTES,
    JournalDamage,
    JournalEntry,
    JournalError,
    JournalFile,
    unpack,
)
from sidelight.evidence.stream import Stream
from sidelight.schema import Event, Gap, Kind, want_all

SSHD = {
    "MESSAGE": b"Failed password for root from 10.0.0.1 port 22 ssh2",
    "SYSLOG_IDENTIFIER": b"sshd",
    "_HOSTNAME": b"mme01",
}


def lz4(payload: bytes) -> tuple[int, bytes]:
    packed = pa.Codec("lz4_raw").compress(payload, asbytes=True)
    return 2, struct.pack("<Q", len(payload)) + packed


PACKS = {
    "plain": plain,
    "xz": lambda payload: (1, lzma.compress(payload)),
    "lz4": lz4,
    "zstd": lambda payload: (4, pa.Codec("zstd").compress(payload, asbytes=True)),
}


def read(data: bytes) -> tuple[list[tuple[Kind, int, int, Event]], list[Gap]]:
    rows, gaps = [], []
    for item in journal.read([Stream("system.journal", io.BytesIO(data))], want_all):
        if isinstance(item, Gap):
            gaps.append(item)
            continue
        events = item.detail(np.arange(len(item)))
        rows += [
            (item.kind, int(record), int(time), event)
            for record, time, event in zip(item.record, item.time, events, strict=True)
        ]
    return rows, gaps


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_entries_are_read_in_every_layout_and_compression(pack: Pack, compact: bool) -> None:
    data = journal_of([SSHD, {**SSHD, "MESSAGE": b"x" * 5000}], compact=compact, pack=pack)
    rows, gaps = read(data)
    assert gaps == []
    assert [(kind, record) for kind, record, _, _ in rows] == [
        (Kind("linux", "sshd"), 1),
        (Kind("linux", "sshd"), 2),
    ]
    assert rows[0][2] == 1_795_536_000 * 10**9
    assert rows[0][3]["user"] == "root"
    assert rows[1][3]["MESSAGE"] == "x" * 5000


@pytest.mark.skipif(shutil.which("journalctl") is None, reason="journalctl is not installed")
def test_fields_are_those_that_journalctl_shows(tmp_path: Path) -> None:
    entries = [SSHD, {"MESSAGE": b"two\nlines", "OTHER": b"a=b"}]
    path = tmp_path / "system.journal"
    path.write_bytes(journal_of(entries))
    command = ["journalctl", "--file", str(path), "-o", "json", "--all"]
    shown = subprocess.run(command, capture_output=True, check=False).stdout.splitlines()
    if not shown:
        pytest.skip("journalctl wants hash tables to list entries")
    mine = list(JournalFile(path.read_bytes()).entries())
    for entry, line in zip(mine, shown, strict=True):
        assert isinstance(entry, JournalEntry)
        theirs = json.loads(line)
        assert {name: theirs[name] for name, _ in entry.fields} == dict(entry.fields)


def test_audit_records_of_the_journal_are_joined() -> None:
    common = {"_TRANSPORT": b"audit", "_AUDIT_ID": b"7", "_HOSTNAME": b"mme01",
              "_SOURCE_REALTIME_TIMESTAMP": b"1795536000394000"}  # fmt: skip
    syscall = b'SYSCALL arch=c000003e syscall=59 success=yes pid=2 ppid=1 exe="/bin/id"'
    rows, _ = read(
        journal_of(
            [
                {**common, "_AUDIT_TYPE_NAME": b"SYSCALL", "MESSAGE": syscall},
                {**common, "_AUDIT_TYPE_NAME": b"EXECVE", "MESSAGE": b'EXECVE argc=1 a0="id"'},
            ]
        )
    )
    ((kind, record, time, event),) = rows
    assert (kind.category, record, time) == ("process_creation", 1, 1_795_536_000_394 * 10**6)
    assert event["CommandLine"] == "id"


def test_entries_behind_a_damaged_object_are_found_through_the_entry_array() -> None:
    data = bytearray(journal_of([SSHD, SSHD, SSHD]))
    whole = list(JournalFile(bytes(data)).entries())
    struct.pack_into("<Q", data, whole[1].offset + 8, 3)  # shorter than an object's header
    found = list(JournalFile(bytes(data)).entries())
    assert found[0] == whole[0]
    assert isinstance(found[1], JournalDamage)
    assert found[2:] == whole[2:]


def test_a_journal_that_is_cut_off_is_a_gap_behind_its_entries() -> None:
    data = journal_of([SSHD, {"MESSAGE": b"y" * 100}])
    rows, gaps = read(data[:-100])
    assert len(rows) == 1
    assert [gap.reason for gap in gaps] == ["truncated"]


def test_unknown_features_are_unsupported_and_said() -> None:
    rows, gaps = read(journal_of([SSHD], features=1 << 9))
    assert rows == []
    assert [(gap.reason, gap.offset) for gap in gaps] == [("unsupported", 0)]


def test_a_field_that_points_into_the_header_costs_only_the_field() -> None:
    data = bytearray(journal_of([SSHD]))
    (entry,) = JournalFile(bytes(data)).entries()
    struct.pack_into("<Q", data, entry.offset + 64, HEADER_BYTES - 8)
    rows, gaps = read(bytes(data))
    assert len(rows) == 1
    assert [gap.reason for gap in gaps] == ["damaged"]


@pytest.mark.parametrize("name", ["xz", "zstd", "lz4"])
def test_a_field_that_unpacks_to_too_much_is_refused(name: str) -> None:
    flags, packed = PACKS[name](bytes(FIELD_BYTES + 1))
    with pytest.raises(JournalError):
        unpack(packed, flags)


def test_the_chain_of_entry_arrays_cannot_go_round() -> None:
    data = bytearray(journal_of([SSHD]))
    array = struct.unpack_from("<Q", data, 176)[0]
    struct.pack_into("<Q", data, array + 16, array)
    struct.pack_into("<Q", data, HEADER_BYTES + 8, 1)
    assert [type(item) for item in JournalFile(bytes(data)).entries()] == [
        JournalDamage,
        JournalEntry,
    ]
